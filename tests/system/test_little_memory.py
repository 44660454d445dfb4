"""Too little memory, too few descriptors: a run ends, or does its work, whole.

Each limit is raised step by step until a run passes; before that every run must have left what is
held as it was, old or new, and the last one must find all of it.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.houses import content
from tests.system.booted import until
from tests.system.shop import Done, Shop, mirrord, told

#: Megabytes between two tries.
STEP = int(os.environ.get("MIRRORD_MEMORY_STEP", "20"))
_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
#: Starts a program in the control group that is named first.
_INTO = ("sh", "-c", 'echo $$ >"$0" && exec "$@"')


@contextmanager
def memory(megabytes: int) -> Iterator[tuple[str, ...]]:
    """A control group with so much memory and no swap, to start programs through."""
    room = (_V1 if _V1.is_dir() else _V2) / f"mirrord-test-{os.getpid()}"
    limit = room / ("memory.limit_in_bytes" if _V1.is_dir() else "memory.max")
    try:
        room.mkdir()
    except OSError as error:
        pytest.skip(f"needs root, and a control group for memory ({error.strerror})")
    try:
        if not limit.exists():
            pytest.skip("needs a control group for memory (memory.max)")
        limit.write_text(str(megabytes << 20))
        yield (*_INTO, str(room / "cgroup.procs"))
    finally:
        until(lambda: not (room / "cgroup.procs").read_text(), "all that it started has ended")
        room.rmdir()


def _given(shop: Shop, words: str, through: tuple[str, ...]) -> Done:
    return mirrord(*words.split(), cwd=shop.home, through=through, MIRRORD_CONFIG=str(shop.config))


def _whole(shop: Shop, known: list[dict[str, bytes | None]]) -> bool:
    """Whether every file that is shown is one whole version of itself."""
    for path, body in content(shop.files).items():
        if all(version.get(path, b"?") != body for version in known):
            return False
    return True


@pytest.mark.parametrize("words", ["sync", "export"])
def test_out_of_memory_it_dies_whole_and_goes_on_with_more(shop: Shop, words: str) -> None:
    """Killed by the kernel at whatever it was doing; the first run that has enough does it all."""
    known = [content(shop.store.folder)]
    codes = []
    for megabytes in range(STEP, 1000, STEP):
        for number in range(5):
            body = os.urandom(300_000)
            (shop.store.folder / f"content/{number}.bin").write_bytes(body)
        known.append(content(shop.store.folder))
        with memory(megabytes) as through:
            done = _given(shop, words, through)
        codes.append(done.returncode)
        assert done.returncode in (-signal.SIGKILL, 1, 5, 6, 0, 3), (megabytes, done.stderr)
        assert _whole(shop, known), megabytes
        if done.returncode == 0:
            break
    assert (codes[0], codes[-1]) == (-signal.SIGKILL, 0), codes
    assert shop.mirrord("sync").returncode in (0, 3)
    assert (shop.mirrors_the_store(), shop.sums_agree()) == (True, True)
    assert list(shop.house.glob(".mirrord/staging/*/*")) == []
    print(f"{words}: enough at {STEP * len(codes)} MB, before that {codes[:-1]}")
    if words == "export":
        assert (shop.latest / "orders.csv").exists()


def test_with_too_few_descriptors_it_says_so_and_tears_nothing(shop: Shop) -> None:
    """Never a half file or a bug: what is too little is told, and enough of it is enough."""
    known = [content(shop.store.folder)]
    seen = []
    for few in range(8, 200, 8):
        done = _given(shop, "sync", ("prlimit", f"--nofile={few}:{few}"))
        seen.append((few, done.returncode, told(done)))
        assert _whole(shop, known), seen
        if done.returncode == 0:
            break
    assert (len(seen) > 1, seen[-1][1]) == (True, 0), seen
    unclear = [one for one in seen[:-1] if one[1] != 6 or "Too many open files" not in one[2]]
    assert unclear == []
    assert (shop.mirrors_the_store(), shop.sums_agree()) == (True, True)
