"""libcurl's multi interface over epoll: many handles, one thread, no more than one turn at a time.

Sockets are watched by epoll, since pycurl's own wait is a select() and knows no descriptor over
1,023, which a daemon with dozens of stores reaches.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from typing import Any

import pycurl

from mirrord.source.curl import Handle, Meter

_WAITS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Multi:
    """Handles at work, by their libcurl handle in ``at_work``; ``meter`` counts the time in turns.

    What is done between two turns is ours and no fault of the store, so it does not count.
    """

    def __init__(self, connections: int, meter: Meter) -> None:
        self.at_work: dict[Any, Handle] = {}
        self._meter = meter
        self._multi: Any = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wake_after)
        self._epoll = select.epoll()
        self._watched: dict[int, int] = {}
        self._due: float | None = None

    def add(self, handle: Handle) -> None:
        """Let a handle begin with what it was asked."""
        self.at_work[handle.curl] = handle
        self._multi.add_handle(handle.curl)

    def remove(self, handle: Handle) -> None:
        """Take a handle out; what it has not done is cut, its connection with it. Safe twice."""
        if self.at_work.pop(handle.curl, None) is not None:
            self._multi.remove_handle(handle.curl)

    def send(self) -> None:
        """Let what was added begin, without waiting for anything."""
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def turn(self, longest: float) -> Iterator[tuple[Handle, int, str]]:
        """Wait for so many seconds at the most, work, and give who is done: handle, code, words."""
        began = time.monotonic()
        wait = longest if self._due is None else min(longest, max(0.0, self._due - began))
        ready = self._epoll.poll(wait)
        self.send()
        for socket, events in ready:
            self._multi.socket_action(socket, _for_curl(events))
        self._meter.now += time.monotonic() - began
        yield from self._done()

    def close(self) -> None:
        """Cut all, and let go of every connection."""
        for handle in list(self.at_work.values()):
            self.remove(handle)
        self._multi.close()
        self._epoll.close()

    def _done(self) -> Iterator[tuple[Handle, int, str]]:
        more = True
        while more:
            more, whole, failed = self._multi.info_read()
            for curl, code, words in [*((one, 0, "") for one in whole), *failed]:
                handle = self.at_work[curl]
                self.remove(handle)
                yield handle, code, words

    def _watch(self, what: int, socket: int, _multi: object, _data: object) -> None:
        """Libcurl says for what it wants a socket to be watched."""
        if what == pycurl.POLL_REMOVE:
            if self._watched.pop(socket, None) is not None:
                self._epoll.unregister(socket)
            return
        wanted = _WAITS[what]
        if socket not in self._watched:
            self._epoll.register(socket, wanted)
        elif self._watched[socket] != wanted:
            self._epoll.modify(socket, wanted)
        self._watched[socket] = wanted

    def _wake_after(self, milliseconds: int) -> None:
        """Libcurl says when it wants to be called at the latest; -1 for no longer."""
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _for_curl(events: int) -> int:
    told = 0
    if events & (select.EPOLLIN | select.EPOLLHUP):
        told |= pycurl.CSELECT_IN
    if events & select.EPOLLOUT:
        told |= pycurl.CSELECT_OUT
    if events & select.EPOLLERR:
        told |= pycurl.CSELECT_ERR
    return told
