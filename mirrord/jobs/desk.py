"""The desk at which exports from elsewhere are filed: what is known, what is told, one way to file.

For one run. Whoever files here says where an export came from; what becomes of it is the same.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import tzinfo

from mirrord.core.names import Naming
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome
from mirrord.core.suspicion import Limits
from mirrord.core.times import day_name
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.elsewhere import Elsewhere, Line, ToFile, read_known
from mirrord.disk.foreign import Foreign, key_of
from mirrord.disk.house import House
from mirrord.disk.inbox import Note
from mirrord.disk.locks import locked
from mirrord.disk.refused import Refusal, keep_foreign
from mirrord.disk.staging import Staging
from mirrord.jobs import showing

log = logging.getLogger(__name__)

#: A name leaves room for a number.
_NAMES = Naming(longest=240)


class Desk:
    """``alone``: the store has no API, and what is filed here are its records.

    ``limits``: how many rows may be lost from one export to the next.

    ``counts`` and ``said`` are what came of the run so far; ``note`` what was told before.
    """

    def __init__(
        self,
        house: House,
        clock: Callable[[], float],
        zone: tzinfo,
        note: Note,
        *,
        alone: bool,
        limits: Limits,
    ) -> None:
        self.house = house
        self.note = note
        self.counts = {"filed": 0, "known": 0, "unknown": 0, "refused": 0, "waiting": 0}
        self._clock = clock
        self._zone = zone
        self._alone = alone
        self._limits = limits
        self._said: list[str] = []
        self._unsaid = 0
        self._held = False

    @contextmanager
    def opened(self, pulse: Pulse) -> Iterator[None]:
        """Take what filing needs, and finish what a cut left undone. DiskError."""
        with ExitStack() as ends:
            with disk_errors(f"opening {self.house.root}"):
                self.durable = ends.enter_context(closing(Durable(self.house.root)))
            self.staging = ends.enter_context(closing(Staging(self.house, "inbox", self.durable)))
            self._known = read_known(self.house, pulse)
            with self._elsewhere(pulse) as elsewhere:
                if self._alone:
                    showing.make_up(elsewhere, self._known)
            yield

    def knows(self, source: str, path: str, sha256: str) -> bool:
        """Whether these bytes were filed before from this place."""
        return key_of(path, sha256) in self._known.keys[source]

    def file(self, source: str, copies: Sequence[Foreign], pulse: Pulse) -> None:
        """File sound copies, all of them or none; afterwards they are safe on the disk. DiskError.

        One that is refused is filed as well, and kept in holds/ for a look.
        """
        if not copies:
            return
        verdicts: dict[str, Line] = {}
        if self._alone:
            with self._elsewhere(pulse) as elsewhere:
                shown = {copy.kind: elsewhere.shown(copy.kind) for copy in copies}
            verdicts = showing.judged(copies, shown, self._known, self._limits, pulse)
        self._keep_refused(source, copies, verdicts)
        with self._elsewhere(pulse) as elsewhere:
            files = [self._to_file(source, copy, verdicts) for copy in copies]
            folder, lines = elsewhere.file(source, files, day=self.day())
            for line in lines:
                self._known.note(source, folder, line)
                if line.get("latest"):
                    showing.show(elsewhere, folder, line, source)
        self.counts["filed"] += len(copies)
        log.info("filed source=%s day=%s files=%d", source, folder.name, len(copies))

    def _keep_refused(
        self, source: str, copies: Sequence[Foreign], verdicts: Mapping[str, Line]
    ) -> None:
        """Before they are filed: what is filed is never judged again, and nobody would be told."""
        for copy in copies:
            why = verdicts.get(copy.path, {}).get("why")
            if why:
                self._held = True
                self.counts["refused"] += 1
                came, file = showing.origin(source, copy.path), copy.staged.path
                told = Refusal(copy.kind, came, _name_of(copy), (why,))
                kept = keep_foreign(self.house, self._clock(), told, file)
                self.say(f"{why}: filed, but not shown in latest/; see holds/{kept.name}")

    def _to_file(self, source: str, copy: Foreign, verdicts: Mapping[str, Line]) -> ToFile:
        line = copy.receipt() | verdicts.get(copy.path, {})
        line |= {
            "source": showing.origin(source, copy.path),
            "modified": showing.iso(copy.modified),
            "filed": showing.iso(self._clock()),
        }
        return ToFile(copy.staged.path, _name_of(copy), line)

    @contextmanager
    def _elsewhere(self, pulse: Pulse) -> Iterator[Elsewhere]:
        self.house.still_there()
        with locked(self.house.lock_file("exports"), "filing", pulse):
            yield Elsewhere(self.house, self.durable)

    def day(self) -> str:
        """Today's name."""
        return day_name(self._clock(), self._zone)

    def say(self, sentence: str) -> None:
        """A sentence for people, once."""
        if len(self._said) < NAMED_FAILURES:
            self._said.append(sentence)
        else:
            self._unsaid += 1

    def findings(self) -> Iterator[str]:
        """What a person should know."""
        yield from self._said
        if self._unsaid:
            yield f"and {self._unsaid:,} more"

    def outcome(self) -> tuple[Outcome, int]:
        """How it ended, and the exit code."""
        if self._held:
            return Outcome.HELD, 4
        return (Outcome.PARTIAL, 3) if self._said else (Outcome.OK, 0)


def _name_of(copy: Foreign) -> str:
    """All stand in one folder: no name may be in another's way; its line tells where it was."""
    return _NAMES.local(copy.path.removeprefix("exports/").replace("/", "_"))
