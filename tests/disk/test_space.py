"""The samples of free space: few, and never a reason to fail."""

from pathlib import Path

import pytest

from mirrord.core.space import Sample
from mirrord.disk.space import measured, sampled
from tests.houses import NOW, new_house


def test_samples_are_kept_from_run_to_run(tmp_path: Path) -> None:
    """Six hours apart, on disk."""
    house = new_house(tmp_path)
    for hours in (0, 1, 6, 7):
        samples = sampled(house, Sample(NOW + hours * 3_600, 1_000 - hours))
    assert samples == (Sample(NOW, 1_000), Sample(NOW + 6 * 3_600, 994))


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"a": 1}', b"[[1]]", b"null"])
def test_damaged_samples_begin_anew(tmp_path: Path, damage: bytes) -> None:
    """A forecast is not worth a failed run."""
    house = new_house(tmp_path)
    house.room("decisions/space.json").write_bytes(damage)
    assert sampled(house, Sample(NOW, 5)) == (Sample(NOW, 5),)
    assert sampled(house, Sample(NOW + 21_600, 4)) == (Sample(NOW, 5), Sample(NOW + 21_600, 4))


def test_what_is_free_is_what_the_disk_says(tmp_path: Path) -> None:
    """Never more than there is."""
    now, total = measured(new_house(tmp_path), NOW)
    assert (now.at, 0 <= now.free <= total) == (NOW, True)
