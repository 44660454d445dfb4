"""From text to frozen values; every problem at once, in plain words, at its place."""

import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mirrord.config import Config, Keep
from mirrord.core.hours import Hours
from mirrord.core.schedule import AtRisk, Cron, Every
from tests.config.conftest import GOOD, House

API = """\
mirror: /srv/mirrord
stores:
  acme:
    api:
      store_hash: abc123
      token: {env: TOKEN}
"""


def test_a_short_config_is_filled_with_defaults(house: House) -> None:
    """What is left out has the values that the design names."""
    config = house.load(GOOD + "    api: {store_hash: 0123, token: {env: T}}\n")
    store = config.stores["acme"]
    assert store.webdav is not None
    assert store.api is not None
    assert (config.mirror, config.timezone) == (Path("/srv/mirrord"), ZoneInfo("UTC"))
    assert (store.key, store.contact) == ("acme", None)
    assert (store.webdav.login, store.webdav.connections) == ("digest", 64)
    assert (store.webdav.bandwidth, store.quiet_hours) == (None, ())
    assert (store.webdav.ca, store.webdav.exclude) == (None, ())
    assert (store.api.store_hash, store.api.url) == ("0123", "https://api.bigcommerce.com")
    assert (store.api.quota_share, store.api.ca) == (0.5, None)
    assert (store.guard.vanished, store.guard.floor) == (0.1, 20)
    assert vars(store.schedule) == {
        "files": Every(6 * 3600),
        "products": Every(3600),
        "customers": Every(3600),
        "orders": Every(900),
        "more": Every(6 * 3600),
        "order_details": Every(3600),
        "full": 7 * 86_400,
        "themes": Every(86_400),
        "snapshot": Cron("0 3 * * *"),
        "verify": Every(7 * 86_400),
    }
    assert (store.keep.snapshots, store.keep.exports, store.keep.old_versions) == (None,) * 3


def test_what_is_said_is_kept(house: House) -> None:
    """Every key of this version reaches its value."""
    config = house.load(
        """\
mirror: /data/mirrord
timezone: Europe/London
stores:
  a-1:
    contact: "Jo, +44"
    webdav:
      url: http://127.0.0.1:8080/dav/
      username: u
      password: {file: /etc/p}
      login: basic
      connections: 32
      bandwidth: 10 MB/s
      ca: /etc/ca.pem
      exclude: ["*.tmp", product_images/cache/*]
    api:
      store_hash: x
      token: {command: [pass, show, acme]}
      url: http://[::1]:9000
      quota_share: 12.5%
      ca: /etc/ca2.pem
    schedule: {files: "0 3 * * *", orders: 1h30m}
    quiet_hours: [08:00-12:30, 22:00-00:00]
    guard: {vanished: 100%, floor: "3"}
"""
    )
    store = config.stores["a-1"]
    assert store.webdav is not None
    assert store.api is not None
    assert config.timezone.key == "Europe/London"
    assert (store.contact, store.webdav.url) == ("Jo, +44", "http://127.0.0.1:8080/dav/")
    assert (store.webdav.login, store.webdav.connections) == ("basic", 32)
    assert store.webdav.bandwidth == 10 * 10**6
    assert store.quiet_hours == (Hours(480, 750), Hours(1_320, 1_440))
    assert (store.webdav.ca, store.api.ca) == (Path("/etc/ca.pem"), Path("/etc/ca2.pem"))
    assert store.webdav.exclude == ("*.tmp", "product_images/cache/*")
    assert (store.api.url, store.api.quota_share) == ("http://[::1]:9000", 0.125)
    assert (store.schedule.files, store.schedule.orders) == (Cron("0 3 * * *"), Every(5400))
    assert (store.guard.vanished, store.guard.floor) == (1.0, 3)


def test_a_config_can_not_be_changed(house: House) -> None:
    """Values are frozen, down to the mapping of stores."""
    config = house.load()
    with pytest.raises(AttributeError):
        config.stores["acme"].guard.floor = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.stores["other"] = config.stores["acme"]  # type: ignore[index]


def test_two_readings_of_one_file_are_equal_and_a_change_is_seen(house: House) -> None:
    """A reload can ask whether anything changed; a moved line is no change."""
    first = house.load()
    assert house.load("# moved down\n" + GOOD) == first
    assert house.load(GOOD.replace("backup@", "other@")) != first


def test_every_problem_of_every_file_comes_at_once(house: House) -> None:
    """One round is enough: main file, defaults and stores.d, each with file, line and remedy."""
    house.write(
        "stores:\n  b:\n    webdav: {url: https://x/dav, username: u}\nmirror: /x\n",
        "stores.d/b.yaml",
    )
    said = house.refusal(
        """\
mirror: srv
timezone: Europe/Londn
defaults:
  schedule:
    files: 6
    snapshot: "0 3 * * 8"
stores:
  acme:
    webdav:
      url: http://store/dav
      passwrod: x
      connections: 999
      login: diegst
      exclude: cache
    guard: {vanished: 10}
  Acme:
    api:
      store_hash: ABC
      quota_share: 0%
  none:
  three: 3
"""
    )
    assert (
        "\n".join(said)
        == """\
1: mirror: not a whole path; write it from `/` on, without `..`, like /srv/mirrord
2: timezone: 'Europe/Londn' is no time zone; did you mean Europe/London?
5: defaults.schedule.files: '6': neither a duration (15m, 6h, 7d, 1h30m) nor a cron expression \
of five fields; did you mean 6m or 6h?
6: defaults.schedule.snapshot: '0 3 * * 8': the day-of-week of this cron expression is wrong
9: stores.acme.webdav.username: missing; write it like `username: backup@acme.example`
9: stores.acme.webdav.password: missing; write it like `password: {credential: acme-webdav}`
10: stores.acme.webdav.url: http would send the login in the open; write https://
11: stores.acme.webdav.passwrod: unknown key; did you mean `password`?
12: stores.acme.webdav.connections: not a number that fits; write a whole number, 1 to 128
13: stores.acme.webdav.login: not one of the choices; write digest or basic
14: stores.acme.webdav.exclude: not a list; write it like [product_images/cache/*]
15: stores.acme.guard.vanished: not a percentage; write it with its sign, 0% to 100%
16: stores.Acme: a store's key is the name of its folder, also on disks that fold case; take \
a to z, 0 to 9 and `-`, first a letter or digit, 63 at most
17: stores.Acme.api.token: missing; write it like `token: {credential: acme-token}`
18: stores.Acme.api.store_hash: not a store hash; it is the abc123 of \
store-abc123.mybigcommerce.com
19: stores.Acme.api.quota_share: not a percentage; write it with its sign, 1% to 100%
20: stores.none: a store needs `webdav`, `api` or both; say what is to be taken
21: stores.three: not keys and values; write one `key: value` a line below it, indented
stores.d/b.yaml:3: stores.b.webdav.password: missing; write it like \
`password: {credential: acme-webdav}`
stores.d/b.yaml:4: mirror: not taken here; in stores.d a file holds `stores:` alone"""
    )


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("store", "unknown key; did you mean `stores`?"),
        ("zone", "unknown key; did you mean `timezone`?"),
        ("xyz", "unknown key; known here: mirror, timezone, stores, defaults"),
        ("metrics", "not in this version of mirrord; take it out"),
        ("notify", "not in this version of mirrord; take it out"),
        ("themes", "not in this version of mirrord; take it out"),
    ],
)
def test_an_unknown_key_is_refused_with_what_was_meant(house: House, key: str, said: str) -> None:
    """A typo gets a guess; a key of a later version is told as such, never swallowed."""
    assert house.refusal(f"{GOOD}{key}: 1\n") == [f"8: {key}: {said}"]


def test_the_limits_for_records_are_shares(house: House) -> None:
    """A number without its sign could mean two things."""
    said = house.refusal(f"{GOOD}    guard: {{cells: 20, rows: 101%}}\n")
    wrong = "not a percentage; write it with its sign, 0% to 100%"
    assert said == [f"8: stores.acme.guard.{key}: {wrong}" for key in ("cells", "rows")]


def test_what_is_kept_is_said_by_rules(house: House) -> None:
    """Numbers of periods, sizes with a unit, ages as durations; a dataset may have its own."""
    store = house.load(
        GOOD
        + """\
    keep:
      snapshots: {hourly: 24, daily: 14}
      exports: {daily: 30, orders: {daily: 90}}
      old_versions: 400d
    snapshots: {copy: reflink}
    verify: {budget: 200GB}
    after_snapshot: [restic, backup, "{snapshot}"]
"""
    ).stores["acme"]
    keep = store.keep
    assert keep.snapshots is not None
    assert keep.exports is not None
    assert (keep.snapshots.hourly, keep.snapshots.daily, keep.snapshots.yearly) == (24, 14, 0)
    assert (keep.exports.daily, keep.exports.orders) == (30, Keep(daily=90))
    assert keep.old_versions == 400 * 86_400
    assert (store.snapshots.copy_by, store.verify.budget) == ("reflink", 200 * 10**9)
    assert store.after_snapshot == ("restic", "backup", "{snapshot}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "keep: {snapshots: {dayly: 3}}",
            "keep.snapshots.dayly: unknown key; did you mean `daily`",
        ),
        (
            "keep: {exports: {orders: {x: 3}}}",
            "keep.exports.orders.x: unknown key; known here: hou",
        ),
        ("keep: {old_versions: 5}", "keep.old_versions: not a duration; a duration looks like 15m"),
        ("keep: {snapshots: {daily: -1}}", "keep.snapshots.daily: not a number that fits; write"),
        (
            "snapshots: {copy: clone}",
            "snapshots.copy: not one of the choices; write link or reflink",
        ),
        ("verify: {budget: 5}", "verify.budget: not a size; write it like 500MB, 50GB or 2TB"),
        ("after_snapshot: restic", "after_snapshot: not a command; write it as a list"),
        ('after_snapshot: ["{snapshot}"]', "after_snapshot: a command begins with a program"),
    ],
)
def test_a_rule_that_can_not_be_meant_is_refused(house: House, line: str, said: str) -> None:
    """With what would be right; to guess at what may be dropped would be dangerous."""
    (told,) = house.refusal(f"{GOOD}    {line}\n")
    assert told.startswith(f"8: stores.acme.{said}")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("10", "not a bandwidth; write it like 10MB/s or 500KB/s"),
        ("10MB", "not a bandwidth; write it like 10MB/s or 500KB/s"),
        ("80 Mbit/s", "not a bandwidth; write it like 10MB/s or 500KB/s (a line of 80 Mbit/s"),
        ("1.5MB/s", "not a bandwidth; "),
        ("-1MB/s", "not a bandwidth; "),
        ("[1MB/s]", "not a single value; "),
        ("", "empty; "),
        ("0MB/s", "too little to sync by; write 100KB/s or more"),
        ("99KB/s", "too little to sync by; write 100KB/s or more"),
    ],
)
def test_a_bandwidth_that_can_not_be_meant_is_refused(house: House, value: str, said: str) -> None:
    """Bits taken for bytes would be eight times the line."""
    (told,) = house.refusal(f"{GOOD}      bandwidth: {value}\n")
    assert told.startswith(f"8: stores.acme.webdav.bandwidth: {said}")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("08:00-20:00", 'not a list; write it like ["08:00-20:00"]'),
        ("{from: 8}", "not a list; "),
        ("[8-20]", "'8-20': hours look like 08:00-20:00 or 22:00-06:00"),
        ("[20:00]", "'20:00': hours look like"),
        ("[[08:00-20:00]]", "not a single value; "),
        ("[09:00-09:00]", "'09:00-09:00': hours are neither none nor all of the day"),
        ("[20:00-08:00, 08:00-20:00]", "no minute of the day is left to sync in; leave some"),
    ],
)
def test_quiet_hours_that_can_not_be_meant_are_refused(house: House, value: str, said: str) -> None:
    """Nor those that would keep every sync waiting for ever."""
    (told,) = house.refusal(f"{GOOD}    quiet_hours: {value}\n")
    assert told.startswith(f"8: stores.acme.quiet_hours: {said}")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("{max_at_risk: 25}", AtRisk(25, 900, 60)),
        ("{every: 1h, max_at_risk: 5, at_least: 30s}", AtRisk(5, 3_600, 30)),
        ("{every: 40s, max_at_risk: 5}", AtRisk(5, 40, 40)),
        ("90s", Every(90)),
    ],
)
def test_orders_may_follow_how_many_are_at_risk(
    house: House, value: str, rule: AtRisk | Every
) -> None:
    """Only the number must be said; the shortest interval is never longer than the longest."""
    config = house.load(f"{GOOD}    schedule: {{orders: {value}}}\n")
    assert config.stores["acme"].schedule.orders == rule


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{every: 15m}", "`max_at_risk` is missing"),
        ("{max_at_risk: 0}", "not a number that fits"),
        ("{max_at_risk: many}", "not a number that fits"),
        ("{max_at_risk: [25]}", "not a number that fits"),
        ("{max_at_risk: 25, evry: 15m}", "a key that is not known here"),
        ("{max_at_risk: 25, every: 15}", "not a duration"),
        ("{max_at_risk: 25, every: {a: b}}", "not a duration; not a single value"),
        ("{max_at_risk: 25, every: 1m, at_least: 2m}", "the shortest interval is longer"),
        ("{max_at_risk: 25, every: 400d}", "a duration lies between 1s and 366d"),
        ("{}", "`max_at_risk` is missing"),
        ("[25]", "not a single value"),
    ],
)
def test_what_orders_can_not_follow_is_refused(house: House, value: str, said: str) -> None:
    """With its place, and how it is written."""
    (told,) = house.refusal(f"{GOOD}    schedule: {{orders: {value}}}\n")
    assert told.startswith(f"8: stores.acme.schedule.orders: {said}")
    (other,) = house.refusal(f"{GOOD}    schedule: {{products: {{max_at_risk: 25}}}}\n")
    assert "stores.acme.schedule.products: not a single value" in other


def test_what_must_stand_is_asked_for_with_an_example(house: House) -> None:
    """An almost empty file is told what is missing, at the place where it is to stand."""
    assert house.refusal("timezone: UTC\n") == [
        "1: mirror: missing; write it like `mirror: /srv/mirrord`",
        "1: stores: missing; write at least one below `stores:`",
    ]


@pytest.mark.parametrize(
    ("stores", "said"),
    [
        ("stores:", "2: stores: not keys and values; write one `key: value` a line below it,"),
        ("stores: {}", "2: stores: empty; write at least one below `stores:`"),
        ("stores: x", "2: stores: not keys and values; write one `key: value` a line below it,"),
    ],
)
def test_a_house_without_a_store_is_refused(house: House, stores: str, said: str) -> None:
    """There is nothing that mirrord could do."""
    (only,) = house.refusal(f"mirror: /srv/mirrord\n{stores}\n")
    assert only.startswith(said)


@pytest.mark.parametrize("key", ["a", "0", "acme-2", "no", "x" * 63])
def test_a_stores_key_may_be_any_plain_name(house: House, key: str) -> None:
    """Also one that YAML would take for a bool or a number."""
    assert house.load(GOOD.replace("acme:", f"{key}:")).stores[key].key == key


@pytest.mark.parametrize("key", ["Acme", "a_b", "-a", "a.b", "../a", "a b", "é", "x" * 64])
def test_a_stores_key_that_is_no_plain_folder_name_is_refused(house: House, key: str) -> None:
    """The key names a folder, on every disk and in every shell."""
    (said,) = house.refusal(GOOD.replace("acme:", f"{key}:"))
    assert "a store's key is the name of its folder" in said


@pytest.mark.parametrize(
    "url",
    [
        "https://store-abc123.mybigcommerce.com/dav",
        "https://x:8443/a%20b/",
        "http://localhost:1/dav",
        "http://127.1.2.3/",
        "http://[::1]/dav",
    ],
)
def test_a_good_url_is_kept_as_it_is(house: House, url: str) -> None:
    """Path, port and slash stay as they are written."""
    webdav = house.load(_with_url(url)).stores["acme"].webdav
    assert webdav is not None
    assert webdav.url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://store/dav",
        "http://10.0.0.1/dav",
        "http://localhost.evil.example/",
        "ftp://store/dav",
        "store/dav",
        "/dav",
        "https://",
        "https:///dav",
        "https://x:port/",
        "https://x:99999/",
        "https://[::1/",
        "https://x/dav?a=1",
        "https://x/dav#a",
        "https://x/a b",
        "https://x/\\\\y",
        "https://käse/dav",
    ],
)
def test_a_url_that_is_unsafe_or_none_is_refused(house: House, url: str) -> None:
    """Plain http only to this machine; nothing that two programs would read in two ways."""
    (said,) = house.refusal(_with_url(url))
    assert said.startswith("5: stores.acme.webdav.url: ")


@pytest.mark.parametrize("url", ["https://u:hunter2@x/dav", "https://hunter2@x/dav"])
def test_a_password_in_a_url_is_refused_and_not_repeated(house: House, url: str) -> None:
    """It would stand in every log line."""
    (said,) = house.refusal(_with_url(url))
    assert "a URL must not hold a user or a password" in said
    assert "hunter2" not in said


def _with_url(url: str) -> str:
    return GOOD.replace("https://store-abc123.mybigcommerce.com/dav", f'"{url}"')


@pytest.mark.parametrize("value", ["10", "101%", "-1%", "10 %", "0.1", "ten", "", "[10%]", "1e1%"])
def test_a_share_is_a_percentage_with_its_sign(house: House, value: str) -> None:
    """`10` could be ten files; a sign leaves no doubt."""
    (said,) = house.refusal(f"{GOOD}    guard: {{vanished: {value}}}\n")
    assert "not a percentage" in said


@pytest.mark.parametrize("value", ["0", "129", "4.0", "-1", "many", "", "[4]", "٤"])
def test_a_number_out_of_its_bounds_is_refused(house: House, value: str) -> None:
    """The bounds are told."""
    (said,) = house.refusal(f"{GOOD}      connections: {value}\n")
    assert said.endswith("not a number that fits; write a whole number, 1 to 128")


@pytest.mark.parametrize("value", ["srv", "./srv", "~/srv", "/", "/srv/../etc", "", "[/srv]"])
def test_the_mirror_is_a_whole_path(house: House, value: str) -> None:
    """It means the same from every folder and for every user; and it is not all of the disk."""
    (said,) = house.refusal(GOOD.replace("/srv/mirrord", value))
    assert said.startswith("1: mirror: ")


@pytest.mark.parametrize("value", ["Mars", "../../etc/passwd", "Europe", "/etc/localtime", '""'])
def test_a_time_zone_that_is_none_is_refused(house: House, value: str) -> None:
    """Also names that lead out of the database or to one of its folders."""
    (said,) = house.refusal(f"{GOOD}timezone: {value}\n")
    assert said.startswith("8: timezone: ")


@pytest.mark.parametrize("glob", ["/abs", "a/../b", '""'])
def test_a_pattern_that_can_match_no_tree_path_is_refused(house: House, glob: str) -> None:
    """Tree paths are relative; such a pattern would silently exclude nothing."""
    (said,) = house.refusal(f"{GOOD}      exclude: [{glob}]\n")
    assert said.startswith("8: stores.acme.webdav.exclude: ")


def test_an_empty_group_has_its_defaults(house: House) -> None:
    """`schedule:` with all its lines commented out says nothing, and that is no mistake."""
    assert house.load(GOOD + "    schedule:\n    guard:\ndefaults:\n") == house.load()
    assert house.load(GOOD + "    guard:\ndefaults:\n  schedule:\n  guard:\n") == house.load()


def test_an_empty_api_is_told_and_not_taken_for_none(house: House) -> None:
    """A shop whose records are silently not backed up is the worst config of all."""
    said = house.refusal(GOOD + "    api:\n")
    assert [line.partition(";")[0] for line in said] == [
        "8: stores.acme.api.store_hash: missing",
        "8: stores.acme.api.token: missing",
    ]


def test_an_empty_value_is_told(house: House) -> None:
    """A key without a value is a line that somebody did not finish."""
    said = house.refusal(GOOD + "    contact:\n")
    assert said == ["8: stores.acme.contact: empty; write a value, or leave the line out"]


def test_defaults_lie_beneath_every_store_key_by_key(house: House) -> None:
    """A store that sets one key of a group keeps the others; a list or a secret is taken whole."""
    config = house.load(
        GOOD
        + """\
      exclude: [own]
    schedule: {files: 2h}
  other:
    webdav: {url: https://x/dav, username: u}
defaults:
  contact: Jo
  schedule: {files: 1h, orders: 5m}
  webdav: {password: {file: /shared}, exclude: [a, b], connections: 2}
  api: {quota_share: 10%}
"""
    )
    acme, other = config.stores["acme"], config.stores["other"]
    assert acme.webdav is not None
    assert other.webdav is not None
    assert (acme.contact, other.contact) == ("Jo", "Jo")
    assert (acme.schedule.files, acme.schedule.orders) == (Every(7200), Every(300))
    assert other.schedule.files == Every(3600)
    assert (acme.webdav.exclude, other.webdav.exclude) == (("own",), ("a", "b"))
    assert (acme.webdav.connections, other.webdav.connections) == (2, 2)
    assert repr(acme.webdav.password) == "Secret(credential: acme-webdav)"
    assert repr(other.webdav.password) == "Secret(file: /shared)"
    assert (acme.api, other.api) == (None, None)


def test_a_wrong_default_is_told_once_and_where_it_stands(house: House) -> None:
    """Also where every store overrides it, and where no store has such a group."""
    text = GOOD + "    schedule: {files: 1h}\n  b:\n    api: {store_hash: b, token: {env: T}}\n"
    wrong = "defaults:\n  schedule: {files: 1x}\n  guard: {flor: 3}\n  api: {url: x}\n"
    assert [line.partition(": ")[2].partition(":")[0] for line in house.refusal(text + wrong)] == [
        "defaults.schedule.files",
        "defaults.guard.flor",
        "defaults.api.url",
    ]


@pytest.mark.parametrize("value", ["[a]", "x"])
def test_defaults_that_are_no_group_are_told(house: House, value: str) -> None:
    """Not silently nothing."""
    (said,) = house.refusal(f"{GOOD}defaults: {value}\n")
    assert said == "8: defaults: not keys and values; write what a store may say"


def test_stores_of_stores_d_join_the_others(house: House) -> None:
    """Defaults reach them too; other files and hidden ones are left alone."""
    store = GOOD.partition("stores:\n")[2]
    house.write("stores:\n" + store.replace("acme", "b"), "stores.d/b.yaml")
    house.write("stores:\n" + store.replace("acme", "c"), "stores.d/c.yaml")
    house.write("not: [yaml", "stores.d/.c.yaml.swp")
    house.write("not: [yaml", "stores.d/.hidden.yaml")
    house.write("hello", "stores.d/README")
    config = house.load("defaults: {contact: Jo}\n" + GOOD)
    assert [(key, store.contact) for key, store in config.stores.items()] == [
        ("acme", "Jo"),
        ("b", "Jo"),
        ("c", "Jo"),
    ]
    assert list(house.load("mirror: /srv/mirrord\n").stores) == ["b", "c"]
    assert list(house.load("mirror: /srv/mirrord\nstores:\n").stores) == ["b", "c"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "stores: {acme: }\n", "a.yaml:1: stores.acme: this store stands in"),
        ("a.yaml", "timezone: UTC\nstores:\n", "a.yaml:1: timezone: not taken here"),
        ("a.yaml", "other: 1\n", "a.yaml:1: no stores in this file"),
        ("a.yaml", "stores: 1\n", "a.yaml:1: no stores in this file"),
        ("a.yaml", "stores: [\n", "a.yaml:2: not YAML"),
        ("a.yml", "stores: {b: }\n", "a.yml: not read; name it *.yaml"),
    ],
)
def test_a_file_of_stores_d_that_does_not_fit_is_told(
    house: House, name: str, text: str, said: str
) -> None:
    """A shop is never left out in silence."""
    house.write(text, f"stores.d/{name}")
    told = house.refusal(GOOD)
    assert [line for line in told if line.startswith(f"stores.d/{said}")], told


def test_no_sentence_speaks_of_the_machinery(house: House) -> None:
    """Who reads it knows shops and YAML, not how they are read."""
    said = " ".join(house.refusal("mirror: [1]\nstores: {a: {webdav: 1, api: [], guard: {x: 1}}}"))
    words = ("Section", "validation", "input", "type=", "dict", "NoneType", "extra")
    assert [word for word in words if word in said] == []


def test_the_config_starts_fast() -> None:
    """`status` reads the config; none of the heavy libraries comes in with it."""
    code = "import sys, mirrord.config; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pandas", "numpy", "requests", "lxml", "webdav3", "rich", "click"}
    assert heavy & set(done.stdout.split()) == set()


def test_a_store_from_the_api_alone_is_whole(house: House) -> None:
    """Either side may stand alone."""
    config: Config = house.load(API)
    assert config.stores["acme"].webdav is None
