"""What waits in one sync: the answers carried out, the open holds kept up, new ones opened.

Only what vanished waits. A hold covers exactly the files that its list names; the rest of the plan
goes its way. An open hold ends by an answer, or by the store's having its files again, and by
nothing else.
"""

import logging
from collections.abc import Collection, Iterator, Mapping

from mirrord.core.guard import WHOLE, Hold, Limits, Tally, judge
from mirrord.core.history import History, history_of, told_of
from mirrord.core.holdwords import vanished_text, vanished_title
from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.disk.answers import Answer, answered_paths, answers, forget, narrow, settle
from mirrord.disk.decisions import deciding, read_decision
from mirrord.disk.holds import open_holds, opened_at
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.papers import free_id, listed_paths, put_away, remove_papers, write_papers
from mirrord.errors import DiskError

log = logging.getLogger(__name__)

_BASELINES = "baselines"


class Holding:
    """What waits, as one run of the sync finds it and leaves it; ``now`` is the run's start."""

    def __init__(
        self, house: House, ledger: Ledger, limits: Limits, now: float, pulse: Pulse
    ) -> None:
        self._house = house
        self._ledger = ledger
        self._limits = limits
        self._now = now
        self._pulse = pulse
        self._answers: dict[str, Answer] = {}
        self._open: dict[str, str] = {}
        self._new: dict[str, str] = {}
        self._verdicts: dict[str, Hold] = {}
        self._changed: set[str] = set()
        self._unsettled: list[str] = []
        self._tallies: Mapping[str, Tally] = {}
        self._history = read_history(house).at(now)

    @property
    def held(self) -> bool:
        """Whether anything waits for a person."""
        counts = self._ledger.plan.waiting()
        return any(counts.get(hold) for hold in (*self._open, *self._new))

    @property
    def was_whole(self) -> bool:
        """Whether the store was held whole before, so that what comes now is growth."""
        return self._history.whole

    def decide(self) -> None:
        """Mark in the kept plan what waits. Nothing is written; DiskError, LedgerBroken."""
        plan = self._ledger.plan
        self._answers = answers(self._house)
        found = {one.id: one for one in open_holds(self._house) if one.kind == "vanished"}
        self._open = {one.id: one.top for one in found.values() if one.id not in self._answers}
        for hold, answer in self._answers.items():
            plan.wait(hold, answer.word, answered_paths(self._house, hold))
        for hold in self._open:
            plan.wait(hold, "", listed_paths(self._house, hold))
        self._unsettled = [
            hold for hold, one in self._answers.items() if one.word == "follow" and not one.settled
        ]
        for hold in self._unsettled:
            top = self._answers[hold].top
            self._history = self._history.following([top] if top else list(self._history.tops))
        before = plan.waiting()
        plan.drop_returned()
        left = plan.waiting()
        self._tallies = plan.tallies()
        verdicts = judge(self._tallies, self._ledger.listing.files(), self._limits, self._history)
        for verdict in verdicts:
            self._hold_back(verdict, [one.top for one in verdicts if one.top != WHOLE])
        after = plan.waiting()
        self._changed = {
            # as many may have come to wait as have returned
            hold
            for hold in {*before, *after}
            if not before.get(hold) == left.get(hold) == after.get(hold)
        } | {hold for hold in self._answers if hold not in found}

    def write(self) -> None:
        """Bring the papers in holds/ up to what was decided; DiskError."""
        if self._unsettled:
            self._save()
        for hold in self._unsettled:
            # before anything moves: a run that breaks off must not begin anew again and again
            settle(self._house, hold, self._pulse)
        counts = self._ledger.plan.waiting()
        for hold, top in (*self._open.items(), *self._new.items()):
            if not counts.get(hold):
                remove_papers(self._house, hold)
                log.info("hold over id=%s why=the store has its files again", hold)
            elif hold in self._changed:
                self._write(hold, top, None, counts[hold])
                log.warning("held id=%s files=%d", hold, counts[hold])
        for hold, answer in self._answers.items():
            if answer.word == "keep":
                self._write_kept(hold, answer, counts.get(hold, 0))

    def note_losses(self) -> None:
        """Remember what is about to leave, before it does: a cut must not make it forgotten."""
        losses = self._ledger.plan.losses()
        if losses:
            self._history = self._history.losing(losses)
            self._save()

    def finish(self, unseen: Collection[str], *, whole: bool) -> None:
        """After the plan was carried out: settle what was followed, and the baselines.

        ``unseen`` are top folders of which something could not be listed; ``whole``: nothing is
        left to be fetched.
        """
        plan = self._ledger.plan
        losing = {top for top, tally in self._tallies.items() if tally.vanished}
        plan.drop_returned()
        counts = plan.waiting()
        followed = [hold for hold, answer in self._answers.items() if answer.word == "follow"]
        held = {top: tally.held for top, tally in plan.tallies().items()}
        self._history = self._history.ending(held, losing, unseen, whole=whole)
        self._save()
        for hold in followed:
            self._settle(hold, finished=not counts.get(hold))

    def findings(self) -> Iterator[str]:
        """What waits, in sentences."""
        counts = self._ledger.plan.waiting()
        for hold, top in (*self._new.items(), *self._open.items()):
            if not counts.get(hold):
                yield f"the hold {hold} is over: the store has its files again"
                continue
            still = "" if hold in self._changed else "still held: "
            title = vanished_title(self._verdict(hold, top, counts[hold]))
            show = f"mirrord holds show {hold} --store {self._house.key}"
            yield f"{still}{title}; they stay here as they are until you decide: {show}"

    def _hold_back(self, verdict: Hold, others: list[str]) -> None:
        there = next((hold for hold, top in self._open.items() if top == verdict.top), None)
        what = verdict.top or ("whole-store" if verdict.gone else "several-folders")
        hold = there or free_id(self._house, moment_name(self._now), what)
        self._ledger.plan.hold_back(hold, verdict.top or None, others)
        self._verdicts[hold] = verdict
        if there is None and self._ledger.plan.waiting().get(hold):
            self._new[hold] = verdict.top

    def _verdict(self, hold: str, top: str, count: int) -> Hold:
        """As the guard put it, in the numbers of the hold's own list."""
        told = self._verdicts.get(hold)
        of = [tally for name, tally in self._tallies.items() if top in (WHOLE, name)]
        held = sum(tally.held for tally in of)
        gone = count >= held if top else not self._ledger.listing.files()
        return Hold(top, held, count, told.earlier if told else 0, gone=gone)

    def _write(self, hold: str, top: str, kept: float | None, count: int) -> None:
        verdict = self._verdict(hold, top, count)
        title = vanished_title(verdict)
        opened = opened_at(hold) or self._now
        text = vanished_text(hold, self._house.key, verdict, opened, kept)
        listed = self._ledger.plan.listed_by(hold)
        write_papers(self._house, hold, "vanished", title, text, listed, top=top)

    def _write_kept(self, hold: str, answer: Answer, count: int) -> None:
        if not count:
            remove_papers(self._house, hold)
            forget(self._house, hold, self._pulse)
            log.info("kept hold over id=%s why=the store has its files again", hold)
        elif hold in self._changed:
            paths = self._ledger.plan.listed_by(hold)
            narrow(self._house, hold, (path for path, _ in paths), self._pulse)
            self._write(hold, answer.top, answer.at, count)

    def _settle(self, hold: str, *, finished: bool) -> None:
        if finished:
            at = moment_name(self._now)
            put_away(self._house, hold, f"FOLLOWED: its files left files/ on {at}.")
            forget(self._house, hold, self._pulse)
            log.info("hold followed id=%s", hold)
        else:
            paths = self._ledger.plan.listed_by(hold)
            narrow(self._house, hold, (path for path, _ in paths), self._pulse)

    def _save(self) -> None:
        with deciding(self._house, _BASELINES, self._pulse) as told:
            told.clear()
            told.update(told_of(self._history))


def read_history(house: House) -> History:
    """What the guard remembers; DiskError where it is damaged."""
    try:
        return history_of(read_decision(house, _BASELINES))
    except ValueError as error:
        file = house.room(f"decisions/{_BASELINES}.json")
        raise DiskError(
            f"{file} is damaged: copy it back from a backup, or move it away and let the guard"
            " begin anew"
        ) from error
