"""Logins that can be told from all else, and a search for them in all that mirrord writes.

The real program, each command, each way to keep a login, and all that goes wrong: what it says,
what it leaves on the disk, what it tells systemd, and what it hands to programs that it starts.
"""

import gzip
import json
import os
import re
import resource
import shutil
import signal
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mirrord.demo.api import ALL_SCOPES
from tests.servers.certificates import make_certificates, tls_server
from tests.servers.hostile import Asked, hostile, says
from tests.system.shop import KEY, Done, Shop, mirrord, open_shop
from tests.system.test_run import running

#: "all": each command is given by each way to keep a login, instead of one way a command.
ALL = os.environ.get("MIRRORD_WAYS", "") == "all"
PASSWORD, TOKEN = "PLANTEDpassword7391", "PLANTEDtoken5528"
_LOGIN = b64encode(f"backup@sample-store.example.com:{PASSWORD}".encode()).decode()
#: As they are, and so much of the Basic login as does not hang on what stands before it.
MARKS = tuple(mark.encode() for mark in (PASSWORD, TOKEN, _LOGIN.rstrip("=")[:-1]))
COMMANDS = (
    "config check",
    "init --marker-only",
    "sync --dry-run",
    "sync",
    "export",
    "export orders --json",
    "snapshot --label first",
    "verify --full",
    "prune --explain",
    "status",
    "status --json",
    "holds --json",
    "coverage",
    "doctor --probe",
    "reindex",
    "-v sync --json",
)
#: Every command may end so; 1 is a bug.
_CODES = {0, 3, 4, 5}
_SNAPSHOT_PROGRAM = ["sh", "-c", "cat /proc/self/environ /proc/self/cmdline; env; exit 3"]


@dataclass
class House:
    """A shop with planted logins, and all that was said by whom."""

    shop: Shop
    said: dict[str, bytes] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def give(self, words: str, codes: set[int] = _CODES, through: tuple[str, ...] = ()) -> Done:
        """Give a command and keep what it says."""
        env = {"MIRRORD_CONFIG": str(self.shop.config), **self.env}
        done = mirrord(*words.split(), cwd=self.shop.home, through=through, **env)
        self.heard(f"{len(self.said)} {words}", done.stdout + done.stderr)
        assert done.returncode in codes, (words, done.returncode, done.stdout, done.stderr)
        return done

    def heard(self, whom: str, said: str) -> None:
        self.said[whom] = said.encode()

    def keep(self, way: str) -> None:
        """Have the config name the two logins in this way."""
        webdav, token, self.env = WAYS[way](self.shop)
        self.shop.set("webdav", password=webdav)
        self.shop.set("api", token=token)

    def betrayed(self) -> list[str]:
        """Where a mark stands: in what was said, and in files but those that hold the logins."""
        found = [whom for whom, said in self.said.items() if _has_mark(said)]
        beside = {self.shop.home / "credentials", self.shop.home / "the-shop"}
        for folder, folders, files in os.walk(self.shop.home):
            folders[:] = [name for name in folders if Path(folder, name) not in beside]
            for name in files:
                file = Path(folder, name)
                if _has_mark(str(file).encode()) or any(map(_has_mark, _contents(file))):
                    found.append(str(file))
        return found


def _has_mark(said: bytes) -> bool:
    return any(mark in said for mark in MARKS)


def _contents(file: Path) -> Iterator[bytes]:
    if not file.is_file():
        return
    yield file.read_bytes()
    if file.suffix == ".gz":
        yield gzip.decompress(file.read_bytes())
    elif zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            yield from (packed.read(name) for name in packed.namelist())


Places = tuple[dict[str, Any], dict[str, Any], dict[str, str]]


def _by_file(shop: Shop) -> Places:
    return shop.secret("webdav", PASSWORD), shop.secret("token", TOKEN), {}


def _by_credential(shop: Shop) -> Places:
    for name, secret in (("mirrord_acme-webdav", PASSWORD), ("mirrord_acme-token", TOKEN)):
        shop.secret(name, secret)
    given = {"CREDENTIALS_DIRECTORY": str(shop.home / "credentials")}
    return {"credential": "acme-webdav"}, {"credential": "acme-token"}, given


def _by_env(shop: Shop) -> Places:
    return {"env": "ACME_DAV"}, {"env": "ACME_API"}, {"ACME_DAV": PASSWORD, "ACME_API": TOKEN}


def _by_command(shop: Shop) -> Places:
    webdav, token, _ = _by_file(shop)
    cat = shutil.which("cat") or "cat"
    return {"command": [cat, webdav["file"]]}, {"command": [cat, token["file"]]}, {}


WAYS: dict[str, Callable[[Shop], Places]] = {
    "credential": _by_credential,
    "file": _by_file,
    "env": _by_env,
    "command": _by_command,
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_shop(tmp_path, password=PASSWORD, token=TOKEN) as shop:
        yield House(shop)


def test_a_planted_login_would_be_found(house: House) -> None:
    """The proof of the proof: in plain, packed, as Basic sends it, and in what was said."""
    home = house.shop.home
    for number, mark in enumerate((PASSWORD, TOKEN, _LOGIN)):
        (home / f"{number}.txt").write_text(f"x{mark}x")
        (home / f"{number}.gz").write_bytes(gzip.compress(mark.encode()))
        with zipfile.ZipFile(home / f"{number}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("in it", mark * 9)
    house.heard("stdout", TOKEN)
    assert len(house.betrayed()) == 10
    assert house.give("sync").returncode == 0  # with these logins and no others
    house.shop.store.tokens.clear()
    house.give("export orders", {5})


@pytest.mark.timeout(900 if ALL else 120)
def test_no_command_leaves_a_login_anywhere(house: House) -> None:
    """Each command, the daemon among them, by each way: nothing said, nothing on the disk."""
    ways = list(WAYS)
    for number, words in enumerate(COMMANDS):
        for way in ways if ALL else [ways[number % len(ways)]]:
            house.keep(way)
            house.give(words)
    for way in ways if ALL else ways[:1]:
        house.keep(way)
        _run_daemon(house)
    assert house.betrayed() == []
    assert (house.shop.house / "report/server-facts.txt").exists()
    assert list((house.shop.house / "snapshots").glob("2*"))


def _run_daemon(house: House) -> None:
    shop = house.shop
    shop.set("schedule", files="1s", orders="1s")
    with running(shop, **house.env) as daemon:
        daemon.until(lambda: daemon.last("files") and daemon.last("orders"))
        begun = float(str(daemon.last("files")["started"]))
        shop.store.tokens.clear()
        shop.config.write_text(shop.config.read_text() + f"\nnonsense: {PASSWORD}\n")
        daemon.until(lambda: "config refused" in daemon.status())
        daemon.until(lambda: daemon.ran("orders", "failed", begun))
        command = Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes()
        house.said[f"{len(house.said)} its command line"] = command
        _code, _seconds, log = daemon.stop(signal.SIGABRT)  # as systemd's watchdog ends a hang
        assert "Fatal Python error: Aborted" in log
        house.heard(f"{len(house.said)} the daemon", log)
        house.said[f"{len(house.said)} systemd"] = b"\n".join(daemon.notified.told)
    shop.store.tokens[TOKEN] = ALL_SCOPES
    shop.config.write_text(shop.config.read_text().replace(f"nonsense: {PASSWORD}\n", ""))


# --- what goes wrong

#: What a shop answers that repeats in every part of its answer what it was asked with. The later
#: ones are tried again for some seconds, therefore all at once.
_AT_ONCE = ("201 Created", "204 No Content", "301 Moved", "302 Found", "307 Temporary", "400 Bad")
_AT_ONCE += ("401 No", "403 Forbidden", "404 Not Found", "418 Teapot", "422 Unfit")
_AGAIN = ("200 OK", "207 Multi-Status", "500 Oops", "503 Busy")


def _echo(asked: Asked) -> list[bytes]:
    number = re.match(r"/(\d+)", asked.path)
    assert number is not None
    (status,) = (one for one in _AT_ONCE + _AGAIN if one.startswith(number[1]))
    told = asked.headers.get("x-auth-token", "")
    if asked.authorization:
        login = asked.authorization.removeprefix("Basic ")
        told = f"{login} {b64decode(login).decode().partition(':')[2]}"
    url = f"http://backup:{told.split(' ')[-1]}@127.0.0.1:1/{told.replace(' ', '/')}"
    return says(
        f"{status} {told}",
        f'{{"title": "{told}", "errors": "{told}", "{told}": "<{told}>"}}'.encode(),
        f"Location: {url}",
        f"Server: {told}",
        f"DAV: {told}",
        f"X-Echo: {told}",
        f'ETag: "{told}"',
        f'WWW-Authenticate: Basic realm="{told}"',
        f"Set-Cookie: login={told}",
        "Retry-After: 0",
        "Content-Type: application/json",
    )


@contextmanager
def _troubled(house: House, room: Path) -> Iterator[None]:
    """Stores in the config that fail, each in its own way; in few.yaml those that do at once."""
    shop = house.shop
    with ExitStack() as ends:
        echo = ends.enter_context(hostile(_echo))
        line = ends.enter_context(tls_server(make_certificates(room).self_signed))
        again = {f"echo{one[:3]}": f"{echo.origin}/{one[:3]}" for one in _AGAIN}
        again |= {"tls": f"https://localhost:{line}"}
        at_once = {f"echo{one[:3]}": f"{echo.origin}/{one[:3]}" for one in _AT_ONCE}
        settings = shop.settings()
        acme = settings["stores"].pop(KEY)
        for key, place in (at_once | again).items():
            webdav = acme["webdav"] | {"url": f"{place}/dav", "login": "basic"}
            settings["stores"][key] = {"webdav": webdav, "api": acme["api"] | {"url": place}}
        shop.configure(settings)
        few = settings | {"stores": {key: settings["stores"][key] for key in at_once}}
        (shop.home / "few.yaml").write_text(json.dumps(few))
        yield
        asked = {one.path.split("/")[1] for one in echo.log}
        assert asked == {one[:3] for one in _AT_ONCE + _AGAIN}


def test_no_failure_tells_a_login(house: House, tmp_path: Path) -> None:
    """A shop that repeats in every part of its answers what it was asked with; TLS refused."""
    house.keep("file")
    room = tmp_path / "certificates"
    room.mkdir()
    with _troubled(house, room):
        jobs = ("sync", "export customers", "doctor", "doctor --probe")
        given = [f"--config few.yaml {words}" for words in jobs]
        # what is busy, or no WebDAV, is asked by sync for minutes
        given += [f"sync --store {key}" for key in ("echo200", "echo500")]
        given += [f"export customers --store {key}" for key in ("echo207", "echo503", "tls")]
        under_way = [(words, house.shop.start(*words.split())) for words in given]
        for words, process in under_way:
            out, err = process.communicate(timeout=100)
            house.heard(words, out + err)
            assert process.returncode == 5, (words, process.returncode, out, err)
    shutil.rmtree(room)
    assert house.betrayed() == []


def test_a_config_that_holds_a_login_is_refused_without_a_word_of_it(house: House) -> None:
    """By a literal, a slip of the pen, or a broken line, in each command."""
    text = house.shop.config.read_text()
    broken = (
        text.replace('"password": {', f'"password": "{PASSWORD}", "x": {{'),
        text.replace('"token": {', f'"token": "{TOKEN}", "x": {{'),
        text + f"\npassword:{PASSWORD}\n",
        text[:-2] + f" {PASSWORD} ]}}",
        text.replace('"token": {', f'"token": ["{TOKEN}"], "x": {{'),
    )
    for number, words in enumerate(("config check", "sync", "run", "status", "doctor")):
        assert broken[number] != text
        house.shop.config.write_text(broken[number])
        house.give(words, {78})
    house.shop.config.unlink()
    assert house.betrayed() == []


_FAULT = """\
import os, threading
real = os.rename
def broken(*args, **more):
    if os.environ["BROKEN"] in threading.current_thread().name:
        raise RuntimeError("planted fault")
    return real(*args, **more)
os.rename = broken
"""


def test_a_traceback_shows_no_login(house: House, tmp_path: Path) -> None:
    """A bug of our own, in a command and in the daemon: where it was, and no value."""
    seam = tmp_path / "seam"
    seam.mkdir()
    (seam / "sitecustomize.py").write_text(_FAULT)
    house.keep("env")
    path = os.pathsep.join(filter(None, (str(seam), os.getenv("PYTHONPATH"))))
    house.env |= {"PYTHONPATH": path, "BROKEN": "MainThread"}
    for words in ("sync", "export"):
        said = house.give(words, {1}).stderr
        assert ("Traceback" in said, "planted fault" in said) == (True, True)
    house.env["BROKEN"] = f"{KEY} "  # the threads of its jobs
    with running(house.shop, **house.env) as daemon:
        daemon.until(lambda: "a bug" in daemon.status())
        daemon.process.terminate()
        house.heard("the daemon", daemon.process.communicate(timeout=30)[1])
        house.said["systemd"] = b"\n".join(daemon.notified.told)
    assert b"planted fault" in house.said["the daemon"]
    shutil.rmtree(seam)
    assert house.betrayed() == []


# --- what is handed to others


def test_no_program_that_is_started_is_given_a_login(house: House, tmp_path: Path) -> None:
    """Every start of a program, seen by strace with all its words and its whole environment.

    The logins are in our own environment, which is the worst case.
    """
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    house.keep("env")
    settings = house.shop.settings()
    settings["stores"][KEY]["after_snapshot"] = _SNAPSHOT_PROGRAM
    house.shop.configure(settings)
    started = []
    house.give("export orders")
    for number, words in enumerate(("snapshot --label x", "verify --full")):
        trace = tmp_path / f"{number}.trace"
        strace = ("strace", "-f", "-qq", "-v", "-s", "9999", "-e", "trace=execve", "-o", str(trace))
        house.give(words, through=strace)
        _ours, *others = trace.read_text().splitlines()
        started += [line for line in others if "execve(" in line]
        trace.unlink()
    for program in ("mirrord.disk", '"sh", "-c"'):
        assert [line for line in started if program in line], f"{program} was never started"
    assert [line for line in started if _has_mark(line.encode())] == []
    assert house.betrayed() == []


def test_a_crash_leaves_no_core(house: House) -> None:
    """Whatever the limit was that it was started with; nor may the kernel pipe one to anybody."""
    if not shutil.which("prlimit"):
        pytest.skip("needs util-linux")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("needs a machine that lets a process leave core dumps")
    house.keep("file")
    with running(house.shop, through=("prlimit", "--core=unlimited")) as daemon:
        limits = Path(f"/proc/{daemon.process.pid}/limits").read_text()
        daemon.until(lambda: daemon.last("orders"))
        daemon.process.send_signal(signal.SIGSEGV)
        daemon.process.communicate(timeout=30)
        assert daemon.process.returncode == -signal.SIGSEGV
    assert re.search(r"^Max core file size +1 ", limits, re.MULTILINE), limits
    assert [path.name for path in house.shop.home.glob("*core*")] == []
