"""A light check of files/ against the ledger, by names, sizes and times: was anyone else here.

Run every hour, and at once on a hint of the watcher. What somebody else changed, removed or put
there is told, its bytes are kept, and the true ones put back. It reads no file that looks right.
"""

from collections import Counter
from collections.abc import Callable

from mirrord.core.entry import Kind
from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.look import Seen, Sight, look
from mirrord.disk.rows import held_of
from mirrord.disk.staging import closing_folder
from mirrord.disk.wounds import FILES
from mirrord.jobs.healing import OpenStore
from mirrord.jobs.repair import Repair
from mirrord.jobs.settled import Suspicion, report


class Look:
    """files/ of one store, looked over; ``store`` is asked for what can not be healed here."""

    name = "look"

    def __init__(self, house: House, store: OpenStore | None, clock: Callable[[], float]) -> None:
        self._house = house
        self._store = store
        self._clock = clock

    def run(self, pulse: Pulse) -> Report:
        """Look once. DiskError, LedgerBroken; the store's errors are findings."""
        started = self._clock()
        suspicion = Suspicion()
        seen: Counter[Seen] = Counter()
        with (
            Ledger(self._house.room(".mirrord/ledger.db")) as ledger,
            closing_folder(self._house.room("files")) as root,
        ):
            for number, sight in enumerate(look(root, ledger.held_rows()), 1):
                pulse.progress("looking", number, None)
                seen[sight[1]] += 1
                if sight[1] is not Seen.SAME:
                    suspect(sight, suspicion)
        counts = {"files": seen.total() - seen[Seen.DROPPING], "droppings": seen[Seen.DROPPING]}
        sentences: list[str] = []
        if suspicion:
            repair = Repair(self._house, self._store, started, pulse, heal=True)
            settled = repair.settle(suspicion)
            counts |= settled.counts()
            sentences = settled.sentences
        return report(self.name, self._house, started, self._clock(), counts, sentences)


def suspect(sight: Sight, suspicion: Suspicion) -> None:
    """Note what does not look as recorded."""
    local, seen, row, _ = sight
    if seen is Seen.UNEXPECTED:
        suspicion.strays.append(FILES + local)
    elif seen in (Seen.MISSING, Seen.ALTERED) and row is not None:
        held = held_of(row)
        if held.entry.kind is Kind.FOLDER:
            suspicion.folders.append(held)
        else:
            suspicion.names.add(FILES + local)
