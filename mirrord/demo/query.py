"""The parameters of one request, and which of them the store understood.

A parameter that no route ever looked at counts as unknown, so that tests see a client's typing
errors, which the real store passes over in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from mirrord.demo.answer import Refusal


class Query:
    """Parameters by name; reading one marks it as understood."""

    def __init__(self, text: str) -> None:
        self._values: Mapping[str, str] = dict(parse_qsl(text, keep_blank_values=True))
        self._read: set[str] = set()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names that nothing read."""
        return tuple(sorted(self._values.keys() - self._read))

    def without(self, *names: str) -> frozenset[tuple[str, str]]:
        """What was asked for beside these parameters."""
        return frozenset(pair for pair in self._values.items() if pair[0] not in names)

    def text(self, name: str) -> str | None:
        """The parameter as it came, None where it was not given."""
        self._read.add(name)
        return self._values.get(name)

    def names(self, name: str) -> list[str] | None:
        """A comma-separated list of words."""
        text = self.text(name)
        return None if text is None else [part for part in text.split(",") if part]

    def number(self, name: str) -> int | None:
        """A whole number; Refusal 422 for anything else."""
        text = self.text(name)
        try:
            return None if text is None else int(text)
        except ValueError:
            raise Refusal(422, f"The filter {name} was not valid") from None

    def numbers(self, name: str) -> set[int] | None:
        """A comma-separated list of whole numbers; Refusal 422 for anything else."""
        words = self.names(name)
        try:
            return None if words is None else {int(word) for word in words}
        except ValueError:
            raise Refusal(422, f"The filter {name} was not valid") from None

    def flag(self, name: str) -> bool | None:
        """``true`` or ``1`` is true, all else is false."""
        text = self.text(name)
        return None if text is None else text.lower() in ("true", "1")

    def moment(self, name: str, now: datetime) -> datetime | None:
        """A date by ISO 8601 or RFC 2822; Refusal 422 for anything else.

        A bare day gets the time of day of ``now``, as the catalogue documents it.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            return _moment(text, now)
        except ValueError:
            raise Refusal(422, f"The filter {name} was not valid") from None


def _moment(text: str, now: datetime) -> datetime:
    if len(text) == len("2026-11-23"):
        return datetime.combine(date.fromisoformat(text), now.timetz())
    moment = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
