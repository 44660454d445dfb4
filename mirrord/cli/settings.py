"""What the command line says to every command: which config, which stores, in which form to tell.

`--config` may stand before or after the command.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from mirrord.config import Config, Store

DEFAULT_CONFIG = Path("/etc/mirrord/mirrord.yaml")

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass
class Settings:
    """The shared options of one call."""

    config_file: Path | None = None
    verbose: bool = False

    @property
    def file(self) -> Path:
        """The config file that was named, or the usual one."""
        return self.config_file or DEFAULT_CONFIG

    def load(self) -> "Config":
        """The config; ConfigError."""
        from mirrord.config import load

        return load(self.file)

    def load_to_write(self, only: str | None = None) -> "Config":
        """The same for a command that writes: root has become the mirror's owner; NotOurs.

        ``only`` names the one store whose secrets are wanted.
        """
        from mirrord.cli.privileges import as_owner

        return as_owner(self.load(), only)

    def stores(self, config: "Config", key: str | None) -> "list[Store]":
        """The store that was named, or all of them."""
        if key is None:
            return [store for _, store in sorted(config.stores.items())]
        if key not in config.stores:
            known = ", ".join(sorted(config.stores))
            raise click.UsageError(f"there is no store {key!r} in the config; there are: {known}")
        return [config.stores[key]]


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
