"""A far store on loopback: ``proxy.py PORT UPSTREAM MILLISECONDS``, the delay of each direction.

Every byte waits its delay; the first ones of a connection wait a round trip more, which is what
the handshake of TCP costs a client far away (here its connect() returns at once). One thread, one
heap, sockets that never block: at a thousand requests a second it must not be the bottleneck.
Memory is not bounded: what a server sends within a delay is held.
"""

import heapq
import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.servers.tools import running

_PIECE = 1 << 18


def due(now: float, opened: float, delay: float) -> float:
    """When bytes that came at ``now`` go on, on a connection that was opened at ``opened``."""
    return max(now, opened + 2 * delay) + delay


class End:
    """One end of a connection: what is to be written to it, and the end that it is fed from."""

    def __init__(self, line: socket.socket, opened: float) -> None:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.line = line
        self.opened = opened
        self.other: End = self
        self.waiting = bytearray()
        self.ended = False


class Proxy:
    """Passes on what it hears, later. ``serve`` never returns."""

    def __init__(self, server: socket.socket, upstream: int, delay: float) -> None:
        self._server = server
        self._upstream = upstream
        self._delay = delay
        self._poll = select.epoll()
        self._ends: dict[int, End] = {}
        self._number = count()
        # An empty piece is the end of its direction. The number keeps equal times in order.
        self._later: list[tuple[float, int, End, bytes]] = []
        self._poll.register(server, select.EPOLLIN)

    def serve(self) -> None:
        """Pass on until the process is ended."""
        while True:
            for number, events in self._poll.poll(self._patience()):
                self._attend(number, events)
            now = time.monotonic()
            while self._later and self._later[0][0] <= now:
                _, _, end, piece = heapq.heappop(self._later)
                self._deliver(end, piece)

    def _patience(self) -> float:
        """Seconds until the next piece goes on; epoll rounds up to whole milliseconds."""
        return max(0.0, self._later[0][0] - time.monotonic()) if self._later else -1

    def _attend(self, number: int, events: int) -> None:
        if number == self._server.fileno():
            self._open()
            return
        end = self._ends.get(number)
        if end and events & select.EPOLLOUT:
            self._flush(end)
        if end and events & ~select.EPOLLOUT:
            self._hear(end)

    def _open(self) -> None:
        line, _ = self._server.accept()
        near = End(line, time.monotonic())
        far = End(socket.create_connection(("127.0.0.1", self._upstream)), 0)
        near.other, far.other = far, near
        for end in (near, far):
            self._ends[end.line.fileno()] = end
            self._poll.register(end.line, select.EPOLLIN)

    def _hear(self, end: End) -> None:
        try:
            piece = end.line.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._forget(end)
        when = due(time.monotonic(), end.opened, self._delay)
        heapq.heappush(self._later, (when, next(self._number), end.other, piece))

    def _deliver(self, end: End, piece: bytes) -> None:
        end.waiting += piece
        end.ended = end.ended or not piece
        self._flush(end)

    def _flush(self, end: End) -> None:
        """Write what can be written. After the last byte both ends are closed, none half."""
        try:
            while end.waiting:
                del end.waiting[: end.line.send(end.waiting)]
        except BlockingIOError:
            self._await(end, select.EPOLLIN | select.EPOLLOUT)
            return
        except OSError:
            end.ended = True
        self._await(end, select.EPOLLIN)
        if end.ended:
            self._close(end)
            self._close(end.other)

    def _await(self, end: End, events: int) -> None:
        if self._ends.get(end.line.fileno()) is end:
            self._poll.modify(end.line, events)

    def _forget(self, end: End) -> None:
        """Nothing more is heard of this end."""
        if self._ends.pop(end.line.fileno(), None):
            self._poll.unregister(end.line)

    def _close(self, end: End) -> None:
        self._forget(end)
        end.line.close()


@contextmanager
def far_away(port: int, upstream: int, round_trip: float, room: Path) -> Iterator[None]:
    """A proxy on ``port`` in a process of its own; ``round_trip`` in seconds."""
    each_way = str(round_trip * 1000 / 2)
    command = [sys.executable, "-m", __name__, str(port), str(upstream), each_way]
    with running(command, port, room / "proxy.log"):
        yield


def main(port: int, upstream: int, milliseconds: float) -> None:
    """Serve until the process is ended."""
    with socket.create_server(("127.0.0.1", port), backlog=512) as server:
        Proxy(server, upstream, milliseconds / 1000).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
