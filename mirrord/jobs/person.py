"""Whose records are whose: finding a person in all that is held, and giving them a copy of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrord.core.datasets import DATASETS
from mirrord.core.persons import PARTS, RULES, Known, Person, is_of
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, Record, order, parts, read_record
from mirrord.disk.durable import disk_errors
from mirrord.disk.erasures import tombstones
from mirrord.disk.house import House, write_whole
from mirrord.disk.locks import locked
from mirrord.disk.persons import Version, record_folders, versions
from mirrord.errors import DiskError

log = logging.getLogger(__name__)

_ABOUT = """\
What the backup of the shop "{store}" holds of one person, as of {when}.

One file for each kind of record, as JSON: the newest version of every record of theirs that is
held, in the shop's own fields, also of those that the shop no longer has.

{records}

Older versions of the same records lie in {folders} folders, the oldest of {oldest}.
Where data of people lie, how long, and who may read them: report/personal-data.html.
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of a person: by dataset the newest version of each record.

    ``folders``: in which older ones may stand, below the house.
    """

    known: Known
    records: Mapping[str, Mapping[Key, str]]
    folders: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each dataset that has any."""
        return {name: len(some) for name, some in self.records.items() if some}


def find(house: House, asked: Person, folders: Sequence[Path], pulse: Pulse) -> Known:
    """All that is theirs in any version of any record; DiskError.

    ``folders``: see :func:`mirrord.disk.persons.record_folders`.
    """
    known = Known(asked)
    # an erasure that was cut may have taken what would lead from one record of theirs to the next
    before = [stone for stone in tombstones(house) if asked.is_known_to(stone)]
    customers = _read(folders, "customers", pulse)
    known.learn_customers(
        ((int(one.key), str(read_record(one.text).fields.get("email") or "")) for one in customers),
        before,
    )
    orders = {one.key for one in _theirs(folders, "orders", known, pulse)}
    if before:
        others = (one.key for one in _read(folders, "orders", pulse))
        orders |= {key for key in others if any(stone.is_order(key) for stone in before)}
    known.learn_orders(orders)
    for dataset in RULES.keys() - {"customers", "orders"}:
        for one in _theirs(folders, dataset, known, pulse):
            known.learn(dataset, one.key)
    log.info("found store=%s records=%d", house.key, sum(map(len, known.keys.values())))
    return known


def held_of(house: House, asked: Person, pulse: Pulse) -> Holding:
    """What is held of them, in the newest version of each record. DiskError."""
    with locked(house.lock_file("exports"), "person", pulse):
        folders = record_folders(house)
        known = find(house, asked, folders, pulse)
        records: dict[str, dict[Key, str]] = {name: {} for name in (*RULES, *PARTS)}
        for dataset in RULES:
            for one in _read(folders, dataset, pulse):
                if known.has(dataset, one.key):
                    records[dataset].setdefault(one.key, one.text)
        for dataset, part in PARTS.items():
            for one in _read(folders, dataset, pulse):
                if known.person.is_named_in(one.text):
                    for element in _parts(one, part, known.person):
                        records[dataset].setdefault(element.id, element.text)
        places = [path.relative_to(house.root).as_posix() for path in folders]
    return Holding(known, records, tuple(places))


def write_copy(house: House, holding: Holding, to: Path, when: str) -> None:
    """Write what is held of them into a new folder that only its owner may read; DiskError."""
    with disk_errors(f"writing {to}"):
        to.mkdir(0o700, parents=True)
        lines = []
        for dataset, records in holding.records.items():
            if not records:
                continue
            name = f"{PARTS.get(dataset, dataset)}.json"
            ascending = [records[key] for key in sorted(records, key=order)]
            body = ",\n".join(ascending)  # in the shop's own spelling
            write_whole(to / name, f"[\n{body}\n]\n".encode("utf-8", "surrogatepass"), 0o600)
            lines.append(f"  {name:<28}{len(records):,}")
        about = _ABOUT.format(
            store=house.key,
            when=when,
            records="\n".join(lines) or "  Nothing is held of them.",
            folders=len(holding.folders),
            oldest=min((one for one in holding.folders if one[-1].isdigit()), default="no day"),
        )
        write_whole(to / "READ-ME.txt", about.encode(), 0o600)


def _theirs(folders: Sequence[Path], dataset: str, known: Known, pulse: Pulse) -> Iterator[Version]:
    for one in _read(folders, dataset, pulse):
        if known.person.may_be_in(one.text):
            record = read_record(one.text, DATASETS[dataset].keys)
            if is_of(dataset, record.fields, known.person):
                yield one


def _parts(one: Version, part: str, who: Person) -> Iterator[Record]:
    for element in parts(read_record(one.text, DATASETS[one.dataset].keys), part):
        if who.is_email(element.fields.get("email")):
            yield element


def _read(folders: Sequence[Path], dataset: str, pulse: Pulse) -> Iterator[Version]:
    try:
        for number, one in enumerate(versions(folders, dataset)):
            pulse.progress(f"reading {dataset}", number, None)
            yield one
    except ValueError as error:
        raise DiskError(
            f"not all versions of {dataset} can be read: {error}; run `mirrord verify`, or move "
            "the damaged file away, and then this again"
        ) from error
