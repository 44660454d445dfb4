"""What is installed for the tests is pinned and known by its hashes; nothing is asked at import."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.audited import judged

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "tests/requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_BLOCKS = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE).strip())


def _wanted(extra: str | None) -> list[Requirement]:
    """What pyproject.toml asks for, an extra's own extras taken in."""
    names = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    wanted = []
    for one in map(Requirement, names):
        if one.name == "mirrord":
            wanted += [each for more in one.extras for each in _wanted(more)]
        else:
            wanted.append(one)
    return wanted


def test_every_package_is_at_one_version_with_its_hashes() -> None:
    """Nothing else is in the file: no index, no host, no path, no range."""
    line = r"[a-z0-9-]+==[0-9][0-9a-z.]*(?: ; [a-z_]+ [<>=!]+ '[\w.]+'(?: and [a-z_]+ .*)?)?"
    hashes = r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
    assert [block for block in _BLOCKS if not re.fullmatch(line + hashes, block)] == []
    assert re.findall(r"://|--[a-gi-z]\S*|@", LOCK) == []


def test_the_lock_fits_what_the_project_asks_for() -> None:
    """Every dependency of the program and of its tests, within its range; else run tests/lock."""
    pinned: dict[str, list[str]] = {}
    for block in _BLOCKS:
        name, version = block.split()[0].split("==")
        pinned.setdefault(name, []).append(version)
    wanted = _wanted(None) + _wanted("ci")
    assert len(wanted) > 30
    unfit = [
        str(one)
        for one in wanted
        if not pinned.get(canonicalize_name(one.name))
        or not all(one.specifier.contains(each) for each in pinned[canonicalize_name(one.name)])
    ]
    assert unfit == []


def test_the_tests_are_run_with_what_the_lock_says() -> None:
    """tests/run installs by hash, and builds mirrord itself with what was installed so."""
    told = (ROOT / "tests/run").read_text()
    assert "--require-hashes -r tests/requirements.lock" in told
    assert "--no-deps --no-build-isolation -e ." in told
    assert re.findall(r"pip.* install (?!-q)", told) == []


#: Every module, one after the other, in a process that ends when a socket reaches for anybody.
#: urllib3 tries by a socket of its own, which it binds and closes, whether there is IPv6.
_IMPORTS = """\
import importlib, pkgutil, sys
def alone(event, args):
    is_trial = event == "socket.__new__" or (event, args[1:]) == ("socket.bind", (("::1", 0),))
    if event.startswith("socket.") and not is_trial:
        sys.stderr.write(f"{event} {args}\\n")
        raise SystemExit(9)
sys.addaudithook(alone)
import mirrord
names = [one.name for one in pkgutil.walk_packages(mirrord.__path__, "mirrord.")]
for name in names:
    if name != "mirrord.__main__":
        importlib.import_module(name)
print(len(names))
if sys.argv[1:]:
    import socket
    socket.socket().connect(("127.0.0.1", 9))
"""


def _imported(*more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "ignore", "-c", _IMPORTS, *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_nobody_is_asked_at_import() -> None:
    """By none of our modules, nor by any library that they import; it would be seen."""
    done = _imported()
    assert (done.returncode, int(done.stdout) > 300) == (0, True), done.stderr
    seen = _imported("and then one")
    assert (seen.returncode, seen.stderr.startswith("socket.connect")) == (9, True)


_SOUND = {"name": "a", "version": "1", "vulns": []}
_UNSAFE = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
_UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("told", "said", "code"),
    [
        ([_SOUND], "1 of 1 packages: 0 findings", 0),
        ([_SOUND, _UNSAFE], "b 2: CVE-1, mended in 3", 1),
        ([_SOUND, _UNKNOWN], "not looked at: c", 0),
        ([_UNKNOWN, _UNKNOWN], "was not run", 0),
        ([], "was not run", 0),
    ],
)
def test_a_package_that_was_not_looked_at_is_not_called_safe(
    told: list[dict[str, object]], said: str, code: int
) -> None:
    """pip-audit finds no fault with what its database does not answer for."""
    words, ended = judged({"dependencies": told})
    assert (said in words, ended) == (True, code), words
