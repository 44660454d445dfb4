"""A progress bar with rate and time left, for whoever watches."""

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

        def show(step: str, done: int, total: int | None) -> None:
            if total is None:  # a number of things, not of bytes
                progress.update(task, description=f"{what}: {step} {done:,}")
            else:
                description = f"{what}: {step}"
                progress.update(task, description=description, completed=done, total=total)

        heart.shown = show
        yield
