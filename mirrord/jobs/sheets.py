"""Sheets for people, made of the CSV files that a run has placed: after it, and never in its way.

What goes wrong with them is said and no more. Nothing of ours ever reads a sheet.
"""

import logging
from collections.abc import Iterator

from mirrord.core.names import sheet_of
from mirrord.core.pulse import Pulse
from mirrord.disk.draft import table_file
from mirrord.disk.durable import Durable
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.sheet import write_sheet
from mirrord.disk.sheets import Due, Sheets
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError
from mirrord.jobs.exporting import Plan

log = logging.getLogger(__name__)


def renew_sheets(
    house: House, plan: Plan, durable: Durable, staging: Staging, now: float, pulse: Pulse
) -> Iterator[str]:
    """Make those that are due of the plan's datasets, or take them away where none are wanted.

    In words what could not be made. The lock ``exports`` is free while they are made.
    """
    files = (table_file(one) for dataset in plan.datasets for one in dataset.tables)
    names = [name for name in files if "/" not in name]
    if not names:
        return
    try:
        if plan.sheets:
            yield from _renew(house, durable, names, staging, now, pulse)
        else:
            _take_away(house, durable, names, pulse)
    except DiskError as error:
        yield f"no sheets: {error}"


def _renew(
    house: House, durable: Durable, names: list[str], staging: Staging, now: float, pulse: Pulse
) -> Iterator[str]:
    with locked(house.lock_file("exports"), "sheets", pulse):
        due = Sheets(house, durable).due(names, staging.path, now)
    made: list[Due] = []
    for one in due:
        try:
            sheet = write_sheet(one.csv, one.sheet, pulse)
        except DiskError as error:
            yield str(error)
        else:
            made.append(one)
            log.info("made sheet=%s rows=%d cuts=%d", one.sheet.name, sheet.rows, sheet.cuts)
    if made:
        house.still_there()
        with locked(house.lock_file("exports"), "sheets", pulse):
            Sheets(house, durable).place(made)


def _take_away(house: House, durable: Durable, names: list[str], pulse: Pulse) -> None:
    """They would grow old beside CSV files that are new."""
    if not any(house.room(f"exports/latest/{sheet_of(name)}").exists() for name in names):
        return
    house.still_there()
    with locked(house.lock_file("exports"), "sheets", pulse):
        sheets = Sheets(house, durable)
        sheets.place([], sheets.standing(names))
