"""Before the first run: the config checked, its schema, the mirror's marker."""

import json
from pathlib import Path

import click

from mirrord.cli.settings import Settings, after_config_option


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
    from mirrord.config import schema

    click.echo(json.dumps(schema(), indent=2))


@click.command("init")
@click.option(
    "--marker-only", is_flag=True, required=True, help="Make just the marker, for a given config."
)
@after_config_option
@click.pass_obj
def init_command(settings: Settings, marker_only: bool) -> None:  # noqa: ARG001  # it is required
    """Make the marker without which nothing is ever written to the mirror.

    Write the config first (config/mirrord.yaml is a commented sample), create or mount the mirror's
    folder, then call this once, as the user whom the mirror shall belong to.
    """
    from mirrord.disk.house import MARKER, make_marker

    mirror: Path = settings.load().mirror
    made = make_marker(mirror)
    click.echo(f"{mirror / MARKER} {'made' if made else 'was there already'}")
    click.echo("next: mirrord sync, mirrord export, then mirrord status")
