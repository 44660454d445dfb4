"""Syncing and swapping."""

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.disk import durable
from mirrord.disk.durable import (
    Durable,
    disk_errors,
    filesystem,
    make_folders,
    mounted_type,
    swap,
    undo_half_swap,
)
from mirrord.errors import DiskError, DiskFull, MirrorMissing
from tests.houses import content


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def test_a_folder_takes_anothers_place_whole(tmp_path: Path) -> None:
    """The two exchange names; where nothing stood, it is a rename."""
    new, old = folder(tmp_path / "new", a="new"), folder(tmp_path / "old", a="old", b="old")
    swap(new, old)
    assert (content(old), content(new)) == ({"a": b"new"}, {"a": b"old", "b": b"old"})
    swap(old, tmp_path / "third")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "third"]


def test_without_exchange_the_old_folder_steps_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome is the same."""
    monkeypatch.setattr(durable, "_called", lambda *_: errno.EINVAL)
    new, old = folder(tmp_path / "new", a="new"), folder(tmp_path / "old", a="old")
    swap(new, old)
    assert content(tmp_path) == {"new": None, "new/a": b"old", "old": None, "old/a": b"new"}


def test_a_cut_between_the_two_steps_is_mended(tmp_path: Path) -> None:
    """The folder that stood aside comes back."""
    folder(tmp_path / ".day.aside", a="old")
    undo_half_swap(tmp_path / "day")
    undo_half_swap(tmp_path / "day")
    assert content(tmp_path) == {"day": None, "day/a": b"old"}


def test_a_cut_after_the_second_step_never_stops_a_later_swap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old folder that still stands aside is removed: its successor came whole."""
    monkeypatch.setattr(durable, "_called", lambda *_: errno.EINVAL)
    folder(tmp_path / ".day.aside", a="old")
    day = folder(tmp_path / "day", a="new")
    undo_half_swap(day)
    assert content(tmp_path) == {"day": None, "day/a": b"new"}
    swap(folder(tmp_path / "next", a="newer"), day)
    assert content(day) == {"a": b"newer"}


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (errno.ENOSPC, DiskFull, "no room left while writing x"),
        (errno.EDQUOT, DiskFull, "no room left"),
        (errno.EROFS, DiskError, "read-only"),
        (errno.ESTALE, MirrorMissing, "is it mounted"),
        (errno.EIO, DiskError, "writing x: "),
    ],
)
def test_what_the_disk_says_is_told_in_words(code: int, kind: type[DiskError], words: str) -> None:
    """What was done, what happened, the next step; the cause stays attached."""
    with pytest.raises(kind, match=words) as caught, disk_errors("writing x"):
        raise OSError(code, "os words")
    assert type(caught.value) is kind
    assert isinstance(caught.value.__cause__, OSError)


def test_the_filesystem_of_a_folder_is_known(tmp_path: Path) -> None:
    """By the longest mount point above it."""
    assert filesystem(Path("/proc/self")) == "proc"
    assert filesystem(tmp_path) not in ("", "proc")


def test_a_mount_point_is_found_whatever_its_name() -> None:
    """Not the filesystem below it: that one may be able to sync a batch, and this one not."""
    mounts = [
        b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
        "23 22 0:40 / /srv/\u041c\\040\u00e9 rw,nosuid shared:1 - cifs //nas/x rw\n".encode(),
    ]
    assert mounted_type(mounts, "/srv/\u041c \u00e9/acme".encode()) == "cifs"
    assert mounted_type(mounts, b"/srv") == "ext4"


def test_a_failed_write_is_told_to_every_lane(tmp_path: Path) -> None:
    """The folder is opened before the first write: the kernel tells an error once a descriptor."""
    with closing(Durable(tmp_path)):
        opened = {os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()}
    assert str(tmp_path) in opened


def test_files_are_synced_one_by_one_where_a_batch_can_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every filesystem has exactly one of the two ways; none is left without."""
    synced: list[int] = []
    monkeypatch.setattr(durable.os, "fsync", synced.append)
    for kind, by_batch in (("ext4", True), ("xfs", True), ("btrfs", True), ("nfs4", False)):
        monkeypatch.setattr(durable, "filesystem", lambda _, kind=kind: kind)
        synced.clear()
        with closing(Durable(tmp_path)) as way:
            way.file(7)
            way.folder(8)
            way.batch()
        assert (way.by_batch, synced) == (by_batch, [] if by_batch else [7, 8])


def test_folders_are_made_below_what_is_there_and_never_above(tmp_path: Path) -> None:
    """Of a disk that has gone nothing is made anew: that would be on the bare mount point."""
    make_folders(tmp_path, "a/b/file")
    assert (tmp_path / "a/b").is_dir()
    with pytest.raises(FileNotFoundError):
        make_folders(tmp_path / "gone/before", "more/file")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b"]
