"""Where a secret comes from, and its reading at the moment of use.

The config holds only the place of a secret. Its text is never logged, shown by repr, or part of an
error, not even of the chain behind one; it is kept only by :meth:`Secret.taken`, for a process that
is about to give up the right to read it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirrord.config.places import Place, Section, Series, Unfit
from mirrord.errors import ConfigError

if TYPE_CHECKING:
    import subprocess

#: Read by root for commands given by hand; the service gets its files through LoadCredential=.
BY_HAND = Path("/etc/mirrord/credentials")

#: Seconds that a command may take to print a secret.
PATIENCE = 30.0

_LONGEST = 64 * 1024
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_REMEDY = "write {credential: NAME}, {file: /path}, {env: NAME} or {command: [program, argument]}"


class Origin(StrEnum):
    """The four kinds of place."""

    CREDENTIAL = "credential"
    FILE = "file"
    ENV = "env"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret by its place: ``words`` is the name, the path, or the command and its arguments.

    ``place`` is where the config says so; two secrets of one origin are equal wherever they stand.
    """

    origin: Origin
    words: tuple[str, ...]
    place: Place = field(compare=False)
    _taken: str | ConfigError | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"Secret({self.origin}: {self.words[0]})"  # a command's arguments stay unsaid

    def read(self, by_hand: Path = BY_HAND, patience: float = PATIENCE) -> str:
        """The secret itself, read anew each time; one newline at its end is dropped.

        ConfigError, with the place in the config and the remedy, where it can not be read, is not
        safely kept, is empty, or holds a control character. Runs a program for a command: up to
        ``patience`` seconds.
        """
        if isinstance(self._taken, ConfigError):
            raise self._taken
        if self._taken is not None:
            return self._taken
        try:
            return _one_line(self._raw(by_hand, patience))
        except Unfit as error:
            what, remedy = str(error), error.remedy
        raise ConfigError(self.place.problem(what, remedy))

    @classmethod
    def typed(cls, text: str) -> Secret:
        """A secret that a person has just typed, not kept anywhere yet; Unfit where it is none."""
        nowhere = Place("(typed)")
        return cls(Origin.FILE, ("(typed)",), nowhere, _one_line(text.encode()))

    def taken(self) -> Secret:
        """The same secret, read now and kept; why it can not be read is kept for :meth:`read`."""
        try:
            return replace(self, _taken=self.read())
        except ConfigError as error:
            return replace(self, _taken=error)

    def taken_from(self, others: Iterable[Secret]) -> Secret:
        """The same secret, as one of these equal ones was taken; unchanged where none was."""
        return next((one for one in others if one == self and one._taken is not None), self)  # noqa: SLF001

    def _raw(self, by_hand: Path, patience: float) -> bytes:
        first = self.words[0]
        match self.origin:
            case Origin.CREDENTIAL:
                return _credential(first, by_hand)
            case Origin.FILE:
                return _guarded(Path(first))
            case Origin.ENV:
                return _variable(first)
            case Origin.COMMAND:
                return _printed(self.words, patience)


def parse_secret(value: Any) -> Secret:
    """A secret from the config's mapping; Unfit for all else, which is never repeated."""
    if not isinstance(value, Section) or len(value) != 1:
        raise Unfit("a secret is not written into the config", _REMEDY)
    key, told = next(iter(value.items()))
    if key not in set(Origin):
        raise Unfit("a secret comes from a credential, file, env or command", _REMEDY)
    words = tuple(told) if key == Origin.COMMAND and isinstance(told, Series) else (told,)
    if not words or not all(isinstance(word, str) and "\0" not in word for word in words):
        raise Unfit(f"`{key}` does not say where the secret is", _REMEDY)
    _check_name(Origin(key), words[0], isinstance(told, Series))
    return Secret(Origin(key), words, value.place)


def _check_name(origin: Origin, name: str, listed: bool) -> None:
    match origin:
        case Origin.CREDENTIAL if not _CREDENTIAL.fullmatch(name):
            raise Unfit("a credential's name is letters, digits, `.`, `_` and `-`")
        case Origin.ENV if not _VARIABLE.fullmatch(name):
            raise Unfit("a variable's name is letters, digits and `_`")
        case Origin.FILE if not name.startswith("/"):
            raise Unfit("the file of a secret is named by its whole path, from `/` on")
        case Origin.COMMAND if not listed or not name:
            raise Unfit("a command is a list", "such as {command: [pass, show, acme]}")


def _one_line(raw: bytes) -> str:
    if len(raw) > _LONGEST:
        raise Unfit("the secret is longer than 64 KiB", "name what holds the secret alone")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unfit("the secret is not UTF-8 text") from None
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not text:
        raise Unfit("the secret is empty")
    if _INVISIBLE.search(text):
        remedy = "write it as one line of plain text, with no byte order mark"
        raise Unfit("the secret holds a line break or another control character", remedy)
    return text


def _credential(name: str, by_hand: Path) -> bytes:
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    path = by_hand / name
    if not given:
        return _guarded(path)
    # a whole directory of LoadCredential=mirrord:... comes as mirrord_NAME, a single file as NAME;
    # that nobody else can read them is seen to by systemd
    for candidate in (Path(given) / f"mirrord_{name}", Path(given) / name):
        if os.path.isfile(candidate):
            return _content(candidate, guarded=False)
    if os.access(path, os.R_OK):
        return _guarded(path)
    raise Unfit(
        f"systemd handed over no credential `{name}`",
        f"put it into {path} (root's, mode 0600) and restart the service",
    )


def _guarded(path: Path) -> bytes:
    return _content(path, guarded=True)


def _content(path: Path, *, guarded: bool) -> bytes:
    from shlex import quote  # for secrets that are read, not for their places

    said = quote(str(path))
    try:
        with open(path, "rb", opener=_open_now) as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise Unfit(f"{said} is no file")
            if guarded:
                _check_guard(said, facts)
            return file.read(_LONGEST + 1)
    except FileNotFoundError:
        raise Unfit(f"there is no {said}", f"make it: install -m 600 /dev/stdin {said}") from None
    except PermissionError:
        raise Unfit(f"{said} can not be read by this user", "run the command as root") from None
    except OSError as error:
        raise Unfit(f"{said} can not be read ({error.strerror})") from None


def _open_now(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe without a writer would hold us for ever


def _check_guard(said: str, facts: os.stat_result) -> None:
    # of the opened file, wherever a link led: what is checked is what is read
    if facts.st_uid not in (0, os.geteuid()):
        raise Unfit(f"{said} belongs to another user (uid {facts.st_uid})", f"chown root {said}")
    if facts.st_mode & 0o077:
        raise Unfit(f"others than its owner can reach {said}", f"chmod 600 {said}")


def _variable(name: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise Unfit(f"the environment variable {name} is not set", "set it, or use a credential")
    return os.fsencode(value)


def _printed(words: tuple[str, ...], patience: float) -> bytes:
    """The first line that a program prints; no shell, and its stderr is dropped unseen."""
    import subprocess  # for this one origin, which few have
    from shlex import quote

    said = quote(words[0])
    by_hand = "run it by hand, as the same user, to see why"
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that its children end with it
        )
    except OSError as error:
        raise Unfit(f"{said} can not be started ({error.strerror})") from None
    with process:
        try:
            printed, _ = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            printed = None
        finally:
            _end(process)
    if printed is None:
        raise Unfit(f"{said} printed no secret within {patience:g} seconds", by_hand)
    if process.returncode:
        raise Unfit(f"{said} failed (status {process.returncode})", by_hand)
    return printed.partition(b"\n")[0]


def _end(process: subprocess.Popen[bytes]) -> None:
    import signal

    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
