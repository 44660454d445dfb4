"""`mirrord verify`: read what is held, compare it with its checksums, put right what is damaged."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mirrord.cli.options import after_config_option, json_option, no_wait_option, store_option
from mirrord.cli.settings import Settings
from mirrord.cli.work import run_all
from mirrord.core.displayed import displayed
from mirrord.core.report import worst

if TYPE_CHECKING:
    from mirrord.config import Config, Store
    from mirrord.disk.house import House
    from mirrord.jobs import Job
    from mirrord.jobs.running import Opening


@click.command("verify")
@store_option
@click.option("--full", is_flag=True, help="Read all that is held, not only what is due.")
@click.option("--chain", is_flag=True, help="Only look whether the history of snapshots is whole.")
@click.option("--no-repair", is_flag=True, help="Only tell what is wrong.")
@no_wait_option
@json_option
@after_config_option
@click.pass_obj
def verify_command(
    settings: Settings,
    store: str | None,
    full: bool,
    chain: bool,
    no_repair: bool,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Read what is held and is due, and put right what is damaged.

    Each file is compared with its checksum. Ends with 3 if anything was found, put right or not.
    """
    if chain:
        return _check_chains(settings, store, as_json=as_json)
    config = settings.load_to_write(store)
    wanted = [(one, "verify") for one in settings.stores(config, store)]
    opening = _opening(full=full, heal=not no_repair)
    reports = run_all(config, wanted, wait=not no_wait, telling=not as_json, opening=opening)
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], indent=2))
    return worst([report.exit_code for report in reports])


def _opening(*, full: bool, heal: bool) -> "Opening":
    from mirrord.jobs.opening import verify_job

    @contextmanager
    def opening(
        config: "Config", store: "Store", _name: str, house: "House", clock: Callable[[], float]
    ) -> "Iterator[Job]":
        yield verify_job(config, store, house, clock, full=full, heal=heal)

    return opening


def _check_chains(settings: Settings, store: str | None, *, as_json: bool) -> int:
    """Tell where the history of snapshots was edited; nothing is written, not even a diary."""
    from mirrord.disk.house import House, check_marker
    from mirrord.disk.snapshots import chain_findings

    config = settings.load()
    check_marker(config.mirror)
    stores = settings.stores(config, store)
    told = {one.key: chain_findings(House(config.mirror, one.key)) for one in stores}
    if as_json:
        click.echo(json.dumps([{"store": key, "findings": each} for key, each in told.items()]))
        return 3 if any(told.values()) else 0
    for key, findings in told.items():
        click.echo(f"{key} chain: {'whole' if not findings else 'not as it was written'}")
        for finding in findings:
            click.echo(f"  {displayed(finding)}", err=True)
    return 3 if any(told.values()) else 0
