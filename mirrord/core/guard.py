"""What a person must decide: whether as much may vanish as the plan says.

The guard looks at numbers, folder by folder, and at nothing else. It never delays what is new or
changed; a hold decides only whether files/ goes on showing what the store no longer has.

A loss is measured twice. Over 30 days: all that left the folder in them, this run's included,
against all that stood there. And against the highest number of files that the folder had, which
falls only when a person follows a hold or after a week without any loss. So many small losses
that together go over the limits are held, as one of that size would be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mirrord.core.history import Baseline, History

#: The key under which a finding speaks of several folders together.
WHOLE = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may vanish, or come, without a person: these shares, or fewer than ``floor`` files.

    ``vanished`` is a share of a top folder's files; ``grown`` one of all files (that changed in
    one run), and of all bytes held (that are to be fetched in one run).
    """

    vanished: float = 0.10
    floor: int = 20
    grown: float = 0.50


@dataclass(frozen=True, slots=True)
class Tally:
    """One top folder in numbers: files held, files that wait or would be retired, files kept.

    ``kept`` are gone from the store too, but a person said to go on showing them: they are held
    and no loss. What a person said to follow is in none of the numbers.
    """

    held: int = 0
    vanished: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing of ``top`` is retired (``""``: of all folders that have no hold of their own).

    ``vanished`` of ``held`` files are gone now; ``earlier`` ones left within the last 30 days;
    ``highest`` is what there was before. ``gone``: nothing is left in the store of the folder, or
    of the whole store.
    """

    top: str
    held: int
    vanished: int
    earlier: int = 0
    highest: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Coming:
    """What one run brings: files that were held with other bytes, all files, and their bytes."""

    changed: int = 0
    files: int = 0
    bytes: int = 0


def judge(
    tallies: Mapping[str, Tally], listed: int, limits: Limits, history: History
) -> tuple[Hold, ...]:
    """The holds of one plan, sorted; none where as much may vanish.

    ``listed`` is the number of files that the store has now. A top folder is held when at least
    ``limits.floor`` of its files and more than the share ``limits.vanished`` of them are lost, or
    when that many were in it and none is left; the other folders together by the same rule; and
    everything, always, when the store has no file at all.
    """
    losses = {top: _loss(top, tally, history) for top, tally in sorted(tallies.items())}
    if not listed:
        whole = _together(losses.values(), gone=True)
        return (whole,) if whole.vanished else ()
    held = tuple(one for one in losses.values() if _too_much(one, limits))
    rest = _together((one for one in losses.values() if one not in held), gone=False)
    return (rest, *held) if _too_much(rest, limits) else held


def alarming(coming: Coming, held_files: int, held_bytes: int, limits: Limits) -> bool:
    """Whether so much changed or came in one run that a person should look; nothing waits."""
    changed = coming.changed >= limits.floor and coming.changed > limits.grown * held_files
    grown = coming.files >= limits.floor and coming.bytes > limits.grown * held_bytes
    return held_files > 0 and (changed or grown)


def _loss(top: str, tally: Tally, history: History) -> Hold:
    before = history.tops.get(top, Baseline())
    earlier = before.gone_until(history.watched)
    gone = tally.vanished > 0 and tally.vanished + tally.kept >= tally.held
    return Hold(top, tally.held, tally.vanished, earlier, max(before.files, tally.held), gone=gone)


def _together(losses: Iterable[Hold], *, gone: bool) -> Hold:
    """Several folders as one; ``gone`` is said of the store, not of each."""
    each = list(losses)
    return Hold(
        WHOLE,
        sum(one.held for one in each),
        sum(one.vanished for one in each),
        sum(one.earlier for one in each),
        sum(one.highest for one in each),
        gone=gone,
    )


def _too_much(loss: Hold, limits: Limits) -> bool:
    if not loss.vanished:
        return False
    left = loss.held - loss.vanished
    return (
        (loss.gone and loss.vanished >= limits.floor)
        or _over(loss.earlier + loss.vanished, loss.held + loss.earlier, limits)
        or _over(loss.highest - left, loss.highest, limits)
    )


def _over(lost: int, of: int, limits: Limits) -> bool:
    return lost >= limits.floor and lost > limits.vanished * of
