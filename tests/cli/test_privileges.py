"""Root becomes the mirror's owner; everyone else stays who he is, and only the owner writes."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.cli.privileges import Owner, as_owner
from mirrord.config import load
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import MARKER, make_marker
from tests.cli.machines import STRANGER, Machine, everyones_python, machine, mirrord, needs_root


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small sample store."""
    with SampleStore(tmp_path / "shop", sizes=Sizes(3, 3, 3), quota=100_000) as store:
        yield store


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    """An interpreter outside of root's home."""
    needs_root()
    with everyones_python() as python:
        yield python


@pytest.fixture
def strangers(store: SampleStore) -> Iterator[Machine]:
    """Root's config, and a mirror that a service user owns."""
    needs_root()
    with machine(store, STRANGER) as one:
        make_marker(one.mirror)
        os.chown(one.mirror / MARKER, STRANGER, STRANGER)
        yield one


def test_root_works_as_the_owner_with_secrets_that_the_owner_can_not_read(
    strangers: Machine, python: str
) -> None:
    """Not one file of root's comes into the mirror, and every job runs."""
    ran = [
        mirrord("--config", strangers.config, command, python=python)
        for command in ("sync", "export")
    ]
    owners = {(p.lstat().st_uid, p.lstat().st_gid) for p in strangers.mirror.rglob("*")}
    assert [(one.returncode, one.stderr) for one in ran if one.returncode] == []
    assert (strangers.mirror / "acme/exports/latest/orders.csv").is_file()
    assert owners == {(STRANGER, STRANGER)}


def test_a_stranger_may_look_and_not_write(strangers: Machine, python: str) -> None:
    """Writing commands refuse with 6; `status` works for whoever may read the mirror."""
    mirrord("--config", strangers.config, "sync", python=python)
    for path in (strangers.home, strangers.mirror, strangers.mirror / "acme"):
        path.chmod(0o755)
    strangers.config.chmod(0o644)
    (strangers.mirror / "acme/report").chmod(0o755)
    (strangers.mirror / "acme/report/status.json").chmod(0o644)
    told = {
        command: mirrord("--config", strangers.config, command, user=STRANGER + 1, python=python)
        for command in ("sync", "export", "status")
    }
    assert [told[command].returncode for command in ("sync", "export", "status")] == [6, 6, 3]
    assert "belongs to user id 54321" in told["sync"].stderr
    assert "files" in told["status"].stdout


def test_a_stranger_is_not_told_that_no_daemon_runs(strangers: Machine, python: str) -> None:
    """Its lock is for its owner's eyes: status says so, and where to look."""
    mirrord("--config", strangers.config, "sync", python=python)
    for path in (strangers.home, strangers.mirror / "acme", strangers.mirror / "acme/decisions"):
        path.chmod(0o755)
    (strangers.mirror / "acme/decisions/run.lock").touch(0o600)
    strangers.config.chmod(0o644)
    strangers.mirror.chmod(0o755)
    told = mirrord("--config", strangers.config, "status", user=STRANGER + 1, python=python)
    words = r"^  daemon +can not be told from here: systemctl status mirrord$"
    assert re.search(words, told.stdout, re.MULTILINE)


@pytest.mark.parametrize("words", [["init", "--add", "acme"], ["sync"], ["doctor"]])
def test_who_may_not_read_the_config_is_told_to_run_the_command_as_root(
    strangers: Machine, python: str, words: list[str]
) -> None:
    """With 78, whatever the command; nothing is asked."""
    told = mirrord("--config", strangers.config, *words, user=STRANGER + 1, python=python)
    said = told.stdout + told.stderr
    assert (told.returncode, "run the command as root" in said) == (78, True)
    assert "Traceback" not in said


def test_a_secret_that_can_not_be_read_stops_its_own_job_alone(
    strangers: Machine, python: str
) -> None:
    """It is read before stepping down; why it could not be is told where it is needed."""
    (strangers.home / "token").unlink()
    ran = [
        mirrord("--config", strangers.config, *command, python=python)
        for command in (("sync",), ("export", "orders"))
    ]
    assert [one.returncode for one in ran] == [0, 78]
    assert "there is no" in ran[1].stderr


def test_without_a_marker_nobody_steps_down_and_nothing_is_made(strangers: Machine) -> None:
    """The disk is not mounted: the command says so."""
    (strangers.mirror / MARKER).unlink()
    ran = mirrord("--config", strangers.config, "sync")
    assert (ran.returncode, list(strangers.mirror.iterdir())) == (6, [])
    assert "no marker" in ran.stderr


def test_an_owner_who_can_not_reach_the_program_is_told_where_to_install_it(
    strangers: Machine, python: str
) -> None:
    """An interpreter in root's home would fail later, in the middle of a job."""
    hidden = strangers.home / "venv"
    shutil.copytree(Path(python).parents[1], hidden, symlinks=True)
    (hidden / "bin/python").unlink()
    shutil.copy("/usr/bin/python3", hidden / "bin/python")
    ran = mirrord("--config", strangers.config, "sync", python=str(hidden / "bin/python"))
    assert (ran.returncode, "/opt/mirrord" in ran.stderr) == (6, True)
    assert not (strangers.mirror / "acme").exists()


def test_whoever_is_the_owner_stays_as_he_is(store: SampleStore) -> None:
    """Nothing is read ahead where nothing is given up."""
    with machine(store) as one:
        make_marker(one.mirror)
        config = load(one.config)
        assert as_owner(config) is config


def test_a_user_without_a_name_has_the_group_of_the_marker(strangers: Machine) -> None:
    """A NAS knows numbers only; a known user brings its own groups."""
    os.chown(strangers.mirror / MARKER, STRANGER, 54_999)
    root = Owner.of(os.stat("/"))
    assert Owner.of((strangers.mirror / MARKER).stat()) == Owner(STRANGER, 54_999, (54_999,))
    assert (root.uid, root.gid, 0 in root.groups, str(root)) == (0, 0, True, "root:root")
