"""What an earlier try left of a large file: enough to ask the store for the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """The first ``size`` bytes of a file, as they came from the store.

    ``validator`` is the text by which the store knows that version (an ETag, a date), opaque here;
    ``tail`` the last of the bytes, 64 KiB at the most, to be compared with what the store has
    there now.
    """

    size: int
    validator: str
    tail: bytes
