"""How a command by hand speaks to the running daemon: one question, one answer.

A socket in Linux's abstract namespace, named by the config's path: it needs no folder, works while
the mirror's disk is away, and is gone with the process. Both sides check who the other one is; no
secret passes here.
"""

import hashlib
import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirrord.errors import MirrordError

log = logging.getLogger(__name__)

_PATIENCE = 60.0
_LONGEST = 64 * 1024

Answerer = Callable[[dict[str, Any]], dict[str, Any]]


class NobodyThere(MirrordError):
    """No daemon serves this config."""

    exit_code = 3


def ask(config_file: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Ask the daemon of this config; NobodyThere where none answers."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE)
            line.connect(_address(config_file))
            if _peer(line) not in (os.geteuid(), 0) and os.geteuid() != 0:
                raise NobodyThere("the daemon's socket belongs to another user: run this as root")
            line.sendall(json.dumps(question).encode() + b"\n")
            answer: dict[str, Any] = json.loads(_read_line(line))
    except (OSError, ValueError) as error:
        raise NobodyThere(
            f"no `mirrord run` answers for {config_file} ({error}): is the service running?"
        ) from error
    return answer


class Control:
    """The daemon's end: ``answer`` is called for each question, in a thread of its own."""

    def __init__(self, config_file: Path, answer: Answerer) -> None:
        self._answer = answer
        self._socket: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(_address(config_file))
            self._socket.listen(8)
        except OSError as error:
            self._socket.close()
            self._socket = None
            log.warning("no commands taken by hand why=%s", error)
            return
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def close(self) -> None:
        """Take no more questions."""
        if self._socket is not None:
            # a shutdown wakes the thread that waits in accept()
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def _serve(self) -> None:
        assert self._socket is not None  # noqa: S101  # it is started with a socket only
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line:
                try:
                    self._converse(line)
                except (OSError, ValueError) as error:
                    log.warning("a question by hand failed why=%s", error)

    def _converse(self, line: socket.socket) -> None:
        line.settimeout(_PATIENCE)
        if _peer(line) not in (os.geteuid(), 0):
            return
        question = json.loads(_read_line(line))
        line.sendall(json.dumps(self._answer(question)).encode() + b"\n")


def _address(config_file: Path) -> str:
    name = hashlib.sha256(os.fsencode(config_file.resolve())).hexdigest()[:32]
    return f"\0mirrord/{name}"


def _peer(line: socket.socket) -> int:
    """The user id of the other side."""
    raw = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    return int(uid)


def _read_line(line: socket.socket) -> bytes:
    read = b""
    while not read.endswith(b"\n"):
        more = line.recv(4_096)
        if not more or len(read) > _LONGEST:
            raise ValueError("the other side broke off")
        read += more
    return read
