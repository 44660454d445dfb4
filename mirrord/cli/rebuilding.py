"""`mirrord reindex`: make the ledger anew from what lies in the house."""

import json
from dataclasses import asdict

import click

from mirrord.cli.options import after_config_option, json_option, no_wait_option, store_option
from mirrord.cli.settings import Settings
from mirrord.cli.work import run_all
from mirrord.core.report import worst


@click.command("reindex")
@store_option
@no_wait_option
@json_option
@after_config_option
@click.pass_obj
def reindex_command(settings: Settings, store: str | None, no_wait: bool, as_json: bool) -> int:
    """Rebuild the ledger from MANIFEST.csv, SHA256SUMS and files/; asks no store.

    For when `.mirrord/` was deleted or is damaged. Every file is read and compared with its
    checksum; nothing is fetched or removed. Ends with 3 where anything is not as it was recorded.
    """
    from mirrord.jobs import REINDEX

    config = settings.load_to_write(store)
    wanted = [(one, REINDEX) for one in settings.stores(config, store)]
    reports = run_all(config, wanted, wait=not no_wait, telling=not as_json)
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], indent=2))
    return worst([report.exit_code for report in reports])
