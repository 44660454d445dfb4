"""What doctor makes of what it finds: disks, machines, looks that break."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from mirrord.disk.cipher import Cipher
from mirrord.disk.house import House
from mirrord.disk.probe import RoomFacts
from mirrord.errors import DiskError, StoreBusy
from mirrord.jobs.doctor.check import Check, State, chain, looked, ok
from mirrord.jobs.doctor.disk import check_cipher, check_rooms, check_space, judge
from mirrord.jobs.doctor.machine import check_inotify, check_python, check_service
from tests.houses import new_house

GOOD = RoomFacts("ext4", False, True, True, True, True, False, False, 255, True)


@pytest.mark.parametrize(
    ("facts", "state", "code", "remedy"),
    [
        (GOOD, "ok", 0, ""),
        (replace(GOOD, exchange=False, syncfs=False), "ok", 0, ""),
        (replace(GOOD, link=False), "warn", 3, "hard links"),
        (replace(GOOD, folds_case=True), "warn", 3, "case"),
        (replace(GOOD, normalises=True), "warn", 3, "accents"),
        (replace(GOOD, name_bytes=143), "warn", 3, "143"),
        (replace(GOOD, refused=":?"), "warn", 3, "local name"),
        (replace(GOOD, reflink=True), "ok", 0, ""),
        (replace(GOOD, network=True), "warn", 3, "BindsTo="),
        (replace(GOOD, name_bytes=100), "fail", 6, "143"),
        (replace(GOOD, rename=False), "fail", 6, "one filesystem"),
        (replace(GOOD, flock=False), "fail", 6, "locks"),
        ("read-only", "fail", 6, "writable"),
    ],
)
def test_what_a_disk_can_not_do_is_weighed(
    facts: RoomFacts | str, state: str, code: int, remedy: str
) -> None:
    """Two moves and locks are a must; the rest costs something."""
    check = judge("all rooms", facts)
    assert (check.state, check.exit_code) == (state, code)
    assert remedy in check.remedy


@pytest.mark.parametrize(
    ("encrypted", "state", "found", "remedy"),
    [
        (True, "ok", "encrypted volume (dm-crypt)", ""),
        (False, "warn", "none to be seen (dm-crypt)", "LUKS"),
        (None, "warn", "can not be seen from here (dm-crypt)", "see that the disk below"),
    ],
)
def test_encryption_is_told_and_only_hinted_at(
    tmp_path: Path, encrypted: bool | None, state: str, found: str, remedy: str
) -> None:
    """A mirror on a plain disk works: the exit code says nothing of it."""
    check = check_cipher(tmp_path, Cipher(encrypted, "dm-crypt"))
    assert (check.name, check.state, check.exit_code) == ("encryption", state, 0)
    assert (found in check.found, remedy in check.remedy) == (True, True)


def test_rooms_that_differ_have_lines_of_their_own(tmp_path: Path) -> None:
    """A room that can not be written is named; the others are measured all the same."""
    house = new_house(tmp_path)
    if os.geteuid() == 0:
        house.room("holds").rmdir()
        house.room("holds").symlink_to("/proc")  # where even root can make no folder
    else:
        house.room("holds").chmod(0o500)
    checks = list(check_rooms(house))
    assert [check.state for check in checks] == [State.OK, State.FAIL]
    assert checks[1].found.startswith("holds: ")


def test_what_is_held_is_weighed_against_what_is_free(tmp_path: Path) -> None:
    """A tenth of it should be free for what comes."""
    house = new_house(tmp_path)
    assert "held" not in check_space(tmp_path, [house]).found
    told = '{"jobs": {"files": {"last": {"details": {"held": {"bytes": %d}}}}}}'
    house.room("report/status.json").write_text(told % 10**18)
    check = check_space(tmp_path, [house, House(tmp_path, "none")])
    assert (check.state, "1,000,000,000.0 GB" in check.found) == (State.WARN, True)
    with pytest.raises(DiskError):
        check_space(tmp_path / "none", [])


def _systemctl(tmp_path: Path, answer: str) -> str:
    script = tmp_path / "systemctl"
    script.write_text(f"#!/bin/sh\n{answer}\n")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ("printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\n'", "ok", "active"),
        ("echo LoadState=not-found", "warn", "not installed"),
        ("printf 'LoadState=loaded\\nActiveState=inactive\\n'", "warn", "inactive"),
        (
            "printf 'LoadState=loaded\\nActiveState=failed\\nResult=watchdog\\n'",
            "fail",
            "watchdog",
        ),
        ("exit 1", "warn", "does not answer"),
    ],
)
def test_the_service_is_told_as_systemd_sees_it(
    tmp_path: Path, answer: str, state: str, words: str
) -> None:
    """Each state with its next step."""
    check = check_service(_systemctl(tmp_path, answer), tmp_path)
    assert (check.state, words in check.found) == (state, True)
    assert bool(check.remedy) == (state != "ok")


def test_where_there_is_no_systemd_nothing_is_wrong(tmp_path: Path) -> None:
    """A NAS has a starter of its own."""
    assert check_service(booted=tmp_path / "none").state is State.OK
    assert check_service("no-such-program", tmp_path).state is State.WARN


@pytest.mark.parametrize(
    ("executable", "prefix", "state"),
    [
        ("/opt/mirrord/bin/python", "/usr", "ok"),
        ("/opt/mirrord/bin/python", "/root/python", "warn"),
        ("/home/jo/venv/bin/python", "/usr", "warn"),
        ("/homestead/bin/python", "/usr", "ok"),
    ],
)
def test_an_interpreter_in_a_home_is_told(executable: str, prefix: str, state: str) -> None:
    """The service could not start it."""
    assert check_python(executable, prefix).state == state


def test_watches_must_be_enough_for_the_folders(tmp_path: Path) -> None:
    """Half of them are left to others."""
    limit = tmp_path / "limit"
    limit.write_text("8192\n")
    told = [check_inotify(folders, limit).state for folders in (100, 4_095, 4_096)]
    assert told == ["ok", "ok", "warn"]
    assert check_inotify(10**6, tmp_path / "none").state is State.OK


def test_a_look_that_breaks_is_a_line_of_its_own() -> None:
    """With our bug's code, and without what it stumbled over."""

    def breaks() -> Check:
        raise RuntimeError("hunter2")

    check = looked("thing", breaks)
    assert (check.state, check.exit_code, "hunter2" in check.found) == (State.FAIL, 1, False)

    def is_busy() -> Check:
        raise StoreBusy("busy", 7)

    assert "wait" in looked("thing", is_busy).remedy


def test_a_chain_asks_nothing_behind_a_failure() -> None:
    """Whatever comes after it is told as not looked at."""
    asked: list[str] = []

    def step(name: str, *, good: bool) -> tuple[str, object]:
        def look() -> Check:
            asked.append(name)
            if not good:
                raise DiskError("gone")
            return ok(name, "fine")

        return name, look

    steps = [step("a", good=True), step("b", good=False), step("c", good=True)]
    checks = list(chain(steps))  # type: ignore[arg-type]
    assert asked == ["a", "b"]
    assert [(check.name, check.state) for check in checks] == [
        ("a", "ok"),
        ("b", "fail"),
        ("c", "warn"),
    ]
    assert "`b`" in checks[2].remedy
