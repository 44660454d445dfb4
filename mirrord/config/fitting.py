"""From a tree to values: each key is judged by its kind, and all that does not fit is told.

Nothing is raised and nothing stops at the first mistake: whoever reads it mends all at once.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, TypeVar

from mirrord.config.parts import Each, Key, Kind, Part
from mirrord.config.places import Place, Section, Unfit
from mirrord.config.wording import empty, missing, no_section, unknown
from mirrord.errors import Problem

_Whole = TypeVar("_Whole", bound=Part)


def fit(shape: type[_Whole], section: Section, problems: list[Problem]) -> _Whole | None:
    """The values of a whole section; None, and ``problems`` has them, where it does not fit."""
    told = len(problems)
    values = _values(shape, section, problems, whole=True)
    return shape(**values) if len(problems) == told else None


def misfits(shape: type[Part], section: Section) -> list[Problem]:
    """What does not fit in a section that may leave out anything."""
    problems: list[Problem] = []
    _values(shape, section, problems, whole=False)
    return problems


def _values(
    shape: type[Part], section: Section, problems: list[Problem], *, whole: bool
) -> dict[str, Any]:
    """Those that fit, by attribute, and the defaults of what is left out."""
    values: dict[str, Any] = {}
    for name, key in shape.keys.items():
        told = len(problems)
        if key.said in section:
            place = section.places[key.said]
            value = _value(key, section[key.said], place, problems, whole=whole)
            if len(problems) == told:
                values[name] = value
        elif key.has_default:
            values[name] = key.standard()
        elif whole:
            problems.append(missing(section.place, key))
    if whole:
        _judge(shape, values, section.place, problems)
    known = tuple(key.said for key in shape.keys.values())
    strange = [said for said in section if said not in known]
    problems += [unknown(section.places[said], said, (*known, *shape.besides)) for said in strange]
    return values


def _judge(
    shape: type[Part], values: dict[str, Any], place: Place, problems: list[Problem]
) -> None:
    try:
        shape.judge(values)
    except Unfit as error:
        problems.append(place.problem(str(error), error.remedy))


def _value(key: Key, value: Any, place: Place, problems: list[Problem], *, whole: bool) -> Any:
    kind = key.kind
    if isinstance(kind, Kind):
        return _parsed(kind, value, place, problems)
    if value is None and key.has_default:
        return key.default  # a group of which every line is a comment
    if not isinstance(value, Section):
        problems.append(no_section(place))
        return None
    if isinstance(kind, Each):
        return _each(kind, key, value, problems)
    if whole:
        return fit(kind, value, problems)
    return problems.extend(misfits(kind, value))


def _each(
    kind: Each, key: Key, section: Section, problems: list[Problem]
) -> MappingProxyType[str, Part]:
    if not section:
        problems.append(empty(section.place, key))
    parts = {}
    for name, value in section.items():
        place = section.places[name]
        _parsed(kind.key, name, place, problems)
        if not isinstance(value, Section):
            problems.append(no_section(place))
        elif part := fit(kind.part, value, problems):
            parts[name] = part.but(key=name)
    return MappingProxyType(parts)


def _parsed(kind: Kind, value: Any, place: Place, problems: list[Problem]) -> Any:
    try:
        return kind.parse(value)
    except ValueError as error:
        problems.append(place.problem(str(error), getattr(error, "remedy", "")))
        return None
