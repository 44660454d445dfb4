"""A progress bar with rate and time left, for whoever watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from mirrord.jobs.pulse import Heart

#: Seconds between two updates: the bar is drawn ten times a second, and a file may take less than
#: telling of it.
_PAUSE = 0.05


@contextmanager
def shown(heart: Heart, what: str) -> Iterator[None]:
    """Show the heart's progress on the terminal while the block runs; it leaves no trace."""
    in_bytes = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    in_numbers = (TaskProgressColumn(show_speed=True), TimeRemainingColumn())
    columns = in_bytes if what.endswith(" files") else in_numbers
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), *columns, console=console, transient=True
    ) as progress:
        task = progress.add_task(what, total=None)

        before, told = "", 0.0

        def show(step: str, done: int, total: int | None) -> None:
            nonlocal before, told
            now = time.monotonic()
            if step == before and now - told < _PAUSE:
                return
            before, told = step, now
            if total is None:  # a number of things, not of bytes
                progress.update(task, description=f"{what}: {step} {done:,}")
            else:
                description = f"{what}: {step}"
                progress.update(task, description=description, completed=done, total=total)

        heart.shown = show
        yield
