"""One dataset drawn from its store in the cheapest way that comes to the truth.

Where a sound pull stands, only what changed is asked for: it waits beside large files, or is
applied to what stands. Otherwise, or where changes alone can not tell, all of it is pulled.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from mirrord.core.changes import Kind
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.lookups import Names
from mirrord.disk.exports import Standing
from mirrord.disk.house import House
from mirrord.jobs.applying import apply
from mirrord.jobs.pulling import Base, How, Pulled, Tools, pull
from mirrord.jobs.waiting import Waiting, changes_alone, may_wait

log = logging.getLogger(__name__)


def draw(
    tools: Tools,
    house: House,
    dataset: Dataset,
    standing: Standing | None,
    base: Base | None,
    names: Names,
    started: float,
    day: str,
) -> Pulled | Waiting:
    """A finished pull, or changes that wait beside what stands; StoreError, DiskError.

    ``base``: what changes may be merged into, of ``standing``; ``day``: the name of today.
    """
    if base is None or standing is None or "standing" not in standing.receipt:
        return pull(tools, dataset, base, names, started)
    found = changes_alone(tools, dataset, base, standing.receipt)
    if isinstance(found, How):
        return pull(tools, dataset, base, names, started, found)
    has_all = not found.files and not standing.held.pending and standing.folder.name == day
    if has_all or may_wait(standing, day, started):
        return found
    try:
        return _applied(tools, house, dataset, standing, base, names, started, found)
    except ValueError as error:
        log.warning("pull before unreadable dataset=%s why=%s", dataset.name, error)
        found.discard()
        return pull(tools, dataset, None, names, started)
    except BaseException:
        found.discard()
        raise


def _applied(
    tools: Tools,
    house: House,
    dataset: Dataset,
    standing: Standing,
    base: Base,
    names: Names,
    started: float,
    found: Waiting,
) -> Pulled:
    fresh = {stem: file.staged.path for stem, file in found.files.items()}
    held = replace(base.held, fresh=fresh)
    made = apply(house, dataset, held, standing, names, tools.staging, started, tools.pulse)
    return Pulled(
        made.draft,
        made.drafted,
        How.CHANGES,
        modified=found.modified,
        seen=found.seen,
        arrived=found.arrived,
        changes=found.files,
        names=names.digest,
        facts={
            "kinds": made.kinds,
            "changes": {str(kind): found.counts[kind] for kind in Kind},
        },
    )
