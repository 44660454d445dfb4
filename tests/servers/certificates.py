"""Certificates made by openssl, and a TLS server on loopback that shows one."""

import shutil
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_CA_CONF = """\
[ca]
default_ca = own
[own]
dir = {room}
new_certs_dir = {room}
database = {room}/index
serial = {room}/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""

#: Made at once, where an RSA key takes a tenth of a second.
_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1"


@dataclass(frozen=True)
class Certificates:
    """``ca`` is the file to trust; every other value is a certificate and its key in one file."""

    ca: Path
    good: Path
    expired: Path
    early: Path
    other_host: Path
    self_signed: Path


def make_certificates(room: Path) -> Certificates:
    """A CA of our own and what it signed for localhost, good and bad."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    (room / "index").touch()
    (room / "serial").write_text("01\n")
    (room / "ca.conf").write_text(_CA_CONF.format(room=room))
    _openssl(room, f"req -x509 {_KEY} -nodes -keyout ca.key -out ca.pem -days 9 -subj /CN=A")
    return Certificates(
        ca=room / "ca.pem",
        good=_signed(room, "good", "localhost", "20200101000000Z", "20490101000000Z"),
        expired=_signed(room, "expired", "localhost", "20200101000000Z", "20210101000000Z"),
        early=_signed(room, "early", "localhost", "20480101000000Z", "20490101000000Z"),
        other_host=_signed(room, "other", "shop.example", "20200101000000Z", "20490101000000Z"),
        self_signed=_self_signed(room),
    )


@contextmanager
def tls_server(
    certificate: Path,
    alpn: tuple[str, ...] = (),
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    heard: list[bytes] | None = None,
) -> Iterator[int]:
    """A port of localhost that shakes hands and says no more.

    ``newest`` version of TLS that it speaks; what comes behind the handshake is put into ``heard``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            client.settimeout(5)
            with suppress(OSError), context.wrap_socket(client, server_side=True) as line:
                came = line.recv(65536)
                if heard is not None:
                    heard.append(came)

    thread = threading.Thread(target=serve, name="tls-server")
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _signed(room: Path, name: str, host: str, begins: str, ends: str) -> Path:
    san = f"-addext subjectAltName=DNS:{host}"
    _openssl(
        room,
        f"req {_KEY} -nodes -keyout {name}.key -out {name}.csr -subj /CN={host} {san}",
    )
    _openssl(
        room,
        f"ca -batch -notext -config ca.conf -cert ca.pem -keyfile ca.key -in {name}.csr"
        f" -out {name}.crt -startdate {begins} -enddate {ends}",
    )
    return _joined(room, name)


def _self_signed(room: Path) -> Path:
    _openssl(
        room,
        f"req -x509 {_KEY} -nodes -keyout self.key -out self.crt -days 9"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost",
    )
    return _joined(room, "self")


def _joined(room: Path, name: str) -> Path:
    whole = room / f"{name}.pem"
    parts = [(room / f"{name}.{end}").read_text() for end in ("crt", "key")]
    whole.write_text("".join(parts))
    return whole


def _openssl(room: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=room, check=True, capture_output=True)
