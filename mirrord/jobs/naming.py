"""Where the names for the CSV files come from: what is held of the other datasets.

A name is then the same in a pull, in a merge of later, and in a state of then. What is not held
yet is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.lookups import Names
from mirrord.core.records import Record
from mirrord.disk.durable import disk_errors
from mirrord.disk.lossless import Held
from mirrord.errors import StoreError

log = logging.getLogger(__name__)


def names_for(
    dataset: Dataset,
    held: Mapping[str, Held],
    ask: Callable[[Dataset], Iterable[Record]] | None = None,
) -> Names:
    """The names that a dataset's CSV files need; DiskError.

    ``held`` by the other dataset's name; ``ask`` gives the records of one that is not held, where
    there is a store to ask. A name that can not be had is left out, and its number stays.
    """
    known: dict[str, Iterable[Record]] = {}
    for lookup in dataset.lookups:
        other = DATASETS[lookup.of]
        there = held.get(other.name)
        if there is not None:
            known[lookup.name] = there.records(other)
        elif ask is not None:
            known[lookup.name] = _asked(other, ask)
    with disk_errors(f"reading what names the {dataset.name}"):
        return Names(dataset.lookups, known)


def _asked(dataset: Dataset, ask: Callable[[Dataset], Iterable[Record]]) -> list[Record]:
    try:
        return list(ask(dataset))
    except StoreError as error:
        log.info("names not known dataset=%s why=%s", dataset.name, error)
        return []
