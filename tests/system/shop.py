"""A shop and its mirror, and the real program between them.

The program runs as a user would run it: a process of its own, its environment emptied, its whole
output taken. A test asserts on exit codes, on words, and on what lies on the disk.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import make_marker
from tests.houses import content

Done = subprocess.CompletedProcess[str]

KEY = "acme"
PROGRAM = (sys.executable, "-m", "mirrord")
SIZES = Sizes(products=3, customers=8, orders=12)
#: A line of the log on stderr; what is left without them is what a person is told.
_LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ")


def environment(**more: str) -> dict[str, str]:
    """Nothing of ours: no config, no notify socket, no proxies; and what the test adds."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", **more}


def mirrord(
    *words: str | Path,
    cwd: Path,
    timeout: float = 60,
    through: Sequence[str] = (),
    **env: str,
) -> Done:
    """Run the program to its end; ``through`` is a program that starts it, with its arguments."""
    return subprocess.run(
        [*through, *PROGRAM, *map(str, words)],
        cwd=cwd,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def told(done: Done) -> str:
    """What a person is told on stderr, without the log."""
    return "\n".join(line for line in done.stderr.splitlines() if not _LOGGED.match(line))


@dataclass
class Shop:
    """One sample store, a config that names it, and a marked mirror."""

    home: Path
    store: SampleStore
    secrets: set[str] = field(default_factory=set)
    #: Where the mirror lies, if not in ``home``.
    at: Path | None = None

    @property
    def mirror(self) -> Path:
        return self.at or self.home / "mirror"

    @property
    def house(self) -> Path:
        return self.mirror / KEY

    @property
    def files(self) -> Path:
        return self.house / "files"

    @property
    def latest(self) -> Path:
        return self.house / "exports" / "latest"

    @property
    def config(self) -> Path:
        return self.home / "mirrord.yaml"

    def mirrord(
        self,
        *words: str | Path,
        timeout: float = 60,
        through: Sequence[str] = (),
        **env: str,
    ) -> Done:
        """Run the program with this shop's config; no secret is ever in what it says."""
        env = {"MIRRORD_CONFIG": str(self.config), **env}
        done = mirrord(*words, cwd=self.home, timeout=timeout, through=through, **env)
        return self._discreet(done)

    def start(
        self, *words: str | Path, through: Sequence[str] = (), **env: str
    ) -> "subprocess.Popen[str]":
        """Start the program, its output piped; :meth:`finished` waits for its end."""
        return subprocess.Popen(
            [*through, *PROGRAM, *map(str, words)],
            cwd=self.home,
            env=environment(MIRRORD_CONFIG=str(self.config), **env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finished(self, process: "subprocess.Popen[str]", timeout: float = 60) -> Done:
        """How a started program ended."""
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
            process.wait()
        return self._discreet(Done(process.args, process.returncode, out, err))

    def _discreet(self, done: Done) -> Done:
        for secret in self.secrets:
            assert secret not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def settings(self) -> dict[str, Any]:
        """The config as plain values, to be changed and given to :meth:`configure`."""
        loaded: dict[str, Any] = yaml.safe_load(self.config.read_text())
        return loaded

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Write another config."""
        self.config.write_text(json.dumps(settings))  # JSON is YAML

    def set(self, section: str, **values: Any) -> None:
        """Change one section of the store's part of the config: ``webdav``, ``api``, ..."""
        settings = self.settings()
        settings["stores"][KEY].setdefault(section, {}).update(values)
        self.configure(settings)

    def secret(self, name: str, text: str) -> dict[str, str]:
        """Keep a secret in a file of its own; its place as the config says it."""
        file = self.home / "credentials" / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text + "\n")
        self.secrets.add(text)
        return {"file": str(file)}

    def held(self) -> dict[str, bytes | None]:
        """All that must not be lost: files/, what left it, and the exports."""
        return {
            f"{room}/{path}": body
            for room in ("files", "old-versions", "exports", "set-aside")
            for path, body in content(self.house / room).items()
        }

    def sums_agree(self) -> bool:
        """Whether sha256sum finds files/ as SHA256SUMS says, and both name the same files."""
        sums = self.house / "SHA256SUMS"
        check = subprocess.run(
            ["sha256sum", "--quiet", "--strict", "-c", sums],
            cwd=self.files,
            capture_output=True,
            check=False,
        )
        files = sum(path.is_file() for path in self.files.rglob("*"))
        return check.returncode == 0 and files == len(sums.read_bytes().splitlines())

    def mirrors_the_store(self) -> bool:
        """Whether files/ equals the store's folder, byte for byte, empty folders too."""
        return content(self.files) == content(self.store.folder)


@contextmanager
def open_shop(home: Path, sizes: Sizes = SIZES, seed: int = 1, **logins: str) -> Iterator[Shop]:
    """The store up, the config written, the mirror marked; nothing mirrored yet.

    ``logins``: its ``password`` and ``token``, where they matter.
    """
    with SampleStore(home / "the-shop", seed, sizes, quota=1_000_000, **logins) as store:  # type: ignore[arg-type]
        # a job is looked at once a second: one that is done at once spares each test some
        store.themes.states = ("COMPLETED",)
        shop = Shop(home, store)
        shop.mirror.mkdir()
        make_marker(shop.mirror)
        shop.configure(
            {
                "mirror": str(shop.mirror),
                "timezone": "UTC",
                "stores": {
                    KEY: {
                        "contact": "Jo",
                        "webdav": {
                            "url": store.webdav_url,
                            "username": store.username,
                            "password": shop.secret("webdav", store.password),
                        },
                        "api": {
                            "url": store.api_url,
                            "store_hash": store.store_hash,
                            "token": shop.secret("token", store.token),
                        },
                    }
                },
            }
        )
        yield shop
