"""`doctor`: line by line what is fine, and how to mend the rest. It changes nothing.

It only notes what it took of the store's quota, as all do who ask the store.

::

    check     one line; no check stops the others
    secrets   found, and who can read them        way      name, connection, TLS, clock
    files     WebDAV: login and folders           records  API: token, scopes one by one
    disk      marker, owner, rooms, cipher        machine  service, Python, inotify
    scopes    API: one line for each scope that other datasets need
    facts     `--probe`: what the real server does, into report/server-facts.txt
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from mirrord.config import Config, Store
from mirrord.core.pulse import Pulse
from mirrord.disk.house import House, open_house
from mirrord.jobs.doctor.check import Check, State, fail, looked, ok, warn
from mirrord.jobs.doctor.disk import (
    check_cipher,
    check_identity,
    check_mirror,
    check_rooms,
    check_space,
    folders_held,
)
from mirrord.jobs.doctor.facts import write_facts
from mirrord.jobs.doctor.files import check_files
from mirrord.jobs.doctor.machine import check_inotify, check_python, check_service
from mirrord.jobs.doctor.records import check_records, check_same_store
from mirrord.jobs.doctor.secrets import check_secrets
from mirrord.jobs.doctor.way import check_clock
from mirrord.jobs.identity import configured
from mirrord.jobs.sources import common_of

__all__ = [
    "Check",
    "State",
    "check_files",
    "check_machine",
    "check_records",
    "check_same_store",
    "check_secrets",
    "examine",
    "fail",
    "ok",
]


def examine(config: Config, stores: list[Store], pulse: Pulse, *, ask: bool) -> Iterator[Check]:
    """Everything but the config itself and its secrets, which are looked at before stepping down.

    ``ask``: also how the real WebDAV servers behave, see :mod:`.facts`.
    """
    for store in stores:
        for check in _store(config, store, pulse, ask=ask):
            yield replace(check, store=store.key)
    houses = [House(config.mirror, store.key) for store in stores]
    yield looked("mirror", lambda: check_mirror(config.mirror))
    yield looked("space", lambda: check_space(config.mirror, houses))
    yield looked("encryption", lambda: check_cipher(config.mirror))
    yield from check_machine(folders_held(houses))


def check_machine(folders: int) -> Iterator[Check]:
    """What needs no config."""
    yield looked("service", check_service)
    yield looked("python", check_python)
    yield looked("inotify", lambda: check_inotify(folders))


def _store(config: Config, store: Store, pulse: Pulse, *, ask: bool) -> Iterator[Check]:
    house = House(config.mirror, store.key)
    if store.webdav:
        yield from check_files(store.webdav)
    if store.api:
        there = check_is_ours(house) and house.room(".mirrord").is_dir()
        yield from check_records(store.api, pulse, common_of(house) if there else None)
    if store.webdav and store.api:
        webdav, api = store.webdav, store.api
        yield looked("same store", lambda: check_same_store(webdav, api))
    yield looked("identity", lambda: check_identity(house, configured(store)))
    yield looked("clock", lambda: _clock(store))
    if check_is_ours(house):
        yield from check_rooms(house)
    if ask and store.webdav:
        yield looked("server facts", lambda: _facts(config, store, pulse))


def check_is_ours(house: House) -> bool:
    """Whether scratch folders may be made there; if not, `mirror` tells why."""
    return looked("mirror", lambda: check_mirror(house.mirror)).state is State.OK


def _clock(store: Store) -> Check:
    part = store.webdav or store.api
    if part is None:
        return warn("clock", "nobody to compare it with", "give the store `webdav` or `api`")
    return check_clock(part.url, str(part.ca) if part.ca else None)


def _facts(config: Config, store: Store, pulse: Pulse) -> Check:
    if store.webdav is None:
        return ok("server facts", "no WebDAV")
    house = open_house(config.mirror, store.key, store.contact or "")
    day = datetime.now(UTC).date().isoformat()
    return ok("server facts", f"written to {write_facts(house, store.webdav, pulse, day)}")
