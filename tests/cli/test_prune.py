"""`mirrord prune` by the command line: what it prints, and what it leaves alone."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirrord.cli import run
from mirrord.core.times import moment_name
from mirrord.disk.decisions import Pin, pin
from tests.fakes import QuietPulse
from tests.houses import new_house

CONFIG = """\
mirror: {mirror}
stores:
  acme:
    api:
      store_hash: abc123
      token: {{file: {mirror}/token}}
    keep:
      snapshots: {keep}
"""


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    """A house of four snapshots, of the last four days, the oldest pinned; oldest first."""
    house = new_house(tmp_path)
    (tmp_path / "token").write_text("secret")
    (tmp_path / "token").chmod(0o600)
    today = datetime.now(UTC)
    names = [moment_name((today - timedelta(days=n)).timestamp()) for n in (3, 2, 1, 0)]
    for name in names:
        folder = house.room(f"snapshots/{name}")
        folder.mkdir()
        (folder / "VERDICT.txt").write_text("verdict: COMPLETE\n\n")
        (folder / "SHA256SUMS").write_text("")
    pin(house, f"snapshots/{names[0]}", Pin("before the import", 0), QuietPulse())
    return names


def prune(tmp_path: Path, *words: str, keep: str = "{daily: 2}") -> int:
    config = tmp_path / "mirrord.yaml"
    config.write_text(CONFIG.format(mirror=tmp_path, keep=keep))
    return run(["prune", "--config", str(config), *words])


def standing(tmp_path: Path) -> list[str]:
    return sorted(one for one in os.listdir(tmp_path / "acme/snapshots") if one != "CHAIN")


def test_explain_is_a_table_of_every_point(
    tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Newest first, each with its reasons; nothing is dropped."""
    assert prune(tmp_path, "--explain") == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [
        f"keep  snapshots/{names[3]}  the newest complete one; daily 1 of 2",
        f"keep  snapshots/{names[2]}  daily 2 of 2",
        f"drop  snapshots/{names[1]}  beyond daily 2",
        f"keep  snapshots/{names[0]}  pinned: before the import",
    ]
    assert standing(tmp_path) == names


def test_a_dry_run_names_what_would_go(
    tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And only that; nothing is dropped."""
    assert prune(tmp_path, "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"drop  snapshots/{names[1]}  beyond daily 2"
    assert lines[1].startswith("acme prune: ok, kept 3, dropped 1, bytes dropped 19")
    assert standing(tmp_path) == names


def test_prune_drops_and_says_how_much(
    tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As a report, in JSON too; the second time there is nothing to drop."""
    assert prune(tmp_path, "--json") == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["counts"]["dropped"], report["details"]) == (1, {})
    assert standing(tmp_path) == [names[0], *names[2:]]
    assert prune(tmp_path) == 0
    assert "dropped" not in capsys.readouterr().out
    run(["status", "--config", str(tmp_path / "mirrord.yaml")])
    said = capsys.readouterr().out
    assert "  prune         ok, 3 points kept, 0 dropped, last good" in said
    assert " free of " in said.splitlines()[2]


def test_a_disk_that_fills_is_told_by_status(
    tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, with the days left, and in the exit code."""
    assert prune(tmp_path) == 0
    file = tmp_path / "acme/report/status.json"
    told = json.loads(file.read_bytes())
    told["jobs"] = {}
    told["disk"] |= {"days_left": 9.2, "warning": "the disk is full in about 9 days"}
    file.chmod(0o640)
    file.write_text(json.dumps(told))
    assert run(["status", "--config", str(tmp_path / "mirrord.yaml")]) == 3
    assert " the disk is full in about 9 days" in capsys.readouterr().out


def test_json_tells_every_point(
    tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In the shape that the README gives."""
    assert prune(tmp_path, "--explain", "--json") == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["details"]["points"][2] == {
        "kind": "snapshots",
        "point": f"snapshots/{names[1]}",
        "keep": False,
        "reasons": ["beyond daily 2"],
    }
    assert standing(tmp_path) == names


def test_without_a_rule_it_says_so(
    tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Fine, and nothing is dropped."""
    assert prune(tmp_path, keep="{}") == 0
    assert "no rule under `keep`" in capsys.readouterr().err
    assert standing(tmp_path) == names
