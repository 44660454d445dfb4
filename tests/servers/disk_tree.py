"""The folder that a real server serves, and the names that clients break."""

import os
import shutil
from pathlib import Path

#: The round trip: names that people, cameras and themes really make, and that clients break.
NAMES = [
    "plain.txt",
    "two  spaces.jpg",
    " leading space",
    "trailing space ",
    "trailing dot.",
    ".hidden",
    "..two leading dots",
    "...",
    "hash#tag.png",
    "what?.png",
    "a+b.png",
    "100%.txt",
    "%41.txt",
    "%2F.txt",
    "%252e%252e",
    "a&b;c=d.html",
    "semi;colon",
    "caf\u00e9 NFC",
    "cafe\u0301 NFD",
    "\u6f22\u5b57\u3068\u304b\u306a.jpg",
    "\U0001f600 smile.gif",
    'it\'s "quoted"',
    "back\\slash",
    "new\nline",
    "tab\tbed",
    "a:b*c",
    "<angle>|pipe",
    "[brackets] {braces}",
    "~tilde@at!$,()",
    "Case",
    "case",
    "\u00e9" * 127,
    "x" * 255,
    "^caret`tick",
]


class DiskTree:
    """The folder that a real server serves, changed behind its back."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        self._clock = 1_700_000_000

    def put(self, content: bytes, *names: str | bytes) -> None:
        self.make_folder(*names[:-1])
        path = self._path(names)
        with open(path, "wb") as file:
            file.write(content)
        self._clock += 10
        os.utime(path, (self._clock, self._clock))

    def make_folder(self, *names: str | bytes) -> None:
        os.makedirs(self._path(names), exist_ok=True)

    def remove(self, *names: str | bytes) -> None:
        path = self._path(names)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def _path(self, names: tuple[str | bytes, ...]) -> bytes:
        return os.path.join(self._folder, *map(os.fsencode, names))
