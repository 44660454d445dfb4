"""Themes from the sample store into a house: what is taken, what is new, what is told."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from mirrord.core.report import Report
from mirrord.core.themes import AGAIN
from mirrord.demo import misbehave
from mirrord.demo.answer import Answer
from mirrord.demo.scopes import ALL_SCOPES, CHANNELS, THEMES, THEMES_MANAGE
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.demo.theme_store import CORNERSTONE, FORTUNE
from mirrord.demo.themes import LINKS
from mirrord.disk import theme_zip
from mirrord.disk.house import House
from mirrord.errors import ScopeMissing, Stopped, StoreError, StoreRefused
from mirrord.jobs.themes import PullThemes
from mirrord.source.retry import Endurance
from mirrord.source.themes import ThemeSource
from tests.fakes import QuietPulse
from tests.houses import content, new_house
from tests.zips import bomb, packed

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z
DAY = 86_400
CORNER, FORT = "Cornerstone-e3d82ce0", "Fortune-1242c920"


class Shop:
    """The sample store, its house, and a clock that a test moves."""

    def __init__(self, store: SampleStore, mirror: Path) -> None:
        self.store = store
        self.house: House = new_house(mirror)
        self.now = NOON
        self.unpacked = False

    def pull(self, pulse: QuietPulse | None = None) -> Report:
        made = self.store
        source = ThemeSource(
            made.store_hash, made.token, made.api_url, endurance=Endurance(2, 1.0), longest=5
        )
        with closing(source):
            job = PullThemes(self.house, source, lambda: self.now, UTC, unpacked=self.unpacked)
            return job.run(pulse or QuietPulse())

    def asked(self) -> int:
        """How many downloads were begun so far."""
        return sum(one.method == "POST" for one in self.store.log)

    def held(self) -> dict[str, bytes | None]:
        return content(self.house.room("themes"))

    def days(self) -> dict[str, list[str]]:
        return {
            day.name: sorted(name for name in content(day) if name != "SHA256SUMS")
            for day in sorted(self.house.room("themes").iterdir())
        }

    def facts(self) -> Any:
        newest = max(self.days())
        return json.loads(self.house.room(f"themes/{newest}/themes.json").read_text())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "tree/content").mkdir(parents=True)
    with SampleStore(tmp_path / "tree", sizes=Sizes(1, 1, 1), quota=100_000) as store:
        (tmp_path / "mirror").mkdir()
        yield Shop(store, tmp_path / "mirror")


FIRST = [
    f"{CORNER}.settings.json",
    f"{CORNER}.zip",
    f"{FORT}.settings.json",
    f"{FORT}.zip",
    "themes.json",
]


def test_every_theme_is_held_with_its_settings(shop: Shop) -> None:
    """Zips, settings, and what the store says of each; told in numbers."""
    report = shop.pull()
    assert (report.outcome, report.exit_code, report.findings) == ("ok", 0, ())
    assert report.counts["themes"] == report.counts["zips"] == report.counts["settings"] == 2
    assert shop.days() == {"2026-11-23": FIRST}
    facts = shop.facts()
    assert {theme["uuid"]: theme for theme in facts["themes"]} == shop.store.themes.themes
    assert facts["active"] == {"1": shop.store.themes.active[1]}
    saved = json.loads(shop.held()[f"2026-11-23/{CORNER}.settings.json"] or b"")
    ours = sorted(shop.store.themes.configurations[CORNERSTONE], key=lambda one: one["uuid"])
    assert saved == ours


def test_a_second_run_writes_nothing_and_downloads_nothing(shop: Shop) -> None:
    """Nothing that the store says has changed."""
    shop.pull()
    before, asked = shop.held(), shop.asked()
    shop.now += DAY
    report = shop.pull()
    assert (report.outcome, shop.held(), shop.asked()) == ("ok", before, asked)
    assert "nothing" not in report.findings
    assert report.counts == {"themes": 2}


def test_after_a_week_a_zip_is_looked_at_again_and_is_the_same(shop: Shop) -> None:
    """Made anew by the store, with other dates: nothing is written, and a week begins anew."""
    shop.pull()
    before = shop.held()
    shop.now += AGAIN
    assert shop.pull().counts["downloaded"] == 2
    shop.now += DAY
    assert shop.pull().counts == {"themes": 2}
    assert shop.held() == before


def test_a_change_that_the_list_does_not_show_is_found_within_a_week(shop: Shop) -> None:
    """The promise of that week."""
    shop.pull()
    shop.store.themes.files[FORTUNE]["config.json"] = b"{}"
    shop.now += DAY
    shop.pull()
    assert len(shop.days()) == 1
    shop.now += AGAIN - DAY
    shop.pull()
    assert shop.days()["2026-11-30"] == [f"{FORT}.zip", "themes.json"]


def test_a_theme_that_was_updated_is_downloaded_alone(shop: Shop) -> None:
    """By the date in the list."""
    shop.pull()
    shop.store.themes.files[CORNERSTONE]["new.html"] = b"new"
    shop.store.themes.themes[CORNERSTONE]["updated_at"] = "2026-11-24T00:00:00Z"
    shop.now += DAY
    assert shop.pull().counts["downloaded"] == 1
    assert shop.days() == {
        "2026-11-23": FIRST,
        "2026-11-24": [f"{CORNER}.zip", "themes.json"],
    }


def test_another_version_in_a_channel_is_a_reason_to_download(shop: Shop) -> None:
    """Where the list says nothing of it."""
    shop.pull()
    shop.store.themes.active[1]["active_theme_version_uuid"] = CORNERSTONE
    shop.now += DAY
    assert shop.pull().counts["downloaded"] == 1
    assert shop.days()["2026-11-24"] == ["themes.json"]


def test_changed_settings_alone_write_only_those(shop: Shop) -> None:
    """The zip is looked at, since its own settings may have changed, and is the same."""
    shop.pull()
    shop.store.themes.configurations[FORTUNE][0]["settings"]["body-font"] = "Arial"
    shop.now += DAY
    report = shop.pull()
    assert (report.counts["downloaded"], report.counts["settings"]) == (1, 1)
    assert shop.days()["2026-11-24"] == [f"{FORT}.settings.json", "themes.json"]


def test_a_download_that_failed_with_changed_settings_is_made_up_for(shop: Shop) -> None:
    """The settings are held by then, and must not hide that the zip is not."""
    shop.pull()
    shop.store.themes.configurations[FORTUNE][0]["settings"]["body-font"] = "Arial"
    shop.store.themes.files[FORTUNE]["config.json"] = b"{}"
    shop.store.themes.states = ("FAILED",)
    shop.now += DAY
    shop.pull()
    shop.store.themes.states = ("COMPLETED",)
    shop.pull()
    assert shop.days()["2026-11-24"] == [f"{FORT}.settings.json", f"{FORT}.zip", "themes.json"]


def test_what_was_held_of_a_theme_that_is_gone_stays(shop: Shop) -> None:
    """Its files lie where they lay; the facts no longer name it."""
    shop.pull()
    before = shop.held()
    del shop.store.themes.themes[FORTUNE]
    shop.now += DAY
    assert shop.pull().outcome == "ok"
    assert before.items() <= shop.held().items()
    assert list(shop.facts()["held"]) == [CORNERSTONE]
    assert shop.pull().details == {"folder": None, "zips": 1}


def test_a_store_without_any_theme_all_at_once_is_not_believed(shop: Shop) -> None:
    """Nothing is touched; where there never was one, that is what there is."""
    themes = dict(shop.store.themes.themes)
    shop.store.themes.themes.clear()
    assert shop.pull().outcome == "ok"
    shop.store.themes.themes |= themes
    shop.pull()
    before = shop.held()
    shop.store.themes.themes.clear()
    with pytest.raises(StoreError, match="lists no theme at all, and had 2"):
        shop.pull()
    assert shop.held() == before


def test_a_token_that_may_not_download_still_gives_the_settings(shop: Shop) -> None:
    """Each theme is named, with the scope that is missing; exit code 3."""
    shop.store.tokens[shop.store.token] = ALL_SCOPES - {THEMES_MANAGE}
    report = shop.pull()
    assert (report.outcome, report.exit_code) == ("partial", 3)
    (finding,) = report.findings
    assert "Cornerstone" in finding
    assert "Fortune" in finding
    assert "store_themes_manage (Themes: modify)" in finding
    assert shop.days() == {"2026-11-23": [name for name in FIRST if not name.endswith(".zip")]}
    assert report.details["zips"] == 0
    shop.store.themes.may_download = True
    assert shop.pull().outcome == "ok"
    assert shop.days() == {"2026-11-23": FIRST}


def test_a_token_without_channels_still_gives_the_themes(shop: Shop) -> None:
    """The scope is named."""
    shop.store.tokens[shop.store.token] = ALL_SCOPES - {CHANNELS}
    report = shop.pull()
    assert report.exit_code == 3
    assert "store_channel_settings_read_only" in report.findings[0]
    assert shop.days() == {"2026-11-23": FIRST}
    assert shop.facts()["active"] == {}


def test_a_token_that_may_see_no_theme_is_a_missing_scope(shop: Shop) -> None:
    """By name it is 5, in passing 3: as for any dataset."""
    shop.store.tokens[shop.store.token] = ALL_SCOPES - {THEMES_MANAGE, THEMES}
    with pytest.raises(ScopeMissing, match="store_themes_read_only"):
        shop.pull()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda store: setattr(store.themes, "raw", b"<!DOCTYPE html>"), "no sound zip"),
        (lambda store: setattr(store.themes, "raw", packed()[:-30]), "no sound zip"),
        (lambda store: setattr(store.themes, "raw", bomb(1_000_001)), "would unpack to"),
        (lambda store: setattr(store.themes, "wait", 61), "has run out"),
        (lambda store: setattr(store.themes, "states", ("FAILED",)), "could not pack it"),
        (lambda store: setattr(store.themes, "states", ("QUEUED",)), "still packing it"),
        (lambda store: setattr(store.themes, "link", "http://x.example.com/"), "without https"),
        (lambda store: store.misbehave.next(f"{LINKS}*", misbehave.html(), None), "a web page"),
        (lambda store: store.misbehave.next(f"{LINKS}*", misbehave.cut(), None), "broke off"),
    ],
    ids=["html", "cut", "bomb", "expired", "failed", "endless", "elsewhere", "page", "broken"],
)
def test_a_theme_that_can_not_be_had_keeps_nothing_else_from_being_held(
    shop: Shop,
    spoil: Callable[[SampleStore], object],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is held of it stays; settings and facts are placed; each theme is named."""
    monkeypatch.setattr(theme_zip, "UNPACKED", 1_000_000)
    shop.pull()
    before = shop.held()
    shop.now += AGAIN
    shop.store.themes.configurations[FORTUNE][0]["settings"]["body-font"] = "Arial"
    spoil(shop.store)
    report = shop.pull()
    assert (report.outcome, report.exit_code, len(report.findings)) == ("partial", 3, 2)
    assert all(why in finding for finding in report.findings), report.findings
    assert [finding.split(":")[0] for finding in report.findings] == [
        "theme Fortune",
        "theme Cornerstone",
    ]
    assert before.items() <= shop.held().items()
    assert shop.days()["2026-11-30"] == [f"{FORT}.settings.json", "themes.json"]
    assert os.listdir(shop.house.room(".mirrord/staging")) == ["themes"]
    assert content(shop.house.room(".mirrord/staging/themes")) == {}


def test_a_zip_with_hostile_names_is_held_as_it_is_and_leads_nowhere(shop: Shop) -> None:
    """Its names are never used as paths; the view leaves them out and says so."""
    shop.unpacked = True
    shop.store.themes.raw = packed({"../../../evil": b"x", "config.json": b"{}"})
    before = set(shop.house.mirror.rglob("evil"))
    report = shop.pull()
    assert (report.outcome, before, set(shop.house.mirror.parent.rglob("evil"))) == (
        "ok",
        set(),
        set(),
    )
    assert report.findings == ("not shown beside its zip: ../../../evil",) * 2
    assert shop.held()[f"2026-11-23/{CORNER}.zip"] == shop.store.themes.raw
    assert shop.held()[f"2026-11-23/{CORNER}/config.json"] == b"{}"


def test_a_hostile_name_of_a_theme_leads_nowhere(shop: Shop) -> None:
    """Nor does it reach a terminal as it is."""
    name = rb'"../../\u001b[2J evil\ud800\n"'  # a half of a character, as JSON can say it

    def rename(_path: str, told: Answer) -> Answer:
        return replace(told, body=told.body.replace(b'"Fortune"', name))

    shop.store.misbehave.next("/v3/themes", rename, times=None)
    shop.store.themes.states = ("FAILED",)
    report = shop.pull()
    assert all(finding.isprintable() for finding in report.findings)
    assert shop.days() == {
        "2026-11-23": [
            "2J-evil-1242c920.settings.json",
            f"{CORNER}.settings.json",
            "themes.json",
        ]
    }
    before = shop.held()
    shop.pull()
    assert shop.held() == before


def test_a_store_that_goes_down_keeps_what_came(shop: Shop) -> None:
    """The rest is counted, and not asked for in vain."""
    down = shop.store.misbehave.next(
        f"/v3/themes/{CORNERSTONE}/*", misbehave.fails(500), times=None
    )
    report = shop.pull()
    assert (report.exit_code, down.fired) == (3, 2)
    assert report.findings[0].startswith("1 of 2 themes were not taken: ")
    assert shop.days() == {"2026-11-23": [f"{FORT}.settings.json", f"{FORT}.zip", "themes.json"]}
    shop.store.misbehave.stop()
    shop.pull()
    assert shop.days() == {"2026-11-23": FIRST}


def test_a_token_that_is_refused_ends_all_at_once(shop: Shop) -> None:
    """Asking on would lock the account."""
    refused = shop.store.misbehave.next("*/configurations", misbehave.fails(401), times=None)
    with pytest.raises(StoreRefused):
        shop.pull()
    assert (refused.fired, shop.days()) == (1, {})


def test_what_somebody_took_away_or_damaged_is_fetched_again(shop: Shop) -> None:
    """A zip that can not be opened any more is not held; what is left of it stays for a look."""
    shop.pull()
    house = shop.house
    house.room(f"themes/2026-11-23/{FORT}.zip").unlink()
    damaged = house.room(f"themes/2026-11-23/{CORNER}.zip")
    damaged.chmod(0o600)
    damaged.write_bytes(b"PK")
    report = shop.pull()
    assert (report.counts["downloaded"], report.counts["zips"]) == (2, 2)
    assert damaged.read_bytes() == b"PK"
    assert f"{CORNER}-120000Z.zip" in shop.days()["2026-11-23"]
    assert f"{FORT}.zip" in shop.days()["2026-11-23"]


def test_without_the_programs_own_folder_nothing_is_written_twice(shop: Shop) -> None:
    """Law 6: .mirrord/ may be deleted; themes are downloaded once more and are the same."""
    shop.pull()
    before = shop.held()
    shop.house.room(".mirrord/themes.json").unlink()
    assert shop.pull().counts["downloaded"] == 2
    assert shop.held() == before


def test_a_stop_at_any_moment_leaves_what_stood(shop: Shop) -> None:
    """No torn folder, nothing left in staging; the run after it has all."""
    stopped = 0
    for stop_at in range(1, 200):
        try:
            shop.pull(QuietPulse(stop_at=stop_at))
        except Stopped:
            stopped += 1
            assert shop.days() == {}
            assert content(shop.house.room(".mirrord/staging/themes")) == {}
        else:
            break
    assert stopped > 20
    assert shop.days() == {"2026-11-23": FIRST}
