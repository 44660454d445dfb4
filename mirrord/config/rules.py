"""The kinds of values that say when something is due, as :mod:`.kinds` has those of all else."""

from __future__ import annotations

from typing import Any

from mirrord.config.kinds import Duration, Text, Whole, said
from mirrord.config.parts import Kind
from mirrord.config.places import Unfit
from mirrord.core.schedule import AtRisk, Cron, Every, parse_rule

_MOST_AT_RISK = Whole(1, 1_000_000)
#: The longest and the shortest interval where nothing is said of them.
_EVERY, _AT_LEAST = "15m", 60


def _rule(value: Any) -> Every | Cron:
    if isinstance(value, Every | Cron):
        return value
    text: str = Text.parse(value)
    try:
        return parse_rule(text)
    except ValueError as error:
        unit = f"did you mean {text}m or {text}h?" if text.isdecimal() else ""
        raise Unfit(f"{said(text)}: {error}", unit) from None


def _orders(value: Any) -> Every | Cron | AtRisk:
    """A rule as any other, or one that follows the orders."""
    if isinstance(value, AtRisk) or not isinstance(value, dict):
        return value if isinstance(value, AtRisk) else _rule(value)
    remedy = "write it like {every: 15m, max_at_risk: 25, at_least: 1m}"
    for key in value:
        if key not in ("every", "max_at_risk", "at_least"):
            raise Unfit("a key that is not known here", remedy)
    if "max_at_risk" not in value:
        raise Unfit("`max_at_risk` is missing: how many orders may be unsaved", remedy)
    most = _MOST_AT_RISK.parse(value["max_at_risk"])
    every = Duration.parse(value.get("every", _EVERY))
    at_least = Duration.parse(value["at_least"]) if "at_least" in value else min(_AT_LEAST, every)
    try:
        return AtRisk(most, every, at_least)
    except ValueError as error:
        raise Unfit(f"{error}", remedy) from None


RuleText = Kind(_rule, {"type": "string", "minLength": 2})
OrdersRule = Kind(
    _orders,
    {
        "oneOf": [
            RuleText.schema,
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["max_at_risk"],
                "properties": {
                    "max_at_risk": _MOST_AT_RISK.schema
                    | {"description": "so many orders may be unsaved"},
                    "every": Duration.schema
                    | {"default": _EVERY, "description": "the longest interval"},
                    "at_least": Duration.schema
                    | {"default": "1m", "description": "the shortest interval"},
                },
            },
        ]
    },
)
