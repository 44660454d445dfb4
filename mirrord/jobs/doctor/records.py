"""Whether the store's records can be read: the way to its API, the token, scope by scope."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from urllib.parse import urlsplit

from mirrord.config import Api, Webdav
from mirrord.core.datasets import DATASETS, MAIN
from mirrord.core.datasets.scopes import INFORMATION
from mirrord.core.identity import hash_of_host
from mirrord.core.pulse import Pulse
from mirrord.errors import ScopeMissing, StoreRefused
from mirrord.jobs.doctor.check import Check, State, chain, fail, looked, ok, warn
from mirrord.jobs.doctor.scopes import check_scopes
from mirrord.jobs.doctor.way import way
from mirrord.jobs.sources import record_source
from mirrord.source.answers import NotFound
from mirrord.source.api import ApiSource
from mirrord.source.common import Common
from mirrord.source.pace import Patience
from mirrord.source.reach import Place
from mirrord.source.retry import Endurance

_PATIENCE = Patience(read=15.0, grace=20.0)
_ACCOUNT = (
    "make a new read-only account under Settings > Store-level API accounts, with all scopes that"
    " the README names: the scopes of an account can not be changed"
)
_NEW_ACCOUNT = f"copy the access token anew; where it is lost (it is shown once), {_ACCOUNT}"
_NEEDS = {
    "products": "for products.csv and images.csv",
    "customers": "for customers.csv",
    "orders": "incomplete ones not counted, for orders.csv",
}


def check_records(api: Api, pulse: Pulse, common: Common | None = None) -> Iterator[Check]:
    """From the name of the host to each scope. Some cheap GETs.

    ``common``: what it shares with those who ask the same store now; None where nobody can.
    """
    with ExitStack() as opened:
        source: list[ApiSource] = []

        def token() -> Check:
            made = record_source(api, common, patience=_PATIENCE, endurance=Endurance(2))
            source.append(opened.enter_context(closing(made)))
            return _token(source[0], pulse)

        steps = way("api", Place.of(api.url, str(api.ca) if api.ca else None))
        accepted = False
        for check in chain([*steps, ("api token", token)]):
            accepted = check.name == "api token" and check.state is State.OK
            yield check
        for name in MAIN:
            yield _if(accepted, f"api scope {name}", partial(_scope, source, name, pulse))
        information = _if(accepted, "api scope information", partial(_information, source, pulse))
        yield information
        broken = information.name if information.state is State.FAIL else ""
        yield from check_scopes(source, pulse, _ACCOUNT, broken if accepted else "api token")


def _if(accepted: bool, name: str, step: Callable[[], Check]) -> Check:
    if not accepted:
        return warn(name, "not looked at", "mend `api token` first, then look again")
    return looked(name, step)


def check_same_store(webdav: Webdav, api: Api) -> Check:
    """Files and records of two shops in one folder would be no backup of either."""
    host = urlsplit(webdav.url).hostname or ""
    of_files = hash_of_host(host)
    if of_files is None:
        return ok("same store", f"{host} does not tell its store hash")
    if of_files == api.store_hash:
        return ok("same store", f"WebDAV and API both name {of_files}")
    return warn(
        "same store",
        f"WebDAV names the store {of_files}, the API {api.store_hash}",
        "take both from the control panel of one and the same store",
    )


def _token(source: ApiSource, pulse: Pulse) -> Check:
    """A missing scope proves a good token."""
    try:
        source.count(DATASETS["products"], pulse)
    except ScopeMissing:
        return ok("api token", "accepted")
    except NotFound:
        return fail(
            "api token",
            "the API knows no such store (answer 404)",
            "check store_hash: it is the abc123 of store-abc123.mybigcommerce.com",
            5,
        )
    except StoreRefused:
        return fail("api token", "not accepted (answer 401)", _NEW_ACCOUNT, 5)
    return ok("api token", "accepted")


def _scope(source: list[ApiSource], name: str, pulse: Pulse) -> Check:
    dataset = DATASETS[name]
    step = f"api scope {name}"
    try:
        count = source[0].count(dataset, pulse)
    except ScopeMissing:
        return fail(step, f"missing: {dataset.scope}, {_NEEDS[name]}", _NEW_ACCOUNT, 5)
    return ok(step, f"{count:,} {name}, {_NEEDS[name]}")


def _information(source: list[ApiSource], pulse: Pulse) -> Check:
    step = "api scope information"
    told = source[0].identity(pulse)
    if told.id or told.domain:
        return ok(step, f"the store is {told.id}, {told.domain}: to notice a swapped token")
    return warn(step, f"missing: {INFORMATION}, to notice a swapped token", _NEW_ACCOUNT)
