"""The store's records by its REST API, behind the door :class:`~mirrord.source.RecordSource`.

Pages come through :mod:`.pages`, what they lack through :mod:`.companions`, every single request
through :mod:`.rest`. Only a page of each pass is held, so that a million orders need no more
memory than a thousand. This room must never send anything but GET.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from mirrord.core.datasets.kinds import Again, Dataset, Details, EachOf, Listing, Query, Singles
from mirrord.core.datasets.scopes import INFORMATION
from mirrord.core.forecast import seconds_for
from mirrord.core.identity import Identity
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, Record, order, read_object
from mirrord.errors import AnswerBroken, ScopeMissing
from mirrord.source.answers import NotFound, QueryRefused
from mirrord.source.common import Alone, Common
from mirrord.source.companions import Companions
from mirrord.source.nested import DetailLists, each_of, singles
from mirrord.source.pace import Patience
from mirrord.source.pages import walk
from mirrord.source.passes import distinct, in_turn
from mirrord.source.portions import Ask
from mirrord.source.quota import QuotaKeeper
from mirrord.source.rest import Account, RestClient
from mirrord.source.retry import BY_HAND, Endurance

URL = "https://api.bigcommerce.com"
#: Companions are hung on so many records at a time, or so many characters of them.
_AT_ONCE = 250
_MOST_TEXT = 4 * 1024 * 1024


class ApiSource:
    """The records of one store; one for all threads.

    ``quota_share``: the part of the store's request quota that is ours. ``ca``: a file with the
    certificates to trust instead of the built-in ones. ``endurance``: how long a request is tried.
    ``common``: what all have in common who ask this store, in this process and in others; left
    out, nobody else asks it. ``clock``: seconds, the same for all of these. Raises ValueError for
    values that the config should have refused; see :class:`.rest.Account`.
    """

    def __init__(
        self,
        store_hash: str,
        token: str,
        url: str = URL,
        quota_share: float = 0.5,
        ca: str | None = None,
        patience: Patience | None = None,
        endurance: Endurance = BY_HAND,
        common: Common | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper = QuotaKeeper(quota_share, clock, common or Alone())
        self._client = RestClient(
            Account(url, store_hash, token),
            self._keeper,
            patience or Patience(),
            ca,
            endurance=endurance,
        )

    @property
    def sent(self) -> int:
        """How many requests it has sent."""
        return self._client.sent

    def least(self, dataset: Dataset, records: int) -> tuple[int, float]:
        """How many requests a full pull of so many records needs at least, and how long they take.

        By the pages of its list and of what is asked for again; in seconds, by what the store has
        told of its quota.
        """
        pages = dataset.source.limit if isinstance(dataset.source, Listing) else 1
        again = [one.at_once for one in dataset.companions if isinstance(one, Again)]
        requests = sum(math.ceil(records / size) for size in (pages, *again))
        allowed = self._keeper.allowed()
        return requests, seconds_for(requests, allowed.requests, allowed.seconds)

    def records(
        self, dataset: Dataset, pulse: Pulse, since: datetime | None = None
    ) -> Iterator[Record]:
        """See :meth:`mirrord.source.RecordSource.records`."""
        ask = self._ask(dataset, pulse)
        companions = Companions(ask, dataset)
        for batch in _batches(self._read(ask, dataset, _sinces(dataset, since))):
            yield from companions.hung_on(batch)

    def ids(self, dataset: Dataset, pulse: Pulse) -> Iterator[Key]:
        """See :meth:`mirrord.source.RecordSource.ids`."""
        listing = dataset.source
        if not isinstance(listing, Listing) or listing.since is None or listing.since.ids is None:
            raise ValueError(f"{dataset.name} has no cheap listing of its ids")
        cheap = replace(listing, query=listing.since.ids)
        for record in self._read(self._ask(dataset, pulse), replace(dataset, source=cheap), ({},)):
            yield record.id

    def withheld(self, dataset: Dataset, parent: Record, pulse: Pulse) -> Mapping[str, str]:
        """See :meth:`mirrord.source.RecordSource.withheld`."""
        return self._details(dataset, pulse).withheld(parent)

    def details(
        self, dataset: Dataset, parents: Iterable[Record], without: Collection[str], pulse: Pulse
    ) -> Iterator[Record]:
        """See :meth:`mirrord.source.RecordSource.details`."""
        lists = self._details(dataset, pulse)
        for parent in parents:
            yield lists.of(parent, without)

    def count(self, dataset: Dataset, pulse: Pulse) -> int | None:
        """See :meth:`mirrord.source.RecordSource.count`."""
        counting = dataset.counting
        if counting is None:
            return None
        what = f"GET {counting.path}"
        body = read_object(self._ask(dataset, pulse)(counting.path, counting.query), what)
        try:
            return counting.read(body)
        except AnswerBroken as error:
            raise AnswerBroken(f"{what}: {error}") from error

    def identity(self, pulse: Pulse) -> Identity:
        """What the store says of itself, by one request; StoreError.

        Nothing where the token's account lacks the scope for it, or the store does not know it.
        """
        try:
            text = self._client.get("v2/store", {}, INFORMATION, pulse)
        except (ScopeMissing, NotFound, QueryRefused):
            return Identity()
        facts = read_object(text, "GET v2/store")
        known = {name: str(facts.get(name) or "")[:500] for name in ("id", "domain", "secure_url")}
        return Identity(**known)

    def prove(self, path: str, query: Query, scope: str, pulse: Pulse) -> None:
        """Ask for something only to see whether the token may; ScopeMissing, StoreError.

        A store that does not know it, or not so, has not refused the token.
        """
        with suppress(NotFound, QueryRefused):
            self._client.get(path, query, scope, pulse)

    def close(self) -> None:
        """See :meth:`mirrord.source.RecordSource.close`."""
        self._client.close()

    def _read(self, ask: Ask, dataset: Dataset, sinces: Sequence[Query]) -> Iterator[Record]:
        source = dataset.source
        if isinstance(source, Listing):
            return _walks(ask, source, sinces)
        if isinstance(source, EachOf):
            return each_of(ask, source)
        if isinstance(source, Singles):
            return singles(ask, source)
        raise TypeError(f"{dataset.name} is asked for record by record")

    def _details(self, dataset: Dataset, pulse: Pulse) -> DetailLists:
        if not isinstance(dataset.source, Details):
            raise TypeError(f"{dataset.name} is no dataset of details")
        return DetailLists(
            lambda scope: partial(self._client.get, scope=scope, pulse=pulse), dataset.source
        )

    def _ask(self, dataset: Dataset, pulse: Pulse) -> Ask:
        return partial(self._client.get, scope=dataset.scope, pulse=pulse)


def _sinces(dataset: Dataset, since: datetime | None) -> Sequence[Query]:
    """What is asked besides, in a walk each; nothing, in one, for all records."""
    if since is None or dataset.since is None:
        return ({},)
    # to the second, in UTC: a day alone would get the present time of day added by the store
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [{parameter: moment} for parameter in dataset.since.parameters]


def _walks(ask: Ask, listing: Listing, sinces: Sequence[Query]) -> Iterator[Record]:
    if not listing.paging.ascends:
        return chain.from_iterable(walk(ask, listing, since) for since in sinces)
    walks = [in_turn(ask, listing, since) for since in sinces]
    return distinct(heapq.merge(*walks, key=lambda record: order(record.id)))


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.text)
        if len(batch) == _AT_ONCE or size > _MOST_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
