"""The shop's themes: settings each time, zips where they may have changed, placed where they have.

One theme that can not be had is named and does not keep the others from being held; a store that
does not answer at all ends the asking, and what came until then is placed.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, cast

from mirrord.core.datasets.scopes import CHANNELS as CHANNEL_SCOPE
from mirrord.core.displayed import displayed
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.themes import (
    Shown,
    Taken,
    Theme,
    is_same_json,
    must_download,
    said_of,
    stems,
)
from mirrord.core.times import day_name, moment_name
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.staging import StagedFile, Staging
from mirrord.disk.theme_zip import content_of, why_unsound
from mirrord.disk.themes import (
    FILE_MODE,
    SETTINGS,
    ZIP,
    Draft,
    Placed,
    Themes,
    read_taken,
    write_taken,
)
from mirrord.errors import ScopeMissing, StoreBusy, StoreError, StoreRefused, StoreUnreachable
from mirrord.source.link import ThemeNotGiven
from mirrord.source.themes import DOWNLOAD_SCOPE, ThemeSource

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Found:
    """What a run has gathered so far; ``taken`` is for the next run."""

    taken: dict[str, Taken]
    zips: dict[str, StagedFile] = field(default_factory=dict)
    settings: dict[str, StagedFile] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class PullThemes:
    """The themes of one store, pulled into themes/. ``unpacked``: with a folder beside each zip."""

    name = "themes"

    def __init__(
        self,
        house: House,
        source: ThemeSource,
        clock: Callable[[], float],
        zone: tzinfo,
        *,
        unpacked: bool,
    ) -> None:
        self._house = house
        self._source = source
        self._clock = clock
        self._zone = zone
        self._unpacked = unpacked

    def run(self, pulse: Pulse) -> Report:
        """Pull once. StoreError where the list can not be had, DiskError: nothing was placed."""
        started = self._clock()
        with ExitStack() as ends:
            with disk_errors(f"opening {self._house.root}"):
                durable = ends.enter_context(closing(Durable(self._house.root)))
            staging = ends.enter_context(closing(Staging(self._house, self.name, durable)))
            room = Themes(self._house, durable, unpacked=self._unpacked)
            themes = self._source.themes(pulse)
            if not themes and room.places:
                raise StoreError(
                    f"the store lists no theme at all, and had {len(room.places)} at the pull"
                    " before; what is held stays as it is. Look at the shop's themes"
                )
            found = _Found(read_taken(self._house))
            shown = self._shown(found, pulse)
            self._gather(themes, shown, room, staging, found, pulse)
            placed = self._place(themes, shown, room, found, started, pulse)
            uuids = {theme.uuid for theme in themes}
            write_taken(self._house, {k: v for k, v in found.taken.items() if k in uuids})
            held = {uuid for uuid, kinds in room.places.items() if ZIP in kinds} | {*found.zips}
            details = {"folder": placed.folder, "zips": len(held & uuids)}
        return self._report(started, len(themes), found, placed.left_out, details)

    def _shown(self, found: _Found, pulse: Pulse) -> Mapping[str, Shown]:
        try:
            return self._source.shown(pulse)
        except ScopeMissing:
            found.findings.append(
                "which theme each storefront shows is not told: the API token lacks the scope"
                f" {CHANNEL_SCOPE}"
            )
            return {}

    def _gather(
        self,
        themes: tuple[Theme, ...],
        shown: Mapping[str, Shown],
        room: Themes,
        staging: Staging,
        found: _Found,
        pulse: Pulse,
    ) -> None:
        places = room.places
        for number, theme in enumerate(themes, 1):
            pulse.progress("pulling themes", number, len(themes))
            held = places.get(theme.uuid, {})
            try:
                self._settings(
                    theme, shown, room.text(held.get(SETTINGS, "")), staging, found, pulse
                )
                self._zip(theme, shown, room.content(held.get(ZIP, "")), staging, found, pulse)
            except StoreRefused:
                raise
            except (StoreUnreachable, StoreBusy) as error:
                left = len(themes) - number + 1
                found.findings.append(f"{left} of {len(themes)} themes were not taken: {error}")
                return
            except StoreError as error:
                found.findings.append(f"theme {displayed(theme.name)}: {displayed(str(error))}")

    def _settings(
        self,
        theme: Theme,
        shown: Mapping[str, Shown],
        held: str,
        staging: Staging,
        found: _Found,
        pulse: Pulse,
    ) -> None:
        """Stage the settings if they are others than those held; then the zip counts as changed."""
        text = self._source.settings(theme, shown, pulse)
        if held and is_same_json(text, held):
            return
        file = staging.open(FILE_MODE, int(self._clock()))
        file.write(text.encode("utf-8", "replace"))
        file.close()
        found.settings[theme.uuid] = file

    def _zip(
        self,
        theme: Theme,
        shown: Mapping[str, Shown],
        held: str,
        staging: Staging,
        found: _Found,
        pulse: Pulse,
    ) -> None:
        """Stage the zip if it may be another one than that held, and is."""
        said = said_of(theme, shown.values())
        last = found.taken.get(theme.uuid) if held and theme.uuid not in found.settings else None
        if not must_download(last, said, self._clock()):
            return

        def open_sink() -> StagedFile:
            return staging.open(FILE_MODE, int(self._clock()))

        found.taken.pop(theme.uuid, None)  # until it has come, the next run asks for it again
        try:
            # every sink of this source was opened by us
            file = cast(StagedFile, self._source.download(theme, open_sink, pulse))
        except ScopeMissing:
            found.refused.append(displayed(theme.name))
            return
        size, _ = file.close()
        found.counts["downloaded"] += 1
        found.counts["bytes"] += size
        with disk_errors("looking into a theme"):
            wrong = why_unsound(file.path, pulse)
        if wrong:
            file.discard()
            raise ThemeNotGiven(f"what the store gave is not taken: {wrong}")
        found.taken[theme.uuid] = Taken(self._clock(), said)
        if held and content_of(file.path) == held:
            file.discard()
        else:
            found.zips[theme.uuid] = file

    def _place(
        self,
        themes: tuple[Theme, ...],
        shown: Mapping[str, Shown],
        room: Themes,
        found: _Found,
        started: float,
        pulse: Pulse,
    ) -> Placed:
        facts = {
            "themes": [json.loads(theme.text) for theme in themes],
            "active": {channel: json.loads(one.text) for channel, one in shown.items()},
        }
        draft = Draft(facts, stems(themes), found.zips, found.settings)
        day, moment = day_name(self._clock(), self._zone), moment_name(started)
        with locked(self._house.lock_file("exports"), self.name, pulse):
            placed = room.place(draft, day=day, moment=moment, pulse=pulse)
        if placed.folder:
            new = len(found.zips)
            log.info(
                "placed themes folder=%s zips=%d settings=%d",
                placed.folder,
                new,
                len(found.settings),
            )
        return placed

    def _report(
        self,
        started: float,
        themes: int,
        found: _Found,
        left_out: tuple[str, ...],
        details: dict[str, Any],
    ) -> Report:
        findings = list(found.findings)
        if found.refused:
            findings.append(
                f"not downloaded, only their settings are held: {', '.join(found.refused)}; the API"
                f" token lacks the scope {DOWNLOAD_SCOPE}"
            )
        notes = [f"not shown beside its zip: {displayed(name)}" for name in left_out]
        partial = bool(findings)
        found.counts |= Counter(zips=len(found.zips), settings=len(found.settings))
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            Outcome.PARTIAL if partial else Outcome.OK,
            3 if partial else 0,
            {"themes": themes, **found.counts},
            tuple((findings + notes)[:NAMED_FAILURES]),
            details,
        )
