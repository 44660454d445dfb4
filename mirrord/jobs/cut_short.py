"""What a sync that was cut had placed and could not record: it is ours, and is recorded now.

Else a file that the store has lost meanwhile would stay in files/ unknown, and be taken for
somebody else's.
"""

import logging
import os

from mirrord.core.pulse import Pulse
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import closing_fd
from mirrord.disk.steps import FOLDER
from mirrord.disk.tree import Tree

log = logging.getLogger(__name__)


def adopt(house: House, ledger: Ledger, tree: Tree, pulse: Pulse) -> None:
    """Record what was announced and lies there, byte for byte; forget the rest. DiskError."""
    announced = ledger.announced.left()
    if not announced:
        return
    from mirrord.disk.wounds import hash_of  # few runs were cut

    gone = {*tree.lost((one.local, False, one.size, one.mtime) for one in announced)}
    with disk_errors(f"opening {house.root}"), closing_fd(os.open(house.root, FOLDER)) as root:
        there = [
            one
            for one in announced
            if one.local not in gone and hash_of(root, f"files/{one.local}", pulse)[0] == one.sha256
        ]
    if there:
        tree.make_durable()
        ledger.record(there)
        log.info("taken over from a run that was cut store=%s files=%d", house.key, len(there))
    ledger.announced.clear()
