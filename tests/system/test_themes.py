"""Themes by the real program: by hand and by the daemon, and what it sends to the shop for them."""

import json
import subprocess

import pytest

from mirrord.demo.scopes import THEMES, THEMES_MANAGE
from mirrord.demo.theme_store import FORTUNE
from tests.houses import content
from tests.system.shop import Shop
from tests.system.test_run import running

READS = {"GET", "HEAD", "OPTIONS", "PROPFIND"}


def days(shop: Shop) -> list[str]:
    return sorted(path.name for path in (shop.house / "themes").iterdir())


def test_export_themes_takes_them_and_nothing_else(shop: Shop) -> None:
    """Their checksums agree; a second run changes nothing; the shop is asked for no record."""
    done = shop.mirrord("export", "themes", "--json")
    (report,) = json.loads(done.stdout)
    assert (done.returncode, report["job"], report["counts"]["zips"]) == (0, "themes", 2)
    (day,) = days(shop)
    room = shop.house / "themes" / day
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    subprocess.run(check, cwd=room, check=True)
    assert [path.is_dir() for path in room.iterdir()] == [False] * 6
    before = content(room)
    assert shop.mirrord("export", "themes").returncode == 0
    assert content(room) == before
    assert [one.path for one in shop.store.log if "/catalog/" in one.path] == []
    assert "2 themes, 2 with their zip" in shop.mirrord("status").stdout


def test_themes_are_unpacked_where_the_config_says_so(shop: Shop) -> None:
    """A folder beside each zip, that people can look into."""
    shop.set("themes", unpack="true")
    assert shop.mirrord("export", "themes").returncode == 0
    (day,) = days(shop)
    view = shop.house / "themes" / day / "Fortune-1242c920"
    files = {name: body for name, body in content(view).items() if body is not None}
    assert files == shop.store.themes.files[FORTUNE]


@pytest.mark.parametrize(
    ("scopes", "words", "code"),
    [
        ({THEMES}, ("export", "themes"), 3),
        (set(), ("export", "themes"), 5),
        (set(), ("export",), 3),
    ],
)
def test_a_token_that_may_not_is_told_which_scope_it_lacks(
    shop: Shop, scopes: set[str], words: tuple[str, ...], code: int
) -> None:
    """Without the download: in part. Without the themes: 5 by name, 3 in passing."""
    every = shop.store.tokens[shop.store.token]
    shop.store.tokens[shop.store.token] = (every - {THEMES, THEMES_MANAGE}) | scopes
    done = shop.mirrord(*words)
    assert done.returncode == code
    assert f"scope {THEMES_MANAGE if scopes else THEMES}" in done.stderr


def test_the_daemon_takes_themes_and_sends_no_other_post(shop: Shop) -> None:
    """Law 7: but for the download's POST nothing is sent that does not read."""
    shop.set("schedule", files="1s", orders="1s", themes="1s", snapshot="2s")
    with running(shop) as daemon:
        daemon.until(lambda: daemon.ran("themes", "ok") and daemon.ran("snapshot", "ok"))
        assert daemon.stop()[0] == 0
    written = [one for one in shop.store.log if one.method not in READS]
    assert {one.method for one in written} == {"POST"}
    assert {one.path.rsplit("/", 2)[1:] == ["actions", "download"] for one in written} == {True}
    assert len(written) == 2
