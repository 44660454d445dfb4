"""The street door: the commands. The only rooms that print, and that end with an exit code.

A command's own room is imported when it is called, so that `--help` and `status` start at once.
"""

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import ClassVar

import click

from mirrord import __version__
from mirrord.cli.settings import Settings, config_option
from mirrord.errors import MirrordError, Stopped

#: Exit codes; errors know their own.
FINE, BUG, USAGE, INTERRUPTED = 0, 1, 2, 130

EXIT_CODES = """\b
Exit codes:
  0    fine
  1    a bug of ours (the traceback is in the log)
  2    wrong usage
  3    done in part, or something was found
  4    held: a person must decide
  5    the store did not give what was asked
  6    the disk
  75   another mirrord is at work
  78   the config
  130  interrupted"""

EXAMPLES = """\b
Examples:
  mirrord demo                    look at it: a sample store, mirrored into ./mirrord-demo
  mirrord config check            is the config right?
  mirrord init                    set up a shop: asks, tests the answers, writes the config
  mirrord doctor                  what is fine, and how to mend the rest
  mirrord sync                    mirror the shop's files now
  mirrord export orders           pull the orders now
  mirrord verify --full           read all that is held, and put right what is damaged
  mirrord snapshot --label sale   a restore point now, with a name
  mirrord run                     do it all, for ever, on schedule
  mirrord status                  what is held, how fresh, what is wrong
  mirrord holds                   what waits for a person to decide"""


class Commands(click.Group):
    """The commands, each in a room that is imported only when it is asked for."""

    #: In the order in which a new user meets them.
    rooms: ClassVar[dict[str, str]] = {
        "demo": "demo",
        "init": "setup",
        "doctor": "doctor",
        "config": "setup",
        "sync": "work",
        "export": "work",
        "verify": "verify",
        "snapshot": "snapshot",
        "run": "service",
        "reload": "service",
        "status": "status",
        "holds": "holds",
        "pin": "snapshot",
        "unpin": "snapshot",
        "prune": "prune",
        "reindex": "rebuilding",
    }

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """As they stand above."""
        return list(self.rooms)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command, its room imported."""
        if name not in self.rooms:
            return None
        room = importlib.import_module(f"mirrord.cli.{self.rooms[name]}")
        command: click.Command = getattr(room, f"{name}_command")
        return command


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{EXAMPLES}\n\n{EXIT_CODES}",
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="mirrord")
@config_option
@click.option("-v", "--verbose", is_flag=True, help="Log every event, also on a terminal.")
@click.pass_context
def commands(ctx: click.Context, verbose: bool) -> None:
    """Keep a BigCommerce shop's files and records in plain folders."""
    settings = ctx.ensure_object(Settings)
    settings.verbose = verbose
    _start_log(verbose=verbose)


def run(arguments: Sequence[str]) -> int:
    """The whole command line; its exit code."""
    try:
        code = commands.main(list(arguments), prog_name="mirrord", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(sys.stdout)
        return FINE
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt, Stopped):
        print("interrupted; what was done stays, run it again to go on", file=sys.stderr)
        return INTERRUPTED
    except MirrordError as error:
        print(f"mirrord: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # whoever read our output has gone; nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception:
        # critical: on a terminal nothing less is shown
        logging.getLogger("mirrord").critical("bug: please report this", exc_info=True)
        return BUG
    return code if isinstance(code, int) else FINE


def _start_log(*, verbose: bool) -> None:
    to_journal = "JOURNAL_STREAM" in os.environ
    shape = "%(levelname)s %(message)s" if to_journal else "%(asctime)s %(levelname)s %(message)s"
    # of no use in our lines, and asked for at each of them
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - the documented way to have no stack walked at each line
    quiet = sys.stderr.isatty() and not verbose
    logging.basicConfig(
        level=logging.CRITICAL if quiet else logging.INFO, format=shape, stream=sys.stderr
    )
    for chatty in ("urllib3", "webdav3"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
