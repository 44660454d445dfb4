"""Building one snapshot of what was found: freeze it unseen, judge what was frozen, show it whole.

It comes in one rename, after its line in CHAIN is durable, so that a cut leaves it whole or not
there. What is not as it was placed is left out and named.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from mirrord.core import chain
from mirrord.core.discreet import discreet
from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.core.verdict import Judgement, moment_words, verdict_text
from mirrord.disk.chain import append
from mirrord.disk.duplicate import Way
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.freezing import Freeze
from mirrord.disk.house import House, write_whole
from mirrord.disk.ledger import Ledger
from mirrord.disk.snapshots import ROOM, VERDICT, finish_cut_work, hidden_folder, show
from mirrord.disk.twins import Frozen
from mirrord.errors import DiskError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be frozen, as it was found.

    ``started``: when its window was opened, in seconds since 1970; ``sums`` and ``receipts`` those
    of exports/latest/, ``themes`` those of the newest themes; ``content``: one sum over all of it.
    """

    started: float
    label: str
    judgement: Judgement
    sums: Mapping[str, str]
    themes: Mapping[str, str]
    receipts: Mapping[str, Any]
    content: str


@dataclass(frozen=True, slots=True)
class Built:
    """The new snapshot, what was frozen, and the judgement with what the freezing found."""

    name: str
    judgement: Judgement
    frozen: Frozen


def build(
    house: House,
    way: Way,
    found: Found,
    ledger: Ledger | None,
    clock: Callable[[], float],
    pulse: Pulse,
) -> Built:
    """Build it of exports/latest/, and of files/ where there is a ledger of them.

    For whoever holds the locks ``files`` and ``exports``, and the lane ``upkeep``. CannotLink,
    DiskError: there is none, and no trace of it, unless its line stands in CHAIN.
    """
    name = _free_name(house, found.started)
    hidden = hidden_folder(house, name)
    house.still_there()
    try:
        with closing(Durable(house.root)) as durable:
            frozen, sums = _freeze(house, hidden, way, found, ledger, pulse)
            judgement = _with_local_damage(found.judgement, frozen)
            head = _head(house, name, found, frozen, clock()) | {"sums": sums}
            text = verdict_text(judgement, head, _records(found.receipts), name).encode()
            with disk_errors(f"taking the snapshot {name}"):
                write_whole(hidden / VERDICT, text, 0o440)
                durable.tree(hidden)
        verdict = hashlib.sha256(text).hexdigest()
        house.still_there()
        append(house, chain.taken(name, chain.Sums(sums, verdict)), clock())
    except BaseException:
        # its line may stand, although the disk failed right after: CHAIN decides whether it is one.
        # The next start would do it as well, but a full disk needs the room now
        with suppress(DiskError):
            finish_cut_work(house)
        raise
    show(house, name)
    log.info("taken snapshot=%s verdict=%s files=%d", name, judgement.verdict, frozen.files)
    return Built(name, judgement, frozen)


def _freeze(
    house: House, hidden: Path, way: Way, found: Found, ledger: Ledger | None, pulse: Pulse
) -> tuple[Frozen, str]:
    with Freeze(house, hidden, way) as freeze:
        freeze.exports(found.sums)
        freeze.themes(found.themes)
        if ledger is not None:
            freeze.files(ledger.held_plain(), _total(ledger), pulse)
        return freeze.told, freeze.close()


def _head(house: House, name: str, found: Found, frozen: Frozen, ended: float) -> dict[str, str]:
    whole = not frozen.missing and not frozen.altered
    return {
        "snapshot": name,
        "store": house.key,
        "label": found.label,
        "begun": moment_words(found.started),
        "ended": moment_words(ended),
        "files": f"{frozen.files:,}",
        "folders": f"{frozen.folders:,}",
        "bytes": f"{frozen.bytes:,}",
        "content": found.content if whole else "",
    }


def _free_name(house: House, started: float) -> str:
    """The name of the moment; of two snapshots of one second the later one gets the next."""
    names = (moment_name(started + later) for later in count())
    room = house.room(ROOM)
    return next(name for name in names if not os.path.lexists(room / name))


def _with_local_damage(judgement: Judgement, frozen: Frozen) -> Judgement:
    lost = tuple(f"{discreet(path)} is not there" for path in frozen.missing)
    altered = tuple(
        f"{discreet(path)} is not as mirrord placed it; left out" for path in frozen.altered
    )
    return replace(judgement, missing=judgement.missing + lost, suspect=judgement.suspect + altered)


def _total(ledger: Ledger) -> int:
    totals = ledger.totals()
    return totals["files"] + totals["folders"]


def _records(receipts: Mapping[str, Any]) -> dict[str, str]:
    return {
        dataset: f"{receipt['records']:,}, pulled {receipt['started']} to {receipt['ended']}"
        for dataset, receipt in sorted(receipts.items())
    }
