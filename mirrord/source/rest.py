"""One request to the REST API at a time, many threads side by side: text, or one of our errors.

It is a GET, or the one POST that a client was made with.
The token goes to its own origin only, and never over plain http but to this machine. Whatever
requests, urllib3 or a hostile answer throw is translated here; transient errors are tried again
and every request waits its turn in the store's quota, which all who ask the store share.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import requests

from mirrord import __version__
from mirrord.core.pulse import Pulse
from mirrord.errors import AnswerBroken, StoreBusy, StoreUnreachable
from mirrord.source.answers import Answer, Asked, PageTooLarge, problem
from mirrord.source.pace import Pace, Pacer, Patience
from mirrord.source.quota import QuotaKeeper
from mirrord.source.reasons import translated
from mirrord.source.retry import BY_HAND, Endurance, retrying
from mirrord.source.session import Gate, Post, ReadingSession
from mirrord.source.words import without

_CHUNK = 64 * 1024
_ERROR_BODY = 16 * 1024
#: Bytes, decoded. 250 products with 600 variants each come to 150 MB: they are asked for in parts.
_LARGEST_PAGE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Account:
    """Where the store's API is, and the token that opens it.

    Raises ValueError, without the token, for plain http to another machine, a URL with a login
    or a query, a store hash of other characters than letters and digits, and a token that is no
    header value.
    """

    base_url: str
    store_hash: str
    token: str

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("the API's URL must begin with https://")
        if url.username is not None or url.query or url.fragment:
            raise ValueError("the API's URL holds no login, no query and no fragment")
        if url.scheme == "http" and not is_loopback(url.hostname):
            raise ValueError("plain http would show the API token to everyone; use https")
        if not re.fullmatch(r"[A-Za-z0-9]+", self.store_hash):
            raise ValueError("a store hash is letters and digits only")
        if not re.fullmatch(r"[\x21-\x7e]+", self.token):
            raise ValueError("the API token is empty or holds characters that no token has")

    def __repr__(self) -> str:
        return f"Account({self.base_url!r}, {self.store_hash!r}, token=...)"

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``."""
        url = urlsplit(self.base_url)
        return f"{url.scheme}://{url.netloc}".lower()

    def url(self, path: str) -> str:
        """The full URL of a path below ``/stores/HASH/``."""
        folder = urlsplit(self.base_url).path.rstrip("/")
        return f"{self.origin}{folder}/stores/{self.store_hash}/{path}"


class RestClient:
    """Sends the requests of one store; each thread has a connection of its own.

    ``ca``: a file with the certificates to trust instead of the built-in ones. ``endurance``: how
    often a request is sent that fails with a transient error. ``sent`` counts the requests.
    ``post``: the one POST that it may send.
    """

    def __init__(
        self,
        account: Account,
        quota: QuotaKeeper,
        patience: Patience,
        ca: str | None = None,
        largest_page: int = _LARGEST_PAGE,
        endurance: Endurance = BY_HAND,
        post: Post | None = None,
    ) -> None:
        self.sent = 0
        self._post = post
        self._account = account
        self._quota = quota
        self._patience = patience
        self._ca = ca
        self._largest_page = largest_page
        self._endurance = endurance
        self._paces: list[Pace] = []
        self._sessions: list[requests.Session] = []
        self._mine = threading.local()
        self._pacer = Pacer(self._paces)

    def get(self, path: str, query: Mapping[str, str], scope: str, pulse: Pulse) -> str:
        """The body of a 200, ``""`` for a 204.

        Raises StoreError after some tries: StoreRefused (401), ScopeMissing (403, with the
        ``scope``), StoreBusy, StoreUnreachable, AnswerBroken, or those of :mod:`.answers`.
        """
        asked = Asked(self._account.url(path), scope)
        return retrying(pulse, self._endurance)(self._once, path, asked, dict(query), pulse)

    def post(self, path: str, scope: str, pulse: Pulse) -> str:
        """The answer to the one POST that this client may send; errors as of :meth:`get`.

        AnswerBroken for a path that it may not be sent to: the gate lets nothing else out.
        """
        asked = Asked(self._account.url(path), scope, "POST")
        return retrying(pulse, self._endurance)(self._once, path, asked, {}, pulse)

    def hide(self, said: str) -> str:
        """What the store said, fit for a message as far as our token goes."""
        return without(self._account.token, said)

    def close(self) -> None:
        """End every connection; a thread blocked in one wakes with StoreUnreachable."""
        self._pacer.close()
        for pace in tuple(self._paces):
            pace.end()
        # what waits in their pools would stay open until the garbage collector came by
        for session in tuple(self._sessions):
            session.close()

    def _once(self, path: str, asked: Asked, query: Mapping[str, str], pulse: Pulse) -> str:
        pulse.beat()
        with self._quota.turn(path, pulse):
            self.sent += 1
            answer = self._asked(asked, query)
        error = problem(answer, asked, time.time())
        if isinstance(error, StoreBusy):
            self._quota.refused(error.after)
        if error is not None:
            raise error
        return _text(answer, asked)

    def _asked(self, asked: Asked, query: Mapping[str, str]) -> Answer:
        pace, session = self._line()
        is_post = asked.verb == "POST"
        with translated(str(asked), pace), pace.answer():
            response = session.request(
                asked.verb,
                asked.url,
                params=query,
                data=self._post.body if is_post and self._post else None,
                stream=True,
                allow_redirects=False,
                timeout=(self._patience.connect, self._patience.read),
                verify=self._ca or True,
            )
            with closing(response):
                self._quota.answered(response.headers, good=response.status_code < 400)
                answer = self._read(response, pace, asked)
            if pace.overran:  # cut off within the headers it looks like an empty answer
                raise StoreUnreachable(f"{asked} answers too slowly; given up")
        if is_post and answer.status in (201, 202):  # a job may count as made, or as accepted
            return replace(answer, status=200)
        return answer

    def _read(self, response: requests.Response, pace: Pace, asked: Asked) -> Answer:
        most = self._largest_page if response.status_code == 200 else _ERROR_BODY
        body = bytearray()
        for chunk in _chunks(response, pace):
            body += chunk
            if len(body) <= most:
                continue
            if response.status_code == 200:
                body.clear()  # the error's traceback holds it for longer
                size = f"{most >> 20} MiB" if most >> 20 else f"{most} bytes"
                raise PageTooLarge(asked, size, most)
            break
        if response.status_code != 200:  # what the store says may reach a log
            body = bytearray(self.hide(body.decode("latin-1")).encode("latin-1"))
        return Answer(response.status_code, response.headers, bytes(memoryview(body)[:most]))

    def _line(self) -> tuple[Pace, requests.Session]:
        line: tuple[Pace, requests.Session] | None = getattr(self._mine, "line", None)
        if line is None:
            pace = Pace(self._patience)
            self._paces.append(pace)
            session = self._session(pace)
            self._sessions.append(session)
            line = self._mine.line = (pace, session)
        return line

    def _session(self, pace: Pace) -> requests.Session:
        headers = {
            "User-Agent": f"mirrord/{__version__}",
            "Accept": "application/json",
            # some lists want it of a GET, too (orders.v2.oas2.yml, widgets.v3.yml)
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
            "X-Auth-Token": self._account.token,
        }
        return ReadingSession(Gate(self._account.origin, ("GET",), pace, self._post), headers)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _chunks(response: requests.Response, pace: Pace) -> Iterator[bytes]:
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        pace.got(len(chunk))
        yield chunk


def _text(answer: Answer, asked: Asked) -> str:
    """Only a 204 may be empty: an answer that broke off after its headers is empty, too."""
    if answer.status == 200 and not answer.body:
        raise AnswerBroken(f"{asked} answered with nothing; try again later")
    try:
        return answer.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnswerBroken(f"{asked} answered with text that is not UTF-8") from error
