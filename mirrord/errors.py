"""Every way in which mirrord can fail, and what each means to the caller.

::

    MirrordError                 exit  meaning
    |- ConfigError(problems)       78  nothing was touched; the service does not restart on it
    |- Held                         4  a person must decide
    |  '- WrongStore                   not the store of the first contact
    |- StoreError                   5  this run ends; nothing was retired
    |  |- StoreUnreachable     (t)     no answer, or the answer broke off
    |  |- StoreBusy(after)     (t)     429, 503: asked to come back later
    |  |- StoreRefused                 401, 403: trying again would lock the account
    |  |  '- ScopeMissing              403: the login is good and may not read this one thing
    |  '- AnswerBroken         (t)     an answer that can not be what was asked for
    |     '- ListingBroken     (t)     the same of one folder's listing
    |- TransferError(path)          3  one entry; the run goes on
    |  |- EntryGone                    404, 410
    |  '- WrongSize            (t)     not the bytes that the listing promised
    |- DiskError                    6  this run ends
    |  |- MirrorMissing                no marker: the disk is not mounted
    |  |- DiskFull
    |  |- CannotLink                   the filesystem knows no hard links, or no reflinks
    |  |- NotOurs                      the mirror belongs to another user
    |  '- LedgerBroken
    '- AlreadyRunning              75

    Stopped(BaseException)             not an error: the house is closing

``(t)`` is transient: the error says of itself whether to try again. This room must never import
another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class MirrordError(Exception):
    """The root of all; its text says what, where and the next step."""

    exit_code: ClassVar[int] = 1
    transient: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the config: its place, what it is, what would be right."""

    file: str
    line: int | None
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


class ConfigError(MirrordError):
    """The config can not be used; every problem is named at once."""

    exit_code = 78

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Held(MirrordError):
    """Something waits for a person."""

    exit_code = 4


class WrongStore(Held):
    """The store is not the one of the first contact: a token, a hash or a URL was swapped."""


class StoreError(MirrordError):
    """The store did not give what was asked; this run ends and nothing was retired."""

    exit_code = 5


class StoreUnreachable(StoreError):
    """No connection, no answer in time, or an answer that broke off."""

    transient = True


class StoreBusy(StoreError):
    """The store asks us to wait.

    ``after`` is its wish in seconds, None where it named none.
    """

    transient = True

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class StoreRefused(StoreError):
    """Login or permission refused; trying again would only lock the account."""


class ScopeMissing(StoreRefused):
    """The API token is good, but its account lacks the scope for this dataset.

    ``in_passing`` is the exit code where all datasets were wanted, and not this one by name.
    """

    in_passing: ClassVar[int] = 3


class AnswerBroken(StoreError):
    """An answer that can not be what was asked for: HTML, cut off, of the wrong shape."""

    transient = True


class ListingBroken(AnswerBroken):
    """One folder's listing can not be trusted: the folder is unknown, never empty."""


class TransferError(MirrordError):
    """One entry could not be fetched; the run goes on.

    ``path`` is the entry's tree path.
    """

    exit_code = 3

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class EntryGone(TransferError):
    """The store no longer has the entry that it listed."""


class WrongSize(TransferError):
    """The bytes are not those that the listing promised."""

    transient = True


class DiskError(MirrordError):
    """The mirror's own disk failed; this run ends."""

    exit_code = 6


class MirrorMissing(DiskError):
    """The mirror's marker is not there: touch nothing."""


class DiskFull(DiskError):
    """No space or no inodes left."""


class CannotLink(DiskError):
    """The filesystem can not give a file a second name, or a copy that shares its blocks."""


class NotOurs(DiskError):
    """The mirror belongs to another user; writing would mix owners."""


class LedgerBroken(DiskError):
    """The ledger can not be read or does not fit this program."""


class AlreadyRunning(MirrordError):
    """Another mirrord holds the lock."""

    exit_code = 75


class Stopped(BaseException):
    """The house is closing; no ``except`` may swallow it."""
