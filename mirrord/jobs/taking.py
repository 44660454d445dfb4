"""What people dropped, taken: each file once, when it stands still.

A file is moved out of the way only when what is filed of it is safe on the disk. So a cut at any
moment leaves a file that is known again, by its path and its bytes, and is only moved then.
"""

from itertools import islice

from mirrord.core.pulse import Pulse
from mirrord.disk.dropped import TAKEN, UNKNOWN, DropHere, Names, Sight
from mirrord.disk.elsewhere import DROPPED
from mirrord.disk.foreign import Foreign, take_copy
from mirrord.disk.staging import closing_fd
from mirrord.jobs.desk import Desk

#: So many things are looked at together; so many bytes are filed together.
_AT_ONCE, _BYTES_AT_ONCE = 4_000, 1 << 30
#: Seconds between two looks at the same, and how many more are given to what does not stand still.
_LOOK, _LOOKS = 2.0, 6


def take_dropped(desk: Desk, pulse: Pulse) -> None:
    """Take all that stands still in drop-here/; what does not comes up again. DiskError."""
    with DropHere(desk.house, desk.durable) as room:
        _Taking(desk, room, pulse).take()


class _Taking:
    """One walk through drop-here/."""

    def __init__(self, desk: Desk, room: DropHere, pulse: Pulse) -> None:
        self._desk = desk
        self._room = room
        self._pulse = pulse
        self._emptied: set[Names] = set()
        self._stuck: set[str] = set()

    def take(self) -> None:
        """All that stands still, and a little patience for what does not yet."""
        restless: list[Sight] = []
        sights = self._room.sights()
        while some := sorted(islice(sights, _AT_ONCE), key=lambda sight: sight.names):
            self._pulse.wait(_LOOK)
            restless += self._take_still(some)
        for _ in range(_LOOKS):
            if not restless:
                break
            again = [self._room.look(sight) for sight in restless]
            self._pulse.wait(_LOOK)
            restless = self._take_still([sight for sight in again if sight is not None])
        if not restless:
            # somebody may be filling a folder as long as anything moves
            self._room.tidy(self._emptied)
        self._desk.counts["waiting"] += len(restless)
        self._desk.note.told = {
            one for one in self._desk.note.told if not one.startswith(DROPPED) or one in self._stuck
        }

    def _take_still(self, some: list[Sight]) -> list[Sight]:
        """Take those that look as they did; the others."""
        restless: list[Sight] = []
        copies: list[tuple[Sight, Foreign]] = []
        staged = 0
        for number, sight in enumerate(some, 1):
            self._pulse.progress("looking at what was dropped", number, len(some))
            if not self._room.stands_still(sight):
                restless.append(sight)
                continue
            copy = self._look_into(sight)
            if copy is None:
                continue
            copies.append((sight, copy))
            staged += copy.size
            if staged >= _BYTES_AT_ONCE:
                self._file_and_move(copies)
                copies, staged = [], 0
        self._file_and_move(copies)
        return restless

    def _look_into(self, sight: Sight) -> Foreign | None:
        """A copy of what is to be filed; all else is moved out of the way, or waits."""
        if sight.refused:
            self._put_by(sight, sight.refused)
            return None
        try:
            fd = self._room.open(sight)
        except OSError as error:
            self._put_by(sight, f"it can not be read: {error.strerror}")
            return None
        if fd is None:
            self._desk.counts["waiting"] += 1
            return None
        with closing_fd(fd):
            copy = take_copy(fd, sight.path, self._desk.staging, self._pulse)
        if copy.fault:
            copy.staged.discard()
            self._put_by(sight, copy.fault)
            return None
        if not self._desk.knows(DROPPED, copy.path, copy.sha256):
            return copy
        copy.staged.discard()
        if self._move(sight, TAKEN, self._desk.day()):
            self._desk.counts["known"] += 1
        return None

    def _file_and_move(self, copies: list[tuple[Sight, Foreign]]) -> None:
        self._desk.file(DROPPED, [copy for _, copy in copies], self._pulse)
        for sight, _ in copies:
            self._pulse.beat()
            self._move(sight, TAKEN, self._desk.day())

    def _put_by(self, sight: Sight, why: str) -> None:
        """Move what is not filed to unknown/, and say so."""
        if self._move(sight, UNKNOWN):
            self._desk.counts["unknown"] += 1
            self._desk.say(f"{sight.shown()}: {why}; it lies in drop-here/{UNKNOWN}/ now")

    def _move(self, sight: Sight, *where: str) -> str:
        try:
            place = self._room.move(sight, *where)
        except OSError as error:
            self._say_stuck(sight, error.strerror or str(error))
            return ""
        if place and len(sight.names) > 1:
            self._emptied.add(sight.names[:-1])
        return place

    def _say_stuck(self, sight: Sight, why: str) -> None:
        told = f"{DROPPED} {sight.seen.st_ino} {sight.shown()}"
        self._stuck.add(told)
        if told not in self._desk.note.told:
            self._desk.note.told.add(told)
            self._desk.say(f"{sight.shown()} can not be moved away ({why}): do so by hand")
