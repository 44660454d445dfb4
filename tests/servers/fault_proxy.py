"""A proxy on loopback between a client and a real server, which breaks what passes on its way back.

Modes: ``pass``; ``latency`` (seconds each way); ``rate`` (bytes a second); ``cut`` (RST after so
many bytes), ``fin`` (a clean end after so many), ``stall`` (silence after so many); ``flip`` (one
bit of the byte at that offset); ``refuse`` (RST to whoever comes). ``fired`` counts how often the
fault struck: a test must see that it did. ``longest`` counts the bytes that came back on one
connection at the most.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class FaultProxy:
    """Listens on ``port`` and passes everything to ``upstream``; ``set`` changes the fault."""

    def __init__(self, upstream: int, port: int = 0) -> None:
        self._upstream = upstream
        self._mode, self._arg = "pass", 0.0
        self.fired = self.longest = 0
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self._spawn(self._accept)

    def set(self, mode: str, arg: float = 0.0) -> None:
        """The fault from now on, for connections that are open too."""
        self._mode, self._arg, self.fired, self.longest = mode, arg, 0, 0

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        for thread in tuple(self._threads):
            thread.join()
        self._server.close()

    def _spawn(self, work, *args) -> None:  # type: ignore[no-untyped-def]
        thread = threading.Thread(target=work, args=args, name="fault-proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self._mode == "refuse":
                self.fired += 1
                _reset(client)
                client.close()
                continue
            self._spawn(self._pass, client)

    def _pass(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._upstream)) as server:
            for line in (client, server):
                line.settimeout(0.1)
                # a piece is passed on at once, as it came
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._spawn(self._pump_up, client, server)
            is_reset = self._pump_down(server, client)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                # this wakes the other thread; a FIN before the RST would be another fault
                client.shutdown(socket.SHUT_RD if is_reset else socket.SHUT_RDWR)

    def _pump_up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            for piece in self._pieces(client):
                if self._mode == "latency":
                    self._over.wait(self._arg)
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _pump_down(self, server: socket.socket, client: socket.socket) -> bool:
        """Pass on what comes back; whether the client's connection is to end by a reset."""
        passed = 0
        with suppress(OSError):
            for piece in self._pieces(server):
                mode = self._mode  # whoever sees that it struck may set another at once
                self.longest = max(self.longest, passed + len(piece))
                out = self._bend(mode, piece, passed)
                passed += len(piece)
                client.sendall(out)
                if len(out) < len(piece):
                    if mode == "cut":
                        _reset(client)
                    return mode == "cut"
        return False

    def _pieces(self, source: socket.socket) -> Iterator[bytes]:
        while not self._over.is_set():
            size = 65536
            if self._mode == "rate":
                size = max(1, int(self._arg / 20))
                self._over.wait(0.05)
            try:
                piece = source.recv(size)
            except TimeoutError:
                continue
            if not piece:
                return
            yield piece

    def _bend(self, mode: str, piece: bytes, passed: int) -> bytes:
        """The piece as it goes on; where it is shorter, the end comes after it."""
        at = int(self._arg) - passed
        if mode == "latency":
            self.fired += 1
            self._over.wait(self._arg)
        if mode == "rate":
            self.fired += 1
        if mode in ("cut", "fin", "stall") and at < len(piece):
            self.fired += 1
            if mode == "stall":
                self._over.wait(30)
            return piece[: max(0, at)]
        if mode == "flip" and 0 <= at < len(piece):
            self.fired += 1
            return piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]
        return piece


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def fault_proxy(upstream: int, port: int = 0) -> Iterator[FaultProxy]:
    """A proxy in front of a local port for the length of a test; ``port`` 0 is any free one."""
    proxy = FaultProxy(upstream, port)
    try:
        yield proxy
    finally:
        proxy.close()
