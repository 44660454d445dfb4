"""What users, stores and disks do wrong: one sentence with what, where and the next step.

Each by the real program: the right exit code, no traceback, no secret, and nothing held is lost.
"""

import os
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mirrord.demo.api import ALL_SCOPES, ORDERS
from mirrord.demo.misbehave import fails, html, slow
from mirrord.disk.house import MARKER
from mirrord.disk.identity import IDENTITY_FILE
from tests.houses import content
from tests.servers.hostile import hostile, says
from tests.servers.tools import free_port
from tests.system.disks import Disk, disk
from tests.system.shop import KEY, PROGRAM, Done, Shop, environment, open_shop, told

NOBODY = 65534
NOT_ORDERS = ALL_SCOPES - {ORDERS}


@pytest.fixture
def held(mirrored: Shop) -> Iterator[Shop]:
    """A shop that is held; what a test does to its config, secrets and store is undone."""
    config = mirrored.config.read_text()
    credentials = {file: file.read_text() for file in (mirrored.home / "credentials").iterdir()}
    yield mirrored
    mirrored.store.misbehave.stop()
    mirrored.store.tokens[mirrored.store.token] = ALL_SCOPES
    mirrored.config.write_text(config)
    for file, secret in credentials.items():
        file.chmod(0o600)
        file.write_text(secret)


def _one_sentence(done: Done, code: int, *words: str) -> None:
    """The exit code; on stderr, but for the log, one line that says all of the words."""
    said = told(done)
    assert done.returncode == code, said
    assert len(said.splitlines()) == 1, said
    assert [word for word in words if word not in said] == [], said


def _until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something that the program is about to do."""
    while not true():
        assert process.poll() is None, "it ended before"


# --- the store refuses


def test_a_wrong_password_is_5_and_says_where_the_right_one_is(held: Shop) -> None:
    """The user and the place in the control panel are named; nothing is retired."""
    before = held.held()
    held.secret("webdav", "not the password")
    done = held.mirrord("sync")
    _one_sentence(
        done, 5, "login refused", held.store.username, "Settings > Advanced > File access"
    )
    assert held.held() == before


def test_a_missing_scope_is_3_among_all_datasets(held: Shop) -> None:
    """The others are pulled; the one that may not be read is named, with its scope."""
    held.store.tokens[held.store.token] = NOT_ORDERS
    before = held.held()
    done = held.mirrord("export")
    said = told(done)
    assert (done.returncode, "Traceback" in said) == (3, False)
    assert said.startswith("acme orders: the API token may not read this")
    # what hangs on orders is named with it, line by line; the datasets beside it are whole
    assert said.count("scope store_v2_orders_read_only") == 3
    assert [name for name in ("products", "customers", "themes") if name not in done.stdout] == []
    kept = held.held()
    orders = "exports/latest/orders.csv"
    assert (set(before) <= set(kept), kept.get(orders)) == (True, before.get(orders))


def test_a_missing_scope_is_5_for_the_dataset_that_was_named(held: Shop) -> None:
    """Whoever asks for orders and gets none has not got what was asked."""
    held.store.tokens[held.store.token] = NOT_ORDERS
    before = held.held()
    done = held.mirrord("export", "orders")
    _one_sentence(done, 5, "may not read", "scope store_v2_orders_read_only")
    assert held.held() == before


def test_a_missing_scope_does_not_hide_a_worse_thing(held: Shop) -> None:
    """Among all datasets, a scope counts as 3 and another refusal still as 5."""
    held.store.tokens[held.store.token] = NOT_ORDERS
    planted = held.store.misbehave.next("/v3/customers", fails(401))
    done = held.mirrord("export")
    said = told(done).splitlines()
    assert (done.returncode, planted.fired) == (5, 1)
    assert [line.partition(":")[0] for line in said[:2]] == ["acme customers", "acme orders"]


def test_a_revoked_token_is_5_and_says_how_to_make_another(held: Shop) -> None:
    """401 once, never tried again; the next step is named."""
    held.store.tokens.clear()
    before, asked = held.held(), len(held.store.log)
    done = held.mirrord("export", "orders")
    _one_sentence(done, 5, "token is not accepted", "make a new read-only token", "Settings >")
    assert (held.held() == before, len(held.store.log) - asked) == (True, 1)


# --- the wrong place


def test_a_url_without_webdav_is_5_and_asks_for_the_right_one(held: Shop) -> None:
    """A path that is not there: its URL, and how it should end."""
    before = held.held()
    held.set("webdav", url=f"{held.store.api_url}/nosuch")
    done = held.mirrord("sync")
    _one_sentence(done, 5, f"{held.store.api_url}/nosuch", "404", "is the URL right", "/dav")
    assert held.held() == before


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says("200 OK", b"<!doctype html><p>Welcome", "Content-Type: text/html"), "a web page"),
        (says("405 Method Not Allowed", b"", "Allow: GET"), "knows no WebDAV (405)"),
        (says("302 Found", b"", "Location: https://elsewhere.example/login"), "elsewhere.example"),
    ],
    ids=["a web page", "405", "a redirect"],
)
def test_a_url_of_a_mere_web_site_is_5(held: Shop, answer: list[bytes], said: str) -> None:
    """A shop front is no WebDAV, whatever it answers; a redirect is shown and not followed."""
    before = held.held()
    with hostile(lambda _asked: answer) as site:
        held.set("webdav", url=site.url)
        done = held.mirrord("sync")
        # by Digest libcurl asks without a body first, which a site that wants no login answers, too
        assert len(site.log) <= 2
    _one_sentence(done, 5, site.url, said, "URL")
    assert held.held() == before


def test_a_wrong_store_hash_is_5_and_names_the_key(held: Shop) -> None:
    """404 for a whole dataset points at api.store_hash and api.url."""
    before = held.held()
    (held.house / IDENTITY_FILE).unlink(missing_ok=True)  # as at the first contact
    held.set("api", store_hash="zzz999")
    done = held.mirrord("export", "customers")
    _one_sentence(done, 5, "zzz999", "404", "check api.store_hash and api.url")
    assert held.held() == before


def test_a_hash_that_was_swapped_is_4_and_asks_a_person(held: Shop) -> None:
    """Another shop's hash, or host, never fills this shop's folder: no store is even asked."""
    assert held.mirrord("export", "customers").returncode == 0
    before, asked = held.held(), len(held.store.log)
    held.set("api", store_hash="zzz999")
    done = held.mirrord("export", "customers")
    _one_sentence(done, 4, "was sample1, now it is zzz999", IDENTITY_FILE)
    assert (held.held(), len(held.store.log)) == (before, asked)


# --- no answer, or a broken one: tried several times, therefore all at once


@dataclass(frozen=True)
class Case:
    """What is wrong with a store, what is run on it, and what comes of it."""

    words: str
    code: int
    said: tuple[str, ...]
    webdav: dict[str, str] = field(default_factory=dict)
    api: dict[str, str] = field(default_factory=dict)


def _unanswered() -> dict[str, Case]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    return {
        "dav-refused": Case(
            "sync", 5, ("127.0.0.1", "connection refused"), webdav={"url": f"{nowhere}/dav"}
        ),
        "api-refused": Case(
            "export orders",
            5,
            (nowhere, "connection refused", "check the URL and the network"),
            api={"url": nowhere},
        ),
        "dav-unresolved": Case(
            "sync",
            5,
            ("store-abc123.invalid", "name can not be resolved", "check the URL"),
            webdav={"url": "https://store-abc123.invalid/dav"},
        ),
        "api-unresolved": Case(
            "export orders",
            5,
            ("api.invalid", "name can not be resolved", "check the URL"),
            api={"url": "https://api.invalid"},
        ),
        "api-html": Case(
            "export orders",
            5,
            ("/stores/broken/", "a web page instead of JSON", "check api.url"),
            api={"store_hash": "broken"},
        ),
        "folder-html": Case(
            "sync",
            3,
            ("the folder content could not be listed", "all below it stays as it is", "a web page"),
        ),
    }


def _resolves_at_once() -> bool:
    """Whether a name server, or its absence, answers for a name that can not be."""
    try:
        socket.getaddrinfo("store-abc123.invalid", 443)
    except socket.gaierror:
        return True
    return False


def test_a_store_that_gives_no_sound_answer_loses_nothing(held: Shop) -> None:
    """Refused, unknown by name, a web page for JSON or for one folder: one sentence each.

    The store that answers nothing sound is 5; a folder alone is 3, and nothing below it retired.
    """
    if not _resolves_at_once():
        pytest.skip("needs a name server that does not answer for .invalid")
    cases, settings = _unanswered(), held.settings()
    acme = settings["stores"][KEY]
    for name, case in cases.items():
        parts = {"webdav": acme["webdav"] | case.webdav, "api": acme["api"] | case.api}
        settings["stores"][name] = acme | parts
        shutil.copytree(held.house, held.mirror / name)
        (held.mirror / name / IDENTITY_FILE).unlink(missing_ok=True)
    held.configure(settings)
    planted = [
        held.store.misbehave.next(path, html(), times=None)
        for path in ("/stores/broken/*", "/dav/content*")
    ]
    before = {name: content(held.mirror / name / "files") for name in cases}
    running = {
        name: held.start(*case.words.split(), "--store", name) for name, case in cases.items()
    }
    for name, process in running.items():
        _one_sentence(held.finished(process), cases[name].code, *cases[name].said)
    assert [rule for rule in planted if not rule.fired] == []
    assert {name: content(held.mirror / name / "files") for name in cases} == before


def test_a_file_that_is_refused_is_3_and_the_old_one_stays(held: Shop) -> None:
    """A changed file whose download fails is named; the version that is held stays shown."""
    changed = held.store.folder / "content/styles/shop.css"
    old, before = changed.read_bytes(), held.held()
    changed.write_bytes(b"body { color: red }\n")
    planted = held.store.misbehave.next("/dav/content/styles/shop.css", fails(403))
    try:
        done = held.mirrord("sync")
        _one_sentence(done, 3, "content/styles/shop.css", "may not read")
        assert planted.fired
        assert held.held() == before
    finally:
        held.store.misbehave.stop()
        changed.write_bytes(old)
        assert held.mirrord("sync").returncode == 0


# --- the mirror


def test_a_mirror_folder_that_is_missing_is_6_and_is_not_made(held: Shop) -> None:
    """A typo, or a disk that is not mounted: nothing is created in its place."""
    settings = held.settings()
    missing = held.home / "not-mounted"
    held.configure(settings | {"mirror": str(missing)})
    for words in (["sync"], ["export", "orders"], ["status"], ["init", "--marker-only"]):
        done = held.mirrord(*words)
        said = done.stdout if words == ["status"] else told(done)
        assert (done.returncode, str(missing) in said, missing.exists()) == (6, True, False)
        assert "mount" in said
    _one_sentence(held.mirrord("sync"), 6, f"no marker in {missing}", "mirrord init --marker-only")


def test_a_mirror_without_its_marker_is_6_and_nothing_is_touched(held: Shop) -> None:
    """The bare mount point under an unmounted disk stays as it is."""
    marker = held.mirror / MARKER
    text = marker.read_text()
    marker.unlink()
    before = content(held.mirror)
    try:
        for words in (["sync"], ["export"]):
            done = held.mirrord(*words)
            assert (done.returncode, "is the disk mounted?" in told(done)) == (6, True)
        assert content(held.mirror) == before
    finally:
        marker.write_text(text)


@pytest.fixture
def open_to_all() -> Iterator[Shop]:
    """A shop below folders that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="mirrord-shop-") as name:
        home = Path(name)
        home.chmod(0o755)
        with open_shop(home) as shop:
            yield shop


def _as_nobody() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("needs util-linux")
    drop = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if subprocess.run([*drop, *PROGRAM, "--version"], env=environment(), check=False).returncode:
        pytest.skip("needs a Python that every user may start")
    return drop


def test_a_mirror_that_is_not_writable_is_6(open_to_all: Shop) -> None:
    """Its owner, but no right to write: the folder is named, and nothing was begun."""
    drop = _as_nobody()
    if drop:
        for path in (open_to_all.mirror, open_to_all.mirror / MARKER):
            os.chown(path, NOBODY, NOBODY)
    open_to_all.mirror.chmod(0o555)
    done = open_to_all.mirrord("sync", through=drop)
    open_to_all.mirror.chmod(0o755)
    _one_sentence(done, 6, str(open_to_all.house), "Permission denied")
    assert [path.name for path in open_to_all.mirror.iterdir()] == [MARKER]


# --- the disk


@pytest.fixture
def small(held: Shop) -> Iterator[tuple[Shop, Disk]]:
    """The shop's mirror on a disk of its own, with little room."""
    with disk(held.mirror, "450m") as mounted:
        yield held, mounted


def _on(mounted: Disk) -> dict[str, bytes | None]:
    rooms = ("files", "old-versions", "exports", "set-aside")
    return {
        f"{room}/{path}": body
        for room in rooms
        for path, body in content(mounted.inside / KEY / room).items()
    }


def test_too_little_room_is_6_before_anything_is_fetched(small: tuple[Shop, Disk]) -> None:
    """The sizes are known from the listing: both numbers are told, no byte is asked for."""
    shop, mounted = small
    before = _on(mounted)
    mounted.fill(leave=100 << 20)
    new = shop.store.folder / "content/new.bin"
    new.write_bytes(bytes(2_000_000))
    try:
        done = shop.mirrord("sync", through=mounted.through)
        _one_sentence(done, 6, "2,000,000 bytes", str(shop.house), "free some space")
        assert _on(mounted) == before
        assert [seen for seen in shop.store.log if seen.path.endswith("new.bin")] == []
    finally:
        new.unlink()


def test_a_disk_that_fills_in_the_midst_is_6_and_heals(small: tuple[Shop, Disk]) -> None:
    """Somebody else takes the room while files are fetched: nothing torn, the next run goes on."""
    shop, mounted = small
    before = _on(mounted)
    new = [shop.store.folder / f"content/new {n}.bin" for n in range(3)]
    for path in new:
        path.write_bytes(os.urandom(3_000_000))
    planted = shop.store.misbehave.next("/dav/content/new *", slow(1.5), times=None)
    try:
        process = shop.start("sync", through=mounted.through)
        _until(lambda: planted.fired > 0, process)
        mounted.fill(leave=1 << 20)
        _one_sentence(shop.finished(process), 6, "no room left", "free some space, then run again")
        held = {path: body for path, body in _on(mounted).items() if path in before}
        assert held == before
        (mounted.inside / "filler").unlink()
        shop.store.misbehave.stop()
        assert shop.mirrord("sync", through=mounted.through).returncode == 0
        assert content(mounted.inside / KEY / "files") == content(shop.store.folder)
    finally:
        for path in new:
            path.unlink()


def test_an_export_to_a_full_disk_is_6_and_the_last_one_stays(small: tuple[Shop, Disk]) -> None:
    """Without room for a pull, the day's folder and latest/ stand as they stood."""
    shop, mounted = small
    before = _on(mounted)
    mounted.fill()
    done = shop.mirrord("export", "orders", through=mounted.through)
    _one_sentence(done, 6, "no room left", "free some space")
    assert _on(mounted) == before


def test_a_read_only_disk_is_6_and_says_so(small: tuple[Shop, Disk]) -> None:
    """After a disk's own error; `status` still reads it."""
    shop, mounted = small
    before, health = _on(mounted), shop.mirrord("status").returncode
    mounted.make_read_only()
    for words in (["sync"], ["export", "orders"]):
        done = shop.mirrord(*words, through=mounted.through)
        _one_sentence(done, 6, "read-only", "remount it writable")
    assert shop.mirrord("status", through=mounted.through).returncode == health
    assert _on(mounted) == before


# --- a second mirrord


def test_a_second_sync_waits_or_ends_with_75(held: Shop) -> None:
    """`--no-wait` names who is at work; without it the second one takes its turn."""
    planted = held.store.misbehave.next("/dav/product_images/", slow(2.0))
    first = held.start("sync")
    _until(lambda: planted.fired > 0, first)
    hasty = held.mirrord("sync", "--no-wait")
    _one_sentence(hasty, 75, f"(process {first.pid}) is at work", "files.lock", "wait for it")
    assert first.poll() is None
    patient = held.mirrord("sync")
    codes = (held.finished(first).returncode, patient.returncode)
    assert (codes, held.mirrors_the_store()) == ((0, 0), True)


def test_an_export_does_not_wait_for_a_sync(held: Shop) -> None:
    """They are different work: orders are pulled during a long sync."""
    planted = held.store.misbehave.next("/dav/product_images/", slow(30))
    first = held.start("sync")
    _until(lambda: planted.fired > 0, first)
    assert held.mirrord("export", "orders", "--no-wait").returncode == 0
    assert first.poll() is None
    first.terminate()
    assert held.finished(first).returncode == 130


# --- the config


def test_a_broken_config_is_78_with_all_its_problems(held: Shop) -> None:
    """Every command refuses it; each problem has its file and line and what would be right."""
    text = held.config.read_text().replace('"webdav":', '"webdaf":').replace("UTC", "Mars/Olympus")
    held.config.write_text(text)
    before = held.held()
    for words in (["config", "check"], ["sync"], ["export"], ["run"], ["status"]):
        done = held.mirrord(*words)
        said = told(done)
        assert (done.returncode, done.stdout) == (78, "")
        assert said.count(f"{held.config}:1: ") >= 2
        assert ("webdaf" in said, "did you mean" in said, "Mars/Olympus" in said) == (True,) * 3
    assert held.held() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mirror: /x\nmirror: /y\n", "mirror"),
        ("mirror: [\n", ":"),
        ("", "mirror"),
        ("- just\n- a list\n", ""),
    ],
    ids=["duplicate key", "no YAML", "empty", "a list"],
)
def test_what_is_no_config_at_all_is_78(held: Shop, text: str, said: str) -> None:
    """In words, with the file's name; never a parser's own exception."""
    held.config.write_text(text)
    done = held.mirrord("config", "check")
    assert (done.returncode, str(held.config) in told(done), said in told(done)) == (78, True, True)


def test_a_secret_in_the_config_is_78_and_is_not_repeated(held: Shop) -> None:
    """A literal password is refused with the remedy; its text is shown nowhere."""
    held.set("webdav", password="hunter2-in-the-clear")
    done = held.mirrord("sync")
    _one_sentence(done, 78, f"{held.config}:1", "a secret is not written into the config", "{file:")
    assert "hunter2" not in done.stdout + done.stderr


def test_a_secret_file_that_others_can_read_is_78(held: Shop) -> None:
    """The file is named, and the chmod that puts it right."""
    file = held.home / "credentials/webdav"
    file.chmod(0o644)
    before = held.held()
    done = held.mirrord("sync")
    _one_sentence(done, 78, str(file), "chmod 600")
    assert held.held() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_missing_secret_file_is_78(held: Shop) -> None:
    """The path is named; the store is not asked."""
    held.set("webdav", password={"file": str(held.home / "nosuch")})
    asked = len(held.store.log)
    _one_sentence(held.mirrord("sync"), 78, str(held.home / "nosuch"))
    assert len(held.store.log) == asked
