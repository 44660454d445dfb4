"""A note and turns that processes share, whatever becomes of them and of the files."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from mirrord.disk.shared import Shared, boot_id
from mirrord.errors import DiskError

HOLDS = """
import sys
from pathlib import Path
from mirrord.disk.shared import Shared

shared = Shared(Path(sys.argv[1]))
turn = shared.turn("all", 1)

def hold(note):
    print("holds", flush=True)
    sys.stdin.read()

shared.change(hold)
"""


def leave(shared: Shared, note: bytes) -> None:
    shared.change(lambda _before: (note, None))


def read(shared: Shared) -> bytes:
    return shared.change(lambda before: (before, before))


def test_what_a_killed_process_held_is_free(tmp_path: Path) -> None:
    """It dies while it changes the note, a turn in its hand: nobody waits for it."""
    folder = tmp_path / "quota"
    leave(Shared(folder), b"as it was")
    command = [sys.executable, "-c", HOLDS, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout.readline() == b"holds\n"
        assert Shared(folder).turn("all", 1) is None
        other.send_signal(signal.SIGKILL)
        other.wait(10)
    assert Shared(folder).turn("all", 1) is not None
    assert read(Shared(folder)) == b"as it was"


def test_a_note_does_not_outlive_the_running_system(tmp_path: Path) -> None:
    """The clock that its moments are of begins anew."""
    leave(Shared(tmp_path / "quota"), b"before")
    assert read(Shared(tmp_path / "quota", boot="another")) == b""
    assert boot_id() not in ("", "?")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """Folder and files."""
    shared = Shared(tmp_path / "quota")
    leave(shared, b"note")
    assert shared.turn("all", 1) is not None
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "quota").iterdir()}
    assert (modes, (tmp_path / "quota").stat().st_mode & 0o777) == ({0o600}, 0o700)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\0" * 4_096,
        b"nonsense",
        b"BOOT",
        b"BOOT ",
        b"BOOT 5",
        b"BOOT 9 short",
        b"BOOT -1 note",
        b"BOOT 99999999999999999999 note",
        b"BOOT 20000 " + b"x" * 30_000,
        b"BOOT \xb2 note",
    ],
)
def test_a_file_that_no_note_was_left_in_holds_none(tmp_path: Path, text: bytes) -> None:
    """Torn, or written by somebody else; the next note is read again."""
    shared = Shared(tmp_path / "quota")
    leave(shared, b"note")
    (tmp_path / "quota" / "note").write_bytes(text.replace(b"BOOT", boot_id().encode()))
    assert read(shared) == b""
    leave(shared, b"anew")
    assert read(shared) == b"anew"


def test_who_comes_after_the_folder_was_emptied_shares_with_who_was_there(tmp_path: Path) -> None:
    """`.mirrord/` may go: the next note is one for all; a turn in an old file counts no more."""
    folder = tmp_path / "quota"
    early = Shared(folder)
    held = early.turn("all", 1)
    assert held is not None
    leave(early, b"gone")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    late = Shared(folder)
    leave(late, b"new")
    assert (read(early), late.turn("all", 1) is not None, early.turn("all", 1)) == (
        b"new",
        True,
        None,
    )


def test_who_waits_while_the_folder_is_emptied_leaves_the_note_in_the_new_one(
    tmp_path: Path,
) -> None:
    """Else it would lie where nobody who comes later can find it."""
    folder = tmp_path / "quota"
    inside, over = Event(), Event()

    def hold(before: bytes) -> tuple[bytes, None]:
        inside.set()
        assert over.wait(20)
        return before, None

    holds = Thread(target=Shared(folder).change, args=(hold,))
    holds.start()
    assert inside.wait(20)
    inode = (folder / "note").stat().st_ino
    waits = Thread(target=leave, args=(Shared(folder), b"found"))
    waits.start()
    while not _is_waited_for(inode):
        pass
    (folder / "note").unlink()
    over.set()
    for thread in (holds, waits):
        thread.join(20)
    assert read(Shared(folder)) == b"found"


def _is_waited_for(inode: int) -> bool:
    """By proc(5): those who wait for a lock are marked by an arrow."""
    locks = Path("/proc/locks").read_text().splitlines()
    return any("-> FLOCK" in line and f":{inode} " in line for line in locks)


def test_a_folder_that_is_not_ours_is_an_error_in_words(tmp_path: Path) -> None:
    """A link in the place of the file, and a disk that is not there: nothing is made of it."""
    folder = tmp_path / "quota"
    folder.mkdir()
    (folder / "note").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError, match="quota/note"):
        read(Shared(folder))
    with pytest.raises(DiskError, match="No such file"):
        read(Shared(tmp_path / "not-mounted" / "quota"))
    assert sorted(os.listdir(tmp_path)) == ["quota"]
