"""One download behind a link that the API named: straight away, once, into a sink.

The link may lead to any machine, so that nothing of ours goes there: no token, no cookie, no
redirect is followed, no more than a bound is read. This room must never log or repeat the link,
which opens the file to whoever has it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mirrord import __version__
from mirrord.core.pulse import Pulse
from mirrord.errors import AnswerBroken, StoreError, StoreUnreachable
from mirrord.source import Sink
from mirrord.source.pace import Pace, Pacer, Patience
from mirrord.source.reasons import translated
from mirrord.source.rest import is_loopback
from mirrord.source.session import Gate, ReadingSession

if TYPE_CHECKING:
    import requests

#: Bytes. BigCommerce takes themes of 50 MB at the most; what it packs anew may be larger.
LARGEST = 200 * 1000 * 1000
_CHUNK = 64 * 1024
#: What storage services answer once a signed link ran out.
_EXPIRED = frozenset({400, 401, 403, 404, 410})
_HEADERS = {
    "User-Agent": f"mirrord/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class ThemeNotGiven(StoreError):
    """The store answers, and did not give this one theme; a new job may."""

    transient = True


class LinkRefused(ThemeNotGiven):
    """A link that is not followed, or leads to something that can be no theme."""

    transient = False


def fetch(
    link: str,
    into: Callable[[], Sink],
    pulse: Pulse,
    *,
    loopback: bool,
    ca: str | None,
    patience: Patience,
    most: int = LARGEST,
) -> Sink:
    """What lies behind the link, in an open sink; ThemeNotGiven where it did not come whole.

    ``loopback``: plain http to this machine is taken too, as by a store that is itself there.
    DiskError of the sink passes through. Whatever goes wrong, the sink is discarded.
    """
    origin = _origin(link, loopback=loopback)
    where = f"the download link at {origin}"
    pace = Pace(patience)
    session = ReadingSession(Gate(origin, ("GET",), pace), _HEADERS)
    with closing(Pacer([pace])), closing(session):
        try:
            with translated(where, pace), pace.answer():
                response = session.get(
                    link,
                    stream=True,
                    allow_redirects=False,
                    timeout=(patience.connect, patience.read),
                    verify=ca or True,
                )
                with closing(response):
                    _judge(response, where, most)
                    sink = _read(response, into, pace, where, most, pulse)
        except (StoreUnreachable, AnswerBroken) as error:
            raise ThemeNotGiven(str(error)) from error
        finally:
            pace.end()
    return sink


def _origin(link: str, *, loopback: bool) -> str:
    try:
        url = urlsplit(link)
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    if not host or not link.isascii() or not link.isprintable() or "@" in url.netloc:
        raise LinkRefused("the store named a link that is none")
    if url.scheme != "https" and not (loopback and url.scheme == "http" and is_loopback(host)):
        raise LinkRefused(f"the store named a link to {host} without https; it is not followed")
    name = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{name}" + (f":{port}" if port is not None else "")


def _judge(response: requests.Response, where: str, most: int) -> None:
    status = response.status_code
    if status in _EXPIRED:
        raise ThemeNotGiven(f"{where} answered {status}: it has run out")
    if 300 <= status < 400:
        raise LinkRefused(f"{where} answered {status}, a redirect, which is never followed")
    if status != 200:
        raise ThemeNotGiven(f"{where} answered {status}")
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise ThemeNotGiven(f"{where} answered with a web page instead of a theme")
    length = _length(response)
    if length is not None and length > most:
        raise LinkRefused(f"{where} has {length:,} bytes; no theme has more than {most:,}")


def _read(
    response: requests.Response,
    into: Callable[[], Sink],
    pace: Pace,
    where: str,
    most: int,
    pulse: Pulse,
) -> Sink:
    sink = into()
    try:
        got, length = 0, _length(response)
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            pace.got(len(chunk))
            got += len(chunk)
            if got > most:
                raise LinkRefused(f"{where} gave more than {most:,} bytes; no theme has so many")  # noqa: TRY301 - the sink is discarded in one place
            sink.write(chunk)
            pulse.progress("downloading a theme", got, length)
        if pace.was_cut:  # without a length that looks like the end
            raise ThemeNotGiven(f"{where} broke off after {got:,} bytes")  # noqa: TRY301 - as above
    except BaseException:
        sink.discard()
        raise
    return sink


def _length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
