"""The clock jumps, and the real jobs go on: nothing dated is overwritten, changed or lost."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.entry import TreePath
from mirrord.core.records import split_page
from mirrord.core.report import Outcome
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from tests.fakes import QuietPulse
from tests.fakes_records import MemorySource
from tests.houses import NOW, content
from tests.laws.world import DAY, YEAR, World

LONDON = ZoneInfo("Europe/London")


def london(*when: int) -> float:
    """A moment of London's clocks."""
    year, month, day, hour, minute = when
    return datetime(year, month, day, hour, minute, tzinfo=LONDON).timestamp()


#: Where the clock stands at each round of a sync and an export.
JUMPS: dict[str, list[float]] = {
    "a day ahead and back": [NOW, NOW + DAY, NOW + 600],
    "a year ahead and back": [NOW, NOW + YEAR, NOW + 600],
    "back to 1970 and forth": [NOW, 0.0, NOW + 600],
    "from 1970 to now": [0.0, NOW, NOW + 600],
    "over the gap of spring": [london(2026, 3, 29, 0, 58), london(2026, 3, 29, 2, 1)],
    "twice through the hour of autumn": [
        london(2026, 10, 25, 1, 58),
        london(2026, 10, 25, 1, 58) + 3600,
        london(2026, 10, 25, 2, 1),
    ],
    "the same second twice": [NOW, NOW - 60, NOW],
    "over midnight and back": [london(2026, 10, 24, 23, 59), london(2026, 10, 25, 0, 1)] * 2,
}


class House:
    """A house whose store changes in every round."""

    def __init__(self, home: Path) -> None:
        self.world = World(home)
        self.round = 0

    def work(self, at: float) -> None:
        """A sync and a pull of the orders at one moment."""
        self.round += 1
        for name in ("changed", f"new {self.round}"):
            path = TreePath.of(["content", name])
            self.world.shop.write(path, b"%d" % self.round, etag=True, modified=True)
        self.world.now = at
        assert self.world.sync().clean
        assert self.export(at).outcome is Outcome.OK

    def export(self, at: float) -> "object":
        """Every order has this round's note."""
        orders = [{"id": n, "staff_notes": f"{self.round}", "status_id": 10} for n in (1, 2)]
        source = MemorySource({"orders": split_page(json.dumps(orders), "a test").records})
        clock: Callable[[], float] = lambda: at  # noqa: E731
        plan = Plan("orders", (DATASETS["orders"],), "REST API", LONDON, 7 * 86_400)
        job = Export(self.world.house, source, plan, clock)
        return job.run(QuietPulse())

    def dated(self) -> dict[str, dict[str, tuple[int, bytes | None]]]:
        """Every dated folder of exports/ and old-versions/ with what is in it, and its times."""
        found = {}
        for room in ("exports", "old-versions"):
            for folder in self.world.house.room(room).glob("[0-9]*[0-9Z]"):
                found[f"{room}/{folder.name}"] = {
                    name: ((folder / name).stat().st_mtime_ns, body)
                    for name, body in content(folder).items()
                }
        return found


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_of_the_clock_loses_no_dated_folder(jump: str, tmp_path: Path) -> None:
    """What was dated before stays as it is; only the newest day of the exports takes more in."""
    house = House(tmp_path)
    for at in JUMPS[jump]:
        before = house.dated()
        newest = max((name for name in before if name.startswith("exports/")), default="")
        house.work(at)
        after = house.dated()
        assert before.keys() <= after.keys()
        assert [name for name in before if before[name] != after[name]] in ([], [newest])
        assert sum(name.startswith("old-versions/") for name in after) == house.round - 1
        changes = house.world.house.room("exports").glob("[0-9]*/changes/*")
        assert len([*changes]) == house.round - 1, "every pull but the first tells what it changed"
