"""What the control panel saved in the store's exports/ folder, as far as files/ holds it.

Apart from filing, since every sync asks whether there is anything to file, and mostly there is not.
"""

from mirrord.core.entry import Held, Kind, TreePath
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.inbox import read_note, state_of
from mirrord.disk.ledger import Ledger
from mirrord.disk.lost_ledger import LEDGER

_EXPORTS = TreePath("exports")
#: What the control panel may have written there; all else is mirrored like any file.
_ENDINGS = (".csv", ".xml", ".txt", ".tsv")


def has_news(house: House) -> bool:
    """Whether exports below the store's exports/ were not gone through yet; DiskError."""
    listed = stored_exports(house)
    return bool(listed) and read_note(house).seen != state_of(listed)


def stored_exports(house: House) -> list[Held]:
    """The exports that are held below the store's exports/; none where the ledger is gone."""
    ledger = house.room(LEDGER)
    with disk_errors(f"reading {ledger}"):
        is_there = ledger.exists()
    if not is_there:
        return []
    with Ledger(ledger) as opened:
        below = opened.held_below(_EXPORTS)
    files = [held for held in below if held.entry.kind is Kind.FILE]
    named = [held for held in files if held.path.lower().endswith(_ENDINGS)]
    return sorted(named, key=lambda held: held.path)
