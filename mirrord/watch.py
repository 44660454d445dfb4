"""Changes of the config's files -> hints that it may be read again (watchdog).

A hint is only a hint: events get lost (inotify overflows, watches run out, network mounts tell
nothing), so the supervisor also looks by itself now and then. Nothing is read here.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)


class ConfigWatch(FileSystemEventHandler):
    """Watches the folders of the config and of stores.d; ``hint`` is called from its thread."""

    def __init__(self, config_file: Path, hint: Callable[[], None]) -> None:
        self._hint = hint
        self._observer: BaseObserver | None = None
        folder = config_file.absolute().parent
        try:
            observer = Observer()
            for place in (folder, folder / "stores.d"):
                if place.is_dir():
                    observer.schedule(self, str(place))
            observer.start()
            self._observer = observer
        except OSError as error:
            log.warning("config not watched why=%s (it is looked at now and then)", error)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Never raises: that would end the watching thread."""
        names = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path or ""))
        if event.event_type not in ("opened", "closed_no_write") and any(
            name.endswith((".yaml", "stores.d")) for name in names
        ):
            self._hint()

    def close(self) -> None:
        """End the watching thread."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
