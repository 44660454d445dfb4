"""The commands as click knows them: each in a room that is imported only when it is asked for."""

import importlib
from collections.abc import Sequence
from typing import ClassVar

import click

from mirrord import __version__
from mirrord.cli.logs import start_log
from mirrord.cli.options import config_option
from mirrord.cli.page import COMMANDS, DOES, page
from mirrord.cli.settings import Settings


class Commands(click.Group):
    """The commands, and their page."""

    rooms: ClassVar[dict[str, str]] = {
        "demo": "demo",
        "init": "setup",
        "doctor": "doctor",
        "config": "setup",
        "sync": "often",
        "export": "export",
        "verify": "verify",
        "snapshot": "snapshot",
        "run": "service",
        "reload": "service",
        "status": "often",
        "coverage": "coverage",
        "holds": "holds",
        "pin": "snapshot",
        "unpin": "snapshot",
        "prune": "prune",
        "person": "person",
        "erase-person": "person",
        "reindex": "rebuilding",
    }

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """As they stand on the page."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command, its room imported."""
        if name not in self.rooms:
            return None
        room = importlib.import_module(f"mirrord.cli.{self.rooms[name]}")
        command: click.Command = getattr(room, f"{name.replace('-', '_')}_command")
        return command

    def get_help(self, _ctx: click.Context) -> str:
        """The page, for which no room need be imported."""
        return page().rstrip("\n")


@click.command(
    cls=Commands,
    help=DOES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="mirrord")
@config_option
@click.option("-v", "--verbose", is_flag=True, help="Log every event, also on a terminal.")
@click.pass_context
def commands(ctx: click.Context, verbose: bool) -> None:
    """All of them."""
    settings = ctx.ensure_object(Settings)
    settings.verbose = verbose
    start_log(verbose=verbose)


def call(arguments: Sequence[str]) -> object:
    """What the command that the arguments ask for gives; what is wrong with them is told, and 2."""
    try:
        return commands.main(list(arguments), prog_name="mirrord", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(None)
        return 0
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        raise KeyboardInterrupt from None


def tell_wrong_usage(error: Exception, name: str) -> int:
    """Tell it, and 2, of a command that was not read by click; any other error is raised again."""
    if not isinstance(error, click.UsageError):
        raise error
    above = click.Context(commands, info_name="mirrord", **commands.context_settings)
    command = commands.get_command(above, name)
    if command is not None:
        error.ctx = click.Context(command, above, name)
    error.show()
    return 2
