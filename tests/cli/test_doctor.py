"""`mirrord doctor` as a person meets it: every line, every remedy, every exit code."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirrord.cli import run
from mirrord.config import load
from mirrord.demo.misbehave import fails
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import MARKER, make_marker
from mirrord.jobs.doctor.records import check_same_store
from mirrord.jobs.doctor.way import check_clock
from tests.cli.machines import (
    STRANGER,
    Machine,
    everyones_python,
    machine,
    mirrord,
    needs_root,
)
from tests.houses import content
from tests.servers.tools import free_port


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small sample store."""
    with SampleStore(tmp_path / "shop", sizes=Sizes(3, 3, 3)) as store:
        yield store


@pytest.fixture
def ours(store: SampleStore) -> Iterator[Machine]:
    """A shop that is set up well, on a mirror of our own."""
    with machine(store) as one:
        make_marker(one.mirror)
        yield one


class Doctor:
    """The command's JSON, check by check."""

    def __init__(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config, self._capsys = config, capsys

    def __call__(self, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
        code = run(["--config", str(self._config), "doctor", "--json", *arguments])
        self.said = self._capsys.readouterr().out
        checks = json.loads(self.said)
        return code, {check["name"]: check for check in checks}


@pytest.fixture
def doctor(ours: Machine, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """The command, on the well-set shop."""
    return Doctor(ours.config, capsys)


def _set(ours: Machine, old: str, new: str) -> None:
    text = ours.config.read_text()
    assert old in text
    ours.config.write_text(text.replace(old, new))


def _bad(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    usual = ("python", "service", "encryption")  # of the machine that runs the tests
    return {
        name: check["state"]
        for name, check in checks.items()
        if check["state"] != "ok" and name not in usual
    }


def test_a_shop_that_is_well_is_told_so_line_by_line(
    doctor: Doctor, ours: Machine, store: SampleStore
) -> None:
    """Nothing is changed: neither the mirror nor the store."""
    before = content(ours.mirror)
    code, checks = doctor()
    assert _bad(checks) == {}
    assert code in (0, 3)  # 3 by the interpreter's place or the service of this machine
    assert list(checks) == [
        "config",
        "webdav password",
        "api token file",
        "webdav DNS",
        "webdav TCP",
        "webdav login scheme",
        "webdav login",
        "api DNS",
        "api TCP",
        "api token",
        "api scope products",
        "api scope customers",
        "api scope orders",
        "api scope information",
        "api scope order transactions",
        "api scope marketing",
        "api scope content",
        "api scope themes",
        "api scope channel settings",
        "api scope channel listings",
        "api scope sites & routes",
        "api scope store locations",
        "api scope store inventory",
        "api scope fulfillment methods",
        "api scope store logs",
        "same store",
        "identity",
        "clock",
        "disk",
        "mirror",
        "space",
        "encryption",
        "service",
        "python",
        "inotify",
    ]
    assert "product_images" in checks["webdav login"]["found"]
    assert "alone" in checks["api token file"]["found"]
    assert content(ours.mirror) == before
    assert {one.method for one in store.log} <= {"GET", "PROPFIND"}
    assert len(store.log) < 26


def test_no_secret_is_ever_said(doctor: Doctor, store: SampleStore, ours: Machine) -> None:
    """Neither on a good day nor where each secret is wrong."""
    said = []
    for password, token in (
        (store.password, store.token),
        ("wrong-password-7", "wrong-token-7"),
        ("bad\x07password-7", "bad token-7"),
    ):
        (ours.home / "password").write_text(password)
        (ours.home / "token").write_text(token)
        doctor()
        said.append(doctor.said)
    for secret in (store.password, store.token, "password-7", "token-7"):
        assert secret not in "".join(said).replace("-token-7 file", "")


@pytest.mark.parametrize(
    ("old", "new", "code", "bad", "remedy"),
    [
        (
            "url: http://127.0.0.1",
            "url: https://no-such-host.invalid",
            5,
            "webdav DNS",
            "check the URL",
        ),
        ("username: ", "username: not-", 5, "webdav login", "Enable WebDAV"),
        ("/dav", "/stores", 5, "webdav login scheme", "ends in /dav"),
        ("password:", "login: basic\n      password:", 5, "webdav login scheme", "`login:`"),
        ("store_hash: sample1", "store_hash: other9", 5, "api token", "store_hash"),
        ("password}", "no-such-file}", 78, "webdav password", "make it"),
        ("mirror: ", "mirror: /no/such", 6, "mirror", "disk"),
        ("stores:", "stores:\n  acme2: {}\nstores:", 78, "config", "config/mirrord.yaml"),
    ],
)
def test_each_trouble_is_named_with_its_remedy_and_code(
    doctor: Doctor, ours: Machine, old: str, new: str, code: int, bad: str, remedy: str
) -> None:
    """And what does not hang on it is looked at all the same."""
    _set(ours, old, new)
    got, checks = doctor()
    assert (got, checks[bad]["state"]) == (code, "fail")
    assert remedy in checks[bad]["remedy"]
    assert {"service", "python", "inotify"} <= set(checks)


def test_behind_a_broken_step_nothing_more_is_asked_and_all_else_is(
    doctor: Doctor, ours: Machine, store: SampleStore
) -> None:
    """A dead WebDAV host does not hide that the token lacks a scope."""
    _set(ours, store.webdav_url, f"http://127.0.0.1:{free_port()}/dav")
    store.tokens[store.token] = store.tokens[store.token] - {
        "store_v2_orders_read_only",
        "store_v2_information_read_only",
    }
    code, checks = doctor()
    assert code == 5
    assert _bad(checks) == {
        "webdav TCP": "fail",
        "webdav login scheme": "warn",
        "webdav login": "warn",
        "api scope orders": "fail",
        "api scope information": "warn",
        "clock": "fail",
    }
    assert "orders.csv" in checks["api scope orders"]["found"]
    assert "read-only" in checks["api scope orders"]["remedy"]


def test_a_scope_for_other_datasets_is_missed_with_a_warning(
    doctor: Doctor, store: SampleStore
) -> None:
    """With all datasets that hang on it; the main ones are pulled without it."""
    store.tokens[store.token] = store.tokens[store.token] - {"store_v2_marketing_read_only"}
    code, checks = doctor()
    assert (code, _bad(checks)) == (3, {"api scope marketing": "warn"})
    check = checks["api scope marketing"]
    assert check["found"] == (
        "missing: store_v2_marketing_read_only (Marketing: read-only), for coupons, gift"
        " certificates, banners, promotions, promotion codes"
    )
    assert check["remedy"].startswith("where the shop has any of it, make a new read-only account")


def test_each_scope_is_asked_for_by_itself(doctor: Doctor, store: SampleStore) -> None:
    """With none but those of the main datasets, each of the others has its warning."""
    main = ("products", "customers", "orders", "information")
    store.tokens[store.token] = frozenset(f"store_v2_{name}_read_only" for name in main)
    code, checks = doctor()
    others = {name for name in checks if name.startswith("api scope ")}
    others -= {f"api scope {name}" for name in main}
    assert (code, _bad(checks), len(others)) == (3, dict.fromkeys(others, "warn"), 11)


def test_zips_of_themes_may_be_refused_and_it_is_said(doctor: Doctor) -> None:
    """A read-only look can not prove it."""
    _, checks = doctor()
    assert checks["api scope themes"]["state"] == "ok"
    assert "store_themes_manage" in checks["api scope themes"]["found"]


def test_behind_a_scope_that_is_not_answered_no_other_is_asked(
    doctor: Doctor, store: SampleStore
) -> None:
    """So that a look ends soon, whatever the store does."""
    store.misbehave.next("/v2/coupons", fails(500), times=None)
    code, checks = doctor()
    assert (code, checks["api scope marketing"]["state"]) == (5, "fail")
    assert checks["api scope content"]["found"] == "not looked at"
    assert not [one for one in store.log if "/v3/content" in one.path]


def test_a_revoked_token_is_asked_about_once(doctor: Doctor, store: SampleStore) -> None:
    """More tries prove nothing."""
    store.tokens.clear()
    code, checks = doctor()
    assert (code, checks["api token"]["found"]) == (5, "not accepted (answer 401)")
    assert checks["api scope orders"]["found"] == "not looked at"
    assert [one.status for one in store.log if one.path.startswith("/v")] == [401]


def test_a_store_in_trouble_is_told_as_such(doctor: Doctor, store: SampleStore) -> None:
    """Not as a wrong token."""
    rule = store.misbehave.next("/v3/*", fails(500), times=None)
    code, checks = doctor()
    assert (code, checks["api token"]["state"], bool(rule.fired)) == (5, "fail", True)
    assert "network" in checks["api token"]["remedy"]


@pytest.mark.parametrize(
    ("host", "state", "code"),
    [
        ("store-zzz999.mybigcommerce.com", "warn", 3),
        ("store-sample1.mybigcommerce.com", "ok", 0),
        ("www.acme.example", "ok", 0),
    ],
)
def test_two_shops_under_one_key_are_noticed(
    ours: Machine, host: str, state: str, code: int
) -> None:
    """By the permanent host's name; a domain of the shop's own tells nothing."""
    one = load(ours.config).stores["acme"]
    assert one.webdav is not None
    assert one.api is not None
    check = check_same_store(one.webdav.but(url=f"https://{host}/dav"), one.api)
    assert (check.state, check.exit_code) == (state, code)
    assert state == "ok" or "sample1" in check.found


def test_another_store_than_at_first_contact_is_told(doctor: Doctor, ours: Machine) -> None:
    """With 4: a person must decide."""
    folder = ours.mirror / "acme/decisions"
    folder.mkdir(parents=True)
    (folder / "identity.json").write_text('{"store_hash": "first1"}')
    code, checks = doctor()
    assert (code, checks["identity"]["state"]) == (4, "fail")
    assert "first1" in checks["identity"]["found"]


def test_a_secret_that_others_can_read_is_a_broken_config(doctor: Doctor, ours: Machine) -> None:
    """78, and the mode that would be right."""
    (ours.home / "token").chmod(0o644)
    code, checks = doctor()
    assert (code, checks["api token file"]["exit_code"]) == (78, 78)
    assert "chmod 600" in checks["api token file"]["remedy"]


def test_the_rooms_of_a_house_are_measured_and_left_as_they_were(
    doctor: Doctor, ours: Machine
) -> None:
    """One line for all that are alike. What it asks the store is counted, and noted."""
    note = "acme/.mirrord/quota/note"
    mirrord("--config", ours.config, "sync")
    before = content(ours.mirror)
    _, checks = doctor()
    assert "all rooms" in checks["disk"]["found"]
    assert "hard links" in checks["disk"]["found"]
    assert "files held have" in checks["space"]["found"]
    after = content(ours.mirror)
    assert before.pop(note) != after.pop(note)
    assert after == before


def test_probe_writes_what_the_server_does_and_no_word_of_the_shop(
    doctor: Doctor, ours: Machine, store: SampleStore
) -> None:
    """0640, in report/; the other checks are made all the same."""
    _, checks = doctor("--probe")
    file = ours.mirror / "acme/report/server-facts.txt"
    text = file.read_text()
    names = {path.name for path in store.folder.rglob("*.*")} | {store.username, "127.0.0.1"}
    assert checks["server facts"]["state"] == "ok"
    assert "Depth: infinity:            207, answered as Depth: 1" in text
    assert oct(file.stat().st_mode & 0o7777) == "0o640"
    assert [name for name in names if name in text] == []
    assert {one.method for one in store.log} <= {"GET", "PROPFIND", "OPTIONS"}
    assert len(store.log) < 45


def test_people_see_a_line_each_and_the_remedy_below(
    ours: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal as in a pipe."""
    (ours.mirror / MARKER).unlink()
    code = run(["--config", str(ours.config), "doctor"])
    said = capsys.readouterr().out
    assert code == 6
    assert "ok    acme api token: accepted\n" in said
    assert "fail  mirror: no marker" in said
    assert "      -> see to the disk\n" in said


def test_root_looks_at_the_disk_with_the_eyes_of_its_owner(store: SampleStore) -> None:
    """And no file of root's stays behind."""
    needs_root()
    with machine(store, STRANGER) as one, everyones_python() as python:
        make_marker(one.mirror)
        os.chown(one.mirror / MARKER, STRANGER, STRANGER)
        told = mirrord("--config", one.config, "doctor", "--probe", "--json", python=python)
        checks = {check["name"]: check for check in json.loads(told.stdout)}
        assert checks["mirror"]["found"].endswith(f"ours (user id {STRANGER})")
        assert checks["server facts"]["state"] == "ok"
        assert {path.stat().st_uid for path in one.mirror.rglob("*")} == {STRANGER}


def test_a_stranger_is_told_whose_the_mirror_is(store: SampleStore) -> None:
    """The look at the disk is left out: he could not write there."""
    needs_root()
    with machine(store) as one, everyones_python() as python:
        make_marker(one.mirror)
        for path in (one.home, one.mirror):
            path.chmod(0o755)
        one.config.chmod(0o644)
        ran = mirrord("--config", one.config, "doctor", "--json", user=STRANGER, python=python)
        checks = {check["name"]: check for check in json.loads(ran.stdout)}
        assert ran.returncode == 78
        assert checks["webdav password"]["state"] == "fail"
        assert checks["mirror"]["exit_code"] == 6
        assert "disk" not in checks


def test_a_clock_that_is_wrong_is_told_before_it_breaks_tls(store: SampleStore) -> None:
    """A minute is worth a look; a day ends TLS."""
    told = [
        (check.state, check.exit_code)
        for apart in (0, -100, 100_000, -366 * 86_400)
        for check in [check_clock(store.api_url, None, lambda apart=apart: time.time() + apart)]  # type: ignore[misc]
    ]
    assert told == [("ok", 0), ("warn", 3), ("fail", 5), ("fail", 5)]
