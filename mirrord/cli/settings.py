"""What the command line says to every command: which config, which stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mirrord.config import Config, Store

DEFAULT_CONFIG = Path("/etc/mirrord/mirrord.yaml")


class Settings:
    """The shared options of one call."""

    def __init__(self) -> None:
        self.config_file: Path | None = None
        self.verbose = False

    @property
    def file(self) -> Path:
        """The config file that was named, or the usual one."""
        return self.config_file or DEFAULT_CONFIG

    def load(self) -> Config:
        """The config; ConfigError."""
        from mirrord.config import load

        return load(self.file)

    def load_to_write(self, only: str | None = None) -> Config:
        """The same for a command that writes: root has become the mirror's owner; NotOurs.

        ``only`` names the one store whose secrets are wanted.
        """
        from mirrord.cli.privileges import as_owner

        return as_owner(self.load(), only)

    def stores(self, config: Config, key: str | None) -> list[Store]:
        """The store that was named, or all of them."""
        if key is None:
            return [store for _, store in sorted(config.stores.items())]
        if key not in config.stores:
            known = ", ".join(sorted(config.stores))
            raise wrong_usage(f"there is no store {key!r} in the config; there are: {known}")
        return [config.stores[key]]


def wrong_usage(words: str) -> Exception:
    """What to raise where the command line asks for what can not be; click says it."""
    import click

    return click.UsageError(words)
