"""The command that carries a new snapshot off this machine: restic, borg, rclone.

It is started without a shell and with an environment that holds none of our secrets. It ends when
we are told to stop. When it last did well is remembered in decisions/.
"""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirrord.core.displayed import displayed
from mirrord.core.pulse import Pulse
from mirrord.disk.decisions import deciding, read_decision
from mirrord.disk.house import House

if TYPE_CHECKING:
    import subprocess

log = logging.getLogger(__name__)

#: All that it gets to know of our environment: {env: NAME} secrets and systemd's credentials stay.
_KNOWN = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME")
_RECORD = "after_snapshot"
_LOOK_EVERY = 0.2
#: Told to end, it has so many seconds; the whole daemon has ten.
_ENDS_WITHIN = 3.0
_LINES, _LINE_BYTES, _CHUNK = 200, 500, 1 << 16


def is_due(house: House, newest: str) -> bool:
    """Whether the newest snapshot was not carried off yet; DiskError."""
    return read_decision(house, _RECORD).get("snapshot") != newest


def told_of(house: House, *, configured: bool) -> dict[str, Any]:
    """What status says of it: configured, last_success (seconds since 1970), last_error."""
    record = read_decision(house, _RECORD)
    return {
        "configured": configured,
        "last_success": record.get("last_success"),
        "last_error": record.get("last_error", ""),
    }


def carry_off(
    house: House, command: tuple[str, ...], name: str, clock: Callable[[], float], pulse: Pulse
) -> str:
    """Run it on one snapshot and wait for its end; why it failed, or ``""``. DiskError."""
    folder = house.room("snapshots") / name
    words = [word.replace("{snapshot}", str(folder)) for word in command]
    log.info("after_snapshot started snapshot=%s program=%s", name, words[0])
    failed = _run(words, folder, pulse)
    with deciding(house, _RECORD, pulse) as record:
        record["last_error"] = failed
        if not failed:
            record |= {"snapshot": name, "last_success": clock()}
    if failed:
        log.error("after_snapshot failed snapshot=%s why=%s", name, failed)
    return failed


def _run(words: list[str], folder: Path, pulse: Pulse) -> str:
    import subprocess  # status.json tells of it after every run, and starts nothing

    environment = {name: os.environ[name] for name in _KNOWN if name in os.environ}
    try:
        program = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return f"after_snapshot: {words[0]} could not be started: {error.strerror}"
    with program:
        said = _Said(program)
        try:
            while program.poll() is None:
                if said.read():
                    pulse.beat()
                else:
                    pulse.wait(_LOOK_EVERY)
            while said.read():
                pulse.beat()
        finally:
            _end(program)
            said.close()
    if program.returncode == 0:
        return ""
    last = f": {said.last}" if said.last else ""
    return f"after_snapshot: {words[0]} ended with {program.returncode}{last}"


def _end(program: "subprocess.Popen[bytes]") -> None:
    """End it with all that it started, if it still runs."""
    from subprocess import TimeoutExpired

    if program.poll() is not None:
        return
    for number, seconds in ((signal.SIGTERM, _ENDS_WITHIN), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(program.pid, number)
        with suppress(TimeoutExpired):
            program.wait(seconds)
            return


class _Said:
    """What a program says, for the log: its first lines, and the last one."""

    def __init__(self, program: "subprocess.Popen[bytes]") -> None:
        assert program.stdout is not None  # noqa: S101 - it was asked for
        self._pipe = program.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self._rest = b""
        self._lines = 0
        self.last = ""

    def read(self) -> bool:
        """Take in what is there now, without waiting; False where there was nothing."""
        try:
            chunk = os.read(self._pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[-_LINE_BYTES:]
        for line in lines:
            self._note(line)
        return bool(chunk)

    def close(self) -> None:
        """Let go of it: what it left running may go on talking, to nobody."""
        self._note(self._rest)
        if self._lines > _LINES:
            log.info("after_snapshot said %d more lines", self._lines - _LINES)

    def _note(self, line: bytes) -> None:
        if not line.strip():
            return
        self.last = displayed(line[:_LINE_BYTES].decode("utf-8", "replace").strip())
        self._lines += 1
        if self._lines <= _LINES:
            log.info("after_snapshot says=%s", self.last)
