"""The store's tree of files behind the door, by WebDAV: a walk folder by folder, many GETs at once.

It asks with ``Depth: 1`` only, since a server may answer infinity as one without a word, and it
never takes a folder that it could not list for an empty one. It must never send a verb that
writes; the wire below can not.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime

from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from mirrord.core.entry import ROOT, Entry, Kind, TreePath, UnknownFolder
from mirrord.core.pulse import Pulse
from mirrord.errors import (
    AnswerBroken,
    StoreBusy,
    StoreError,
    StoreRefused,
    TransferError,
)
from mirrord.source import Fetched, Sink
from mirrord.source.crew import Crew
from mirrord.source.hrefs import Base
from mirrord.source.multistatus import read_listing
from mirrord.source.pace import Patience
from mirrord.source.reasons import plain
from mirrord.source.retry import retry_after, retrying
from mirrord.source.transfer import Transfer
from mirrord.source.wire import Answer, Line

_PROPFIND = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<propfind xmlns="DAV:"><prop>'
    "<resourcetype/><getcontentlength/><getlastmodified/><getetag/>"
    "</prop></propfind>"
)
_LOGINS: dict[str, type[HTTPDigestAuth] | type[HTTPBasicAuth]] = {
    "digest": HTTPDigestAuth,
    "basic": HTTPBasicAuth,
}
#: Folders in a row that fail after all tries, before the store as a whole counts as failing.
MAX_UNKNOWN_IN_A_ROW = 25


class WebDavSource:
    """A :class:`mirrord.source.FileSource`; its methods' work is done in several threads.

    ``url`` of the tree's root; ``scheme`` of the login, "digest" or "basic"; ``ca`` a file of
    certificates to trust instead of the usual ones. Nothing is sent before the first method is
    called. StoreError where the URL or the login can not be used at all.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        scheme: str = "digest",
        connections: int = 4,
        ca: str | None = None,
        patience: Patience | None = None,
        bandwidth: int | None = None,  # noqa: ARG002
        is_quiet: Callable[[], bool] = lambda: False,  # noqa: ARG002
    ) -> None:
        try:
            self._base = Base.of(url)
        except ValueError as error:
            raise StoreError(f"{plain(url)}: {error}") from None
        self._username, self._scheme = username, scheme
        login = _login(scheme, username, password)
        patience = patience or Patience()
        self._crew = Crew(connections, lambda: Line(self._base, login, patience, ca))

    def list(self, pulse: Pulse) -> Iterator[Entry | UnknownFolder]:
        """See :class:`mirrord.source.FileSource`; the root first and alone, then several at once.

        A folder's entries come when its whole listing has been read and found sound. A run of
        MAX_UNKNOWN_IN_A_ROW folders that can not be listed ends it with StoreError.
        """
        pending = [ROOT]
        failing = 0
        with self._crew.round(self._list_folder, pulse) as walk:
            while pending or walk.busy:
                while pending and walk.wants_more:
                    walk.give(pending.pop())
                folder, found = walk.take()
                if isinstance(found, AnswerBroken):
                    failing += 1
                    if failing >= MAX_UNKNOWN_IN_A_ROW:
                        raise StoreError(
                            f"{self._base.host}: {failing} folders in a row could not be listed; "
                            f"the last: {found}"
                        )
                    yield UnknownFolder(folder, str(found))
                    continue
                if isinstance(found, StoreRefused):
                    yield UnknownFolder(folder, str(found))
                    continue
                failing = 0
                for entry in found:
                    if isinstance(entry, Entry) and entry.kind is Kind.FOLDER:
                        pending.append(entry.path)
                    yield entry

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Iterator[Fetched | TransferError]:
        """See :class:`mirrord.source.FileSource`; ``into`` and its sinks are used in threads."""
        return Transfer(self._crew, self._refusal).fetch_many(entries, into, pulse)

    def close(self) -> None:
        """See :class:`mirrord.source.FileSource`."""
        self._crew.close()

    def _list_folder(
        self, line: Line, folder: TreePath, pulse: Pulse
    ) -> tuple[TreePath, builtins.list[Entry | UnknownFolder] | AnswerBroken | StoreRefused]:
        try:
            return folder, retrying(pulse)(self._ask_folder, line, folder, pulse)
        except (AnswerBroken, _Forbidden) as error:
            if folder == ROOT:
                raise
            return folder, error

    def _ask_folder(
        self, line: Line, folder: TreePath, pulse: Pulse
    ) -> builtins.list[Entry | UnknownFolder]:
        path = self._base.below_root(folder) + "/"
        headers = ("Depth: 1", "Content-Type: application/xml; charset=utf-8")
        with line.ask("list", path, _PROPFIND, headers) as answer:
            if answer.status != 207:
                raise self._no_listing(answer, folder)
            return read_listing(_beating(answer, pulse), self._base, folder, _moment(answer))

    def _no_listing(self, answer: Answer, folder: TreePath) -> StoreError:
        """What an answer other than 207 means."""
        refusal = self._refusal(answer, f"the folder /{folder}")
        if refusal:
            return refusal
        if folder != ROOT:
            what = f"{answer.status} with a web page" if answer.is_html else f"{answer.status}"
            return AnswerBroken(f"the listing of /{folder[-120:]} was answered {what}")
        return StoreError(f"{self._base.origin}{self._base.root_path} {_root_trouble(answer)}")

    def _refusal(self, answer: Answer, what: str) -> StoreError | None:
        """The error of an answer that concerns the login or the whole store; None for others."""
        host = self._base.host
        if answer.status in (429, 503):
            after = retry_after(answer.headers.get("Retry-After"), time.time())
            return StoreBusy(f"{host} is busy (answer {answer.status})", after)
        if answer.status == 401:
            return StoreRefused(f"{host}: {self._login_trouble(answer)}")
        if answer.status == 403:
            return _Forbidden(
                f"{host}: {plain(self._username)} may not read {what}; check that user's "
                "permissions in the store's control panel"
            )
        return None

    def _login_trouble(self, answer: Answer) -> str:
        offered = answer.headers.get("WWW-Authenticate", "").lower()
        others = [name for name in _LOGINS if name != self._scheme and name in offered]
        if self._scheme not in offered and others:
            return (
                f"offers {others[0].title()} login where {self._scheme.title()} is configured; "
                "check the URL, or set the login scheme"
            )
        return (
            f"login refused for {plain(self._username)}: check username and password under "
            "Settings > Advanced > File access (WebDAV)"
        )


class _Forbidden(StoreRefused):
    """403: this place only, as far as anyone can tell; a 401 concerns the login itself."""


def _login(scheme: str, username: str, password: str) -> AuthBase:
    if scheme not in _LOGINS:
        raise StoreError(f"{plain(scheme)} is no login scheme; use digest or basic")
    if scheme == "digest" and not (username.isascii() and username.isprintable()):
        raise StoreRefused(f"{plain(username)}: such a username can not be sent by Digest login")
    return _LOGINS[scheme](username, password)


def _root_trouble(answer: Answer) -> str:
    if answer.status == 404:
        return "was not found (404); is the URL right, does it end in /dav?"
    if 300 <= answer.status < 400:
        return (
            f"sends elsewhere (answer {answer.status} to "
            f"{plain(answer.headers.get('Location', 'nowhere'))}); if that is your store, "
            "configure that URL"
        )
    if answer.status < 300 and answer.is_html:
        return "answers a web page, not WebDAV; is the URL right, does it end in /dav?"
    if answer.status == 405:
        return "knows no WebDAV (405); is the URL right, does it end in /dav?"
    return f"was answered {answer.status} where WebDAV answers 207; is the URL right?"


def _beating(answer: Answer, pulse: Pulse) -> Iterator[bytes]:
    for chunk in answer.chunks():
        pulse.beat()
        yield chunk


def _moment(answer: Answer) -> float:
    """When the store says that it answered; our own clock where it says nothing."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return time.time()
