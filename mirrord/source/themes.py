"""The store's themes: which there are, which is shown where, their settings, their zips.

A zip is had by a job of the store: one POST that changes nothing in the shop starts it, its answer
names the job, and the finished job names a link that lives a minute. This room must never send
another POST, and never the token anywhere but to the API.
Source: BigCommerce, themes.v3.yml and channels.v3.yml; the pace of asking is its own stencil-cli's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import urlsplit

from mirrord.core.datasets.kinds import Listing, Paging
from mirrord.core.datasets.scopes import CHANNELS as CHANNEL_SCOPE
from mirrord.core.datasets.scopes import THEMES as SCOPE
from mirrord.core.jsontext import Json
from mirrord.core.pulse import Pulse
from mirrord.core.records import ID, Keys, Record, read_object
from mirrord.core.themes import UUID, Shown, Theme, proper, read_shown, read_themes, settings_text
from mirrord.errors import AnswerBroken, StoreError
from mirrord.source import Sink
from mirrord.source.answers import NotFound
from mirrord.source.api import URL
from mirrord.source.common import Alone, Common
from mirrord.source.link import ThemeNotGiven, fetch
from mirrord.source.pace import Patience
from mirrord.source.pages import walk
from mirrord.source.pauses import pause
from mirrord.source.quota import QuotaKeeper
from mirrord.source.rest import Account, RestClient
from mirrord.source.retry import BY_HAND, Endurance
from mirrord.source.session import Post
from mirrord.source.words import tame

DOWNLOAD_SCOPE = "store_themes_manage (Themes: modify)"

#: The version that the shop last applied: what its customers see.
DOWNLOAD = Post(
    re.compile(r"(?:/[^?#]*)?/stores/[A-Za-z0-9]+/v3/themes/[0-9A-Za-z-]{8,64}/actions/download"),
    b'{"which":"last_activated"}',
)
_JOB = re.compile(r"[0-9A-Za-z_-]{1,128}")
#: Seconds between two looks at a job, and how long one may take: a theme is packed in a few.
_BETWEEN, LONGEST = 1.0, 600
#: A link that ran out, a job that failed: so often a new one is asked for.
_TRIES = 3


class StillWorking(StoreError):
    """The store goes on packing a theme for too long; another job would only add to its load."""


class ThemeSource:
    """The themes of one store. As :class:`.api.ApiSource`; ``longest`` seconds for one job."""

    def __init__(
        self,
        store_hash: str,
        token: str,
        url: str = URL,
        quota_share: float = 0.5,
        ca: str | None = None,
        patience: Patience | None = None,
        common: Common | None = None,
        endurance: Endurance = BY_HAND,
        longest: int = LONGEST,
    ) -> None:
        self._patience = patience or Patience()
        self._ca = ca
        self._longest = longest
        self._is_plain = urlsplit(url).scheme == "http"
        self._client = RestClient(
            Account(url, store_hash, token),
            QuotaKeeper(quota_share, time.monotonic, common or Alone()),
            self._patience,
            ca,
            endurance=endurance,
            post=DOWNLOAD,
        )

    def themes(self, pulse: Pulse) -> tuple[Theme, ...]:
        """Every theme of the store, by uuid. StoreError."""
        return read_themes(self._client.get("v3/themes", {}, SCOPE, pulse), "GET v3/themes")

    def shown(self, pulse: Pulse) -> Mapping[str, Shown]:
        """What each storefront channel shows, by the channel's number. StoreError.

        A channel without an active theme, or with one of the old kind, is left out.
        """
        found: dict[str, Shown] = {}
        query = {"type:in": "storefront"}
        for channel in self._pages("v3/channels", query, ID, CHANNEL_SCOPE, pulse):
            one = self._shown_in(int(channel.id), pulse)
            if one is not None:
                found[str(channel.id)] = one
        return found

    def settings(self, theme: Theme, shown: Mapping[str, Shown], pulse: Pulse) -> str:
        """All that the theme editor has saved for the theme, as JSON, own texts kept. StoreError.

        The store wants a filter: each variation is asked for, and what a channel shows of it.
        """
        here = [one for one in shown.values() if one.theme == theme.uuid]
        filters = [{"variation_uuid": uuid} for uuid in theme.variations]
        filters += [{"uuid:in": ",".join(one.configurations)} for one in here if one.configurations]
        path = f"v3/themes/{theme.uuid}/configurations"
        found = []
        for one in filters:
            for record in self._pages(path, one, UUID, SCOPE, pulse):
                uuid = proper(record.fields.get("uuid"))
                if not uuid:
                    raise AnswerBroken(f"GET {path} gave a configuration without a proper uuid")
                found.append((uuid, record.text))
        return settings_text(found)

    def download(self, theme: Theme, into: Callable[[], Sink], pulse: Pulse) -> Sink:
        """The theme's zip in a sink that ``into`` opened, not closed yet.

        ScopeMissing where the token may not ask for it. ThemeNotGiven, StillWorking: not this one
        now, though the store answers; other StoreError.
        """
        for attempt in range(1, _TRIES):
            try:
                return self._try_once(theme, into, pulse)
            except ThemeNotGiven as error:
                if not error.transient:
                    raise
                pulse.wait(pause(attempt, error))
        return self._try_once(theme, into, pulse)

    def close(self) -> None:
        """Let go of every connection to the API; blocked reads end at once."""
        self._client.close()

    def _shown_in(self, channel: int, pulse: Pulse) -> Shown | None:
        path = f"v3/channels/{channel}/active-theme"
        try:
            text = self._client.get(path, {}, CHANNEL_SCOPE, pulse)
        except NotFound:
            return None
        told = read_object(text, f"GET {path}").get("data")
        return read_shown(told) if isinstance(told, dict) else None

    def _pages(
        self, path: str, query: Mapping[str, str], keys: Keys, scope: str, pulse: Pulse
    ) -> Iterator[Record]:
        ask = partial(self._client.get, scope=scope, pulse=pulse)
        return walk(ask, Listing(path, Paging.NUMBERED, query=query, keys=keys))

    def _try_once(self, theme: Theme, into: Callable[[], Sink], pulse: Pulse) -> Sink:
        link = self._link(theme, pulse)
        patience = self._patience
        return fetch(link, into, pulse, loopback=self._is_plain, ca=self._ca, patience=patience)

    def _link(self, theme: Theme, pulse: Pulse) -> str:
        """Have the store pack the theme, wait for it, and take the link that it names."""
        path = f"v3/themes/{theme.uuid}/actions/download"
        told = read_object(self._client.post(path, DOWNLOAD_SCOPE, pulse), f"POST {path}")
        job = told.get("job_id")
        if not isinstance(job, str) or not _JOB.fullmatch(job):
            raise ThemeNotGiven(f"POST {path} named no job")
        for _ in range(max(1, round(self._longest / _BETWEEN))):
            pulse.wait(_BETWEEN)
            link = self._finished(f"v3/themes/jobs/{job}", pulse)
            if link:
                return link
        raise StillWorking(
            f"the store was still packing it after {self._longest} seconds; try again later"
        )

    def _finished(self, path: str, pulse: Pulse) -> str:
        """The link of a finished job, ``""`` while it is at work; ThemeNotGiven where it failed."""
        try:
            text = self._client.get(path, {}, SCOPE, pulse)
        except NotFound as error:
            raise ThemeNotGiven("the store has lost the job that packs it") from error
        told = read_object(text, f"GET {path}").get("data")
        job = told if isinstance(told, dict) else {}
        status, result = job.get("status"), job.get("result")
        if status in ("QUEUED", "WORKING"):
            return ""
        if status != "COMPLETED":
            raise ThemeNotGiven(f"the store could not pack it{self._said(job.get('errors'))}")
        link = result.get("download_url") if isinstance(result, dict) else None
        if not isinstance(link, str) or not link:
            raise ThemeNotGiven("the store packed it, and named no link to it")
        return link

    def _said(self, errors: Json) -> str:
        """What the store says of its failure, on one line."""
        first = errors[0] if isinstance(errors, list) and errors else None
        said = first.get("message") or first.get("error") if isinstance(first, dict) else None
        told = tame(self._client.hide(said)[:200]) if isinstance(said, str) else ""
        return f': "{told}"' if told else ""
