"""How much of what a sync wants to fetch the disk has room for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mirrord.disk.planned import SMALL


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
