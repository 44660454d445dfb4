"""How many records the store says it has, and whether a pull is complete by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mirrord.core.columns.forms import fields_of, objects
from mirrord.core.datasets.kinds import Counting, Standing
from mirrord.core.jsontext import Json
from mirrord.core.records import Record
from mirrord.errors import AnswerBroken

#: No shop has so many of anything; a count is shown in messages.
_COUNTLESS = 10**12


def total_of(path: str, **query: str) -> Counting:
    """A v3 list says in every answer how many records it has: one of one record is the cheapest."""
    return Counting(path, {"limit": "1", **query}, pagination_total)


def pagination_total(body: Mapping[str, Json]) -> int:
    """``meta.pagination.total`` of a v3 answer; AnswerBroken."""
    total = fields_of(fields_of(body.get("meta")).get("pagination")).get("total")
    return _whole(total)


def placed_orders(body: Mapping[str, Json]) -> int:
    """All statuses but 0 (Incomplete): whether that one is in the total is not documented."""
    return sum(
        _whole(status.get("count"))
        for status in objects(body.get("statuses"))
        if status.get("id") != 0
    )


def plain_count(body: Mapping[str, Json]) -> int:
    """``{"count": 12}``, as v2's counts say it; AnswerBroken."""
    return _whole(body.get("count"))


def order_standing(order: Record) -> Standing:
    """Incomplete orders are left out on both sides; archived ones may be counted or not."""
    if is_incomplete(order):
        return Standing.NOT
    return Standing.MAYBE if order.fields.get("is_deleted") is True else Standing.COUNTED


def is_incomplete(order: Record) -> bool:
    """An abandoned checkout, status 0."""
    return order.fields.get("status_id") == 0


def why_incomplete(seen: Counter[Standing], before: int, after: int) -> str:
    """``""`` for a complete pull, else the reason in words.

    Complete: the number of distinct ids lies between the store's count before and after. Whether
    the store counts its archived orders is not documented, so that both answers are accepted:
    with all of them or with none.
    """
    low, high = sorted((before, after))
    sure = seen[Standing.COUNTED]
    both = sorted({sure, sure + seen[Standing.MAYBE]})
    if any(low <= number <= high for number in both):
        return ""
    held = " or ".join(str(number) for number in both)
    told = str(low) if low == high else f"{low} to {high}"
    return f"{held} records came, but the store counts {told}"


def _whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _COUNTLESS:
        raise AnswerBroken("the store's count is no number; see whether api.url is right")
    return value
