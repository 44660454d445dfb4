"""`mirrord export`: the records and the themes now."""

from difflib import get_close_matches
from pathlib import Path

import click

from mirrord.cli.earlier import rebuild_told
from mirrord.cli.options import (
    after_config_option,
    hand_over_option,
    json_option,
    no_wait_option,
    store_option,
)
from mirrord.cli.settings import Settings
from mirrord.cli.work import hand_over_to_daemon, run_told
from mirrord.core.report import Report, worst
from mirrord.errors import ScopeMissing


@click.command("export")
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@click.option(
    "--at", metavar="TIME", help='As they were then, out of what is held: "2026-11-23 16:45".'
)
@click.option(
    "--to", metavar="DIR", type=click.Path(path_type=Path), help="With --at: a new folder."
)
@store_option
@no_wait_option
@hand_over_option
@json_option
@after_config_option
@click.pass_obj
def export_command(
    settings: Settings,
    datasets: tuple[str, ...],
    at: str | None,
    to: Path | None,
    store: str | None,
    no_wait: bool,
    hand_over: bool,
    as_json: bool,
) -> int:
    """Pull records and themes now: products, orders, brands, ... (default: all of them).

    Without names it also files exports from elsewhere: what lies in drop-here/, and what the
    control panel saved in the shop's exports/. Of a store without `api` it does that alone.

    A dataset that the API token may not read counts as 3 among all of them, and as 5 by name.

    With --at nothing is pulled: the state of the last pull until that time is rebuilt, exactly,
    into a new folder.
    """
    from mirrord.core.datasets import DATASETS
    from mirrord.jobs import DATASETS as MAIN
    from mirrord.jobs import DETAILS, FILING, MORE, THEMES

    pulls = (*DATASETS, THEMES)
    unknown = sorted(set(datasets) - set(pulls))
    if unknown:
        near = "".join(f" ({name}?)" for name in get_close_matches(unknown[0], pulls, 1))
        raise click.UsageError(f"no dataset {unknown[0]!r}{near}; there are: {', '.join(pulls)}")
    config = settings.load() if hand_over else settings.load_to_write(store)
    every = settings.stores(config, store)
    stores = [one for one in every if one.api or store]
    if at is not None or to is not None:
        return rebuild_told(settings, config, store, datasets, at, to, as_json=as_json)
    jobs = (*MAIN, MORE, DETAILS, THEMES)
    if hand_over:
        # the daemon has one job for all that have none of their own
        asked = {name if name in jobs else MORE for name in datasets} or set(jobs)
        names = [name for name in jobs if name in asked]
    else:
        names = [name for name in pulls if name in datasets] or list(jobs)
    if datasets:
        wanted = [(one, name) for one in stores for name in names]
    else:
        wanted = [(one, name) for one in every for name in (*(names if one.api else ()), FILING)]
    if hand_over:
        return hand_over_to_daemon(settings, wanted)
    reports = run_told(config, wanted, wait=not no_wait, dry_run=False, as_json=as_json)
    return worst([_code(report, by_name=bool(datasets)) for report in reports])


def _code(report: Report, *, by_name: bool) -> int:
    """What a pull counts as: a token made for orders only is no failure of `mirrord export`."""
    left_out = report.details.get("error") == ScopeMissing.__name__ and not by_name
    return ScopeMissing.in_passing if left_out else report.exit_code
