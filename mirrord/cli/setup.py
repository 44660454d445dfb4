"""Before the first run: `init` sets a shop up; the config checked, and its schema."""

import json
import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirrord.cli import FINE, INTERRUPTED
from mirrord.cli.options import after_config_option
from mirrord.cli.settings import Settings

if TYPE_CHECKING:
    from mirrord.cli.asking import Given

_WELCOME = """\
This sets up the backup of one shop. Each answer is tried out at once; nothing is written before the
last one, and Ctrl-C leaves nothing behind.
"""


@click.group("config")
def config_command() -> None:
    """Check the config, or print its schema for an editor."""


@config_command.command("check")
@after_config_option
@click.pass_obj
def check(settings: Settings) -> None:
    """Say whether the config is right, or all that is wrong with it (exit code 78)."""
    config = settings.load()
    for key, store in sorted(config.stores.items()):
        parts = [name for name in ("webdav", "api") if getattr(store, name) is not None]
        click.echo(f"{key}: {' and '.join(parts)}")
    click.echo(f"{settings.file} is right")


@config_command.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of the config, for an editor that completes and checks."""
    from mirrord.config.schema import schema

    click.echo(json.dumps(schema(), indent=2))


@click.command("init")
@click.option("--marker-only", is_flag=True, help="Make just the marker, for a given config.")
@click.option(
    "--add", metavar="STORE", help="Set up this store; to a config that stands it is added."
)
@click.option("--mirror", metavar="FOLDER", help="The mirror's folder.")
@click.option("--timezone", metavar="ZONE", help="Of dated folders (default: the machine's).")
@click.option("--contact", help="Whom to call when the shop is damaged.")
@click.option("--webdav-url", metavar="URL", help="The WebDAV Path; the host alone will do.")
@click.option("--username", help="The WebDAV user. Its password: $MIRRORD_WEBDAV_PASSWORD.")
@click.option("--store-hash", metavar="HASH", help="For the API. Its token: $MIRRORD_API_TOKEN.")
@click.option("--api-url", metavar="URL", help="The API of a sandbox or sample store.")
@after_config_option
@click.pass_obj
def init_command(
    settings: Settings, /, marker_only: bool, add: str | None, **given: str | None
) -> int:
    """Set up a shop: ask, try the answers out on the store, write config and credentials.

    On a terminal it asks for what the options leave open. Without one, `--add STORE` takes all
    answers from the options and the environment. Nothing is written before everything is known,
    and nothing that stands is ever overwritten.
    """
    if marker_only:
        _make_marker_only(settings)
        return FINE
    from mirrord.cli.asking import PASSWORD, TOKEN, Given
    from mirrord.cli.placing import stands

    password, token = (os.environ.get(name) for name in (PASSWORD, TOKEN))
    answers = Given(**given, password=password, token=token)
    if not answers.by_hand and add is None:
        raise click.UsageError(
            "init asks questions and needs a terminal; without one: mirrord init --add STORE with"
            " the other options, or --marker-only for a config that stands"
        )
    if add is None and stands(settings.file):
        raise click.UsageError(
            f"{settings.file} stands already and is never overwritten: `mirrord init --add STORE`"
            " adds a store to it, `mirrord init --marker-only` makes the marker for it"
        )
    try:
        _set_up(settings, add, answers)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\ninterrupted; nothing was written", err=True)
        return INTERRUPTED
    return FINE


def _set_up(settings: Settings, key: str | None, given: "Given") -> None:
    from mirrord.cli import asking
    from mirrord.cli.placing import is_readable, places_for, write_all
    from mirrord.config.kinds import StoreKey
    from mirrord.config.writing import Shop

    if given.by_hand:
        click.echo(_WELCOME)
    key = asking.ask_text(given, StoreKey, "Short name of the shop (its folder)", key)
    places = places_for(settings.file, key)
    if places.is_part:
        config = settings.load()
        given = replace(given, mirror=str(config.mirror), timezone=str(config.timezone))
    with ExitStack() as undo:
        mirror, owner = asking.ask_mirror(given, undo)
        zone, contact = asking.ask_zone(given), asking.ask_contact(given)
        files = asking.ask_files(given, mirror)
        records = asking.ask_records(given, files)
        if files is None and records is None:
            raise click.UsageError(
                "a shop needs files (--webdav-url), records (--store-hash), or both"
            )
        made = write_all(places, Shop(key, contact, files, records), mirror, zone, owner)
        undo.pop_all()
    for path in made:
        click.echo(f"made  {path}")
    if not is_readable(places.file, owner):
        click.echo(
            f"note  {owner}, who owns the mirror, can not reach {places.file}: for the service,"
            f" chgrp and chmod 750 {places.file.parent}",
            err=True,
        )
    if places.is_part:
        click.echo("next: mirrord reload; the daemon begins with it within ten minutes")
        return
    click.echo(
        "next: mirrord doctor, then systemctl enable --now mirrord; by hand: mirrord sync and"
        " mirrord export"
    )


def _make_marker_only(settings: Settings) -> None:
    from mirrord.cli.privileges import acting_as, owner_of
    from mirrord.disk.house import MARKER, make_marker

    mirror: Path = settings.load().mirror
    if mirror.is_dir():
        with acting_as(owner_of(mirror)):
            made = make_marker(mirror)
    else:
        made = make_marker(mirror)  # which tells that the folder is missing
    click.echo(f"{mirror / MARKER} {'made' if made else 'was there already'}")
    click.echo("next: mirrord sync, mirrord export, then mirrord status")
