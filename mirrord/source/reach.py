"""The way to a store, step by step: its name, a connection, TLS. For telling where it breaks.

Each step says in words what was found, or raises StoreUnreachable with why. Nothing is sent but a
TLS handshake. The certificates that are trusted are those that the real requests trust.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

import requests.utils

from mirrord.errors import MirrordError, StoreUnreachable
from mirrord.source.words import plain

_PATIENCE = 10.0
#: X.509 verification errors of OpenSSL (x509_vfy.h).
_EXPIRED, _NOT_YET, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64


class NoCertificateFile(MirrordError):
    """The config's own CA file can not be used."""

    exit_code = 78


class Untrusted(StoreUnreachable):
    """The certificate is refused; ``remedy`` says what to do about this one."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store listens, and whose certificates are trusted there (None: the usual ones)."""

    host: str
    port: int
    tls: bool
    ca: str | None = None

    @classmethod
    def of(cls, url: str, ca: str | None) -> Self:
        """From the config's URL, which was checked when the config was read."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        return cls(parts.hostname or "", parts.port or (443 if tls else 80), tls, ca)


def resolve(place: Place) -> str:
    """The addresses of the host, in words."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", "") or "not a host name"
        raise StoreUnreachable(f"{plain(place.host)} can not be resolved ({plain(why)})") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    return f"{place.host} is {', '.join(addresses[:4])}"


def connect(place: Place) -> str:
    """Whether anybody listens."""
    with closing(_connection(place)) as line:
        return f"{line.getpeername()[0]} listens on port {place.port}"


def handshake(place: Place) -> str:
    """TLS as the requests will make it: version, and until when the certificate holds."""
    context = _context(place)
    with closing(_connection(place)) as line, _shaken(context, line, place) as wrapped:
        certificate = wrapped.getpeercert() or {}
        until = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        day = datetime.fromtimestamp(until, UTC).date().isoformat()
        return f"{wrapped.version()}, the certificate is trusted and holds until {day}"


def alpn(place: Place) -> str:
    """What the server chooses when HTTP/2 is offered: ``h2``, ``http/1.1``, or ``""``."""
    context = _context(place)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with closing(_connection(place)) as line, _shaken(context, line, place) as wrapped:
        return wrapped.selected_alpn_protocol() or ""


def _context(place: Place) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=place.ca or requests.utils.DEFAULT_CA_BUNDLE_PATH)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or "no certificates in it"
        raise NoCertificateFile(f"the CA file {place.ca} can not be used ({plain(why)})") from error


def _connection(place: Place) -> socket.socket:
    try:
        return socket.create_connection((place.host, place.port), _PATIENCE)
    except TimeoutError as error:
        raise StoreUnreachable(f"{place.host} port {place.port}: no answer in time") from error
    except OSError as error:
        why = plain(error.strerror or "no connection").lower()
        raise StoreUnreachable(f"{place.host} port {place.port}: {why}") from error


def _shaken(context: ssl.SSLContext, line: socket.socket, place: Place) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(line, server_hostname=place.host)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(error, place) from error
    except (OSError, ValueError) as error:
        why = plain(getattr(error, "reason", "") or getattr(error, "strerror", "") or "broke off")
        raise StoreUnreachable(
            f"{place.host} port {place.port} makes no TLS connection ({why})"
        ) from error


def _untrusted(error: ssl.SSLCertVerificationError, place: Place) -> Untrusted:
    host = place.host
    match error.verify_code:
        case code if code == _EXPIRED:
            return Untrusted(
                f"the certificate of {host} has expired",
                "look at this machine's clock; if it is right, the host must renew its certificate",
            )
        case code if code == _NOT_YET:
            return Untrusted(
                f"the certificate of {host} is not valid yet",
                "set this machine's clock: it is behind",
            )
        case code if code in (_OTHER_HOST, _OTHER_ADDRESS):
            return Untrusted(
                f"the certificate is for another host than {host}",
                "write the URL as the control panel shows it, with the store's permanent host",
            )
    return Untrusted(
        f"the certificate of {host} is not trusted ({plain(error.verify_message)})",
        "if a proxy of your own stands between, name its CA's file by `ca:`; else somebody may be"
        " listening in",
    )
