"""The store's tree of files behind the door, by WebDAV: its listing, and many GETs at once.

It never takes a folder that it could not list for an empty one, and it must never send a verb
that writes; the site below knows none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator

from mirrord.core.discreet import discreet
from mirrord.core.entry import ROOT, Entry, TreePath, UnknownFolder
from mirrord.core.pulse import Pulse
from mirrord.errors import AnswerBroken, StoreBusy, StoreError, StoreRefused, TransferError
from mirrord.source import Fetched, Sink
from mirrord.source.engine import Engine
from mirrord.source.exchange import Access, Head
from mirrord.source.hrefs import Base
from mirrord.source.pace import Patience
from mirrord.source.pauses import retry_after
from mirrord.source.site import Site
from mirrord.source.transfer import Transfer
from mirrord.source.walk import Walk
from mirrord.source.words import plain, without

LOGINS = ("digest", "basic")


class WebDavSource:
    """A :class:`mirrord.source.FileSource`, used by one thread at a time.

    ``url`` of the tree's root; ``scheme`` of the login, "digest" or "basic"; ``connections`` that
    it may use at the most; ``ca`` a file of certificates to trust instead of the usual ones;
    ``bandwidth`` in bytes a second, None for no limit; while ``is_quiet`` says so, one request runs
    at a time; ``deep``: whether to ask for the whole tree at once first (``was_deep`` tells then
    whether that came); ``begin``: how many requests run at a time at first, None for a few. Nothing
    is sent before the first method is called. StoreError where the URL or the login can not be used
    at all.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        scheme: str = "digest",
        connections: int = 64,
        ca: str | None = None,
        patience: Patience | None = None,
        bandwidth: int | None = None,
        is_quiet: Callable[[], bool] = lambda: False,
        *,
        deep: bool = True,
        begin: int | None = None,
    ) -> None:
        try:
            base = Base.of(url)
        except ValueError as error:
            raise StoreError(f"{plain(url)}: {error}") from None
        if scheme not in LOGINS:
            raise StoreError(f"{plain(scheme)} is no login scheme; use digest or basic")
        if scheme == "digest" and not (username.isascii() and username.isprintable()):
            raise StoreRefused(
                f"{plain(username)}: such a username can not be sent by Digest login"
            )
        self.was_deep: bool | None = None
        self._deep = deep
        self._base, self._username, self._scheme = base, username, scheme
        patience = patience or Patience()
        self._site = site = Site(base, username, password)
        secure = base.scheme == "https"
        self._engine = Engine(
            base.host,
            Access(site.username, site.password, scheme, secure, ca, patience.connect),
            connections,
            patience,
            bandwidth=bandwidth,
            is_quiet=is_quiet,
            begin=begin,
        )

    @property
    def was_asked(self) -> bool:
        """Whether the store answered anything yet."""
        return self._engine.meter.answers > 0

    @property
    def at_once(self) -> int:
        """How many requests at the same time the store bore best, as far as was found out."""
        return self._engine.flow.limit

    def list(self, pulse: Pulse, known: Iterable[TreePath] = ()) -> Iterator[Entry | UnknownFolder]:
        """See :class:`mirrord.source.FileSource`; the root first and alone, then several at once.

        A folder's entries come when its whole listing has been read and found sound. A run of
        MAX_UNKNOWN_IN_A_ROW folders that can not be listed ends it with StoreError.
        """
        walk = Walk(self._engine, self._site, self._no_listing, _Forbidden, known)
        if self._deep:
            yield from walk.ask_deep(pulse)
            self.was_deep = walk.was_deep
        yield from walk.entries(pulse)

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Generator[Fetched | TransferError | None]:
        """See :class:`mirrord.source.FileSource`."""
        return Transfer(self._engine, self._site, self._refusal).fetch_many(entries, into, pulse)

    def close(self) -> None:
        """See :class:`mirrord.source.FileSource`."""
        self._engine.close()

    def _no_listing(self, head: Head, folder: TreePath) -> StoreError:
        """What an answer other than 207 means."""
        refusal = self._refusal(head, f"the folder /{discreet(folder)}")
        if refusal:
            return refusal
        if folder != ROOT:
            what = f"{head.status} with a web page" if head.is_html else f"{head.status}"
            return AnswerBroken(f"the listing of /{discreet(folder)[-120:]} was answered {what}")
        return StoreError(f"{self._base.origin}{self._base.root_path} {self._root_trouble(head)}")

    def _refusal(self, head: Head, what: str) -> StoreError | None:
        """The error of an answer that concerns the login or the whole store; None for others."""
        host = self._base.host
        if head.status in (429, 503):
            after = retry_after(head.get("retry-after"), time.time())
            return StoreBusy(f"{host} is busy (answer {head.status})", after)
        if head.status == 401:
            return StoreRefused(f"{host}: {self._login_trouble(head)}")
        if head.status == 403:
            return _Forbidden(
                f"{host}: {plain(self._username)} may not read {what}; check that user's "
                "permissions in the store's control panel"
            )
        return None

    def _login_trouble(self, head: Head) -> str:
        offered = head.get("www-authenticate").lower()
        others = [name for name in LOGINS if name != self._scheme and name in offered]
        if self._scheme not in offered and others:
            return (
                f"offers {others[0].title()} login where {self._scheme.title()} is configured; "
                "check the URL, or set the login scheme"
            )
        return (
            f"login refused for {plain(self._username)}: check username and password under "
            "Settings > Advanced > File access (WebDAV)"
        )

    def _root_trouble(self, head: Head) -> str:
        if head.status == 404:
            return "was not found (404); is the URL right, does it end in /dav?"
        if 300 <= head.status < 400:
            to = without(self._site.password, head.get("location"), self._username) or "nowhere"
            return (
                f"sends elsewhere (answer {head.status} to {plain(to)}); if that is your store, "
                "configure that URL"
            )
        if head.status < 300 and head.is_html:
            return "answers a web page, not WebDAV; is the URL right, does it end in /dav?"
        if head.status == 405:
            return "knows no WebDAV (405); is the URL right, does it end in /dav?"
        return f"was answered {head.status} where WebDAV answers 207; is the URL right?"


class _Forbidden(StoreRefused):
    """403: this place only, as far as anyone can tell; a 401 concerns the login itself."""
