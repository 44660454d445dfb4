"""Cuts of the power under the real program, on real filesystems: see :mod:`tests.faults.power`.

``MIRRORD_CUTS=1000`` for the full count on ext4, of which a fifth is made on XFS.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.laws.examples import fast_disk
from tests.system.shop import environment

CUTS = int(os.environ.get("MIRRORD_CUTS", "5"))
SEED = int(os.environ.get("MIRRORD_SEED", "20261201"))

pytestmark = pytest.mark.timeout(120 + 4 * CUTS)


def cut(kind: str, cuts: int, folder: Path, *more: str) -> Mapping[str, Any]:
    """What so many cuts brought to light."""
    missing = [one for one in ("mkfs.xfs", "mkfs.ext4", "unshare") if not shutil.which(one)]
    if os.geteuid() != 0 or missing:
        pytest.skip("needs root, xfsprogs and e2fsprogs, to cut the power of a disk")
    own = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk (CAP_SYS_ADMIN)")
    words = ["-m", "tests.faults.power", kind, str(cuts), str(SEED), str(folder), *more]
    done = subprocess.run(
        [*own, sys.executable, *words],
        env=environment(PYTHONPATH=os.getcwd()),
        capture_output=True,
        text=True,
        check=False,
    )
    if "loop device" in done.stderr:
        pytest.skip("needs loop devices")
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    print(kind, told)
    return told


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the images of the disks lie: in memory, where there is some."""
    with TemporaryDirectory(dir=fast_disk()) as place:
        yield Path(place)


@pytest.mark.parametrize(
    ("kind", "share"), [("ext4-late", 1), ("ext4", 1), ("xfs", 5)], ids=["late", "ext4", "xfs"]
)
def test_a_power_cut_tears_nothing_and_loses_nothing_promised(
    kind: str, share: int, folder: Path
) -> None:
    """Whatever a finished run had taken is there, and the next run heals the rest."""
    cuts = max(4, CUTS // share)
    told = cut(kind, cuts, folder)
    assert (told["cuts"], told["found"]) == (cuts, {})
    assert told["runs"] > cuts / 10, "the writer hardly wrote"


@pytest.mark.parametrize("kind", ["ext4-late", "ext4", "xfs"])
def test_without_its_syncs_the_same_program_fails(kind: str, folder: Path) -> None:
    """What makes the others pass is the order of writing and syncing, and not luck."""
    found = cut(kind, 4, folder, "unsynced")["found"]
    assert found.keys() >= {"torn", "promised and lost", "the ledger names what is not there"}
