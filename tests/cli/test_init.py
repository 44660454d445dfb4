"""`mirrord init`: a person at a terminal, and a machine without one."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.cli import run
from mirrord.cli.asking import system_zone, whole_url
from mirrord.cli.placing import places_for, write_all
from mirrord.cli.privileges import owner_of
from mirrord.config import Secret, load
from mirrord.config.writing import Files, Records, Shop
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import MARKER
from mirrord.errors import ConfigError
from tests.cli.machines import STRANGER, everyones_python, mirrord, needs_root
from tests.cli.terminal import Terminal, on_terminal
from tests.houses import content, modes


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small sample store."""
    with SampleStore(tmp_path / "shop", sizes=Sizes(3, 3, 3), quota=100_000) as store:
        yield store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A machine with nothing of ours but a mounted disk."""
    (tmp_path / "machine/mirror").mkdir(parents=True)
    return tmp_path / "machine"


def _given(store: SampleStore, home: Path, key: str = "acme") -> list[str]:
    return [
        *("--config", str(home / "etc/mirrord.yaml"), "init", "--add", key),
        *("--mirror", str(home / "mirror"), "--timezone", "Europe/London"),
        *("--webdav-url", store.webdav_url, "--username", store.username),
        *("--store-hash", store.store_hash, "--api-url", store.api_url),
        *("--contact", 'Jo "the boss", +44 20'),
    ]


@pytest.fixture
def secrets(store: SampleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right secrets in the environment."""
    monkeypatch.setenv("MIRRORD_WEBDAV_PASSWORD", store.password)
    monkeypatch.setenv("MIRRORD_API_TOKEN", store.token)


def _first_questions(terminal: Terminal, home: Path) -> None:
    terminal.answer("Short name of the shop", "Acme!")  # no key: asked again
    terminal.answer("Short name of the shop", "acme")
    terminal.answer("Folder of the mirror", str(home / "mirror"))
    terminal.expect("hard links")
    terminal.answer("Time zone", "Europe/Londn")
    terminal.expect("did you mean Europe/London?")
    terminal.answer("Time zone", "Europe/London")
    terminal.answer("Whom to call", "Jo, +44 20")


def test_a_person_is_led_from_nothing_to_a_shop_that_syncs(store: SampleStore, home: Path) -> None:
    """Wrong answers are said at once and asked again; secrets are never shown."""
    config = home / "etc/mirrord.yaml"
    with on_terminal("--config", config, "init", "--api-url", store.api_url) as terminal:
        _first_questions(terminal, home)
        terminal.expect("a user that can do nothing else")
        terminal.answer("WebDAV Path", store.webdav_url)
        terminal.answer("WebDAV Username", store.username)
        terminal.answer("WebDAV Password", "wrong-horse-7")
        terminal.expect("fail  webdav login: the login of")
        terminal.answer("untested?", "n")
        terminal.answer("WebDAV Path", "")
        terminal.answer("WebDAV Username", "")
        terminal.answer("WebDAV Password", store.password)
        terminal.expect("accepted; folders: ")
        terminal.answer("Count the files", "y")
        terminal.expect("ok    space: the store has ")
        terminal.expect("read-only token")
        terminal.answer("Store hash", store.store_hash)
        terminal.answer("API access token", store.token)
        terminal.expect("api scope information: the store is sample1")
        code = terminal.end()
        said = terminal.said
    assert (code, said[-300:].count("next: mirrord doctor")) == (0, 1)
    assert [word for word in (store.password, store.token, "wrong-horse-7") if word in said] == []
    assert modes(home / "etc") == {
        ".": "0o700",
        "mirrord.yaml": "0o600",
        "credentials": "0o700",
        "credentials/acme-webdav": "0o600",
        "credentials/acme-token": "0o600",
    }
    assert str(load(config).timezone) == "Europe/London"
    assert [run(["--config", str(config), command]) for command in ("sync", "export")] == [0, 0]


@pytest.mark.parametrize("at", ["Folder of the mirror", "Time zone", "WebDAV Password", "Count"])
def test_ctrl_c_leaves_nothing_behind(store: SampleStore, home: Path, at: str) -> None:
    """At whatever question."""
    arguments = ["--config", home / "etc/mirrord.yaml", "init", "--contact", "Jo"]
    arguments += ["--webdav-url", store.webdav_url, "--username", store.username]
    with on_terminal(*arguments) as terminal:
        terminal.answer("Short name of the shop", "acme")
        answers = {
            "Folder of the mirror": str(home / "mirror"),
            "Time zone": "UTC",
            "WebDAV Password": store.password,
        }
        for question, answer in answers.items():
            if question == at:
                break
            terminal.answer(question, answer)
        terminal.expect(at)
        terminal.expect(": ")
        code = terminal.interrupt()
    assert (code, "interrupted; nothing was written" in terminal.said) == (130, True)
    assert "what was done stays" not in terminal.said
    assert content(home) == {"mirror": None}


def test_a_folder_that_is_not_there_is_made_only_when_a_person_says_so(
    store: SampleStore, home: Path
) -> None:
    """It might be a disk that is not mounted."""
    with on_terminal("--config", home / "etc/mirrord.yaml", "init") as terminal:
        terminal.answer("Short name of the shop", "acme")
        terminal.answer("Folder of the mirror", str(home / "new/mirror"))
        terminal.answer("mount it first. Make it?", "")
        code = terminal.end()
    assert (code, (home / "new").exists()) == (6, False)


def test_a_folder_that_was_made_goes_again_when_the_rest_does_not_come(
    store: SampleStore, home: Path
) -> None:
    """Nothing half is left, and no folder on the bare mount point either."""
    with on_terminal("--config", home / "etc/mirrord.yaml", "init") as terminal:
        terminal.answer("Short name of the shop", "acme")
        terminal.answer("Folder of the mirror", str(home / "new/mirror"))
        terminal.answer("mount it first. Make it?", "y")
        terminal.expect("hard links")
        terminal.expect("Time zone")
        terminal.expect(": ")
        made = (home / "new/mirror").is_dir()
        code = terminal.interrupt()
    assert (made, code, content(home)) == (True, 130, {"mirror": None})


def test_without_a_terminal_everything_comes_from_options_and_environment(
    store: SampleStore, home: Path, secrets: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """One call, and the shop can be synced; the secrets stand in no option."""
    code = run(_given(store, home))
    said = capsys.readouterr().out
    config = load(home / "etc/mirrord.yaml")
    one = config.stores["acme"]
    assert code == 0
    assert one.contact == 'Jo "the boss", +44 20'
    assert one.webdav is not None
    assert one.api is not None
    assert (one.webdav.password.read(), one.api.token.read()) == (store.password, store.token)
    assert (home / "mirror" / MARKER).is_file()
    assert store.password not in (home / "etc/mirrord.yaml").read_text() + said


def test_a_second_shop_goes_into_stores_d_and_the_first_stays_as_it_was(
    store: SampleStore, home: Path, secrets: None
) -> None:
    """The mirror and the zone are the config's; a store that stands is never overwritten."""
    run(_given(store, home))
    before = content(home / "etc")
    codes = [run(_given(store, home, "beta")), run(_given(store, home, "beta"))]
    after = content(home / "etc")
    assert codes == [0, 78]
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {
        "stores.d",
        "stores.d/beta.yaml",
        "credentials/beta-webdav",
        "credentials/beta-token",
    }
    assert sorted(load(home / "etc/mirrord.yaml").stores) == ["acme", "beta"]
    assert run(_given(store, home, "acme")) == 78


@pytest.mark.parametrize(
    ("option", "value", "code", "words"),
    [
        ("--username", "nobody@acme.example", 5, "login"),
        ("--store-hash", "zzz", 5, "store_hash"),
        ("--store-hash", "NOT A HASH", 2, "not a store hash"),
        ("--webdav-url", "http://shop.example/dav", 2, "https"),
        ("--webdav-url", "https://u:secret7@shop.example/dav", 2, "`username`"),
        ("--timezone", "Mars/Olympus", 2, "no time zone"),
        ("--mirror", "/no/such/folder", 6, "create it"),
        ("--add", "Bad Key", 2, "folder"),
    ],
)
def test_an_answer_that_does_not_work_ends_it_and_nothing_is_written(
    store: SampleStore,
    home: Path,
    secrets: None,
    capsys: pytest.CaptureFixture[str],
    option: str,
    value: str,
    code: int,
    words: str,
) -> None:
    """One sentence, the remedy, the code of what is wrong."""
    arguments = _given(store, home)
    arguments[arguments.index(option) + 1] = value
    got = run(arguments)
    said = capsys.readouterr().err
    assert (got, words in said, "secret7" in said) == (code, True, False)
    assert content(home) == {"mirror": None}


def test_a_missing_secret_is_asked_for_by_name(
    store: SampleStore, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal nobody can type it."""
    assert run(_given(store, home)) == 2
    assert "MIRRORD_WEBDAV_PASSWORD" in capsys.readouterr().err


def test_a_shop_may_have_files_alone(
    store: SampleStore, home: Path, secrets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or records alone; with neither there is nothing to back up."""
    arguments = _given(store, home)
    at = arguments.index("--webdav-url")
    monkeypatch.delenv("MIRRORD_API_TOKEN")
    codes = [run(arguments[:at]), run(arguments[: at + 4])]
    monkeypatch.setenv("MIRRORD_API_TOKEN", store.token)
    arguments[arguments.index("--add") + 1] = "beta"
    codes.append(run(arguments[: at + 4]))  # a token for no store
    assert codes == [2, 0, 2]
    one = load(home / "etc/mirrord.yaml").stores["acme"]
    assert (one.webdav is not None, one.api) == (True, None)


def test_whatever_breaks_while_writing_takes_everything_back(
    store: SampleStore, home: Path
) -> None:
    """Here a part of stores.d that stood broken before."""
    parts = home / "etc/stores.d"
    parts.mkdir(parents=True)
    (parts / "broken.yaml").write_text("stores: [")
    before = content(home)
    shop = Shop(
        "acme",
        None,
        Files(store.webdav_url, store.username, Secret.typed("password")),
        Records("abc123", Secret.typed("token")),
    )
    places = places_for(home / "etc/mirrord.yaml", "acme")
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        write_all(places, shop, home / "mirror", "UTC", owner_of(home / "mirror"))
    assert content(home) == before


def test_the_mirrors_owner_can_read_the_config_and_never_the_secrets(
    store: SampleStore, tmp_path: Path
) -> None:
    """Root sets it up; the marker is the owner's, the service's group may read the config."""
    needs_root()
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    mirror = tmp_path / "machine/mirror"
    mirror.mkdir(parents=True)
    os.chown(mirror, STRANGER, STRANGER + 5)
    with everyones_python() as python:
        told = mirrord(
            *_given(store, tmp_path / "machine"),
            python=python,
            MIRRORD_WEBDAV_PASSWORD=store.password,
            MIRRORD_API_TOKEN=store.token,
        )
        synced = mirrord("--config", tmp_path / "machine/etc/mirrord.yaml", "sync", python=python)
    etc = tmp_path / "machine/etc"
    owners = {
        path.name: (path.stat().st_uid, path.stat().st_gid, oct(stat.S_IMODE(path.stat().st_mode)))
        for path in (etc, etc / "mirrord.yaml", etc / "credentials/acme-token", mirror / MARKER)
    }
    assert (told.returncode, told.stderr, synced.returncode) == (0, "", 0)
    assert owners == {
        "etc": (0, STRANGER + 5, "0o750"),
        "mirrord.yaml": (0, STRANGER + 5, "0o640"),
        "acme-token": (0, 0, "0o600"),
        MARKER: (STRANGER, STRANGER + 5, "0o644"),
    }


def test_marker_only_is_made_as_the_folders_owner(store: SampleStore, home: Path) -> None:
    """Root's own marker would make the mirror root's."""
    needs_root()
    os.chown(home / "mirror", STRANGER, STRANGER)
    for path in (home, *home.parents[:3]):
        path.chmod(0o755)
    (home / "mirrord.yaml").write_text(
        f"mirror: {home}/mirror\nstores: {{a: {{api: {{store_hash: b, token: {{env: T}}}}}}}}\n"
    )
    assert run(["--config", str(home / "mirrord.yaml"), "init", "--marker-only"]) == 0
    marker = (home / "mirror" / MARKER).stat()
    assert (marker.st_uid, marker.st_gid, os.geteuid()) == (STRANGER, STRANGER, 0)


def test_without_a_terminal_init_says_how_to_do_without(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a config that stands is never overwritten by questions."""
    assert run(["--config", str(home / "mirrord.yaml"), "init"]) == 2
    assert "--add STORE" in capsys.readouterr().err
    (home / "mirrord.yaml").write_text("mirror: /srv\n")
    with on_terminal("--config", home / "mirrord.yaml", "init") as terminal:
        code = terminal.end()
    assert (code, "never overwritten" in terminal.said) == (2, True)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("store-abc.mybigcommerce.com", "https://store-abc.mybigcommerce.com/dav"),
        (" https://store-abc.mybigcommerce.com/ ", "https://store-abc.mybigcommerce.com/dav"),
        ("https://store-abc.mybigcommerce.com/dav", "https://store-abc.mybigcommerce.com/dav"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/dav"),
        ("http://[", "http://["),
        ("shop.example/webdav", "https://shop.example/webdav"),
    ],
)
def test_a_host_alone_is_enough(typed: str, url: str) -> None:
    """The path of BigCommerce is known."""
    assert whole_url(typed) == url


def test_the_machines_own_zone_is_a_zone() -> None:
    """Whatever /etc/localtime is; it is written into JSON's strings as text."""
    assert json.loads(json.dumps(system_zone()))
