"""Whether the config's files have changed: hints by watchdog, the truth by looking.

Events get lost (inotify overflows, watches run out, network mounts tell nothing), so a hint only
says to look soon, and the files are looked at now and then without any. Nothing is parsed here.
"""

import hashlib
import logging
import os
import time
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

#: Seconds: until a hinted change is taken for written; between two looks without any hint.
_SETTLE, _LOOK_ANYWAY = 2.0, 60.0


class ConfigWatch(FileSystemEventHandler):
    """The files of one config, from the moment on that they were read."""

    def __init__(self, config_file: Path) -> None:
        self._file = config_file
        self._observer: BaseObserver | None = None
        self._hinted_at: float | None = None
        self._looked_at = time.monotonic()
        self._read = _fingerprint(config_file)
        self._insisted = False

    def start(self) -> None:
        """Watch the folders of the config and of stores.d; where that can not be, only look."""
        folder = self._file.absolute().parent
        try:
            observer = Observer()
            for place in (folder, folder / "stores.d"):
                if place.is_dir():
                    observer.schedule(self, str(place))
            observer.start()
            self._observer = observer
        except OSError as error:
            log.warning("config not watched why=%s (it is looked at now and then)", error)

    def changed(self) -> bool:
        """Whether other bytes stand in the files than were read, and have settled.

        True once after :meth:`insist`, whatever stands there.
        """
        if self._insisted:
            self._insisted = False
            return True
        now = time.monotonic()
        hinted = self._hinted_at is not None and now - self._hinted_at >= _SETTLE
        if not hinted and now - self._looked_at < _LOOK_ANYWAY:
            return False
        self._hinted_at, self._looked_at = None, now
        return _fingerprint(self._file) != self._read

    def insist(self) -> None:
        """Have the files count as changed at the next question. Safe in a signal handler."""
        self._insisted = True

    def note_read(self) -> None:
        """The files are being read, for better or worse."""
        self._read = _fingerprint(self._file)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Never raises: that would end the watching thread."""
        names = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path or ""))
        if event.event_type not in ("opened", "closed_no_write") and any(
            name.endswith((".yaml", "stores.d")) for name in names
        ):
            self._hinted_at = time.monotonic()

    def close(self) -> None:
        """End the watching thread."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()


def _fingerprint(file: Path) -> str:
    """What stands in the config's files, as one hash; unreadable ones count as such."""
    digest = hashlib.sha256()
    for name in (file, *sorted((file.parent / "stores.d").glob("*.yaml"))):
        digest.update(os.fsencode(name) + b"\0")
        try:
            # a pipe without a writer would hold the supervisor for ever
            with open(os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as part:
                digest.update(part.read())
        except OSError as error:
            digest.update(str(error.errno).encode())
    return digest.hexdigest()
