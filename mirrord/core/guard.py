"""What a person must decide: whether as much may vanish as the plan says.

The guard looks at numbers, folder by folder, and at nothing else. It never delays what is new or
changed; a hold decides only whether files/ goes on showing what the store no longer has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: The key under which a finding speaks of the tree as a whole.
WHOLE = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may vanish in one run: this share of a top folder, or fewer files than the floor."""

    vanished: float = 0.10
    floor: int = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """One top folder in numbers: files held, files that the plan would retire."""

    held: int = 0
    vanished: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing of ``top`` is retired (``""``: of the whole tree)."""

    top: str
    held: int
    vanished: int

    def __str__(self) -> str:
        where = f"the folder {self.top}" if self.top else "the whole tree"
        return (
            f"{self.vanished:,} of {self.held:,} files in {where} are gone from the store at once;"
            " they stay here as they are"
        )


def judge(tallies: Mapping[str, Tally], listed: int, limits: Limits) -> tuple[Hold, ...]:
    """The holds of one plan, sorted; none where as much may vanish.

    ``listed`` is the number of files that the store has now. A top folder is held when at least
    ``limits.floor`` of its files and more than the share ``limits.vanished`` of them vanish; the
    whole tree by the same rule over all folders, and always when the store has no file at all.
    """
    whole = Tally(
        sum(tally.held for tally in tallies.values()),
        sum(tally.vanished for tally in tallies.values()),
    )
    if whole.vanished and not listed:
        return (Hold(WHOLE, whole.held, whole.vanished),)
    holds = tuple(
        Hold(top, tally.held, tally.vanished)
        for top, tally in sorted(tallies.items())
        if _too_much(tally, limits)
    )
    # the folders say more than the whole, where they say all of it
    told = sum(hold.vanished for hold in holds)
    if _too_much(whole, limits) and told < whole.vanished:
        return (Hold(WHOLE, whole.held, whole.vanished),)
    return holds


def holds_back(holds: tuple[Hold, ...], top: str) -> bool:
    """Whether one of the holds speaks of this top folder."""
    return any(hold.top in (WHOLE, top) for hold in holds)


def _too_much(tally: Tally, limits: Limits) -> bool:
    return tally.vanished >= limits.floor and tally.vanished > limits.vanished * tally.held
