"""Whether the ledger was lost: a room of its own, since what makes it anew is seldom needed."""

import os

from mirrord.core.names import is_dropping
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.manifest import MANIFEST, SUMS

LEDGER = ".mirrord/ledger.db"


def ledger_is_gone(house: House) -> bool:
    """Whether there is no ledger although something is held: it must not be taken for new."""
    ledger = house.room(LEDGER)
    with disk_errors(f"looking for {ledger}"):
        if ledger.exists() and ledger.stat().st_size:
            return False
        if any(house.room(paper).exists() for paper in (MANIFEST, SUMS)):
            return True
        return any(not is_dropping(name) for name in os.listdir(house.room("files")))
