"""The way to a store: what is told of each step that fails, by real certificates."""

from pathlib import Path

import pytest

from mirrord.errors import StoreUnreachable
from mirrord.source.reach import (
    NoCertificateFile,
    Place,
    Untrusted,
    alpn,
    connect,
    handshake,
    resolve,
)
from tests.servers.certificates import Certificates, make_certificates, tls_server
from tests.servers.tools import free_port


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once: keys take a while."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def _place(port: int, certificates: Certificates | None = None) -> Place:
    return Place("localhost", port, tls=True, ca=str(certificates.ca) if certificates else None)


def test_a_good_certificate_is_told_with_its_end(certificates: Certificates) -> None:
    """So that a person sees a renewal that is due."""
    with tls_server(certificates.good) as port:
        told = handshake(_place(port, certificates))
    assert told.startswith("TLSv1.")
    assert told.endswith("holds until 2049-01-01")


@pytest.mark.parametrize(
    ("which", "what", "remedy"),
    [
        ("expired", "has expired", "clock"),
        ("early", "is not valid yet", "clock"),
        ("other_host", "for another host than localhost", "permanent host"),
        ("self_signed", "is not trusted", "`ca:`"),
    ],
)
def test_each_bad_certificate_has_its_own_words_and_remedy(
    certificates: Certificates, which: str, what: str, remedy: str
) -> None:
    """Nobody is told to check the clock because of a wrong URL."""
    with tls_server(getattr(certificates, which)) as port, pytest.raises(Untrusted) as caught:
        handshake(_place(port, certificates))
    assert what in str(caught.value)
    assert remedy in caught.value.remedy


def test_our_own_ca_is_not_trusted_unless_the_config_names_it(certificates: Certificates) -> None:
    """The system's and the environment's certificates play no part."""
    with tls_server(certificates.good) as port, pytest.raises(Untrusted, match="not trusted"):
        handshake(_place(port))


def test_http2_is_told_by_what_the_server_chooses(certificates: Certificates) -> None:
    """Asked by ALPN; nothing is sent beyond the handshake."""
    chosen = []
    for offers in (("h2", "http/1.1"), ("http/1.1",), ()):
        with tls_server(certificates.good, offers) as port:
            chosen.append(alpn(_place(port, certificates)))
    assert chosen == ["h2", "http/1.1", ""]


def test_what_speaks_no_tls_is_told_so(certificates: Certificates, tmp_path: Path) -> None:
    """A plain server behind an https URL; a CA file that is none."""
    from tests.servers.wsgidav import wsgidav

    with wsgidav(tmp_path) as peer:
        place = Place.of(peer.url, None)
        with pytest.raises(StoreUnreachable, match="makes no TLS connection"):
            handshake(place)
        (tmp_path / "empty.pem").touch()
        with pytest.raises(NoCertificateFile, match=r"empty\.pem"):
            handshake(Place(place.host, place.port, tls=True, ca=str(tmp_path / "empty.pem")))
        assert connect(place) == f"127.0.0.1 listens on port {place.port}"
    assert (place.tls, resolve(place)) == (False, "127.0.0.1 is 127.0.0.1")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".example", "."])
def test_a_name_that_nobody_knows_is_told_so(host: str) -> None:
    """Whatever the resolver makes of it."""
    with pytest.raises(StoreUnreachable, match="can not be resolved"):
        resolve(Place(host, 443, tls=True))


def test_a_closed_port_is_told_so() -> None:
    """As refused."""
    with pytest.raises(StoreUnreachable, match="refused"):
        connect(_place(free_port()))
