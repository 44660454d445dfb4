"""The tombstones of erasures, in decisions/erasures.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.core.tombstones import Tombstone, read, told
from mirrord.disk.decisions import deciding, read_decision
from mirrord.disk.house import House
from mirrord.errors import DiskError

_NAME = "erasures"


def set_stone(house: House, stone: Tombstone, facts: Mapping[str, Any], pulse: Pulse) -> None:
    """Remember an erasure for good, with facts about it that name nobody. DiskError."""
    with deciding(house, _NAME, pulse) as stones:
        stones[moment_name(stone.at)] = {**facts, **told(stone)}


def tombstones(house: House) -> list[Tombstone]:
    """All of them, the oldest first; DiskError where they can not be read."""
    kept = read_decision(house, _NAME)
    try:
        return [read(kept[moment]) for moment in sorted(kept)]
    except (KeyError, TypeError, ValueError) as error:
        raise DiskError(
            f"{house.room(f'decisions/{_NAME}.json')} is damaged: copy it back from a backup, or "
            "those who were erased may come back"
        ) from error
