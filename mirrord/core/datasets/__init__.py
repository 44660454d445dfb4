"""The datasets that are pulled: one row of a table each, in rooms by subject.

A dataset says where its list is, how it is paged, how the store counts it, what must be asked
for apart, and which CSV files come of it: see :mod:`.kinds`. Adding a dataset is adding a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mirrord.core.columns.tables import TABLES
from mirrord.core.datasets import catalogue, people, sales, storefront
from mirrord.core.datasets.kinds import Dataset

_ROWS = (*catalogue.ROWS, *people.ROWS, *sales.ROWS, *storefront.ROWS)
#: The main ones, each with a schedule of its own, in the order in which they are pulled.
MAIN = ("products", "customers", "orders")
#: All by name: the main ones first, then the others as their rooms have them.
DATASETS: Mapping[str, Dataset] = {
    dataset.name: replace(dataset, tables=TABLES[dataset.name])
    for dataset in sorted(_ROWS, key=lambda row: (row.name not in MAIN, _ROWS.index(row)))
}
