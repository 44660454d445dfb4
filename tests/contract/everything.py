"""Every question that the product has for a store's API, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from string import Formatter

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Apart, Dataset, Details, EachOf, Listing, Singles
from mirrord.core.pulse import Pulse
from mirrord.source.api import ApiSource
from mirrord.source.themes import ThemeSource
from tests.fakes_files import MemorySink

Question = tuple[str, Callable[[], object]]
#: What the themes are asked for, as the specification's paths are looked up.
THEME_PATHS = (
    "/v3/themes",
    "/v3/themes/{}/configurations",
    "/v3/themes/jobs/{}",
    "/v3/channels",
    "/v3/channels/{}/active-theme",
)
THEME_POST = "/v3/themes/{}/actions/download"
#: Long ago: all of the sample store's records have changed since.
SINCE = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


def questions(source: ApiSource, pulse: Pulse) -> Iterator[Question]:
    """Identity, and of each dataset its count, a full pull, one since a moment, the ids alone."""
    yield "identity", lambda: source.identity(pulse)
    for name, dataset in DATASETS.items():
        if isinstance(dataset.source, Details):
            yield f"{name}, withheld", partial(_withheld, source, dataset, pulse)
            yield f"{name}, details", partial(_details, source, dataset, pulse)
            continue
        if dataset.counting:
            yield f"{name}, count", partial(source.count, dataset, pulse)
        yield f"{name}, all", partial(_drained, source, dataset, pulse)
        if dataset.since:
            yield f"{name}, since", partial(_drained, source, dataset, pulse, SINCE)
            if dataset.since.ids is not None:
                yield f"{name}, ids", lambda one=dataset: list(source.ids(one, pulse))


def theme_questions(source: ThemeSource, pulse: Pulse) -> Iterator[Question]:
    """The themes, what is shown where, and of each theme its settings and its zip."""
    yield "themes", lambda: source.themes(pulse)
    yield "themes, shown", lambda: source.shown(pulse)
    yield "themes, settings", lambda: _settings(source, pulse)
    yield "themes, zips", lambda: _zips(source, pulse)


def paths(dataset: Dataset) -> set[str]:
    """Every path of a row of the table, as the specification's are looked up: ``{}`` for ids."""
    source = dataset.source
    told = {one.path for one in dataset.companions if isinstance(one, Apart)}
    if isinstance(source, Listing):
        told |= {source.path, *([source.counting.path] if source.counting else [])}
    elif isinstance(source, EachOf):
        told |= {source.parents.path, source.listing.path}
    elif isinstance(source, Singles):
        told |= set(source.paths)
    elif isinstance(source, Details):
        told |= {one.path for one in source.lists}
    return {
        "/" + "".join(f"{text}{'{}' if name else ''}" for text, name, *_ in Formatter().parse(path))
        for path in told
    }


def _drained(
    source: ApiSource, dataset: Dataset, pulse: Pulse, since: datetime | None = None
) -> int:
    return sum(1 for _ in source.records(dataset, pulse, since))


def _withheld(source: ApiSource, dataset: Dataset, pulse: Pulse) -> object:
    assert isinstance(dataset.source, Details)
    return source.withheld(dataset, next(source.records(DATASETS[dataset.source.of], pulse)), pulse)


def _details(source: ApiSource, dataset: Dataset, pulse: Pulse) -> int:
    assert isinstance(dataset.source, Details)
    parents = list(source.records(DATASETS[dataset.source.of], pulse))
    return sum(1 for _ in source.details(dataset, parents, (), pulse))


def _settings(source: ThemeSource, pulse: Pulse) -> list[str]:
    shown = source.shown(pulse)
    return [source.settings(theme, shown, pulse) for theme in source.themes(pulse)]


def _zips(source: ThemeSource, pulse: Pulse) -> list[object]:
    return [source.download(theme, MemorySink, pulse) for theme in source.themes(pulse)]
