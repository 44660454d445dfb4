"""A snapshot's verdict: what it says to people, and to us when we read it back.

COMPLETE is said only where nothing speaks against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mirrord.core.displayed import displayed
from mirrord.core.report import NAMED_FAILURES

_MEANING = {
    "COMPLETE": "All of the shop that mirrord was told to take is here, of one window of time, and"
    " whole.",
    "INCOMPLETE": "Something is missing here. What is here is good.",
    "SUSPECT": "This was taken while something waited for a person's look. It may show the shop"
    " after the damage: look at an earlier one too before you restore from it.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What speaks against a snapshot, in sentences, and what is no part of it at all.

    ``without`` are the words in brackets behind COMPLETE: ``files only``, ``without customers``.
    """

    missing: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()
    without: str = ""

    @property
    def verdict(self) -> str:
        """COMPLETE, INCOMPLETE or SUSPECT; what is suspect weighs more than what is missing."""
        if self.suspect:
            return "SUSPECT"
        return "INCOMPLETE" if self.missing else "COMPLETE"

    def line(self) -> str:
        """The verdict with what belongs to it: ``COMPLETE (files only)``."""
        if self.verdict == "COMPLETE":
            return f"COMPLETE ({self.without})" if self.without else "COMPLETE"
        counts = {"missing": len(self.missing), "suspect": len(self.suspect)}
        said = ", ".join(f"{what}: {count:,}" for what, count in counts.items() if count)
        return f"{self.verdict} ({said})"

    def facts(self) -> tuple[str, ...]:
        """All that it says: two judgements with the same facts are the same."""
        return (self.verdict, self.without, *self.missing, "", *self.suspect)


def verdict_text(
    judgement: Judgement, facts: Mapping[str, str], exports: Mapping[str, str], name: str
) -> str:
    """VERDICT.txt: a head of ``fact: value`` lines, an empty line, and words for people.

    ``exports``: per dataset in words how many records, and of when.
    """
    head = {"verdict": judgement.line()} | dict(facts)
    lines = [f"{fact}: {displayed(value)}" for fact, value in head.items() if value]
    lines += ["", _MEANING[judgement.verdict]]
    lines += _section("What is missing", judgement.missing)
    lines += _section("What waited for a look", judgement.suspect)
    lines += _section("The records", [f"{dataset}: {what}" for dataset, what in exports.items()])
    lines += ["", "To check that it is as it was taken:"]
    lines += [f"  cd snapshots/{name} && sha256sum --quiet -c SHA256SUMS"]
    return "\n".join(lines) + "\n"


def moment_words(at: float) -> str:
    """A moment (seconds since 1970) as it stands in VERDICT.txt: ``2026-11-23T03:00:00Z``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def named(sentences: Sequence[str], most: int = NAMED_FAILURES) -> list[str]:
    """The first of them; the rest is counted."""
    rest = len(sentences) - most
    return [*sentences[:most], *([f"and {rest:,} more"] if rest > 0 else [])]


def _section(title: str, sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return []
    return ["", f"{title}:", *(f"  - {displayed(one)}" for one in named(sentences))]
