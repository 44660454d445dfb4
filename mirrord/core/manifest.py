"""The text of SHA256SUMS: what ``sha256sum -c`` reads, written and read back.

The form is that of coreutils 9: a name with a backslash, a line feed or a carriage return has
these escaped, and its line begins with a backslash.
"""

import re
from collections.abc import Iterable, Iterator

_LINE = re.compile(r"(\\?)([0-9a-f]{64}) [ *](.+)", re.DOTALL)
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_PLAIN = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


def sum_line(sha256: str, name: str) -> str:
    """One line with its line feed, for a file ``name`` as seen from the checking folder."""
    escaped = re.sub(r"[\\\n\r]", lambda found: _ESCAPES[found[0]], name)
    return f"{chr(92) if escaped != name else ''}{sha256}  {escaped}\n"


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
