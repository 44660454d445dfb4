"""The ledger's rows: entries and what is held as SQLite's values, and back."""

from typing import Any

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.core.plan import Action, Clear, Fetch, Retire

#: The columns of what is held, in the order of :func:`held_row`.
HELD = (
    "path, kind, listed_size, etag, modified, local, sha256, size, mtime, fetched, checked,"
    " as_served"
)

#: The same, where other tables have columns of these names.
COLUMNS = ", ".join(f"held.{name.strip()}" for name in HELD.split(","))

# a look at a dict takes a third of an enum's own way
_KINDS = {str(kind): kind for kind in Kind}


def is_doubtful(entry: Entry) -> bool:
    """Whether nothing but the size speaks of it, or it changed as it was listed."""
    silent = not entry.stamp.etag and entry.stamp.modified is None
    return entry.kind is Kind.FILE and (entry.fresh or silent)


def held_row(held: Held) -> tuple[object, ...]:
    """In the order of the ledger's columns."""
    entry = held.entry
    # plain values: SQLite asks every other kind of value how it wants to be written
    return (
        str(entry.path),
        "file" if entry.kind is Kind.FILE else "folder",
        entry.size,
        entry.stamp.etag,
        entry.stamp.modified,
        held.local,
        held.sha256,
        held.size,
        held.mtime,
        held.fetched,
        held.checked,
        int(held.as_served),
    )


def held_of(row: tuple[Any, ...]) -> Held:
    """What :func:`held_row` made a row of."""
    (
        path,
        kind,
        listed_size,
        etag,
        modified,
        local,
        sha256,
        size,
        mtime,
        fetched,
        checked,
        served,
    ) = row
    entry = Entry(TreePath(path), _KINDS[kind], listed_size, Stamp(etag, modified))
    return Held(entry, local, sha256, size, mtime, fetched, checked, bool(served))


def entry_of(row: tuple[Any, ...]) -> Entry:
    """An entry of the spooled listing."""
    path, kind, size, etag, modified, fresh = row
    return Entry(TreePath(path), _KINDS[kind], size, Stamp(etag, modified), bool(fresh))


def planned_row(action: Action) -> tuple[str, str, str]:
    """An action as path, kind of action, and why."""
    match action:
        case Fetch(entry, why):
            return str(entry.path), "fetch", str(why)
        case Retire(held):
            return str(held.path), "retire", ""
        case Clear(held, entry):
            return str(held.path), "clear", f"a {entry.kind} comes in its place"
