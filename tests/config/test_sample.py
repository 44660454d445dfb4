"""The commented sample is a config, says every key, and tells the true defaults."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mirrord.config import Api, Config, Guard, Retention, Schedule, Store, Webdav, load
from mirrord.config.parts import Part
from mirrord.config.places import Section
from mirrord.config.reading import read
from mirrord.config.schema import schema
from mirrord.config.values import Exported, Snapshots, Themes, Verifying

SAMPLE = Path(__file__).parents[2] / "config" / "mirrord.yaml"
PARTS: list[type[Part]] = [Config, Store, Webdav, Api, Schedule, Guard, Retention]


def keys(tree: Section) -> Iterator[str]:
    """The path of every key of a tree, the store's own key left out."""
    for key, value in tree.items():
        yield tree.places[key].path.replace("stores.acme", "store")
        if isinstance(value, Section):
            yield from keys(value)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The sample with its commented-out keys put in."""
    text = re.sub(
        r"^( *)# (\w+: \S+|\w+: [\[{].*[\]}])$", r"\1\2", SAMPLE.read_text(), flags=re.MULTILINE
    )
    path = tmp_path / "mirrord.yaml"
    path.write_text(text)
    return path


def test_the_sample_is_a_config() -> None:
    """As it is, without a change."""
    assert list(load(SAMPLE).stores) == ["acme"]


def test_the_sample_says_every_key(whole: Path) -> None:
    """And no other one; those without a default to show stand there as a comment."""
    tree = read(whole).tree
    assert tree is not None
    groups = {
        "webdav": Webdav,
        "api": Api,
        "schedule": Schedule,
        "guard": Guard,
        "keep": Retention,
        "snapshots": Snapshots,
        "themes": Themes,
        "exports": Exported,
        "verify": Verifying,
    }
    known = {*Config.keys, "defaults", "store"}
    known |= {f"store.{key}" for key in Store.keys}
    known |= {
        f"store.{name}.{key.said}" for name, group in groups.items() for key in group.keys.values()
    }
    rules = {f"store.keep.snapshots.{key}" for key in ("daily", "weekly", "monthly")}
    rules |= {f"store.keep.exports.{key}" for key in ("daily", "monthly")}
    secrets = {"store.webdav.password.credential", "store.api.token.credential"}
    assert set(keys(tree)) - secrets - rules == known
    assert load(whole).stores["acme"].api is not None


def test_the_sample_tells_the_true_defaults() -> None:
    """With all that has a default taken out of the sample, it says the same."""
    config = load(SAMPLE)
    acme = config.stores["acme"]
    assert acme.webdav is not None
    assert acme.api is not None
    files = Webdav(
        url=acme.webdav.url, username=acme.webdav.username, password=acme.webdav.password
    )
    records = Api(store_hash=acme.api.store_hash, token=acme.api.token)
    store = Store(key="acme", contact=acme.contact, webdav=files, api=records)
    assert Config(mirror=Path("/srv/mirrord"), stores={"acme": store}) == config


@pytest.mark.parametrize("part", PARTS)
def test_every_key_is_described(part: type[Part]) -> None:
    """An editor shows it; so does `config schema`."""
    told = schema() if part is Config else schema()["$defs"][part.__name__]
    assert [key for key, form in told["properties"].items() if "description" not in form] == []


def test_the_schema_takes_the_sample(whole: Path) -> None:
    """With all keys, and read as an editor reads it, by YAML's own types."""
    Draft202012Validator.check_schema(schema())
    problems = Draft202012Validator(schema()).iter_errors(yaml.safe_load(whole.read_text()))
    assert [problem.message for problem in problems] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("timezone:", "time_zone:"),
        ("password:", "passwrod:"),
        ("{credential: acme-webdav}", "{credentail: acme-webdav}"),
        ("{credential: acme-webdav}", "hunter2"),
        ("connections: 64", "connections: 999"),
        ("login: digest", "login: ntlm"),
        ("quota_share: 50%", "quota_share: 50"),
        ("bandwidth: 10MB/s", "bandwidth: 80Mbit/s"),
        ("quiet_hours: []", "quiet_hours: [8-20]"),
        ("orders: 15m\n", "order: 15m\n"),
        ("orders: 15m\n", "orders: {every: 15m}\n"),
        ("orders: 15m\n", "orders: {max_at_risk: 25, evry: 15m}\n"),
        ("unpack: false", "unpack: maybe"),
        ("  acme:", "  Acme Shop:"),
        ("mirror: /srv", "mirror: srv"),
        ("defaults: {}", "defaults: {guard: {flor: 3}}"),
    ],
)
def test_the_schema_refuses_a_slip(whole: Path, right: str, wrong: str) -> None:
    """What an editor can know, it underlines."""
    text = whole.read_text()
    assert right in text
    slip: Any = yaml.safe_load(text.replace(right, wrong))
    assert not Draft202012Validator(schema()).is_valid(slip)


def test_orders_that_follow_their_number_fit_the_schema(whole: Path) -> None:
    """As the sample says in words."""
    text = whole.read_text()
    rule = "{every: 15m, max_at_risk: 25, at_least: 1m}"
    assert rule in text
    said: Any = yaml.safe_load(text.replace("orders: 15m\n", f"orders: {rule}\n"))
    assert Draft202012Validator(schema()).is_valid(said)


def test_a_file_of_stores_d_fits_the_schema() -> None:
    """It says a part only, and that is no mistake in an editor."""
    assert Draft202012Validator(schema()).is_valid({"stores": {"b": {"api": {"store_hash": 12}}}})
