"""One job now, in the foreground: `sync` and `export`."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mirrord.cli.settings import Settings, after_config_option, json_option, store_option
from mirrord.core.report import Outcome, Report, worst
from mirrord.errors import ScopeMissing

if TYPE_CHECKING:
    from mirrord.config import Config, Store
    from mirrord.jobs.pulse import Heart

no_wait_option = click.option(
    "--no-wait", is_flag=True, help="End with 75 if another mirrord is at work, instead of waiting."
)

hand_over_option = click.option(
    "--hand-over", is_flag=True, help="Leave it to the running daemon, and end at once."
)


@click.command("sync")
@store_option
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
@no_wait_option
@hand_over_option
@json_option
@after_config_option
@click.pass_obj
def sync_command(
    settings: Settings,
    store: str | None,
    dry_run: bool,
    no_wait: bool,
    hand_over: bool,
    as_json: bool,
) -> int:
    """Mirror the shop's files now.

    Ends with 4 where so much vanished from the store at once that a person must look.
    """
    config = settings.load() if hand_over else settings.load_to_write(store)
    wanted = [(one, "files") for one in settings.stores(config, store) if one.webdav or store]
    if hand_over:
        return hand_over_to_daemon(settings, wanted)
    reports = _run(config, wanted, wait=not no_wait, dry_run=dry_run, as_json=as_json)
    return worst([report.exit_code for report in reports])


@click.command("export")
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@store_option
@no_wait_option
@hand_over_option
@json_option
@after_config_option
@click.pass_obj
def export_command(
    settings: Settings,
    datasets: tuple[str, ...],
    store: str | None,
    no_wait: bool,
    hand_over: bool,
    as_json: bool,
) -> int:
    """Pull records now: products, customers, orders (default: all of them).

    A dataset that the API token may not read counts as 3 among all of them, and as 5 by name.
    """
    from mirrord.jobs import DATASETS

    unknown = sorted(set(datasets) - set(DATASETS))
    if unknown:
        raise click.UsageError(f"no dataset {unknown[0]!r}; there are: {', '.join(DATASETS)}")
    config = settings.load() if hand_over else settings.load_to_write(store)
    stores = [one for one in settings.stores(config, store) if one.api or store]
    names = [name for name in DATASETS if name in datasets or not datasets]
    wanted = [(one, name) for one in stores for name in names]
    if hand_over:
        return hand_over_to_daemon(settings, wanted)
    reports = _run(config, wanted, wait=not no_wait, dry_run=False, as_json=as_json)
    return worst([_code(report, by_name=bool(datasets)) for report in reports])


def _code(report: Report, *, by_name: bool) -> int:
    """What a pull counts as: a token made for orders only is no failure of `mirrord export`."""
    left_out = report.details.get("error") == ScopeMissing.__name__ and not by_name
    return ScopeMissing.in_passing if left_out else report.exit_code


def hand_over_to_daemon(settings: Settings, wanted: "list[tuple[Store, str]]") -> int:
    """Ask the running daemon to do it; 3 where it is not running or does not know the job."""
    from mirrord.control import NobodyThere, ask

    for store, name in wanted:
        answer = ask(settings.file, {"do": "run", "store": store.key, "job": name})
        if not answer["done"]:
            raise NobodyThere(answer["why"])
        click.echo(f"{store.key} {name}: handed over to the daemon; see mirrord status")
    return 0


def _run(
    config: "Config",
    wanted: "list[tuple[Store, str]]",
    *,
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> list[Report]:
    if not wanted:
        raise click.UsageError("no store in the config has what this command works on")
    reports = run_all(config, wanted, wait=wait, dry_run=dry_run, telling=not as_json)
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], indent=2))
    return reports


def run_all(
    config: "Config",
    wanted: "list[tuple[Store, str]]",
    *,
    wait: bool,
    dry_run: bool = False,
    telling: bool = True,
    **more: Any,
) -> list[Report]:
    """Run jobs one after another, each told as it ends; ``more`` as :func:`run_job` takes it."""
    from mirrord.jobs.running import run_job

    reports = []
    for store, name in wanted:
        with heart_beating(f"{store.key} {name}") as heart:
            report = run_job(config, store, name, heart, wait=wait, dry_run=dry_run, **more)
        reports.append(report)
        if telling:
            tell(report)
    return reports


def tell(report: Report) -> None:
    """The report on a terminal: its line, then what a person should know."""
    if report.outcome is Outcome.FAILED:
        click.echo(f"{report.store} {report.job}: {report.findings[0]}", err=True)
        return
    for action, path, why in report.details.get("plan", ()):
        click.echo(f"{action:6} {path}" + (f"  ({why})" if why else ""))
    click.echo(report.line())
    for finding in report.findings:
        click.echo(f"  {finding}", err=True)


@contextmanager
def heart_beating(what: str) -> "Iterator[Heart]":
    """A heart that SIGINT and SIGTERM stop, with a progress bar on a terminal."""
    from mirrord.jobs.pulse import Heart

    heart = Heart()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if heart.stopping:
            # asked twice: not even the answer under way is waited for
            raise KeyboardInterrupt
        heart.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if sys.stderr.isatty():
            from mirrord.cli.progress import shown

            with shown(heart, what):
                yield heart
        else:
            yield heart
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
