"""The store of the first contact, and every other one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.config import Config, Store, load
from mirrord.core.report import Outcome
from mirrord.demo.misbehave import fails
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import House
from mirrord.errors import DiskError, StoreRefused, StoreUnreachable, WrongStore
from mirrord.jobs.identity import Acquaintance, check_identity, record_identity
from mirrord.jobs.running import run_job
from tests.fakes import QuietPulse
from tests.houses import new_house

CONFIG = """\
mirror: {mirror}
stores:
  acme:
    webdav:
      url: {store.webdav_url}
      username: {store.username}
      password: {{file: {home}/password}}
    api:
      url: {store.api_url}
      store_hash: {store.store_hash}
      token: {{file: {home}/token}}
"""
IDENTITY = "decisions/identity.json"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small sample store."""
    with SampleStore(tmp_path / "shop", sizes=Sizes(3, 3, 3)) as store:
        yield store


@pytest.fixture
def config(store: SampleStore, tmp_path: Path) -> Config:
    """The right config for it."""
    for name, secret in (("password", store.password), ("token", store.token)):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    file = tmp_path / "mirrord.yaml"
    file.write_text(CONFIG.format(mirror=tmp_path / "mirror", store=store, home=tmp_path))
    return load(file)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty house."""
    (tmp_path / "mirror").mkdir()
    return new_house(tmp_path / "mirror")


def _swap(store: SampleStore, to: str) -> None:
    store.shop.profile = store.shop.profile | {"id": to}


def _recorded(house: House) -> dict[str, str]:
    facts: dict[str, str] = json.loads(house.room(IDENTITY).read_text())
    return facts


def _asked(store: SampleStore) -> int:
    return sum(one.path == "/v2/store" for one in store.log)


def _meet(house: House, store: Store, *, needs_api: bool = True) -> None:
    """One run's check, and what is recorded after it."""
    known = Acquaintance()
    proven = check_identity(house, store, QuietPulse(), needs_api=needs_api, acquaintance=known)
    record_identity(house, store, proven, QuietPulse())


def test_the_first_contact_is_recorded(store: SampleStore, config: Config, house: House) -> None:
    """By each job what it has proven: what the store says of itself, nothing personal."""
    one = config.stores["acme"]
    outcomes = [run_job(config, one, "orders", QuietPulse()).outcome]
    by_orders = _recorded(house)
    outcomes.append(run_job(config, one, "files", QuietPulse()).outcome)
    assert outcomes == [Outcome.OK, Outcome.OK]
    assert by_orders == {
        "store_hash": "sample1",
        "id": "sample1",
        "domain": store.shop.profile["domain"],
        "secure_url": store.shop.profile["secure_url"],
    }
    assert _recorded(house) == by_orders | {"webdav_host": "127.0.0.1"}


@pytest.mark.parametrize("job", ["files", "orders"])
def test_a_typing_error_is_never_made_the_first_contact(
    store: SampleStore, config: Config, house: House, job: str
) -> None:
    """A run that failed has proven nothing: the right hash or URL needs no person's leave."""
    rules = [store.misbehave.next(path, fails(404), times=None) for path in ("/v*", "/dav*")]
    report = run_job(config, config.stores["acme"], job, QuietPulse())
    assert (report.exit_code, house.room(IDENTITY).exists()) == (5, False)
    assert any(rule.fired for rule in rules)


@pytest.mark.parametrize("job", ["files", "orders"])
def test_another_store_is_not_touched_until_a_person_answers(
    store: SampleStore, config: Config, house: House, job: str
) -> None:
    """Every job of it ends with 4; with the record removed, the new store is the right one."""
    one = config.stores["acme"]
    _meet(house, one)
    _swap(store, "other9")
    before = len(store.log)
    with pytest.raises(WrongStore, match="was sample1, now it is other9") as caught:
        check_identity(house, one, QuietPulse(), needs_api=True, acquaintance=Acquaintance())
    house.room(IDENTITY).unlink()
    _meet(house, one)
    assert caught.value.exit_code == 4
    assert str(house.room(IDENTITY)) in str(caught.value)
    assert _recorded(house)["id"] == "other9"
    assert {entry.path for entry in store.log[before:]} == {"/v2/store"}

    house.room(IDENTITY).chmod(0o600)
    house.room(IDENTITY).write_text('{"store_hash": "third3"}')
    before = len(store.log)
    report = run_job(config, one, job, QuietPulse())
    assert (report.outcome, report.exit_code) == (Outcome.FAILED, 4)
    assert store.log[before:] == []
    told = json.loads(house.room("report/status.json").read_text())
    assert told["jobs"][job]["last"]["exit_code"] == 4


def test_the_store_is_asked_once_an_hour(store: SampleStore, config: Config, house: House) -> None:
    """And at once where the token is another one."""
    now = [1_000.0]
    known = Acquaintance(lambda: now[0])
    one = config.stores["acme"]

    def look() -> int:
        check_identity(house, one, QuietPulse(), needs_api=True, acquaintance=known)
        return _asked(store)

    counted = [look(), look()]
    now[0] += 3_599
    counted.append(look())
    now[0] += 2
    counted.append(look())
    token = house.mirror.parent / "token"
    token.write_text("second-token")
    store.tokens["second-token"] = store.tokens[store.token]
    counted.append(look())
    assert counted == [1, 1, 1, 2, 3]


def test_files_do_not_wait_for_a_dead_api(store: SampleStore, config: Config, house: House) -> None:
    """What the config says is still compared; records can not do without."""
    one = config.stores["acme"]
    rule = store.misbehave.next("/v2/store", fails(500), times=None)
    _meet(house, one, needs_api=False)
    assert _recorded(house) == {"webdav_host": "127.0.0.1"}
    with pytest.raises(StoreUnreachable):
        check_identity(house, one, QuietPulse(), needs_api=True, acquaintance=Acquaintance())
    assert rule.fired == 2
    store.tokens.clear()
    store.misbehave.stop()
    with pytest.raises(StoreRefused):
        check_identity(house, one, QuietPulse(), needs_api=True, acquaintance=Acquaintance())


def test_without_the_scope_the_config_alone_speaks(
    store: SampleStore, config: Config, house: House
) -> None:
    """A token for products, customers and orders is enough to work."""
    scope = "store_v2_information_read_only"
    store.tokens[store.token] = store.tokens[store.token] - {scope}
    report = run_job(config, config.stores["acme"], "customers", QuietPulse())
    assert report.outcome is Outcome.OK
    assert _recorded(house) == {"store_hash": "sample1"}


def test_a_dry_run_records_nothing(store: SampleStore, config: Config, house: House) -> None:
    """It only prints the plan."""
    run_job(config, config.stores["acme"], "files", QuietPulse(), dry_run=True)
    assert not house.room(IDENTITY).exists()


def test_a_damaged_record_stops_the_store(store: SampleStore, config: Config, house: House) -> None:
    """Nobody can tell which store it was: that is for a person, not for a guess."""
    house.room(IDENTITY).write_text("{half")
    with pytest.raises(DiskError, match="damaged"):
        check_identity(house, config.stores["acme"], QuietPulse(), needs_api=True)
    assert store.log == []
