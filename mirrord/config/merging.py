"""From several trees to one: stores.d/*.yaml joined in, ``defaults:`` laid beneath every store.

Each value keeps the place where it was written, so that a default that does not fit is named where
it stands. Nothing is judged here but the joining itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mirrord.config.places import Section
from mirrord.errors import Problem

#: What a store says in groups of keys; defaults are laid beneath a group's keys one by one. Any
#: other value, a secret's mapping or a list, is taken whole.
_GROUPS = ("webdav", "api", "schedule", "guard")

#: A store that does not name such a group has none, whatever the defaults say of it.
_OPTIONAL = ("webdav", "api")


def join_stores(main: Section, parts: Iterable[Section]) -> Iterator[Problem]:
    """Move the stores of ``parts`` (the trees of stores.d) into ``main``; tells what is refused."""
    for part in parts:
        for key, place in part.places.items():
            if key != "stores":
                yield place.problem("not taken here", "in stores.d a file holds `stores:` alone")
        theirs = _opened(part, "stores").get("stores")
        if not isinstance(theirs, Section):
            yield part.place.problem("no stores in this file", "write them below `stores:`")
            continue
        if main.get("stores") is None:
            main.put("stores", Section(theirs.place), theirs.place)
        if isinstance(main["stores"], Section):
            yield from _move(theirs, main["stores"])


def _move(theirs: Section, stores: Section) -> Iterator[Problem]:
    for key, store in theirs.items():
        place = theirs.places[key]
        if key not in stores:
            stores.put(key, store, place)
            continue
        first = stores.places[key]
        yield place.problem(f"this store stands in {first.file}:{first.line}, too", "keep one")


def take_defaults(main: Section) -> tuple[Section, list[Problem]]:
    """Take ``defaults`` out of the tree; empty where there are none or they are no section."""
    defaults = _opened(main, "defaults").pop("defaults", None)
    if isinstance(defaults, Section):
        return _opened(defaults, *_GROUPS), []
    if defaults is None:
        return Section(main.place), []
    problem = main.places["defaults"].problem("not keys and values", "write what a store may say")
    return Section(main.place), [problem]


def lay_beneath(defaults: Section, main: Section) -> None:
    """Let every store of ``main`` say what the defaults say, unless it says so itself."""
    stores = main.get("stores")
    if not isinstance(stores, Section):
        return
    for key in stores:
        store = _opened(stores, key)[key]
        if isinstance(store, Section):
            stores[key] = _store(_opened(store, *_GROUPS), defaults)


def _store(store: Section, defaults: Section) -> Section:
    shared = Section(defaults.place)
    for key, value in defaults.items():
        if key not in _OPTIONAL or key in store:
            shared.put(key, value, defaults.places[key])
    whole = _laid(store, shared)
    for key in _GROUPS:
        own, beneath = store.get(key), shared.get(key)
        if isinstance(own, Section) and isinstance(beneath, Section):
            whole[key] = _laid(own, beneath)
    return whole


def _laid(own: Section, beneath: Section) -> Section:
    whole = Section(own.place)
    for layer in (beneath, own):
        for key, value in layer.items():
            whole.put(key, value, layer.places[key])
    return whole


def _opened(section: Section, *keys: str) -> Section:
    """The same section; ``schedule:`` with nothing below it is a group without keys."""
    for key in keys:
        if key in section and section[key] is None:
            section[key] = Section(section.places[key])
    return section
