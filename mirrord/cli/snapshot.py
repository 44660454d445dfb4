"""Restore points by hand: `snapshot`, `pin`, `unpin`."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mirrord.cli.options import (
    after_config_option,
    hand_over_option,
    json_option,
    no_wait_option,
    store_option,
)
from mirrord.cli.settings import Settings
from mirrord.cli.work import hand_over_to_daemon, heart_beating, run_all
from mirrord.core.displayed import displayed
from mirrord.core.report import worst
from mirrord.disk.asked import Wish, wish
from mirrord.disk.decisions import Pin, pin, unpin
from mirrord.disk.house import House, open_house
from mirrord.disk.locks import holder
from mirrord.errors import AlreadyRunning

if TYPE_CHECKING:
    from mirrord.config import Config

#: Rooms whose folders are points that can be pinned.
_ROOMS = ("snapshots", "exports", "themes")


@click.command("snapshot")
@store_option
@click.option("--label", default="", metavar="TEXT", help="A name for people; takes one always.")
@click.option("--pin", "pinned", is_flag=True, help="Keep it for ever.")
@no_wait_option
@hand_over_option
@json_option
@after_config_option
@click.pass_obj
def snapshot_command(
    settings: Settings,
    store: str | None,
    label: str,
    pinned: bool,
    no_wait: bool,
    hand_over: bool,
    as_json: bool,
) -> int:
    """Take a restore point now: sync, pull products, check, freeze.

    Where nothing changed since the last one, that one is told instead (and pinned by --pin).
    """
    wishing = bool(label or pinned)
    writes = wishing or not hand_over
    config = settings.load_to_write(store) if writes else settings.load()
    stores = settings.stores(config, store)
    for one in stores if writes else ():
        house = open_house(config.mirror, one.key, one.contact or "")
        if no_wait and not hand_over:
            _refuse_if_busy(house)
        if wishing:
            with heart_beating(f"{one.key} snapshot") as heart:
                wish(house, Wish(displayed(label), pinned), heart)
    wanted = [(one, "snapshot") for one in stores]
    if hand_over:
        return hand_over_to_daemon(settings, wanted)
    reports = run_all(config, wanted, wait=not no_wait, telling=not as_json)
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], indent=2))
    else:
        for report in reports:
            if report.details.get("new"):
                told = report.details
                place = config.mirror / report.store / "snapshots" / told["snapshot"]
                click.echo(f"{told['verdict']}: {place}")
    return worst([report.exit_code for report in reports])


def _refuse_if_busy(house: House) -> None:
    """AlreadyRunning where a lane is at work that the snapshot would have to wait for."""
    for lane in ("upkeep", "files", "catalogue"):
        busy = holder(house.lock_file(lane))
        if busy:
            raise AlreadyRunning(f"{busy} is at work on {house.root}: wait for it to end")


@click.command("pin")
@click.argument("point")
@click.option("--why", default="", metavar="TEXT", help="For whoever wonders later.")
@store_option
@after_config_option
@click.pass_obj
def pin_command(settings: Settings, point: str, why: str, store: str | None) -> int:
    """Keep POINT for ever, whatever the rules say: a snapshot's name, or ROOM/NAME."""
    house, point = _found(settings, point, store)
    with heart_beating(f"pin {point}") as heart:
        pin(house, point, Pin(displayed(why) or "pinned by hand", time.time()), heart)
    click.echo(f"{house.key} {point}: pinned")
    return 0


@click.command("unpin")
@click.argument("point")
@store_option
@after_config_option
@click.pass_obj
def unpin_command(settings: Settings, point: str, store: str | None) -> int:
    """Leave POINT to the rules again."""
    house, point = _found(settings, point, store)
    with heart_beating(f"unpin {point}") as heart:
        was = unpin(house, point, heart)
    click.echo(f"{house.key} {point}: {'left to the rules' if was else 'was not pinned'}")
    return 0


def _found(settings: Settings, point: str, store: str | None) -> tuple[House, str]:
    """The house that has the point, and its name as pins know it; a UsageError names the way."""
    config = settings.load_to_write(store)
    room, _, name = point.strip("/").rpartition("/")
    found = [
        (house, f"{one}/{name}")
        for house in _houses(settings, config, store)
        for one in ([room] if room else _ROOMS)
        if one in _ROOMS and name[:1].isdigit() and house.room(f"{one}/{name}").is_dir()
    ]
    if not found:
        raise click.UsageError(
            f"there is no point {point!r}; a point is a folder of {', '.join(_ROOMS)}, such as"
            " snapshots/2026-11-23T030000Z"
        )
    if len(found) > 1:
        places = ", ".join(f"{house.key}: {one}" for house, one in found)
        raise click.UsageError(f"{point!r} is several points ({places}): say which, or --store")
    return found[0]


def _houses(settings: Settings, config: "Config", store: str | None) -> list[House]:
    return [House(config.mirror, one.key) for one in settings.stores(config, store)]
