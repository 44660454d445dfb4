"""The houses that the daemon serves: is the disk there, whose locks does it hold, who was there.

While the mirror is away, or is another one, everything pauses, and goes on by itself.
"""

import logging
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from mirrord.config import Config
from mirrord.disk.asked import button_pressed
from mirrord.disk.house import House, house_id, open_house
from mirrord.disk.locks import locked
from mirrord.errors import AlreadyRunning, MirrordError
from mirrord.housewatch import HouseWatch
from mirrord.jobs.status import open_diary

log = logging.getLogger(__name__)

#: Seconds between two looks at drop-here/ without any hint.
_LOOK_ANYWAY = 60.0


class Houses:
    """``paused`` says why nothing can run, ``stuck`` the same of single stores, by key."""

    def __init__(self) -> None:
        self.paused = ""
        self.stuck: dict[str, str] = {}
        self._id: str | None = None
        self._held: dict[str, ExitStack] = {}
        self._watches: dict[str, HouseWatch] = {}
        self._looked_at: dict[str, float] = {}

    def look(self, config: Config) -> bool:
        """See whether the disk is there, and take the houses; True where a pause has ended.

        AlreadyRunning where another daemon holds one: only one serves it.
        """
        paused = ""
        try:
            found = house_id(config.mirror)
            if self._id not in (None, found):
                paused = f"{config.mirror} holds another mirror than before: swap it back"
            else:
                self._id = found
        except MirrordError as error:
            paused = str(error)
        if not paused:
            self.stuck = self._take(config)
        before, self.paused = self.paused, paused
        if paused and paused != before:
            log.warning("paused why=%s", paused)
        elif before and not paused:
            log.info("resumed")
        return bool(before) and not paused

    def _take(self, config: Config) -> dict[str, str]:
        """Hold the lock of every store's house; why that can not be, by the store's key."""
        stuck = {}
        for key, store in config.stores.items():
            if key in self._held:
                self._watches[key].keep_watching()
                continue
            held = ExitStack()
            try:
                house = open_house(config.mirror, key, store.contact or "")
                held.enter_context(locked(house.lock_file("run"), "run", None))
            except AlreadyRunning:
                raise
            except MirrordError as error:
                stuck[key] = str(error)
            else:
                watch = HouseWatch(house.root)
                held.callback(watch.close)
                self._held[key], self._watches[key] = held, watch
        return stuck

    def wants(self, config: Config, key: str, *, busy: bool) -> set[str]:
        """Which jobs a house asks for: ``look``, ``filing`` by hints, ``snapshot`` by the button.

        ``busy``: we are at work there ourselves, and what was seen of files/ was us.
        """
        watch = self._watches.get(key)
        if watch is None:
            return set()
        wanted = set()
        if busy:
            watch.it_was_us()
        elif watch.somebody_was_there():
            wanted.add("look")
        now = time.monotonic()
        dropped = watch.something_was_dropped()
        if dropped or now - self._looked_at.get(key, -_LOOK_ANYWAY) >= _LOOK_ANYWAY:
            self._looked_at[key] = now
            if dropped:  # without a hint it comes up by its own schedule
                wanted.add("filing")
            with suppress(MirrordError):  # what is wrong with the disk is told elsewhere
                if button_pressed(House(config.mirror, key)):
                    wanted.add("snapshot")
        return wanted

    def unwatched(self) -> dict[str, str]:
        """Why not all of a house is watched, by the store's key."""
        return {key: watch.why for key, watch in self._watches.items() if watch.why}

    def leave(self, key: str) -> None:
        """Let go of one store's house."""
        self._held.pop(key).close()
        del self._watches[key]

    def leave_all(self) -> None:
        """Let go of all: the mirror moved by the config, or the end has come."""
        self._id = None
        for key in list(self._held):
            self.leave(key)

    def keys(self) -> set[str]:
        """Whose houses are held."""
        return set(self._held)


def last_start(mirror: Path, key: str, job: str) -> float | None:
    """When a job of a store last started, in seconds since 1970; None where nobody knows."""
    house = House(mirror, key)
    with suppress(MirrordError):
        house.still_there()
        if house.room(".mirrord").is_dir():
            with open_diary(house) as diary:
                return diary.last_start(job)
    return None
