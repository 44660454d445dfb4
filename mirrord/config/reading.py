"""Strict YAML: from a file's bytes to a tree that knows the line of every key.

Every scalar stays the text that the user wrote (``no``, ``22:22``, ``0123``, ``2026-11-23``); only
an unquoted ``null``, ``~`` or nothing is None. What a text means is decided where its type is
known. Aliases, tags, repeated keys and more than one document are refused; all of a file's problems
come at once, but for a syntax error, after which nothing can be said. A message never repeats a
line of the file, which may hold a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mirrord.config.places import Place, Section, Series, sayable
from mirrord.errors import Problem

_LARGEST = 1024 * 1024
_DEEPEST = 20
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_REMEDY = "write the value itself, or put what all stores share under `defaults:`"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file gave: its tree, None where it could not be read, and what is wrong with it."""

    tree: Section | None
    problems: tuple[Problem, ...] = ()


def unreadable(place: Place, error: OSError) -> Problem:
    """What to say of a file or folder of the config that can not be read."""
    remedy = "run the command as root" if isinstance(error, PermissionError) else ""
    return place.problem(f"can not be read ({error.strerror})", remedy)


def read(path: Path) -> Reading:
    """Read one config file; what goes wrong is in the answer, nothing is raised."""
    place = Place(str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return Reading(None, (place.problem("no such file", "name the config with --config"),))
    except OSError as error:
        return Reading(None, (unreadable(place, error),))
    if len(raw) > _LARGEST:
        return Reading(None, (place.problem("larger than 1 MiB", "split it into stores.d/"),))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Reading(None, (Problem(place.file, line, "not UTF-8 text", "save it as UTF-8"),))
    return _parse(text, place)


def _parse(text: str, place: Place) -> Reading:
    top = Place(place.file, 1)
    problems: list[Problem] = []
    try:
        node = _StrictLoader(text, place.file, problems).only_document()
    except yaml.YAMLError as error:
        fatal = Problem(place.file, _line_of(error, text), f"not YAML: {_why(error)}")
        return Reading(None, (*problems, fatal))
    except (ValueError, OverflowError):
        # PyYAML lets chr() and int() speak for themselves: "\UFFFFFFFF", %YAML 9999...
        return Reading(None, (*problems, place.problem("not YAML: a number out of range")))
    if node is None:
        return Reading(None, (place.problem("the file is empty", "see the sample config"),))
    tree = _tree(node, top, problems)
    if not isinstance(tree, Section):
        shape = top.problem("not keys and values", "begin with `mirror: /srv/mirrord`")
        return Reading(None, (*problems, shape))
    return Reading(tree, tuple(problems))


def _line_of(error: yaml.YAMLError, text: str) -> int | None:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return int(error.problem_mark.line) + 1
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else None


def _why(error: yaml.YAMLError) -> str:
    # str(error) would show the offending line
    problem = getattr(error, "problem", None) or "a character that no text file holds"
    # of PyYAML's own sentences only these hold a word of the file: `!pass!word`
    return "a tag (`!name`)" if "tag handle" in problem else str(problem)


class _StrictLoader(yaml.SafeLoader):
    """Composes nodes only: their values are the text as written, YAML's types are never asked.

    Notes what is refused and goes on, so that all of it is told at once.
    """

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        super().__init__(text)
        self.file = file
        self.problems = problems
        self.depth = 0

    def only_document(self) -> yaml.Node | None:
        """The first document's root, None for an empty file; a second one is noted."""
        if not self.check_node():
            return None
        node = self.get_node()
        if not self.check_event(yaml.StreamEndEvent):
            self._refuse(self._next(), "a second document", "take out the `---`")
        return node

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self._next()
        mark = event.start_mark
        if self.depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deep", problem_mark=mark)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "an alias (`*name`)", _REMEDY)
            self.get_event()  # type: ignore[no-untyped-call]
            return yaml.ScalarNode("", "", mark, mark, style='"')
        if event.anchor is not None:
            self._refuse(event, "an anchor (`&name`)", _REMEDY)
            event.anchor = None  # one that comes twice would end the reading
        if event.tag is not None:
            self._refuse(event, "a tag (`!name`)", "write the value in quotes")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _next(self) -> Any:
        return self.peek_event()  # type: ignore[no-untyped-call] # the stubs leave events out

    def _refuse(self, event: Any, what: str, remedy: str) -> None:
        line = event.start_mark.line + 1
        self.problems.append(Problem(self.file, line, f"{what} is not taken here", remedy))


def _tree(node: Any, place: Place, problems: list[Problem]) -> Section | Series | str | None:
    if isinstance(node, yaml.MappingNode):
        return _section(node, place, problems)
    if isinstance(node, yaml.SequenceNode):
        return Series(
            _tree(child, place.below(number, place.line), problems)
            for number, child in enumerate(node.value)
        )
    return None if node.style is None and node.value in _NULLS else str(node.value)


def _section(node: yaml.MappingNode, place: Place, problems: list[Problem]) -> Section:
    section = Section(place)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        here = Place(place.file, line, place.path)
        key = _tree(key_node, here, problems)
        if not isinstance(key, str) or not key:
            problems.append(here.problem("a key must be text", "write `key: value`"))
            continue
        if key in section:
            name = f"`{key}`" if sayable(key) else "a key"
            first = section.places[key].line
            problems.append(here.problem(f"{name} stands here twice (first in line {first})"))
            continue
        below = place.below(key, line)
        section.put(key, _tree(value_node, below, problems), below)
    return section
