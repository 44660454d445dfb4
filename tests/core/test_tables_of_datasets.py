"""Datasets, their CSV files and what `coverage` says of them agree."""

from __future__ import annotations

import re

import pytest

from mirrord.core.columns.declared import FLAT
from mirrord.core.columns.tables import TABLES
from mirrord.core.coverage.resources import RESOURCES, resources_of
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import EachOf, Listing, Singles


def test_every_dataset_has_its_tables() -> None:
    """No dataset without a CSV, no CSV of a dataset that is not pulled."""
    assert {name: dataset.tables for name, dataset in DATASETS.items()} == TABLES


@pytest.mark.parametrize("name", FLAT)
def test_the_first_column_is_headed_by_what_names_a_record(name: str) -> None:
    """The field itself, or `key` where it is made of several."""
    keys = DATASETS[name].keys.names
    assert FLAT[name].split()[0] == (keys[0] if len(keys) == 1 else "key")


@pytest.mark.parametrize("name", DATASETS)
def test_what_is_pulled_is_what_coverage_says(name: str) -> None:
    """Each path that a dataset asks belongs to a resource that is kept in it."""
    source = DATASETS[name].source
    if isinstance(source, Listing):
        paths = [source.path]
    elif isinstance(source, EachOf):
        paths = [source.listing.path]
    elif isinstance(source, Singles):
        paths = list(source.paths)
    else:
        paths = [detail.path for detail in source.lists]
    general = [re.sub(r"\{[^}]*\}", "{}", path) for path in paths]
    assert {path: [name in one.kept for one in resources_of(path)] for path in general} == (
        {key: [True] for key in general}
    )


def test_coverage_promises_no_setting_that_is_not_pulled() -> None:
    """Path by path."""
    source = DATASETS["settings"].source
    (told,) = [one for one in RESOURCES if one.kept == ("settings",)]
    assert isinstance(source, Singles)
    assert set(told.paths) == set(source.paths)
