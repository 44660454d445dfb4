"""What an engine is given to do: something that is asked until it is answered for good."""

from __future__ import annotations

from typing import Protocol, TypeVar

from mirrord.errors import MirrordError
from mirrord.source.exchange import Reader, Request

Got_co = TypeVar("Got_co", covariant=True)


class Task(Reader, Protocol[Got_co]):
    """One thing to be asked. Its methods never wait, and are all called by one thread."""

    def request(self) -> Request:
        """The next try."""

    def most(self) -> int:
        """Bytes that an answer to it may bring at the very most."""

    def end(self) -> Got_co | None:
        """The answer came whole: what was got, or None to ask once more, at once."""

    def broken(self, error: MirrordError, *, midway: bool) -> MirrordError:
        """A try failed, ``midway`` in a good answer: tidy up; the error as the task names it."""

    def give_up(self, error: MirrordError) -> Got_co:
        """All tries failed, or another one would be for nothing: what was got instead, or raise."""

    def drop(self) -> None:
        """The round is over and this try with it: tidy up."""
