"""The text of snapshots/CHAIN: what happened to every snapshot, each line bound to the one before.

A line is ``<sha256 of the line before, its line feed included> <when> <event>``. So nobody can
edit, drop or add a line in the midst without all later ones disagreeing, and whoever noted the
sha256 of one line elsewhere has a witness of all that came before it. Nothing here mends a chain.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from mirrord.core.displayed import displayed

_BEFORE_THE_FIRST = "0" * 64
_LINE = re.compile(r"([0-9a-f]{64}) (\S+Z) ([a-z]+) (.+)\n")
_TAKEN = re.compile(r"(\S+) sums ([0-9a-f]{64}) verdict ([0-9a-f]{64})")
_ERASED = re.compile(r"(\S+) sums ([0-9a-f]{64}) -> ([0-9a-f]{64}) verdict ([0-9a-f]{64}) (.+)")
_RULE = "every line begins with the sha256 of the line before it, line feed included"
_CUT_OFF = "the line before was cut off while it was written"


@dataclass(frozen=True, slots=True)
class Sums:
    """The sha256 of a snapshot's SHA256SUMS and of its VERDICT.txt."""

    sums: str
    verdict: str


def genesis(house: str, store: str) -> str:
    """The event of the first line."""
    return f"genesis house {house} store {store}; {_RULE}"


def taken(name: str, sums: Sums) -> str:
    """The event of a new snapshot."""
    return f"taken {name} sums {sums.sums} verdict {sums.verdict}"


def pruned(name: str, why: str) -> str:
    """The event of a snapshot that was dropped by the rules or by a person."""
    return f"pruned {name} {displayed(why)}"


def erased(name: str, old: str, new: Sums, why: str) -> str:
    """The event of a snapshot out of which something was taken; ``old`` is its SHA256SUMS' sum."""
    return f"erased {name} sums {old} -> {new.sums} verdict {new.verdict} {displayed(why)}"


def cut_off() -> str:
    """The event that follows a line which a power cut or a full disk left in half."""
    return f"noted {_CUT_OFF}"


def next_line(before: str, at: float, event: str) -> str:
    """The line that follows ``before`` (``""``: the first one), with its line feed."""
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{line_sum(before)} {when} {event}\n"


def line_sum(line: str) -> str:
    """The sha256 of one line with its line feed: what the next one begins with."""
    return (
        sha256(line.encode("utf-8", "surrogateescape")).hexdigest() if line else _BEFORE_THE_FIRST
    )


def standing(lines: Iterable[str]) -> dict[str, Sums]:
    """The snapshots that should be there by the chain, with their sums as last changed."""
    return _read(lines).standing


def check(lines: Iterable[str], present: Mapping[str, Sums], house: str) -> list[str]:
    """Where the chain was edited, and where the snapshots that are ``present`` disagree with it.

    Lines with their line feeds; ``house`` is the id in the marker. Sentences, ``[]``: all is well.
    A chain cut short at its end, along with its last snapshots, is still in order: that only a
    fingerprint kept elsewhere can tell.
    """
    told = _read(lines)
    findings = list(told.findings)
    if not told.number and not present:
        return findings
    if told.house != house:
        whose = f"is of the house {told.house}" if told.house else "has no first line"
        findings.append(f"CHAIN {whose}, and the marker says {house}")
    for name in sorted(present.keys() | told.standing.keys()):
        findings += _disagreement(name, present.get(name), told.standing.get(name), told.gone)
    return findings


def _disagreement(name: str, there: Sums | None, told: Sums | None, gone: set[str]) -> list[str]:
    if there is None:
        return [f"the snapshot {name} is not there, and CHAIN tells of no reason"]
    if told is None and name in gone:
        return [f"the snapshot {name} is there, though CHAIN says that it was pruned"]
    if told is None:
        return [f"the snapshot {name} is unknown to CHAIN: mirrord did not take it"]
    files = {"SHA256SUMS": there.sums == told.sums, "VERDICT.txt": there.verdict == told.verdict}
    return [
        f"{file} of the snapshot {name} is not the one that CHAIN tells of"
        for file, same in files.items()
        if not same
    ]


class _Told:
    """What a chain says so far."""

    def __init__(self) -> None:
        self.number = 0
        self.house = ""
        self.standing: dict[str, Sums] = {}
        self.gone: set[str] = set()
        self.findings: list[str] = []

    def take(self, kind: str, facts: str) -> bool:
        """One event; False where it is none that may stand here."""
        if kind == "genesis":
            found = re.match(r"house (\S+) store ", facts)
            known, self.house = self.house or self.standing, found[1] if found else ""
            return not known and found is not None
        if kind == "taken" and (found := _TAKEN.fullmatch(facts)):
            self.standing[found[1]] = Sums(found[2], found[3])
            self.gone.discard(found[1])
            return True
        name = facts.partition(" ")[0]
        if kind == "pruned" and name in self.standing:
            del self.standing[name]
            self.gone.add(name)
            return True
        if kind == "erased" and (found := _ERASED.fullmatch(facts)) and name in self.standing:
            old = self.standing[name]
            self.standing[name] = Sums(found[3], found[4])
            return old.sums == found[2]
        return kind == "noted"


def _read(lines: Iterable[str]) -> _Told:
    told = _Told()
    before, torn = "", ""
    for told.number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if torn and not (found and found[4] == _CUT_OFF):
            told.findings.append(torn)
        torn = ""
        if found and found[1] != line_sum(before):
            told.findings.append(
                f"line {told.number} of CHAIN does not follow the line before it: one of the two"
                " was edited, or lines between them are missing"
            )
        if not found:
            torn = f"line {told.number} of CHAIN is no line of mirrord's: cut off or edited"
        elif not told.take(found[3], found[4]):
            told.findings.append(f"line {told.number} of CHAIN says what can not be: {found[3]}")
        before = line
    if torn:
        told.findings.append(torn)
    return told
