"""`mirrord sync` and `mirrord status` as click declares them; plain calls never come by here."""

import click

from mirrord.cli.options import (
    after_config_option,
    hand_over_option,
    json_option,
    no_wait_option,
    store_option,
)
from mirrord.cli.settings import Settings


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
    from mirrord.cli.work import sync

    return sync(
        settings,
        store,
        dry_run=dry_run,
        no_wait=no_wait,
        hand_over=hand_over,
        as_json=as_json,
    )


@click.command("status")
@store_option
@json_option
@after_config_option
@click.pass_obj
def status_command(settings: Settings, store: str | None, as_json: bool) -> int:
    """Tell what is held, how fresh, and what is wrong; the exit code tells the health.

    0 fine, 3 something is late or was done in part, 4 held, 5 the store, 6 the disk.
    """
    from mirrord.cli.status import status

    return status(settings, store, as_json=as_json)
