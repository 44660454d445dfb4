"""A person's answer to a hold: written down, and carried out as far as it needs no store.

What moves files is the next sync. No answer destroys anything.
"""

from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.disk.accepted import accept
from mirrord.disk.answers import Answer, Word, remember
from mirrord.disk.decisions import Pin, pin, release
from mirrord.disk.holds import OpenHold
from mirrord.disk.house import House
from mirrord.disk.papers import head, listed_paths, put_away

_FOLLOW = """\
FOLLOW: you said on {at} that the shop meant this. The next sync moves the files in list.csv to
old-versions/."""
_KEEP = """\
KEPT: you said on {at} that files/ keeps showing these files. Nothing has to be done."""


def answer_vanished(house: House, hold: OpenHold, word: Word, now: float, pulse: Pulse) -> int:
    """Follow or keep what vanished: how many files, exactly those listed now. DiskError."""
    answer = Answer(word, now, hold.top)
    files = remember(house, hold.id, answer, listed_paths(house, hold.id), pulse)
    words = _FOLLOW if word == "follow" else _KEEP
    head(house, hold.id, words.format(at=moment_name(now)))
    return files


def answer_changed(house: House, hold: OpenHold, word: Word, now: float, pulse: Pulse) -> None:
    """A mass change that was meant leaves its points to the rules; else they are pinned for good.

    Of records it is the same, and what they are now is what later pulls are compared with.
    """
    if hold.columns:
        # before the papers: a cut in between must not let the same rows alarm again
        accept(house, hold.dataset, hold.columns, moment_name(now), pulse)
    if word == "follow":
        release(house, hold.id, pulse)
        note = f"FOLLOWED: you said on {moment_name(now)} that the shop meant this."
    else:
        for point in hold.refers:
            # as by hand: no hold's end may take it away any more
            pin(house, point, Pin(hold.title, now, "hand"), pulse)
        note = f"KEPT: you said on {moment_name(now)} that this was not meant."
    put_away(house, hold.id, note)


def put_refused_away(house: House, hold: OpenHold, now: float) -> None:
    """A refused export was looked at; nothing more comes of it. DiskError."""
    put_away(house, hold.id, f"KEPT: looked at and put away on {moment_name(now)}.")
