"""Nobody but the host that the config names gets a login, and nothing turns that proof off.

Each way to be refused is tried at each door by which mirrord asks a store; what came through the
handshake is what the server heard.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from mirrord.config import load
from mirrord.core.entry import Entry, TreePath
from mirrord.errors import ConfigError, MirrordError, TransferError
from mirrord.source.asker import top_listing
from mirrord.source.common import Alone
from mirrord.source.link import fetch
from mirrord.source.pace import Patience
from mirrord.source.quota import QuotaKeeper
from mirrord.source.rest import Account, RestClient
from mirrord.source.retry import Endurance
from mirrord.source.webdav import WebDavSource
from tests.config.conftest import GOOD
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySink, MemorySinks
from tests.servers.certificates import Certificates, make_certificates, tls_server
from tests.servers.hostile import hostile, says

USER, PASSWORD, TOKEN = "user", "planted-password", "planted-token"
QUICK = Patience(connect=2.0, read=2.0, grace=1.0, rate=1_000_000)
PULSE = QuietPulse()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def _list(url: str, ca: str | None) -> None:
    with closing(WebDavSource(url, USER, PASSWORD, "basic", patience=QUICK, ca=ca)) as source:
        list(source.list(PULSE))


def _download(url: str, ca: str | None) -> None:
    with closing(WebDavSource(url, USER, PASSWORD, "basic", patience=QUICK, ca=ca)) as source:
        for got in source.fetch_many([Entry(TreePath("x.jpg"), size=3)], MemorySinks(), PULSE):
            if isinstance(got, TransferError):
                raise got


def _look(url: str, ca: str | None) -> None:
    top_listing(url, USER, PASSWORD, "basic", ca)


def _ask_api(url: str, ca: str | None) -> None:
    quota = QuotaKeeper(1.0, lambda: 0.0, Alone())
    account = Account(url, "abc", TOKEN)
    with closing(RestClient(account, quota, QUICK, ca, endurance=Endurance(1))) as client:
        client.get("v2/orders", {}, "a scope", PULSE)


def _take_theme(url: str, ca: str | None) -> None:
    fetch(f"{url}/theme.zip", MemorySink, PULSE, loopback=False, ca=ca, patience=QUICK)


DOORS: dict[str, Callable[[str, str | None], None]] = {
    "webdav listing": _list,
    "webdav download": _download,
    "webdav doctor": _look,
    "api": _ask_api,
    "theme link": _take_theme,
}
#: What goes over the line when it is trusted; a link gets no login.
SENT = {"api": b"X-Auth-Token: planted-token", "theme link": b"GET /dav/theme.zip"}
#: The certificate, and what its refusal says of it, in OpenSSL's words.
REFUSED = {
    "expired": "expired",
    "early": "not yet valid",
    "other_host": "match",
    "self_signed": "self-signed certificate",
}


def _refusal(door: str, port: int, ca: Path | None) -> str:
    with pytest.raises(MirrordError) as caught:
        DOORS[door](f"https://localhost:{port}/dav", str(ca) if ca else None)
    return str(caught.value)


@pytest.mark.parametrize("door", DOORS)
def test_a_trusted_host_is_told_the_login(door: str, certificates: Certificates) -> None:
    """The proof of the proof: what the others must not hear is heard here."""
    heard: list[bytes] = []
    with tls_server(certificates.good, heard=heard) as port:
        _refusal(door, port, certificates.ca)  # it says no more
    assert SENT.get(door, b"\r\nAuthorization: Basic ").lower() in heard[0].lower()


@pytest.mark.parametrize("which", REFUSED)
@pytest.mark.parametrize("door", DOORS)
def test_a_bad_certificate_is_refused_in_words_before_any_login(
    door: str, which: str, certificates: Certificates
) -> None:
    """Expired, not valid yet, another host's, its own: nothing is said to such a host."""
    heard: list[bytes] = []
    with tls_server(getattr(certificates, which), heard=heard) as port:
        told = _refusal(door, port, certificates.ca)
    assert (b"".join(heard), REFUSED[which] in told) == (b"", True), told
    assert "its TLS certificate is refused (" in told
    assert told.endswith("check the URL, or the CA file")


def _shaken_by_anybody(port: int) -> str:
    """The version on which the server agrees with a client that takes all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_connection(("127.0.0.1", port)) as line, context.wrap_socket(line) as shaken:
        shaken.sendall(b"x")
        return (shaken.version() or "").removesuffix(".0")


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_tls_is_refused_before_any_login(
    door: str, newest: ssl.TLSVersion, certificates: Certificates
) -> None:
    """1.0 and 1.1, of which others could make the most: 1.2 is the least, by whatever means."""
    heard: list[bytes] = []
    with tls_server(certificates.good, newest=newest, heard=heard) as port:
        told = _refusal(door, port, certificates.ca)
        assert (heard, "no TLS connection could be made" in told) == ([], True), told
        assert _shaken_by_anybody(port) == newest.name.replace("_", ".")


@pytest.fixture
def hostile_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificates: Certificates
) -> Iterator[Callable[[], int]]:
    """All that is known to make libraries trust, log in or go elsewhere; counts who went there."""
    logins = "machine localhost login other password other\ndefault login other password other\n"
    (tmp_path / ".netrc").write_text(logins)
    (tmp_path / ".netrc").chmod(0o600)
    hashes = tmp_path / "hashes"
    hashes.mkdir()
    (hashes / "ca.pem").write_bytes(certificates.ca.read_bytes())
    with hostile(lambda _: says("407 No")) as proxy:
        (tmp_path / ".curlrc").write_text(f"insecure\nproxy = {proxy.origin}\n")
        for name, value in {
            "HOME": str(tmp_path),
            "CURL_HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
            "NETRC": str(tmp_path / ".netrc"),
            "REQUESTS_CA_BUNDLE": str(certificates.ca),
            "CURL_CA_BUNDLE": str(certificates.ca),
            "SSL_CERT_FILE": str(certificates.ca),
            "SSL_CERT_DIR": str(hashes),
            "PYTHONHTTPSVERIFY": "0",
            "CURL_SSL_BACKEND": "none",
            "NO_PROXY": "",
            "no_proxy": "",
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("http", "https", "all", "ftp", "socks"):
            monkeypatch.setenv(f"{name}_proxy", proxy.origin)
            monkeypatch.setenv(f"{name.upper()}_PROXY", proxy.origin)
        yield lambda: len(proxy.log)


@pytest.mark.parametrize("door", DOORS)
def test_no_environment_makes_a_host_trusted(
    door: str, certificates: Certificates, hostile_environment: Callable[[], int]
) -> None:
    """Not even with its CA in every variable: only the config's own `ca` is that."""
    heard: list[bytes] = []
    with tls_server(certificates.good, heard=heard) as port:
        told = _refusal(door, port, None)
    assert (b"".join(heard), hostile_environment()) == (b"", 0)
    assert "its TLS certificate is refused (" in told


@pytest.mark.parametrize("door", DOORS)
def test_no_environment_leads_elsewhere_or_logs_in_as_another(
    door: str, certificates: Certificates, hostile_environment: Callable[[], int]
) -> None:
    """No proxy, no .netrc, no .curlrc: the host itself is asked, with the config's login."""
    heard: list[bytes] = []
    with tls_server(certificates.good, heard=heard) as port:
        _refusal(door, port, certificates.ca)
    assert hostile_environment() == 0
    assert SENT.get(door, b"Basic dXNlcjpwbGFudGVkLXBhc3N3b3Jk").lower() in heard[0].lower()
    assert b"b3RoZXI6b3RoZXI" not in heard[0]
    with hostile(lambda _: says("404 No")) as shop:
        with suppress(MirrordError):
            DOORS[door](shop.url, None)
        logins = [asked.authorization for asked in shop.log]
    assert (hostile_environment(), [one for one in logins if "b3RoZXI6b3RoZXI" in one]) == (0, [])


@pytest.mark.parametrize("part", ["webdav", "api"])
@pytest.mark.parametrize(
    "line",
    [
        "verify: false",
        "verify_tls: false",
        "tls_verify: false",
        "ssl_verify: false",
        "insecure: true",
        "check_certificate: no",
        "proxy: http://127.0.0.1:1",
        "ca: false",
        "ca: ''",
        "ca: null",
    ],
)
def test_no_key_of_the_config_turns_it_off(part: str, line: str, tmp_path: Path) -> None:
    """There is none; what looks like one is refused with its line."""
    good = f"{GOOD}    api:\n      store_hash: abc123\n      token: {{credential: acme-token}}\n"
    file = tmp_path / "mirrord.yaml"
    file.write_text(good)
    load(file)
    place = f"    {part}:\n"
    file.write_text(good.replace(place, f"{place}      {line}\n"))
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert line.partition(":")[0] in str(caught.value)
