"""The calls that are made again and again, `status` and `sync`, read without click.

click takes 10 ms of a start. Only what can be meant in one way is read here; all else, and every
mistake, is left to click. A test holds the options to click's own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mirrord.cli.settings import Settings

#: The options of each command that are said or not, and the names by which it takes them.
FLAGS = {
    "status": {"--json": "as_json"},
    "sync": {
        "--dry-run": "dry_run",
        "--no-wait": "no_wait",
        "--hand-over": "hand_over",
        "--json": "as_json",
    },
}


class Call:
    """One plain call: which command, its store, its config, what was said."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = ""
        self.store: str | None = None
        self.flags: dict[str, bool] = {}

    def run(self) -> int:
        """Do it; the exit code."""
        if self.name == "status":
            from mirrord.cli.status import status

            return status(self.settings, self.store, **self.flags)
        from mirrord.cli.logs import start_log
        from mirrord.cli.work import sync

        start_log(verbose=False)
        return sync(self.settings, self.store, **self.flags)


def plain_call(arguments: Sequence[str]) -> Call | None:
    """What the arguments ask for; None where they are not plain."""
    if "_MIRRORD_COMPLETE" in os.environ:
        return None
    call = Call(Settings())
    if named := os.environ.get("MIRRORD_CONFIG"):
        call.settings.config_file = Path(named)
    words = iter(arguments)
    for word in words:
        if not call.name and word in FLAGS:
            call.name = word
            call.flags = dict.fromkeys(FLAGS[word].values(), False)
        elif word == "--config" or (call.name and word == "--store"):
            value = next(words, "")
            if not value or value.startswith("-"):
                return None
            if word == "--config":
                call.settings.config_file = Path(value)
            else:
                call.store = value
        elif word in FLAGS.get(call.name, ()):
            call.flags[FLAGS[call.name][word]] = True
        else:
            return None
    return call if call.name else None
