"""What a FileSource does with a file that breaks off and is another one when it asks again.

A server may give the rest of the new file to whoever holds the beginning of the old one. SabreDAV
does so, by `If-Range` with any date that is not before the file's own.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrord.core.entry import Entry
from mirrord.source import Fetched
from mirrord.source.resume import Resume
from tests.contract.shops import source_of
from tests.fakes import QuietPulse
from tests.fakes_files import KeptSinks
from tests.servers.fault_proxy import FaultProxy, fault_proxy
from tests.servers.kinds import KINDS, serving
from tests.servers.tools import through

SIZE = Resume.FROM + 1_000_000
DATE = 1_700_000_000


class AtTheBreak(QuietPulse):
    """A pulse that does something as soon as the proxy's fault has struck, and mends the line."""

    def __init__(self, proxy: FaultProxy, act: Callable[[], None]) -> None:
        super().__init__()
        self._proxy, self._act = proxy, act
        self.struck = False

    def beat(self) -> None:
        super().beat()
        if self._proxy.fired and not self.struck:
            self.struck = True
            self._act()
            self._proxy.set("pass")


def _put(folder: Path, content: bytes, date: int) -> None:
    """In one step, so that no server reads a mix by itself."""
    new = folder / "new"
    new.write_bytes(content)
    os.utime(new, (date, date))
    new.rename(folder / "file")


@pytest.mark.parametrize("later", [-1000, 1000], ids=["older", "newer"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.endswith("with basic")])
def test_a_file_that_was_replaced_midway_is_never_a_mix(kind: str, later: int) -> None:
    """The old one's beginning with the new one's end has the right size, and is no file at all."""
    with serving(kind) as (folder, peer):
        old, new = b"o" * SIZE, b"n" * SIZE
        _put(folder, old, DATE)
        with fault_proxy(peer.port) as proxy:
            source = source_of(through(peer, proxy.port))
            entries = [one for one in source.list(QuietPulse()) if isinstance(one, Entry)]
            proxy.set("fin", SIZE // 2)
            pulse = AtTheBreak(proxy, lambda: _put(folder, new, DATE + later))
            got = [one for one in source.fetch_many(entries, KeptSinks(), pulse) if one is not None]
            source.close()
    contents = {one.sink.content for one in got if isinstance(one, Fetched)}  # type: ignore[attr-defined]
    assert pulse.struck
    assert (len(got), contents <= {new}) == (1, True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.endswith("with basic")])
def test_a_large_file_that_broke_off_goes_on_where_it_was(kind: str) -> None:
    """By ETag or by date, whatever the server has: what came is not fetched twice."""
    with serving(kind) as (folder, peer):
        body = os.urandom(1 << 16) * (SIZE >> 16)
        _put(folder, body, DATE)
        sinks = KeptSinks()
        with fault_proxy(peer.port) as proxy:
            source = source_of(through(peer, proxy.port))
            entries = [one for one in source.list(QuietPulse()) if isinstance(one, Entry)]
            proxy.set("fin", len(body) * 3 // 4)
            pulse = AtTheBreak(proxy, lambda: None)
            got = [one for one in source.fetch_many(entries, sinks, pulse) if one is not None]
            source.close()
    assert pulse.struck
    assert [one.sink.content == body for one in got if isinstance(one, Fetched)] == [True]  # type: ignore[attr-defined]
    first, *_, last = sinks.opened
    assert first.state == "kept"
    assert last.held is not None
    assert last.held.size > len(body) // 2
