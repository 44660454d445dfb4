"""Records in the order of their keys, however many come and in whatever order.

What does not fit is written to sorted runs in staging and merged from there, so that memory stays
what it is. Of records with one key the one that came last counts.
"""

from __future__ import annotations

import gzip
import heapq
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias, cast

from mirrord.core.records import Keys, Record, order, read_record
from mirrord.disk.plaintext import PlainText
from mirrord.disk.staging import Staging

#: Characters of records that are held before they are written to a run.
_AT_MOST = 32 * 1024 * 1024

_Entry: TypeAlias = "tuple[tuple[bool, int | str], int, str]"


def in_order(
    records: Iterable[Record], keys: Keys, staging: Staging, at_most: int = _AT_MOST
) -> Iterator[Record]:
    """All of them, ascending, each key once. DiskError. ``at_most``: characters held at a time."""
    runs: list[PlainText] = []
    held: dict[int | str, str] = {}
    size = 0
    for record in records:
        line = _line(record)
        size += len(line)
        held[record.id] = line
        if size > at_most:
            runs.append(_run(held, staging))
            held, size = {}, 0
    if not runs:
        for _, line in sorted(held.items(), key=lambda one: order(one[0])):
            yield _record(line, keys)
        return
    runs.append(_run(held, staging))
    yield from _merged(runs, keys)


def _merged(runs: list[PlainText], keys: Keys) -> Iterator[Record]:
    last: _Entry | None = None
    for entry in heapq.merge(*(_entries(run, place) for place, run in enumerate(runs))):
        if last is not None and last[0] != entry[0]:
            yield _record(last[2], keys)
        last = entry  # of equal keys the later run's comes later
    if last is not None:
        yield _record(last[2], keys)
    for run in runs:
        run.staged.discard()


def _run(held: dict[int | str, str], staging: Staging) -> PlainText:
    run = PlainText(staging.open(0o600, 0), packed=True)
    for key, line in sorted(held.items(), key=lambda one: order(one[0])):
        run.write(f"{json.dumps(key)}\t{line}\n")
    run.close()
    return run


def _entries(run: PlainText, place: int) -> Iterator[_Entry]:
    with gzip.open(run.staged.path, "rt", encoding="utf-8", newline="\n") as lines:
        for text in lines:
            key, _, line = text.partition("\t")
            yield order(json.loads(key)), place, line.removesuffix("\n")


def _line(record: Record) -> str:
    companions = {name: [one.text for one in some] for name, some in record.companions.items()}
    return json.dumps([record.text, companions, record.gaps])


def _record(line: str, keys: Keys) -> Record:
    text, companions, gaps = cast("tuple[str, dict[str, list[str]], list[Any]]", json.loads(line))
    return replace(
        read_record(text, keys),
        companions={
            name: tuple(read_record(one) for one in some) for name, some in companions.items()
        },
        gaps=tuple(gaps),
    )
