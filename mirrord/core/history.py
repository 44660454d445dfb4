"""What the guard remembers of each top folder: its highest state, and what left it lately.

Time is counted in watched seconds: the time between two runs, but never more than two days of it
at once and never backwards. A clock that jumps, or a machine that was off for a month, so grants
no quiet week and lets no loss be forgotten.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_DAY = 86_400.0
#: The most that one pause between two runs counts for.
_LONGEST_PAUSE = 2 * _DAY
#: What left within so many days counts as one loss.
_WINDOW = 30
_QUIET = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Baseline:
    """One top folder: its highest accepted number of files, and what left it since.

    ``gone`` are pairs of watched day and files; ``quiet`` is the watched time since which no run
    saw a loss, None where the last one did.
    """

    files: int = 0
    gone: tuple[tuple[int, int], ...] = ()
    quiet: float | None = None

    def gone_until(self, watched: float) -> int:
        """How many files left within the last 30 days, and up to a day before."""
        first = int(watched // _DAY) - _WINDOW
        return sum(files for day, files in self.gone if day >= first)


@dataclass(frozen=True, slots=True)
class History:
    """All top folders; ``watched`` seconds in all, ``seen`` when the last run was (since 1970).

    ``whole``: the store was once held whole, so that what comes now is growth.
    """

    watched: float = 0.0
    seen: float | None = None
    whole: bool = False
    tops: Mapping[str, Baseline] = field(default_factory=dict)

    def at(self, now: float) -> "History":
        """The same as a run sees it that begins now."""
        pause = 0.0 if self.seen is None else min(max(now - self.seen, 0.0), _LONGEST_PAUSE)
        return replace(self, watched=self.watched + pause, seen=now)

    def losing(self, losses: Mapping[str, int]) -> "History":
        """With files that leave now, by top folder."""
        tops = dict(self.tops)
        for top, files in losses.items():
            before = tops.get(top, Baseline())
            tops[top] = replace(before, gone=self._added(before, files), quiet=None)
        return replace(self, tops=tops)

    def following(self, tops: Collection[str]) -> "History":
        """With what is left accepted by a person: earlier losses are settled."""
        settled = {top: one for top, one in self.tops.items() if top not in tops}
        return replace(self, tops=settled)

    def ending(
        self,
        held: Mapping[str, int],
        losing: Collection[str],
        unseen: Collection[str],
        *,
        whole: bool,
    ) -> "History":
        """After a run: the files held by top folder, folders that lose some, folders not seen.

        More raises a baseline at once. It falls after a week in which every run that saw the
        folder saw no loss. ``whole``: nothing of the store is left to be fetched.
        """
        tops = {}
        for top in sorted({*self.tops, *held}):
            after = self._ended(self.tops.get(top, Baseline()), held.get(top, 0), top in losing)
            if top in unseen:
                after = replace(self.tops.get(top, Baseline()), files=after.files)
            if after.files or after.gone:
                tops[top] = after
        return replace(self, tops=tops, whole=self.whole or whole)

    def _ended(self, before: Baseline, held: int, losing: bool) -> Baseline:
        first = int(self.watched // _DAY) - _WINDOW
        gone = tuple(pair for pair in before.gone if pair[0] >= first)
        highest = max(before.files, held)
        if losing:
            return Baseline(highest, gone, None)
        quiet = self.watched if before.quiet is None else before.quiet
        return Baseline(held if self.watched - quiet >= _QUIET else highest, gone, quiet)

    def _added(self, before: Baseline, files: int) -> tuple[tuple[int, int], ...]:
        day = int(self.watched // _DAY)
        by_day = dict(before.gone)
        by_day[day] = by_day.get(day, 0) + files
        return tuple(sorted(by_day.items()))


def history_of(told: Mapping[str, Any]) -> History:
    """From what :func:`told_of` made; ValueError where it is not of that shape."""
    try:
        tops = {
            str(top): Baseline(
                int(one["files"]),
                tuple((int(day), int(files)) for day, files in one["gone"]),
                None if one["quiet"] is None else float(one["quiet"]),
            )
            for top, one in told.get("tops", {}).items()
        }
        seen = told.get("seen")
        return History(
            float(told.get("watched", 0.0)),
            None if seen is None else float(seen),
            bool(told.get("whole", False)),
            tops,
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no history: {error}") from error


def told_of(history: History) -> dict[str, Any]:
    """As JSON can hold it."""
    return {
        "watched": history.watched,
        "seen": history.seen,
        "whole": history.whole,
        "tops": {
            top: {"files": one.files, "gone": [list(pair) for pair in one.gone], "quiet": one.quiet}
            for top, one in history.tops.items()
        },
    }
