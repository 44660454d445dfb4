"""Up to which pull the columns of a dataset were accepted as they are: decisions/accepted.json.

A person accepted them by an answer, or the shop was mended. What changed before is compared with
no later pull; without this file old alarms would come again for as long as a day looks back.
"""

from collections.abc import Iterable, Mapping

from mirrord.core.pulse import Pulse
from mirrord.disk.decisions import deciding, read_decision
from mirrord.disk.house import House

_ACCEPTED = "accepted"


def accepted(house: House, dataset: str) -> Mapping[str, str]:
    """By column, the moment of the last pull that is accepted; DiskError."""
    told = read_decision(house, _ACCEPTED).get(dataset, {})
    pairs = told.items() if isinstance(told, dict) else ()
    return {column: moment for column, moment in pairs if isinstance(moment, str)}


def accept(house: House, dataset: str, columns: Iterable[str], moment: str, pulse: Pulse) -> None:
    """Take these columns as they are at a moment (as folders name it); DiskError."""
    with deciding(house, _ACCEPTED, pulse) as told:
        told[dataset] = {**accepted(house, dataset), **dict.fromkeys(columns, moment)}
