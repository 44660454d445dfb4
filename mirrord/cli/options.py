"""Options that many commands share, as click knows them.

`--config` may stand before or after the command.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mirrord.cli.settings import DEFAULT_CONFIG, Settings

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _remember_config(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Settings).config_file = value


def config_option(function: _Function) -> _Function:
    """``--config FILE``, for the group and for each command."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="MIRRORD_CONFIG",
        callback=_remember_config,
        expose_value=False,
        help=f"The config file (default: $MIRRORD_CONFIG, else {DEFAULT_CONFIG}).",
    )(function)


def after_config_option(function: _Function) -> _Function:
    """The same behind a command, where the environment was already looked at."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        callback=_remember_config,
        expose_value=False,
        help="The config file.",
    )(function)


store_option = click.option("--store", metavar="KEY", help="Only this store (default: all).")
json_option = click.option("--json", "as_json", is_flag=True, help="Tell it as one JSON document.")
no_wait_option = click.option(
    "--no-wait", is_flag=True, help="End with 75 if another mirrord is at work, instead of waiting."
)
hand_over_option = click.option(
    "--hand-over", is_flag=True, help="Leave it to the running daemon, and end at once."
)
