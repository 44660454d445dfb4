"""How sync is measured: everything, again and again after a change, one listing alone.

Each play yields round after round, until it is closed. In a round every tool takes its turn, each
round in another order. A copy that is not what the server holds is no result, but an error.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from tests.benchmarks import trees
from tests.benchmarks.clients import Client
from tests.benchmarks.contest import Play, Sample, turned
from tests.benchmarks.disks import fresh_disk
from tests.benchmarks.meter import ToolFailed
from tests.benchmarks.proxy import far_away
from tests.benchmarks.server import Store, apache
from tests.servers.tools import free_port

Fill = Callable[[Path], None]
Change = Callable[[Path, int], trees.Change]


@dataclass(frozen=True, slots=True)
class Shop:
    """A store that is served, and the port by which tools reach it: its own, or a proxy's."""

    store: Store
    port: int
    room: Path

    def url(self, location: str) -> str:
        """One of the server's folders, without a slash at its end."""
        origin = "https://localhost" if self.store.ca else "http://127.0.0.1"
        return f"{origin}:{self.port}/{location}"

    @contextmanager
    def away(self, round_trip: float) -> Iterator[None]:
        """So many seconds away, for a while; 0 passes the proxy too, where there is one."""
        if self.port == self.store.port:
            yield
            return
        with far_away(self.port, self.store.port, round_trip, self.room):
            yield


Contenders = Callable[[Shop], list[Client]]


@contextmanager
def shop(fill: Fill, *, proxied: bool, tls: bool = False) -> Iterator[Shop]:
    """A served tree on a filesystem of its own."""
    with fresh_disk() as disk, tempfile.TemporaryDirectory() as name:
        room, tree = Path(name), disk / "tree"
        room.chmod(0o755)  # the server's user passes through
        tree.mkdir()
        fill(tree)
        with apache(tree, room, tls) as store:
            yield Shop(store, free_port() if proxied else store.port, room)


def first_time(
    fill: Fill, contenders: Contenders, round_trip: float = 0, *, tls: bool = False
) -> Play:
    """Every tool copies everything onto an empty disk."""
    with shop(fill, proxied=round_trip > 0, tls=tls) as there, there.away(round_trip):
        for number in count():
            yield {one.name: _onto_empty(one, there) for one in turned(contenders(there), number)}


def again(fill: Fill, contenders: Contenders, change: Change, round_trip: float = 0) -> Play:
    """Every tool has a copy, made nearby; each round changes the store, and each copy follows."""
    with ExitStack() as stack:
        there = stack.enter_context(shop(fill, proxied=round_trip > 0))
        tools = contenders(there)
        disks = {one.name: stack.enter_context(fresh_disk()) for one in tools}
        with there.away(0):
            for one in tools:
                one.ready(disks[one.name])
                one.run(disks[one.name])
        stack.enter_context(there.away(round_trip))
        missed: dict[str, set[str]] = {one.name: set() for one in tools}
        for number in count():
            changed = change(there.store.tree, number)
            yield {
                one.name: _followed(one, there, disks[one.name], changed, missed[one.name])
                for one in turned(tools, number)
            }


def alone(fill: Fill, contenders: Contenders) -> Play:
    """Every tool runs once on an empty disk, and need not leave a copy: a listing, a dry run."""
    with shop(fill, proxied=False) as there:
        for number in count():
            yield {one.name: _run_alone(one, there) for one in turned(contenders(there), number)}


def unchanged(tree: Path, number: int) -> trees.Change:
    """The change that is none."""
    return trees.Change((), ())


def start_aside(rounds: Play, tool: str, start: Callable[[], Sample]) -> Play:
    """Adds the tool without its mere start, which is measured anew in each round."""
    for one in rounds:
        rest = replace(one[tool], wall=one[tool].wall - start().wall)
        yield {**one, f"{tool}, start aside": rest}


def _onto_empty(client: Client, there: Shop) -> Sample:
    with fresh_disk() as disk:
        client.ready(disk)
        sample = _counted(client, there, disk)
        _differences(client, there, disk, allowed=set())
        return sample


def _run_alone(client: Client, there: Shop) -> Sample:
    with fresh_disk() as disk:
        client.ready(disk)
        return _counted(client, there, disk)


def _followed(
    client: Client, there: Shop, disk: Path, changed: trees.Change, missed: set[str]
) -> Sample:
    """``missed`` gathers what this tool overlooked so far: sizes that stayed."""
    sample = _counted(client, there, disk)
    differ = _differences(client, there, disk, allowed={*changed.planted, *missed})
    missed |= differ
    if not changed.planted:
        return sample
    return replace(sample, found=len(changed.planted) - len(differ & {*changed.planted}))


def _counted(client: Client, there: Shop, disk: Path) -> Sample:
    mark = there.store.mark()
    sample = client.run(disk)
    return replace(sample, traffic=there.store.traffic_since(mark))


def _differences(client: Client, there: Shop, disk: Path, allowed: set[str]) -> set[str]:
    """What is not the server's in the copy; ToolFailed where that was not to be expected."""
    differ = trees.differences(there.store.tree, client.copy(disk))
    if differ - allowed:
        some = ", ".join(sorted(differ - allowed)[:3])
        raise ToolFailed(
            f"{client.name}: {len(differ - allowed)} files are not the server's: {some}"
        )
    return differ
