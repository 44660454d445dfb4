"""report/personal-data.html, written with status.json at the end of every run."""

from collections.abc import Iterable
from datetime import UTC, datetime

from mirrord.config import Keep, Retention, Store
from mirrord.core.displayed import displayed
from mirrord.core.personal import Holding, Place, span_of
from mirrord.disk.durable import disk_errors
from mirrord.disk.holds import open_holds
from mirrord.disk.house import House, write_whole
from mirrord.disk.personal import ROOMS, categories, dates_in, readers_of
from mirrord.tell.personal import page

PAGE_FILE = "report/personal-data.html"
_DAY = 86_400
_FOR_EVER = "for ever: the config says nothing"
_WHAT = {
    "exports": "the shop's records, a folder a day, and what changed",
    "snapshots": "restore points, with the records and the shop's own exports",
    "files/exports": "exports that the control panel saved, as the shop has them",
    "files/import_files": "files for imports, as the shop has them",
    "old-versions": "what the shop replaced or removed of those two",
    "drop-here": "what people put here and was not gone through yet",
    "drop-here/taken": "what people put here, filed by now",
    "drop-here/unknown": "what people put here and is no export",
    "holds": "exports and lists that wait for a person",
    "holds/answered": "the same, answered",
    "set-aside": "files that others changed or that rotted",
    "restore-kits": "folders that are ready to be imported",
    "order-witnesses": "other copies of orders",
}


def write_page(house: House, store: Store, now: float) -> None:
    """Gather it and replace the page; DiskError. For whoever holds the lock ``status``."""
    text = page(_held(house, store, now))
    with disk_errors(f"writing {PAGE_FILE}"):
        write_whole(house.room(PAGE_FILE), text.encode("utf-8", "replace"), 0o640)


def _held(house: House, store: Store, now: float) -> Holding:
    there = {room: dates_in(house, room) for room in ROOMS}
    places = [
        Place(
            room,
            _WHAT[room],
            span_of(dates),
            _kept(room, store.keep),
            readers_of(house, room),
        )
        for room, dates in there.items()
        # rooms that not every house has
        if dates or house.room(room).exists()
    ]
    waiting = sum(not hold.answered for hold in open_holds(house))
    told = {1: "a hold waits", 0: ""}.get(waiting, f"{waiting:,} holds wait")
    return Holding(
        store=house.key,
        written=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        contact=displayed(store.contact or ""),
        categories=categories(house),
        places=tuple(places),
        carried_off=store.after_snapshot is not None,
        sleeps=f"{told} for an answer" if told and store.keep.drops else "",
    )


def _kept(room: str, keep: Retention) -> str:
    """For how long, in words, by the config."""
    if room == "exports":
        return _rules_of_exports(keep)
    if room == "snapshots":
        return _rules(keep.snapshots)
    if room == "old-versions":
        return _age(keep.old_versions)
    if room in ("drop-here/taken", "drop-here/unknown", "holds/answered", "set-aside"):
        return _age(keep.put_by)
    if room.startswith("files/"):
        return "as long as the shop has it"
    return "until a person sees to it"


def _rules_of_exports(keep: Retention) -> str:
    if keep.exports is None:
        return _FOR_EVER
    names = ("products", "customers", "orders")
    own = {name: rule for name in names if (rule := getattr(keep.exports, name)) is not None}
    return "; ".join(
        [
            f"{'others' if own else 'all'}: {_rules(keep.exports)}",
            *(f"{name}: {_rules(rule)}" for name, rule in own.items()),
        ]
    )


def _rules(rule: Keep | None) -> str:
    if rule is None or not rule.drops:
        return _FOR_EVER
    counts = (
        (rule.hourly, "hours"),
        (rule.daily, "days"),
        (rule.weekly, "weeks"),
        (rule.monthly, "months"),
        (rule.yearly, "years"),
    )
    return "the last of " + _listed(f"{count:,} {word}" for count, word in counts if count)


def _age(seconds: int | None) -> str:
    return _FOR_EVER if seconds is None else f"{seconds / _DAY:,g} days, and two on top"


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
