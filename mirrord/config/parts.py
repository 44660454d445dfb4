"""What a section of the config is: keys, each of a kind, with a default or without.

A class says it, as a person reads it::

    class Guard(Part):
        floor: Annotated[int, Whole(1, 1_000_000)] = 20

A library that does the same (pydantic) took 80 ms of CPU at every start, as long as all else that
`mirrord status` does; the ten classes of :mod:`.values` need little of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass
from typing import (
    Annotated,
    Any,
    ClassVar,
    NoReturn,
    Self,
    dataclass_transform,
    get_args,
    get_origin,
)

#: Instead of a default: the key must be said.
REQUIRED: Any = object()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value: ``parse`` makes it or raises ValueError in words; ``schema`` is its form.

    Stands in ``Annotated[type, kind]``.
    """

    parse: Callable[[Any], Any]
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Each:
    """A mapping of parts, each under a key of this kind, which becomes its ``key``; never empty."""

    key: Kind
    part: type[Part]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section: its name in the config, what its value must be, its default."""

    said: str
    kind: Kind | Each | type[Part]
    default: Any
    example: Any

    @property
    def has_default(self) -> bool:
        """Whether it may be left out."""
        return self.default is not REQUIRED

    def standard(self) -> Any:
        """The value where nothing is said; never of a key that must be said."""
        if self.default is None or not isinstance(self.kind, Kind):
            return self.default
        return self.kind.parse(self.default)


@dataclass(frozen=True, slots=True)
class _Field:
    default: Any
    example: Any
    alias: str | None


def Field(  # noqa: N802 - stands where a default stands
    *, default: Any = REQUIRED, example: Any = None, alias: str | None = None
) -> Any:
    """What else is to be said of a key; ``alias`` is its name in the config."""
    return _Field(default, example, alias)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
class Part:
    """The values of one section, frozen. A key is an attribute with a kind, or a part itself.

    Built by name, with defaults for what is left out; what is given must have been judged.
    """

    keys: ClassVar[Mapping[str, Key]] = {}
    #: Names that may stand in the section and are taken out of it before it is judged.
    besides: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = {}
        for name, hint in cls.__annotations__.items():
            kind = _kind(hint)
            if kind is not None:
                said = cls.__dict__.get(name, REQUIRED)
                field = said if isinstance(said, _Field) else _Field(said, None, None)
                own[name] = Key(field.alias or name, kind, field.default, field.example)
        cls.keys = {**cls.keys, **own}

    def __init__(self, **values: Any) -> None:
        for name, key in self.keys.items():
            if name not in values:
                values[name] = key.standard()
        self.__dict__.update(values)

    @classmethod
    def judge(cls, values: Mapping[str, Any]) -> None:
        """Unfit where the values do not go together; those that do not fit are not among them."""

    def but(self, **changes: Any) -> Self:
        """The same values, some of them replaced."""
        return type(self)(**{**vars(self), **changes})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"{name} of a config is never changed")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


def _kind(hint: Any) -> Kind | Each | type[Part] | None:
    """What an attribute's annotation says of the value; None where it is no key of the config."""
    if get_origin(hint) is Annotated:
        kind: Kind | Each = hint.__metadata__[0]
        return kind
    for one in (hint, *get_args(hint)):
        if isinstance(one, type) and issubclass(one, Part):
            return one
    return None
