"""`mirrord prune`: what the rules drop is dropped now, or only told with its reasons."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mirrord.cli.options import after_config_option, json_option, no_wait_option, store_option
from mirrord.cli.settings import Settings
from mirrord.cli.work import run_all, tell
from mirrord.core.displayed import displayed
from mirrord.core.report import Outcome, worst

if TYPE_CHECKING:
    from mirrord.core.report import Report


@click.command("prune")
@store_option
@click.option("--dry-run", is_flag=True, help="Only print what would be dropped.")
@click.option(
    "--explain", is_flag=True, help="Drop nothing; print every point, kept or not, and why."
)
@no_wait_option
@json_option
@after_config_option
@click.pass_obj
def prune_command(
    settings: Settings,
    store: str | None,
    dry_run: bool,
    explain: bool,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Drop what the rules under `keep` in the config no longer keep.

    Never the newest complete point, a pinned one, or one that a hold refers to. Without a rule
    nothing is dropped.
    """
    config = settings.load_to_write(store)
    wanted = [(one, "prune") for one in settings.stores(config, store)]
    only_told = dry_run or explain
    reports = run_all(config, wanted, wait=not no_wait, dry_run=only_told, telling=False)
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], indent=2))
    else:
        for report in reports:
            _print(report, everything=explain)
    return worst([report.exit_code for report in reports])


def _print(report: "Report", *, everything: bool) -> None:
    if report.outcome is not Outcome.FAILED:
        points = report.details.get("points", ())
        rows = [_row(point) for point in points if everything or not point["keep"]]
        width = max((len(name) for _, name, _ in rows), default=0)
        for action, name, why in rows:
            click.echo(f"{action}  {name:<{width}}  {why}")
    tell(report)


def _row(point: dict[str, Any]) -> tuple[str, str, str]:
    action = "keep" if point["keep"] else "drop"
    return action, displayed(point["point"]), displayed("; ".join(point["reasons"]))
