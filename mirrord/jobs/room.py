"""How much of what a sync wants to fetch the disk has room for."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.partnote import Note
from mirrord.disk.parts import Parts
from mirrord.disk.planned import SMALL, Planned
from mirrord.errors import DiskFull

#: A disk is never filled to the brim: so many bytes stay free for the records.
_RESERVE = 256 << 20


@dataclass(frozen=True, slots=True)
class Room:
    """Files up to ``largest`` bytes are fetched, ``bytes`` in all; the others wait for room."""

    largest: int
    bytes: int
    left_out: int = 0
    left_out_bytes: int = 0

    def findings(self) -> Iterator[str]:
        """What a person should know."""
        if self.left_out:
            yield (
                f"{self.left_out:,} files, {self.left_out_bytes:,} bytes wait for room on the disk:"
                " free some space or use a larger disk; the next sync takes them"
            )


def room_on_disk(house: House, plan: Planned, parts: Parts, wanted: Callable[[Note], bool]) -> Room:
    """The room that the house's disk is, beside the parts that are ``wanted``; the others go.

    DiskFull where not even the small files fit.
    """
    room = room_beside(plan.sizes, _free(house), parts.sweep(wanted))
    if room is None:
        # the small files come first: a large one that came in part can begin anew
        parts.clear()
        room = room_for(plan.sizes(), _free(house))
    if room is None:
        raise DiskFull(
            f"{plan.numbers()['fetch_bytes']:,} bytes are to be fetched and"
            f" {_free(house) + _RESERVE:,} are free on the disk of {house.root}"
            f" ({_RESERVE:,} stay in reserve): free some space or use a larger disk;"
            " nothing was fetched"
        )
    return room


def _free(house: House) -> int:
    with disk_errors(f"asking how much room there is for {house.root}"):
        disk = os.statvfs(house.root)
    return disk.f_bavail * disk.f_frsize - _RESERVE


def room_beside(
    sizes: Callable[[], Iterable[tuple[int, int, int]]], free: int, parts: list[tuple[int, int]]
) -> Room | None:
    """As :func:`room_for`, where of large files parts are here: each file's size, and the part's.

    A part is room that its file has already; of a file that waits, it is nobody's room.
    """
    while True:
        room = room_for(sizes(), free + sum(here for _, here in parts))
        coming = [part for part in parts if room is not None and part[0] <= room.largest]
        if room is None or coming == parts:
            return room
        parts = coming


def room_for(sizes: Iterable[tuple[int, int, int]], free: int) -> Room | None:
    """The room that ``free`` bytes are; None where not even the small files fit.

    ``sizes`` tells, ascending, a size, how many files have it, and their bytes together.
    """
    largest, taken, left_out, left_out_bytes = SMALL, 0, 0, 0
    for size, files, together in sizes:
        fits = not together or taken + together <= free
        if size <= SMALL and not fits:
            return None
        if fits and not left_out:
            largest, taken = max(largest, size), taken + together
        else:
            left_out, left_out_bytes = left_out + files, left_out_bytes + together
    return Room(largest, taken, left_out, left_out_bytes)
