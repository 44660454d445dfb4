"""What a disk can do, measured on real ones."""

import errno
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mirrord.disk.durable import filesystem
from mirrord.disk.probe import RoomFacts, measure, space
from mirrord.errors import DiskError, DiskFull

GOOD = RoomFacts("", False, True, True, True, True, False, False, 255, True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of its own, of 1 MB."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=60", "mirrord-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount (a container without it)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_plain_disk_can_do_all_and_nothing_stays_behind(tmp_path: Path) -> None:
    """This test's own folder; ext4, xfs and btrfs tell errors at one sync, others do not."""
    if filesystem(tmp_path) not in ("ext4", "xfs", "btrfs"):
        pytest.skip("needs a test folder on ext4, xfs or btrfs (TMPDIR)")
    facts = measure(tmp_path)
    assert replace(facts, filesystem="", reflink=False) == GOOD
    assert os.listdir(tmp_path) == []


def test_two_disks_in_one_mirror_are_found_out(tmp_path: Path, small_disk: Path) -> None:
    """No link and no rename leads from staging to a room on another disk."""
    staging = tmp_path / "staging"
    staging.mkdir()
    facts = measure(small_disk, staging)
    assert (facts.filesystem, facts.link, facts.rename, facts.syncfs) == (
        "tmpfs",
        False,
        False,
        False,
    )
    assert (os.listdir(small_disk), os.listdir(staging)) == ([], [])


def test_a_full_disk_is_no_disk_without_links(small_disk: Path) -> None:
    """What it says of itself then is not what it can do."""
    with suppress(OSError), (small_disk / "all").open("wb", buffering=0) as file:
        while file.write(b"x" * 65_536):
            pass
    with pytest.raises(DiskFull):
        measure(small_disk)
    assert os.listdir(small_disk) == ["all"]
    assert space(small_disk).free == 0


def test_a_read_only_disk_is_told_as_such(small_disk: Path) -> None:
    """With the remedy."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(DiskError, match="read-only"):
        measure(small_disk)


def test_a_disk_that_folds_names_and_knows_no_links_is_seen_as_it_is(tmp_path: Path) -> None:
    """FAT: no links, one name for Case and case."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a disk")
    if not shutil.which("mkfs.vfat"):
        pytest.skip("needs dosfstools")
    image, folder = tmp_path / "image", tmp_path / "fat"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(4 << 20)
    subprocess.run(["mkfs.vfat", str(image)], check=True, capture_output=True)
    mounted = subprocess.run(
        ["mount", "-o", "loop,utf8", str(image), str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs a kernel with vfat and the right to mount it")
    try:
        facts = measure(folder)
        assert (facts.link, facts.folds_case, facts.rename) == (False, True, True)
        assert set(facts.refused) >= set(':?*"')
        assert os.listdir(folder) == []
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_what_a_cut_left_is_swept_at_once_and_nothing_else(tmp_path: Path) -> None:
    """In both rooms; a scratch folder of another doctor at work is left alone: it holds a lock."""
    for room in ("one", "two"):
        for name in ("left", "used"):
            folder = tmp_path / room / f".mirrord-probe-{name}"
            folder.mkdir(parents=True)
            (folder / "file").touch()
        (tmp_path / room / "held.txt").touch()
    with ExitStack() as ends:
        for room in ("one", "two"):
            used = os.open(tmp_path / room / ".mirrord-probe-used", os.O_RDONLY)
            ends.callback(os.close, used)
            fcntl.flock(used, fcntl.LOCK_EX)
        measure(tmp_path / "one", tmp_path / "two")
    left = {room: sorted(os.listdir(tmp_path / room)) for room in ("one", "two")}
    stays = [".mirrord-probe-used", "held.txt"]
    assert left == {"one": stays, "two": stays}


def test_many_may_try_out_the_same_room_at_once(tmp_path: Path) -> None:
    """Two doctors, a doctor and a lane: none takes the other's scratch folder for a cut one's."""
    with ThreadPoolExecutor(8) as pool:
        facts = set(pool.map(measure, [tmp_path] * 160))
    assert (len(facts), os.listdir(tmp_path)) == (1, [])


def test_a_folder_that_is_not_there_is_a_disk_error(tmp_path: Path) -> None:
    """Named in words."""
    with pytest.raises(DiskError, match="trying out") as caught:
        measure(tmp_path / "none")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOENT
    with pytest.raises(DiskError):
        space(tmp_path / "none")
