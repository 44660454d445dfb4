"""What waits until all of it is known comes back as it was, and leaves nothing behind."""

import gc
import os
import tempfile
from pathlib import Path

import pytest

from mirrord.source.spool import Row, Spool

ROWS: list[Row] = [
    (f"a/photo-{n}.jpg", n % 3 or None, n << 33, "e\u00e9\udc80", None, n % 2 == 0)
    for n in range(30_000)
]


def filled(spool: Spool) -> Spool:
    for start in range(0, len(ROWS), 700):
        spool.add(ROWS[start : start + 700])
    return spool


@pytest.mark.parametrize("in_memory", [0, 100_000, 1 << 30])
def test_rows_come_back_in_their_order_and_more_than_once(in_memory: int) -> None:
    """From memory, from the file, and from both."""
    spool = filled(Spool(in_memory))
    assert [*spool.rows()] == ROWS
    assert [*spool.rows()] == ROWS


def test_what_is_small_touches_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few MiB stay in memory: a full disk does not matter then."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    spool = Spool()
    spool.add(ROWS[:10_000])
    assert [*spool.rows()] == ROWS[:10_000]
    with pytest.raises(OSError, match="nowhere"):
        filled(Spool(0))


def test_a_spool_that_is_dropped_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, also while it is in use, and no open descriptor afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    spool = filled(Spool(0))
    assert [*tmp_path.iterdir()] == []
    del spool
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
