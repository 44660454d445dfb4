"""The store is the one of the first contact, or nothing of it is touched.

A token, hash or URL of another shop, pasted into the wrong place, would otherwise fill this shop's
folder with that one's files and orders. Before every job what the config names is compared with
decisions/identity.json; what the store says of itself is asked for once an hour at most.
"""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from urllib.parse import urlsplit

from mirrord.config import Store
from mirrord.core.identity import Identity, contradictions
from mirrord.core.pulse import Pulse
from mirrord.disk.house import House
from mirrord.disk.identity import IDENTITY_FILE, read_identity, write_identity
from mirrord.disk.locks import locked
from mirrord.errors import ConfigError, StoreError, WrongStore
from mirrord.jobs.sources import common_of, record_source

log = logging.getLogger(__name__)

#: An answer of the store counts for so many seconds in this process.
_COUNTS_FOR = 3_600.0

_WORDS = {
    "store_hash": "the store hash",
    "webdav_host": "the WebDAV host",
    "id": "the id that the store gives itself",
    "domain": "the store's domain",
}


class Acquaintance:
    """What the stores of this process said of themselves, and when (seconds, monotonic)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[tuple[str, ...], tuple[float, Identity]] = {}

    def ask(self, house: House, store: Store, pulse: Pulse) -> Identity:
        """Who the store is by its config and, where it has an API and tells, by its own words.

        StoreError where it does not answer. Only one try: whoever asks has a run to get on with.
        """
        by_config = configured(store)
        if store.api is None:
            return by_config
        token = store.api.token.read()
        # by its secret, too: a token that was swapped while the daemon runs is asked anew
        key = (store.key, store.api.url, store.api.store_hash, sha256(token.encode()).hexdigest())
        at, told = self._told.get(key, (0.0, None))
        if told is None or self._clock() >= at + _COUNTS_FOR:
            told = _asked(house, store, pulse)
            self._told[key] = (self._clock(), told)
        return by_config.joined(told)


_SHARED = Acquaintance()


def configured(store: Store) -> Identity:
    """What the config alone says."""
    host = urlsplit(store.webdav.url).hostname or "" if store.webdav else ""
    return Identity(webdav_host=host, store_hash=store.api.store_hash if store.api else "")


def check_identity(
    house: House,
    store: Store,
    pulse: Pulse,
    *,
    needs_api: bool,
    acquaintance: Acquaintance = _SHARED,
) -> Identity:
    """Compare; what a run that then succeeds has proven, for :func:`record_identity`.

    WrongStore, naming what differs and how to accept it. ``needs_api``: the job can not go on
    without the API anyway, so that its errors pass through; else an API that does not answer only
    leaves less to compare.
    """
    now = configured(store)
    _compare(house, store, now)
    try:
        now = acquaintance.ask(house, store, pulse)
    except (StoreError, ConfigError) as error:
        if needs_api:
            raise
        log.warning("store not asked who it is store=%s why=%s", store.key, error)
    _compare(house, store, now)
    return replace(now, webdav_host="") if needs_api else Identity(webdav_host=now.webdav_host)


def record_identity(house: House, store: Store, proven: Identity, pulse: Pulse) -> None:
    """Remember it, after a run that succeeded: a typing error is never made the first contact."""
    with locked(house.lock_file("identity"), "identity", pulse):
        first = _compare(house, store, proven)
        known = proven if first is None else first.joined(proven)
        if known != first:
            write_identity(house, known)
            log.info("store identity recorded store=%s", store.key)


def _compare(house: House, store: Store, now: Identity) -> Identity | None:
    first = read_identity(house)
    told = [] if first is None else list(contradictions(first, now))
    if not told:
        return first
    differs = "; ".join(f"{_WORDS[name]} was {then}, now it is {new}" for name, then, new in told)
    raise WrongStore(
        f"{store.key}: this is not the store of the first contact ({differs}); nothing was"
        " touched. Put the right URL, store hash and token into the config; or, if this is the"
        f" right store, remove {house.room(IDENTITY_FILE)}"
    )


def _asked(house: House, store: Store, pulse: Pulse) -> Identity:
    from mirrord.source.pace import Patience
    from mirrord.source.retry import Endurance

    if store.api is None:
        return Identity()
    source = record_source(
        store.api,
        common_of(house),
        patience=Patience(read=15.0, grace=20.0),
        endurance=Endurance(1),
    )
    with closing(source):
        return source.identity(pulse)
