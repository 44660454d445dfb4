"""What a sync reads again though nothing says that it changed, so that a silent change is found."""

from collections.abc import Iterator

from mirrord.core.entry import Entry
from mirrord.disk.ledger import Ledger

#: Every run reads again this share of the files, and at least so many: of those of which nothing
#: but the size speaks, and of all others. So a silent change is found within 20 or 400 runs.
_REREAD_DOUBTFUL, _REREAD_OTHERS = (1 / 20, 20), (1 / 400, 5)


def sample(ledger: Ledger, now: int) -> Iterator[Entry]:
    """What this run reads again though nothing says that it changed, as listed now."""
    doubtful = ledger.least_checked(*_REREAD_DOUBTFUL, doubtful=True)
    others = ledger.least_checked(*_REREAD_OTHERS, doubtful=False)
    for held in (*doubtful, *others):
        entry = ledger.listing.at(held.path)
        if entry is not None and held.checked < now:
            yield entry
