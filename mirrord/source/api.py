"""The store's records by its REST API, behind the door :class:`~mirrord.source.RecordSource`.

Pages come through :mod:`.pages`, what they lack through :mod:`.companions`, every single request
through :mod:`.rest`. Only a page of each pass is held, so that a million orders need no more
memory than a thousand. This room must never send anything but GET.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from mirrord.core.datasets import Again, Dataset
from mirrord.core.forecast import seconds_for
from mirrord.core.identity import Identity
from mirrord.core.pulse import Pulse
from mirrord.core.records import Record, read_object
from mirrord.errors import ScopeMissing
from mirrord.source.answers import NotFound, QueryRefused
from mirrord.source.common import Alone, Common
from mirrord.source.companions import Companions
from mirrord.source.pace import Patience
from mirrord.source.pages import LIMIT, Ask, walk
from mirrord.source.quota import QuotaKeeper
from mirrord.source.rest import Account, RestClient
from mirrord.source.retry import BY_HAND, Endurance

URL = "https://api.bigcommerce.com"
INFORMATION_SCOPE = "store_v2_information_read_only (Information & settings: read-only)"


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
        """How many requests a pull of so many records needs at least, and how long they take.

        By the pages of its list and of what is asked for again; in seconds, by what the store has
        told of its quota.
        """
        again = [one.at_once for one in dataset.companions if isinstance(one, Again)]
        requests = sum(math.ceil(records / size) for size in (LIMIT, *again))
        allowed = self._keeper.allowed()
        return requests, seconds_for(requests, allowed.requests, allowed.seconds)

    def records(self, dataset: Dataset, pulse: Pulse) -> Iterator[Record]:
        """See :meth:`mirrord.source.RecordSource.records`."""
        ask = self._ask(dataset, pulse)
        passes = [walk(ask, dataset, one) for one in dataset.passes]
        merged = heapq.merge(*passes, key=lambda record: record.id)
        companions = Companions(ask, dataset)
        for batch in _batches(_distinct(merged)):
            yield from companions.hung_on(batch)

    def count(self, dataset: Dataset, pulse: Pulse) -> int:
        """See :meth:`mirrord.source.RecordSource.count`."""
        text = self._ask(dataset, pulse)(dataset.count_path, dataset.count_query)
        return dataset.read_count(read_object(text, f"GET {dataset.count_path}"))

    def identity(self, pulse: Pulse) -> Identity:
        """What the store says of itself, by one request; StoreError.

        Nothing where the token's account lacks the scope for it, or the store does not know it.
        """
        try:
            text = self._client.get("v2/store", {}, INFORMATION_SCOPE, pulse)
        except (ScopeMissing, NotFound, QueryRefused):
            return Identity()
        facts = read_object(text, "GET v2/store")
        known = {name: str(facts.get(name) or "")[:500] for name in ("id", "domain", "secure_url")}
        return Identity(**known)

    def close(self) -> None:
        """See :meth:`mirrord.source.RecordSource.close`."""
        self._client.close()

    def _ask(self, dataset: Dataset, pulse: Pulse) -> Ask:
        return partial(self._client.get, scope=dataset.scope, pulse=pulse)


def _distinct(records: Iterable[Record]) -> Iterator[Record]:
    """Of records with the same id, which come next to each other, the first."""
    last: int | None = None
    for record in records:
        if record.id != last:
            last = record.id
            yield record


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, LIMIT)):
        yield batch
