"""libcurl's handles: how each is made, one request at a time on it, and what its errors mean.

The only room that imports pycurl, with :mod:`mirrord.source.multi`. A handle is kept and used
again: its connection and its Digest login live on it. It must never follow a redirect, read
`.netrc` or a proxy of the environment, undo a compression, send a verb that writes, or leave the
origin that the login belongs to.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from math import inf
from typing import Any

import certifi
import pycurl

from mirrord.errors import AnswerBroken, StoreError, StoreRefused, StoreUnreachable
from mirrord.source.exchange import Access, Head, Reader, Request
from mirrord.source.words import plain

#: The start of an error's body is read, so that its connection may live; no more than this.
_ERROR_BODY = 16 * 1024
_BUFFER = 512 * 1024
#: Of one request: a login takes two, a nonce that ran out three, each with interim ones.
_MOST_HEADS = 8
_HTTP2_STREAM = 92  # pycurl does not name this code
_NO_HTTP = "sent an answer that is no proper HTTP"


@dataclass(slots=True)
class Meter:
    """What all handles of one store share: the time that counts, in seconds, answers and bytes.

    ``quickest``: the seconds of the quickest answer so far.
    """

    now: float = 0.0
    answers: int = 0
    quickest: float = inf
    received: int = 0


class Handle:
    """One libcurl handle; between :meth:`ask` and :meth:`conclude` it has one request.

    ``began``, ``last`` and ``received`` tell when, by the meter, the present request began and its
    body last moved, and its bytes so far.
    """

    def __init__(self, access: Access, meter: Meter) -> None:
        self.curl: Any = pycurl.Curl()
        self.began = self.last = 0.0
        self.received = 0
        self._meter = meter
        self._reader: Reader | None = None
        self._head: Head | None = None
        self._lines: list[bytes] = []
        self._heads = 0
        self._failed: BaseException | None = None
        self._asked: tuple[str, tuple[str, ...], bytes] | None = None
        self._options(access)

    def ask(self, request: Request, reader: Reader) -> None:
        """Make the handle ready for one request; it begins when it is added to the others."""
        self._lines.clear()
        self._reader, self._head, self._failed = reader, None, None
        self.received = self._heads = 0
        self.began = self.last = self._meter.now
        kind = (request.verb, request.headers, request.body)
        if kind != self._asked:
            self._asked = kind
            self._set_kind(request)
        self.curl.setopt(pycurl.URL, request.url)

    def conclude(self, code: int, words: str, where: str) -> None:
        """The request is over, with libcurl's code and words; 0 is a whole answer.

        What the reader raised is raised again; StoreUnreachable, AnswerBroken where none came.
        """
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed
        if code and not self._is_refused:
            raise self._trouble(code, words, where)
        if self._head is None:
            if not self._head_ended:
                raise StoreUnreachable(f"{where}: the answer broke off before its body")
            self._begin()
        if self._is_refused:
            self._tell_head()

    @property
    def has_head(self) -> bool:
        """Whether all headers of an answer came that is no refusal."""
        return self._head_ended and self.curl.getinfo(pycurl.RESPONSE_CODE) in (200, 206)

    def bytes_so_far(self) -> int:
        """What came of the present answer, that of a refusal before a login included."""
        return int(self.curl.getinfo(pycurl.SIZE_DOWNLOAD_T))

    def forget(self) -> None:
        """Let go of who took the answer."""
        self._reader = None

    def close(self) -> None:
        """Let go of the handle."""
        self._reader = None
        self.curl.close()

    @property
    def _head_ended(self) -> bool:
        return bool(self._lines) and self._lines[-1] in (b"\r\n", b"\n")

    @property
    def _is_refused(self) -> bool:
        return self._head is not None and self._head.status >= 300

    def _options(self, access: Access) -> None:
        digest, secure = access.scheme == "digest", access.secure
        for option, value in (
            (pycurl.USERNAME, access.username.encode()),
            (pycurl.PASSWORD, access.password.encode()),
            (pycurl.HTTPAUTH, pycurl.HTTPAUTH_DIGEST if digest else pycurl.HTTPAUTH_BASIC),
            (pycurl.UNRESTRICTED_AUTH, 0),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTPS if secure else pycurl.PROTO_HTTP),
            (pycurl.PROXY, ""),
            (pycurl.NOPROXY, "*"),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),  # and later
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.CAINFO, access.ca or certifi.where()),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS),
            (pycurl.HTTP09_ALLOWED, 0),
            (pycurl.PIPEWAIT, int(secure)),  # only TLS tells of HTTP/2 and its many streams
            (pycurl.PATH_AS_IS, 1),
            (pycurl.TCP_NODELAY, 1),
            (pycurl.NOSIGNAL, 1),
            (pycurl.BUFFERSIZE, _BUFFER),
            (pycurl.CONNECTTIMEOUT_MS, max(1, round(access.connect * 1000))),
            (pycurl.HEADERFUNCTION, self._hear),
            (pycurl.WRITEFUNCTION, self._take),
        ):
            self.curl.setopt(option, value)
        self.curl.unsetopt(pycurl.CAPATH)  # libcurl's own, which would be trusted besides

    def _set_kind(self, request: Request) -> None:
        curl = self.curl
        curl.setopt(pycurl.HTTPGET, 1)
        if request.verb == "GET":
            curl.unsetopt(pycurl.CUSTOMREQUEST)
        else:
            curl.setopt(pycurl.CUSTOMREQUEST, request.verb)
        if request.body:
            curl.setopt(pycurl.POSTFIELDS, request.body)
        curl.setopt(pycurl.HTTPHEADER, list(request.headers))

    def _hear(self, line: bytes) -> int | None:
        """Libcurl's header callback.

        Where every nonce is stale, libcurl logs in again and again, thousands of times a minute.
        """
        self._lines.append(line)
        if line.startswith(b"HTTP/"):
            self._heads += 1
            if self._heads > _MOST_HEADS:
                self._failed = StoreRefused("the store asks for the login again and again")
                return -1
        return None

    def _take(self, chunk: bytes) -> int | None:
        """Libcurl's write callback; pycurl would print and lose what is raised out of it."""
        try:
            if self._head is None:
                self._begin()
            self.received += len(chunk)
            self._meter.received += len(chunk)
            self.last = self._meter.now
            if self._is_refused:
                return -1 if self.received > _ERROR_BODY else None
            if self._reader is not None:
                self._reader.take(chunk)
        except BaseException as error:  # noqa: BLE001 - raised again by conclude()
            self._failed = error
            return -1
        return None

    def _begin(self) -> None:
        """The headers are there: of the last answer, after that of a refusal before a login."""
        lines, start = self._lines, 0
        if lines.count(b"\r\n") > 1:
            start = max(n for n, line in enumerate(lines) if line.startswith(b"HTTP/"))
        # pycurl gives no information while libcurl works
        self._head = Head(int(lines[start].split(None, 2)[1]), lines[start:])
        if not self._is_refused:
            self._tell_head()

    def _tell_head(self) -> None:
        if self._reader is not None and self._head is not None:
            self._reader.head(self._head)

    def _trouble(self, code: int, words: str, where: str) -> StoreError:
        if code in (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE):
            why = plain(words.partition(": ")[2] or words or "not trusted", 100)
            return StoreUnreachable(
                f"{where}: its TLS certificate is refused ({why}); check the URL, or the CA file"
            )
        refused = self.curl.getinfo(pycurl.OS_ERRNO) == errno.ECONNREFUSED
        if code == pycurl.E_COULDNT_CONNECT and refused:
            return StoreUnreachable(f"{where}: connection refused; check the URL and the network")
        if code == pycurl.E_FTP_WEIRD_SERVER_REPLY:
            return AnswerBroken(f"{where} {_NO_HTTP}")
        return StoreUnreachable(f"{where}: {_REASONS.get(code, f'no proper answer ({code})')}")


_REASONS: dict[int, str] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the name can not be resolved; check the URL",
    pycurl.E_COULDNT_CONNECT: "no connection could be made; check the URL and the network",
    pycurl.E_OPERATION_TIMEDOUT: "no answer in time",
    pycurl.E_SSL_CONNECT_ERROR: "no TLS connection could be made; check the URL",
    pycurl.E_PARTIAL_FILE: "the answer broke off",
    pycurl.E_GOT_NOTHING: "the connection broke off",
    pycurl.E_RECV_ERROR: "the connection broke off",
    pycurl.E_SEND_ERROR: "the connection broke off",
    pycurl.E_HTTP2: "the connection broke off",
    _HTTP2_STREAM: "the connection broke off",
    pycurl.E_UNSUPPORTED_PROTOCOL: _NO_HTTP,
}
