"""Apache's mod_dav over one tree, by Basic and by Digest, with and without Depth: infinity.

What it logs is what is counted: each request's status, how many came before it on the same
connection, the client's port and the protocol. Keep-alive stands as Apache ships it: 100 requests
a connection, of HTTP/2 any number. Over TLS it offers HTTP/2 and HTTP/1.1.
"""

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contest import Traffic
from tests.servers.certificates import make_certificates
from tests.servers.tools import PASSWORD, REALM, USER, free_port, running

_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = (
    "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest dav dav_fs"
    " alias autoindex"
)
#: Log lines are written after the answer has gone.
_SETTLE = 0.3

_CONF = """
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {room}/pid
ErrorLog {room}/error.log
LogFormat "%>s %k %{{remote}}p %H" counted
CustomLog {room}/requests.log counted
User www-data
Group www-data
StartServers 2
ServerLimit 4
ThreadsPerChild 32
MaxRequestWorkers 128
DavLockDB {room}/lock
"""

_TLS = """
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile {certificate}
"""

_LOCATION = """
Alias /{name} {tree}
<Location /{name}>
  Dav On
  Options +Indexes
  IndexOptions FancyIndexing NameWidth=*
  DavDepthInfinity {infinity}
  AuthType {scheme}
  AuthName {realm}
  Auth{scheme}Provider file
  AuthUserFile {room}/{scheme}
  Require valid-user
</Location>
"""


@dataclass(frozen=True, slots=True)
class Store:
    """The server at work. Its folders: basic, digest, deep-basic, deep-digest.

    ``ca`` is the certificate to trust where it speaks TLS.
    """

    port: int
    tree: Path
    log: Path
    ca: Path | None = None

    def traffic_since(self, mark: int) -> Traffic:
        """What was logged behind the mark."""
        time.sleep(_SETTLE)
        with self.log.open("rb") as file:
            file.seek(mark)
            return counted(file.read().decode())

    def mark(self) -> int:
        """Where the log ends now."""
        return self.log.stat().st_size


def counted(lines: str) -> Traffic:
    """What happened by log lines ``STATUS NUMBER-ON-ITS-CONNECTION PORT PROTOCOL``.

    By HTTP/2 all requests of a connection have the same number; the client's port tells it apart.
    """
    seen = [line.split() for line in lines.splitlines()]
    ports = [port for _, _, port, protocol in seen if protocol == "HTTP/2.0"]
    first = sum(number == "0" for _, number, _, protocol in seen if protocol != "HTTP/2.0")
    return Traffic(
        len(seen),
        first + len(set(ports)),
        sum(status == "401" for status, _, _, _ in seen),
        len(ports),
    )


@contextmanager
def apache(tree: Path, room: Path, tls: bool = False) -> Iterator[Store]:
    """Serve the tree; ``room`` gets the config, the passwords and the logs."""
    port = free_port()
    _write_passwords(room)
    made = make_certificates(room) if tls else None
    names = [*_LOADED.split(), *(["ssl", "http2"] if made else [])]
    loads = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so\n" for name in names]
    common = _CONF.format(port=port, room=room)
    if made:
        common += _TLS.format(certificate=made.good)
    places = [
        _LOCATION.format(
            name=depth + scheme.lower(),
            tree=tree,
            room=room,
            realm=REALM,
            scheme=scheme,
            infinity="on" if depth else "off",
        )
        for depth in ("", "deep-")
        for scheme in ("Basic", "Digest")
    ]
    conf = room / "apache.conf"
    conf.write_text("".join([*loads, common, *places]))
    log = room / "requests.log"
    log.touch()
    with running(["apache2", "-f", str(conf), "-DFOREGROUND"], port, room / "out.log"):
        yield Store(port, tree, log, made.ca if made else None)


def _write_passwords(room: Path) -> None:
    digest = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
    (room / "Digest").write_text(f"{USER}:{REALM}:{digest}\n")
    basic = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (room / "Basic").write_text(f"{USER}:{{SHA}}{basic}\n")
