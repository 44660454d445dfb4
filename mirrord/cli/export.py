"""`mirrord export`: the records and the themes now."""

import click

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
    """Pull records now: products, customers, orders, themes (default: all of them).

    A dataset that the API token may not read counts as 3 among all of them, and as 5 by name.
    """
    from mirrord.jobs import PULLS

    unknown = sorted(set(datasets) - set(PULLS))
    if unknown:
        raise click.UsageError(f"no dataset {unknown[0]!r}; there are: {', '.join(PULLS)}")
    config = settings.load() if hand_over else settings.load_to_write(store)
    stores = [one for one in settings.stores(config, store) if one.api or store]
    names = [name for name in PULLS if name in datasets or not datasets]
    wanted = [(one, name) for one in stores for name in names]
    if hand_over:
        return hand_over_to_daemon(settings, wanted)
    reports = run_told(config, wanted, wait=not no_wait, dry_run=False, as_json=as_json)
    return worst([_code(report, by_name=bool(datasets)) for report in reports])


def _code(report: Report, *, by_name: bool) -> int:
    """What a pull counts as: a token made for orders only is no failure of `mirrord export`."""
    left_out = report.details.get("error") == ScopeMissing.__name__ and not by_name
    return ScopeMissing.in_passing if left_out else report.exit_code
