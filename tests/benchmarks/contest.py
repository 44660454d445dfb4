"""What is compared: samples of one work by several tools, and what a row of the table makes of it.

Pure arithmetic: nothing is run here. A work is a Trial, whose ``play`` yields one Round after the
other until it is closed; a Row takes one quantity of it and holds the medians against what we must
reach. Another work is added by a module with a function ``trials() -> list[Trial]``.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a server saw: requests, connections; how many requests got a 401, or came by HTTP/2."""

    requests: int = 0
    connections: int = 0
    refused: int = 0
    http2: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One tool, one run: seconds on the clock, seconds of processor, peak memory in MiB.

    ``found`` is how many planted same-size changes reached the copy; None where none was planted.
    """

    wall: float
    cpu: float
    memory: float
    traffic: Traffic = Traffic()
    found: int | None = None


#: One round: what each tool needed, by the tool's name.
Round = Mapping[str, Sample]
#: Rounds without an end; closing it clears away what it built.
Play = Generator[Round, None, None]
#: One quantity of a sample.
Quantity = Callable[[Sample], float]


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the works are: ``part`` is 1 for the real table, less for a quick look."""

    part: float = 1.0

    def of(self, count: int) -> int:
        """So many of a full table's count; never none."""
        return max(1, round(count * self.part))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: ``ours`` against ``peer``; without a peer the figure itself counts.

    ``must`` and ``goal`` are the largest ratio (or figure); None where nothing was promised.
    """

    title: str
    ours: str
    peer: str | None
    quantity: Quantity
    must: float | None = None
    goal: float | None = None
    unit: str = "s"


@dataclass(frozen=True, slots=True)
class Trial:
    """A work that several tools do in turn, and the rows that are read from it."""

    key: str
    title: str
    play: Callable[[Scale], Play]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row with its medians filled in; ``figure`` is what must and goal are held against."""

    row: Row
    ours: float
    peer: float | None
    figure: float

    @property
    def word(self) -> str:
        """``goal``, ``must`` or ``missed``; empty where nothing was promised."""
        if self.row.must is None:
            return ""
        if self.row.goal is not None and self.figure <= self.row.goal:
            return "goal"
        return "must" if self.figure <= self.row.must else "missed"


def wall(sample: Sample) -> float:
    """Seconds on the clock."""
    return sample.wall


def cpu(sample: Sample) -> float:
    """Seconds of processor, user and system."""
    return sample.cpu


def memory(sample: Sample) -> float:
    """Peak memory, MiB."""
    return sample.memory


def typical(rounds: Sequence[Round], tool: str, quantity: Quantity) -> float:
    """The median over the rounds; KeyError where the tool did not take part."""
    return median(quantity(one[tool]) for one in rounds)


def judge(row: Row, rounds: Sequence[Round]) -> Verdict:
    """The row's medians. The ratio is of the medians, not the median of ratios: the rounds'
    order differs, and with it who meets the warmer machine."""
    ours = typical(rounds, row.ours, row.quantity)
    if row.peer is None:
        return Verdict(row, ours, None, ours)
    peer = typical(rounds, row.peer, row.quantity)
    return Verdict(row, ours, peer, ours / peer)


def turned(members: list[T], number: int) -> list[T]:
    """The members in the order of round ``number``: each comes first once in a full turn."""
    start = number % len(members)
    return members[start:] + members[:start]


def some_rounds(trial: Trial, scale: Scale, rounds: int) -> list[Round]:
    """Play so many rounds, then have the trial clear away what it built."""
    with closing(trial.play(scale)) as playing:
        return list(islice(playing, rounds))
