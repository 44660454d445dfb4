"""The config: strict YAML to frozen values, every problem at once, each with its place.

::

    reading   bytes -> tree that knows its lines      merging   stores.d, defaults beneath stores
    values    every key, as frozen values (kinds)    parts     how such values are declared
    fitting   tree -> values, or what does not fit   wording   saying so in plain words
    secrets   where a secret is, and its reading     schema    the same for editors

It never touches the mirror or the network, and loading reads no secret.
"""

from __future__ import annotations

from pathlib import Path

from mirrord.config.fitting import fit, misfits
from mirrord.config.merging import join_stores, lay_beneath, take_defaults
from mirrord.config.places import Place, Section
from mirrord.config.reading import read, unreadable
from mirrord.config.secrets import Secret
from mirrord.config.values import Api, Config, Guard, Keep, Retention, Schedule, Store, Webdav
from mirrord.errors import ConfigError, Problem

__all__ = [
    "Api",
    "Config",
    "Guard",
    "Keep",
    "Retention",
    "Schedule",
    "Secret",
    "Store",
    "Webdav",
    "load",
]


def load(path: str | Path) -> Config:
    """The config in a YAML file and in ``stores.d/*.yaml`` beside it.

    ConfigError with every problem, by file and line; where a file can not be read as YAML at all,
    only with the problems of reading.
    """
    path = Path(path)
    names, problems = _parts(path.parent / "stores.d")
    readings = [read(name) for name in (path, *names)]
    problems += [problem for reading in readings for problem in reading.problems]
    trees = [reading.tree for reading in readings if reading.tree is not None]
    config = None
    if len(trees) == len(readings):
        config, told = _judge(trees[0], trees[1:])
        # what was refused in reading does not fit either: one sentence for one mistake
        refused = {(problem.file, problem.line) for problem in problems}
        problems += [problem for problem in told if (problem.file, problem.line) not in refused]
    if problems or config is None:
        by_place = sorted(problems, key=lambda problem: (problem.file, problem.line or 0))
        raise ConfigError(*dict.fromkeys(by_place))
    return config


def _judge(main: Section, parts: list[Section]) -> tuple[Config | None, list[Problem]]:
    """The values of whole trees, or what does not fit; a default's problem once for each store."""
    problems = list(join_stores(main, parts))
    defaults, refused = take_defaults(main)
    problems += refused
    lay_beneath(defaults, main)
    problems += misfits(Store, defaults)
    return fit(Config, main, problems), problems


def _parts(folder: Path) -> tuple[list[Path], list[Problem]]:
    """The files of stores.d, by name; one that its writer takes for read is a problem."""
    try:
        names = sorted(name for name in folder.iterdir() if not name.name.startswith("."))
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [unreadable(Place(str(folder)), error)]
    passed = [Place(str(name)) for name in names if name.suffix in (".yml", ".json")]
    problems = [place.problem("not read", "name it *.yaml, or move it away") for place in passed]
    return [name for name in names if name.suffix == ".yaml"], problems
