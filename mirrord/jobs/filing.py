"""Exports from elsewhere, filed: new files in the store's exports/ folder, and what people dropped.

Each is told by its heading, checked, and filed once in the day's folder under its own source. Where
the store has an API they are kept and no more, since anybody who can write there could forge them.
Without one, the newest of a kind is shown in latest/.
"""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from itertools import islice

from mirrord.core.discreet import discreet
from mirrord.core.entry import Held
from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.core.suspicion import USUAL, Limits
from mirrord.disk.dropped import UNKNOWN, is_waiting, put_by
from mirrord.disk.elsewhere import DROPPED, STORED
from mirrord.disk.foreign import Foreign, take_copy
from mirrord.disk.house import House
from mirrord.disk.inbox import read_note, state_of, write_note
from mirrord.disk.staging import closing_fd, closing_folder
from mirrord.disk.steps import open_file
from mirrord.jobs.desk import Desk
from mirrord.jobs.stored import stored_exports
from mirrord.jobs.taking import take_dropped

#: So many files are filed together; so many are counted at the most.
_AT_ONCE, _COUNTED = 1_000, 1_000


class Filing:
    """One store's other sources. ``alone``: the store has no API, and these are its records."""

    name = "filing"

    def __init__(
        self,
        house: House,
        clock: Callable[[], float],
        zone: tzinfo,
        *,
        alone: bool,
        limits: Limits = USUAL,
    ) -> None:
        self._house = house
        self._clock = clock
        self._zone = zone
        self._alone = alone
        self._limits = limits

    def run(self, pulse: Pulse) -> Report:
        """File what is new. DiskError, LedgerBroken: what was not filed is where it was."""
        started = self._clock()
        note = read_note(self._house)
        desk = Desk(
            self._house, self._clock, self._zone, note, alone=self._alone, limits=self._limits
        )
        listed, waiting = stored_exports(self._house), is_waiting(self._house)
        state, before = state_of(listed), note.copy()
        if waiting or note.seen != state:
            with desk.opened(pulse):
                if note.seen != state and file_stored(desk, listed, pulse):
                    note.seen = state
                if waiting:
                    take_dropped(desk, pulse)
            if note != before:
                write_note(self._house, note)
        outcome, code = desk.outcome()
        ended, findings = self._clock(), (*desk.findings(), *self._reminder())
        key = self._house.key
        return Report(self.name, key, started, ended, outcome, code, desk.counts, findings)

    def _reminder(self) -> Iterator[str]:
        """What still waits for a person's look, though it was told of before."""
        number = put_by(self._house, _COUNTED)
        if number:
            many = f"{number:,}" + (" or more" if number == _COUNTED else "")
            yield f"not filed, in drop-here/{UNKNOWN}/: {many}; remove what you do not need"


def file_stored(desk: Desk, listed: list[Held], pulse: Pulse) -> bool:
    """File what is new of the store's own exports; whether all was gone through. DiskError."""
    told = {_told(held) for held in listed}
    desk.note.told = {one for one in desk.note.told if one in told or one.startswith(DROPPED)}
    new = iter([held for held in listed if not desk.knows(STORED, held.path, held.sha256)])
    whole = True
    with closing_folder(desk.house.room("files")) as root:
        while some := list(islice(new, _AT_ONCE)):
            copies: list[Foreign] = []
            for held in some:
                copy = _copy_of(desk, held, root, pulse)
                if copy is None:
                    whole = False  # not as it is recorded: that is healed first, elsewhere
                elif copy.fault:
                    copy.staged.discard()
                    _say(desk, held, copy.fault)
                else:
                    copies.append(copy)
            desk.file(STORED, copies, pulse)
    return whole


def _copy_of(desk: Desk, held: Held, root: int, pulse: Pulse) -> Foreign | None:
    """A copy of a file that is held; None where its bytes are not the recorded ones."""
    try:
        fd = open_file(root, held.local)
    except OSError:
        return None
    with closing_fd(fd):
        copy = take_copy(fd, str(held.path), desk.staging, pulse)
    if copy.sha256 == held.sha256:
        return copy
    copy.staged.discard()
    return None


def _say(desk: Desk, held: Held, fault: str) -> None:
    if _told(held) not in desk.note.told:
        desk.note.told.add(_told(held))
        desk.counts["unknown"] += 1
        desk.say(f"the shop's {discreet(held.path)}: {fault}; it stays in files/ as it is")


def _told(held: Held) -> str:
    return f"{STORED} {held.path} {held.sha256}"
