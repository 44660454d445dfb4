"""`mirrord export --at`: datasets as they were, into a folder of one's own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirrord.cli.settings import Settings
from mirrord.cli.work import heart_beating

if TYPE_CHECKING:
    from mirrord.config import Config


def rebuild_told(
    settings: Settings,
    config: Config,
    key: str | None,
    names: tuple[str, ...],
    at: str | None,
    to: Path | None,
    *,
    as_json: bool,
) -> int:
    """Rebuild and tell; 3 where something that was asked for by name was not held yet."""
    from mirrord.core.datasets import DATASETS
    from mirrord.core.times import moment_name, parse_moment
    from mirrord.disk.house import open_house
    from mirrord.jobs.earlier import rebuild

    if at is None or to is None:
        raise click.UsageError("--at TIME and --to DIR go together")
    try:
        moment = parse_moment(at, config.timezone)
    except ValueError as error:
        raise click.UsageError(f"--at {at!r}: {error}") from None
    stores = settings.stores(config, key)
    if len(stores) != 1:
        raise click.UsageError("there are several stores: say which one with --store")
    _check_new(to)
    house = open_house(config.mirror, stores[0].key, stores[0].contact or "")
    with heart_beating(f"{stores[0].key} export") as heart:
        wanted = [row for row in DATASETS.values() if row.name in names or not names]
        rebuilt = {row.name: rebuild(house, row, moment, to, heart) for row in wanted}
    there = [one for one in rebuilt.values() if one is not None]
    missing = [name for name, one in rebuilt.items() if one is None and name in names]
    if as_json:
        told = {"at": moment_name(moment), "to": str(to), "datasets": [asdict(o) for o in there]}
        click.echo(json.dumps(told | {"not_held": missing}, indent=2))
        return 3 if missing or not there else 0
    for one in there:
        click.echo(f"{one.dataset}: {one.records:,} records, out of exports/{one.day}")
    for name in missing:
        click.echo(f"{name}: nothing was held of it at {moment_name(moment)}")
    if not there and not missing:
        click.echo(f"nothing was held at {moment_name(moment)}")
    return 3 if missing or not there else 0


def _check_new(to: Path) -> None:
    """What stands in a folder is never mixed with what is written there."""
    if to.is_dir() and not to.is_symlink() and not any(to.iterdir()):
        return
    if to.exists() or to.is_symlink():
        raise click.UsageError(f"{to} is there already: --to names a new folder")
