"""`mirrord coverage`: what is backed up and where, what can be put back, what not, and why.

Told of every shop alike, so that it needs no config and asks no store.
"""

import json
from dataclasses import asdict

import click

from mirrord.cli.options import after_config_option, json_option
from mirrord.core.coverage.headings import headings
from mirrord.core.coverage.resources import RESOURCES

_HEAD = ("WHAT", "KEPT IN", "BACK", "WHY NOT")


@click.command("coverage")
@json_option
@after_config_option
def coverage_command(as_json: bool) -> int:
    """Tell what is kept and where, what can be put back, what not, and why.

    BACK is what BigCommerce takes again, by its API, its importer or WebDAV.
    """
    if as_json:
        click.echo(json.dumps(_document(), indent=2))
        return 0
    _print([_HEAD, *((one.name, one.where, str(one.back), one.why) for one in RESOURCES)])
    kept = sum(bool(one.kept) for one in RESOURCES)
    click.echo(
        f"\n{kept} kept, {len(RESOURCES) - kept} not; --json tells also the paths of the API, and "
        "each column of BigCommerce's own exports"
    )
    return 0


def _document() -> dict[str, object]:
    return {
        "resources": [asdict(one) for one in RESOURCES],
        "columns": [asdict(one) for one in headings()],
    }


def _print(rows: list[tuple[str, str, str, str]]) -> None:
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        padded = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        click.echo(f"{padded}  {row[3]}".rstrip())
