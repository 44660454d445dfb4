"""What is dropped leaves nothing behind that speaks of it."""

from contextlib import closing
from pathlib import Path

from mirrord.core.manifest import sum_line
from mirrord.disk.durable import Durable
from mirrord.disk.points import old_versions
from mirrord.disk.pruning import Pruning
from tests.fakes import QuietPulse
from tests.houses import content, new_house

MOMENT = "2025-11-23T121500Z"
SUM = "0" * 64


def test_the_checksums_of_old_versions_go_with_them(tmp_path: Path) -> None:
    """Line by line, and the file with the last of them: else verify would miss what was dropped."""
    house = new_house(tmp_path)
    room = house.room("old-versions")
    for name in ("content/a\nb", "exports/x.csv"):
        (room / MOMENT / name).parent.mkdir(parents=True)
        (room / MOMENT / name).write_bytes(b"old")
    lines = [sum_line(SUM, "content/a\nb"), "damaged\n", sum_line(SUM, "exports/x.csv")]
    (room / f"{MOMENT}.SHA256SUMS").write_text("".join(lines))
    with closing(Durable(house.root)) as durable:
        pruning = Pruning(house, durable, QuietPulse())
        first, last = old_versions(house)
        pruning.drop_old_versions(last)
        assert (room / f"{MOMENT}.SHA256SUMS").read_text() == "".join(lines[:2])
        pruning.drop_old_versions(first)
    assert content(room) == {}
