"""Whether somebody else is at work in a house: hints about files/ and drop-here/, by watchdog.

A hint only says to look soon. Events get lost (the queue overflows, watches run out, a disk is
mounted anew, a network mount tells nothing), so a look is taken now and then without any; and more
often where not all can be watched. Nothing is read here, and no event ever raises.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

log = logging.getLogger(__name__)

#: Seconds: until a change counts as over; between two checks of the watch itself; and between two
#: looks where not all is watched.
_SETTLE, _CHECK, _OFTEN = 2.0, 60.0, 900.0
#: What reading alone brings about.
_READING = ("opened", "closed_no_write")


class HouseWatch(FileSystemEventHandler):
    """The rooms files/ and drop-here/ of one house; it may be asked before they are there."""

    def __init__(self, root: Path) -> None:
        self._files = root / "files"
        self._inbox = root / "drop-here"
        self._observer: BaseObserver | None = None
        self._arming: threading.Thread | None = None
        self._inode: int | None = None
        self._why = ""
        self._hinted_at: float | None = None
        self._dropped_at: float | None = None
        self._checked_at = -_CHECK
        self._looked_at = time.monotonic()
        self._lost = _LostEvents(self.hint)
        self._stumbled = False

    def keep_watching(self) -> None:
        """Begin to watch, or anew where the watch has died or files/ is another folder by now."""
        now = time.monotonic()
        arming = self._arming is not None and self._arming.is_alive()
        if arming or now - self._checked_at < _CHECK:
            return
        self._checked_at = now
        if not self._lives():
            # many folders take their time, and whoever calls has none
            self._arming = threading.Thread(target=self._arm, name="watching", daemon=True)
            self._arming.start()

    def somebody_was_there(self) -> bool:
        """Whether files/ should be looked at: something was changed there, and has settled.

        True once for each hint, and now and then where not all of it is watched.
        """
        now = time.monotonic()
        if self._hinted_at is not None and now - self._hinted_at >= _SETTLE:
            self._hinted_at, self._looked_at = None, now
            return True
        if self._why and now - self._looked_at >= _OFTEN:
            self._looked_at = now
            return True
        return False

    def something_was_dropped(self) -> bool:
        """The same of drop-here/."""
        if self._dropped_at is None or time.monotonic() - self._dropped_at < _SETTLE:
            return False
        self._dropped_at = None
        return True

    def it_was_us(self) -> None:
        """Forget what was seen of files/ so far."""
        self._hinted_at = None

    def hint(self) -> None:
        """Events were lost: look at everything soon. From any thread."""
        self._hinted_at = self._dropped_at = time.monotonic()

    @property
    def why(self) -> str:
        """Why not all is watched, ``""`` where it is."""
        return self._why

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Never raises: that would end the watching thread."""
        if event.event_type in _READING:
            return
        names = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path or ""))
        if any(name.startswith(str(self._inbox)) for name in names):
            self._dropped_at = time.monotonic()
        else:
            self._hinted_at = time.monotonic()

    def close(self) -> None:
        """End the watching; one that is just beginning ends with the process."""
        observer, self._observer = self._observer, None
        if observer is not None:
            logging.getLogger("watchdog").removeHandler(self._lost)
            observer.stop()
            observer.join()

    def _lives(self) -> bool:
        observer = self._observer
        if observer is None or self._stumbled or not observer.is_alive():
            return False
        with suppress(OSError):
            alive = all(emitter.is_alive() for emitter in observer.emitters)
            return alive and self._files.stat().st_ino == self._inode
        return False

    def _arm(self) -> None:
        self.close()
        before = self._why
        self._stumbled = False
        observer = _Observer(self._stumble)
        try:
            self._inode = self._files.stat().st_ino
            observer.start()
            self._observer = observer
            logging.getLogger("watchdog").addHandler(self._lost)
            observer.schedule(self, str(self._files), recursive=True)
            # last: where watches run out inside files/, watchdog says nothing, but here it does
            observer.schedule(self, str(self._inbox))
        except OSError as error:
            self._why = error.strerror or str(error)
        else:
            self._why = ""
        if self._why and self._why != before:
            log.warning("not all is watched folder=%s why=%s", self._files, self._why)
        # whatever happened before we watched
        self.hint()

    def _stumble(self) -> None:
        """Some folder may no longer be watched: look, and begin anew at the next check."""
        self._stumbled = True
        self.hint()


class _Observer(BaseObserver):
    """Watchdog's own for inotify, with a reader that does not die."""

    def __init__(self, stumbled: Callable[[], None]) -> None:
        self._reader = _Reader(stumbled)
        self._reader.start()
        super().__init__(InotifyEmitter, inotify_fd=self._reader)

    def on_thread_stop(self) -> None:
        """End the reader, too."""
        super().on_thread_stop()
        self._reader.stop()
        self._reader.join()


class _Reader(InotifyFD):
    """Goes on after an event that watchdog's books know nothing of.

    A folder that is made, renamed and removed at once leads to a KeyError (watchdog 7.1), which
    would end the thread that all watches share, without a word to anybody. And of a folder that it
    begins to watch a second time watchdog warns with the names of all folders of the house.
    """

    def __init__(self, stumbled: Callable[[], None]) -> None:
        super().__init__()
        self._stumbled = stumbled

    def add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        """As watchdog does, and without a word where a folder was watched before."""
        with self._lock:
            watch = self._get_or_create_watch(path, mask)
            watch.callbacks[id_] = callback
            return watch.wd

    def handle_event(self, event: InotifyEvent) -> None:
        """As watchdog does; what it stumbles over is told to whoever watches."""
        try:
            super().handle_event(event)
        except KeyError:
            self._stumbled()


class _LostEvents(logging.Handler):
    """Watchdog tells of lost events in its log alone: any complaint of it is taken for such."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, _record: logging.LogRecord) -> None:
        """Say so."""
        self._lost()
