"""`mirrord status`: what is at risk, as a person and as a program sees it."""

import json
import time
from pathlib import Path

import pytest

from mirrord.cli import run
from mirrord.config import load
from mirrord.disk.house import House
from mirrord.jobs.at_risk import note_orders
from mirrord.jobs.pulse import Heart
from mirrord.jobs.status import open_diary, write_status
from tests.houses import new_house

CONFIG = """\
mirror: {mirror}
stores:
  acme:
    api: {{store_hash: abc123, token: {{credential: acme-token}}}}
    schedule: {{orders: {{max_at_risk: {most}}}}}
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty house."""
    return new_house(tmp_path)


def pulled(house: House, ago: float, most: int) -> list[str]:
    """A pull so many seconds ago, of a shop that takes 48 orders an hour; how to ask for it."""
    since = time.time() - ago
    note_orders(house, [since - 37.5 - 75 * number for number in range(900)], since, since + 5)
    file = house.mirror / "mirrord.yaml"
    file.write_text(CONFIG.format(mirror=house.mirror, most=most))
    config = load(file)
    with open_diary(house) as diary:
        write_status(house, config.stores["acme"], diary, config.timezone, time.time(), Heart())
    return ["status", "--config", str(file)]


def test_the_orders_at_risk_now_are_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Reckoned at the moment of the question, not of the last run."""
    status = pulled(house, 900, most=25)
    run(status)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "at risk now" in line]
    words = line.split()
    assert line.startswith("  at risk       about 1")
    assert 11 <= int(words[3]) <= 14
    assert line.endswith(" an hour, last pull 15 min ago)")
    run([*status, "--json"])
    (told,) = json.loads(capsys.readouterr().out)
    assert told["at_risk"].keys() == {"per_hour", "since", "most", "now", "too_many"}
    assert (told["at_risk"]["most"], told["at_risk"]["too_many"]) == (25, False)


def test_more_at_risk_than_was_allowed_is_worth_a_look(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody pulled for an hour."""
    status = pulled(house, 3_600, most=25)
    assert run(status) == 3
    assert "more than max_at_risk: 25" in capsys.readouterr().out


def test_without_a_pull_of_orders_nothing_is_said_of_them(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even a zero, which would be a promise."""
    status = pulled(house, 60, most=25)
    house.room("report/arrivals.json").unlink()
    config = load(house.mirror / "mirrord.yaml")
    with open_diary(house) as diary:
        write_status(house, config.stores["acme"], diary, config.timezone, time.time(), Heart())
    run([*status, "--json"])
    assert json.loads(capsys.readouterr().out)[0]["at_risk"] is None
    run(status)
    assert "at risk now" not in capsys.readouterr().out


def test_every_job_has_its_line_on_one_screen(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words begin in one column; what is taken of the shop comes before what is done with it."""
    run(pulled(house, 900, most=25))
    lines = capsys.readouterr().out.splitlines()[1:]
    assert {line[2:15].rstrip() == line[2:16].rstrip() for line in lines} == {True}
    assert {line[16] != " " for line in lines} == {True}
    first = [line.split()[0] for line in lines]
    jobs = ["products", "customers", "orders", "more", "order_details", "themes", "filing"]
    assert first == [
        "daemon",
        "disk",
        *jobs,
        "snapshot",
        "verify",
        "at",
        "points",
        "off-site",
    ]
