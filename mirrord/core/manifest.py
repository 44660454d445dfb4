"""The text of SHA256SUMS: what ``sha256sum -c`` reads, written, read back, and mended.

The form is that of coreutils 9: a name with a backslash, a line feed or a carriage return has
these escaped, and its line begins with a backslash.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_LINE = re.compile(r"(\\?)([0-9a-f]{64}) [ *](.+)", re.DOTALL)
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_PLAIN = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}

#: Two checksums that differ in no more characters are one, of which a bit turned: those of two
#: contents differ in about sixty of their 64.
_NEAR = 2
#: A mended text may differ from the damaged one in so many bytes: a few bits, and not a line.
_TURNED = 8


@dataclass(frozen=True, slots=True)
class Findings:
    """What is not as it was recorded: names, as seen from where the check began."""

    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.altered or self.unexpected)


def sum_line(sha256: str, name: str) -> str:
    """One line with its line feed, for a file ``name`` as seen from the checking folder."""
    if "\\" not in name and "\n" not in name and "\r" not in name:  # of millions, all but a few
        return f"{sha256}  {name}\n"
    escaped = re.sub(r"[\\\n\r]", lambda found: _ESCAPES[found[0]], name)
    return f"\\{sha256}  {escaped}\n"


def parse_sums(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and sha256 of each line (without its line feed or with it).

    ValueError for a line that is none of ours.
    """
    for line in lines:
        found = _LINE.fullmatch(line.removesuffix("\n"))
        if not found:
            raise ValueError(f"not a line of SHA256SUMS: {line[:80]!r}")
        escaped, digest, name = found.groups()
        if escaped:
            name = re.sub(r"\\[\\nr]", lambda pair: _PLAIN[pair[0]], name)
        yield name, digest


def lenient_sums(text: bytes) -> tuple[list[tuple[str, str]], bool]:
    """Name and sha256 of every line that can be read, and whether the text is sound.

    A text is not sound where a line can not be read, or a name comes twice.
    """
    told: list[tuple[str, str]] = []
    sound = text.endswith(b"\n") or not text
    for line in text.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"):
        try:
            told += parse_sums([line] if line else [])
        except ValueError:
            sound = False
    return told, sound and len({name for name, _ in told}) == len(told)


def is_near(ours: str, theirs: str) -> bool:
    """Whether two checksums are the same but for a turned bit or two."""
    return sum(a != b for a, b in zip(ours, theirs, strict=True)) <= _NEAR


def mended_sums(text: bytes, found: Mapping[str, str]) -> bytes | None:
    """A damaged SHA256SUMS as it was, or None where it is not its own text that is damaged.

    ``found`` is the true sha256 of all files that the text should speak of, as far as they are
    there. What it claims of a file whose bytes are quite other ones stays: there it is the file
    that is damaged.
    """
    claims: dict[str, list[str]] = {}
    for name, sha256 in lenient_sums(text)[0]:
        claims.setdefault(name, []).append(sha256)
    sums = {name: _truth(claims.get(name, []), sha256) for name, sha256 in found.items()}
    known = set(found.values())
    # the line of a turned name speaks of a file that is there under another one
    missing = {n: one[0] for n, one in claims.items() if n not in found and one[0] not in known}
    sums |= missing
    lines = (sum_line(sums[name], name) for name in sorted(sums, key=_bytes))
    mended = "".join(lines).encode("utf-8", "surrogateescape")
    return mended if _is_turned(text, mended) else None


def _truth(claims: list[str], found: str) -> str:
    if not claims or any(is_near(claim, found) for claim in claims):
        return found
    return claims[0]


def _is_turned(text: bytes, mended: bytes) -> bool:
    """Whether two texts are one in which a few bits turned, whatever the order of the lines."""
    if len(text) != len(mended):
        return False
    before, after = Counter(text), Counter(mended)
    return 0 < (before - after).total() <= _TURNED


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
