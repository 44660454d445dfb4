"""Jobs now, in the foreground: `sync`, and what other commands need for theirs."""

import json
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING, Any

from mirrord.cli.settings import Settings, wrong_usage
from mirrord.core.report import Outcome, Report, worst
from mirrord.errors import DiskError

if TYPE_CHECKING:
    from mirrord.config import Config, Store

    Wanted = tuple[Store, str]
    from mirrord.jobs.pulse import Heart


def sync(
    settings: Settings,
    store: str | None,
    *,
    dry_run: bool,
    no_wait: bool,
    hand_over: bool,
    as_json: bool,
) -> int:
    """Mirror the shop's files now; the exit code."""
    config = settings.load() if hand_over else settings.load_to_write(store)
    wanted = [(one, "files") for one in settings.stores(config, store) if one.webdav or store]
    if hand_over:
        return hand_over_to_daemon(settings, wanted)
    # what the control panel saved came with the files
    then = wanted if dry_run else _with_filing(config, wanted)
    reports = run_told(config, then, wait=not no_wait, dry_run=dry_run, as_json=as_json)
    return worst([report.exit_code for report in reports])


def _with_filing(config: "Config", wanted: "Iterable[Wanted]") -> "Iterator[Wanted]":
    """After each of these the job that files exports, if by then there are any to file."""
    from mirrord.disk.house import House
    from mirrord.jobs import FILING
    from mirrord.jobs.stored import has_news

    for store, name in wanted:
        yield store, name
        with suppress(DiskError):  # the run before has told it
            if has_news(House(config.mirror, store.key)):
                yield store, FILING


def hand_over_to_daemon(settings: Settings, wanted: "list[tuple[Store, str]]") -> int:
    """Ask the running daemon to do it; 3 where it is not running or does not know the job."""
    from mirrord.control import NobodyThere, ask

    for store, name in wanted:
        answer = ask(settings.file, {"do": "run", "store": store.key, "job": name})
        if not answer["done"]:
            raise NobodyThere(answer["why"])
        print(f"{store.key} {name}: handed over to the daemon; see mirrord status", flush=True)
    return 0


def run_told(
    config: "Config",
    wanted: "Iterable[Wanted]",
    *,
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> list[Report]:
    """Run jobs as :func:`run_all` does, and tell them in the form that was asked for."""
    reports = run_all(config, wanted, wait=wait, dry_run=dry_run, telling=not as_json)
    if not reports:
        raise wrong_usage("no store in the config has what this command works on")
    if as_json:
        print(json.dumps([asdict(report) for report in reports], indent=2))
    return reports


def run_all(
    config: "Config",
    wanted: "Iterable[Wanted]",
    *,
    wait: bool,
    dry_run: bool = False,
    telling: bool = True,
    **more: Any,
) -> list[Report]:
    """Run jobs one after another, each told as it ends; ``more`` as :func:`run_job` takes it.

    What is wanted next may hang on what came of the job before.
    """
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
        print(f"{report.store} {report.job}: {report.findings[0]}", file=sys.stderr)
        return
    for action, path, why in report.details.get("plan", ()):
        print(f"{action:6} {path}" + (f"  ({why})" if why else ""))
    print(report.line(), flush=True)
    for finding in report.findings:
        print(f"  {finding}", file=sys.stderr)


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
