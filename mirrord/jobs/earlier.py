"""Datasets as they were at an earlier moment, written into a folder of their own.

Nothing in the house is changed, and the store is not asked.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.lookups import Names
from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.core.tombstones import without_erased
from mirrord.disk.draft import Draft
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.earlier import day_of, first_day_of, records_at
from mirrord.disk.erasures import tombstones
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A dataset as it was: how many records, and the dated folder that told."""

    dataset: str
    records: int
    day: str


def rebuild(house: House, dataset: Dataset, at: float, to: Path, pulse: Pulse) -> Rebuilt | None:
    """Write its CSV and lossless files as they were at ``at`` (seconds since 1970) below ``to``.

    None where nothing was held of it then. DiskError, also where a file is there already.
    """
    day = day_of(house, dataset, at)
    if day is None:
        return None
    with (
        locked(house.lock_file("earlier"), "earlier", pulse),
        closing(Durable(house.root)) as durable,
        closing(Staging(house, "earlier", durable)) as staging,
    ):
        names = _names_at(house, dataset, at, staging)
        draft = Draft(dataset, staging, int(at))
        there = without_erased(
            dataset.name, records_at(day, dataset, at, staging), tombstones(house), at
        )
        for number, record in enumerate(there, 1):
            draft.add(names.hung_on(record))
            pulse.progress(f"rebuilding {dataset.name}", number, None)
        drafted = draft.close()
        with disk_errors(f"writing into {to}"):
            for name, file in draft.files():
                _carry(file.staged.path, to / name)
    log.info("rebuilt dataset=%s at=%s from=%s", dataset.name, moment_name(at), day.name)
    return Rebuilt(dataset.name, drafted.records, day.name)


def _names_at(house: House, dataset: Dataset, at: float, staging: Staging) -> Names:
    """The names of then; of what was not held yet, the first that was."""
    known = {}
    for lookup in dataset.lookups:
        other = DATASETS[lookup.of]
        day = day_of(house, other, at) or first_day_of(house, other)
        known[lookup.name] = records_at(day, other, at, staging) if day else iter(())
    return Names(dataset.lookups, known)


def _carry(file: Path, target: Path) -> None:
    """Copy a file where none is yet; personal data, so that nobody else can read it."""
    if os.path.lexists(target):
        raise DiskError(f"{target} is there already: name a new folder with --to")
    target.parent.mkdir(0o700, parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    target.chmod(0o600)
