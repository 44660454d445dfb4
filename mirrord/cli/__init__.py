"""The street door: the commands. The only rooms that print, and that end with an exit code.

A command's own room is imported when it is called, and click only for who needs it, so that
`--help` and `status` start at once.
"""

import os
import sys
from collections.abc import Sequence

from mirrord.errors import MirrordError, Stopped

#: Exit codes; errors know their own.
FINE, BUG, USAGE, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """The whole command line; its exit code."""
    try:
        code = _called(arguments)
        print(end="", flush=True)  # while it can still be said that nobody reads it
    except (KeyboardInterrupt, Stopped):
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
        import logging

        from mirrord.cli.logs import start_log

        start_log(verbose=False)  # it does nothing where there is one
        # critical: on a terminal nothing less is shown
        logging.getLogger("mirrord").critical("bug: please report this", exc_info=True)
        return BUG
    return code if isinstance(code, int) else FINE


def _called(arguments: Sequence[str]) -> object:
    if list(arguments) in ([], ["-h"], ["--help"]) and "_MIRRORD_COMPLETE" not in os.environ:
        from mirrord.cli.page import page

        print(page(), end="")
        return FINE
    from mirrord.cli.plain import plain_call

    plain = plain_call(arguments)
    if plain is None:
        from mirrord.cli.group import call

        return call(arguments)
    try:
        return plain.run()
    except Exception as error:
        if "click" not in sys.modules:  # then it is none of click's
            raise
        from mirrord.cli.group import tell_wrong_usage

        return tell_wrong_usage(error, plain.name)
