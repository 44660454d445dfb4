"""The sample store's themes and the jobs that pack them, while it is open.

A download's zip is made anew each time, with other dates, as the real store does. This room must
never know a request.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mirrord.demo.shapes import LATEST, Record, iso_z

LINK_SECONDS = 60.0
CORNERSTONE, FORTUNE = (
    "e3d82ce0-9bae-0133-0de7-525400970412",
    "1242c920-a5a6-0133-a20e-525400970412",
)
_VARIATIONS = {
    CORNERSTONE: ("b16c3fe0-7bcb-0136-b5fc-07fe54a9e639", "b17d57e0-7bcb-0136-b5fc-07fe54a9e639"),
    FORTUNE: ("fec9fe60-7ede-0136-effe-0cbd49ed50aa",),
}
_MADE = iso_z(LATEST - timedelta(days=30))


@dataclass(slots=True)
class Job:
    """One packing of a theme: how often its state was asked, and when it was done."""

    theme: str
    asked: int = 0
    done: float | None = None


@dataclass(slots=True)
class ThemeStore:
    """Themes by uuid; tests change all of it while the store runs.

    ``files``: what each theme's zip holds, by the name inside. ``states``: what a job says of
    itself, one after the other, the last one for ever. ``raw``: bytes that come instead of a zip.
    ``link``: what a job names instead of its own link. ``may_download``: whether a token with the
    read-only scope may (the documents do not say). ``wait``: seconds that pass on the store's
    clock before a link is used.
    """

    themes: dict[str, Record] = field(default_factory=lambda: dict(_themes()))
    files: dict[str, dict[str, bytes]] = field(default_factory=lambda: dict(_all_files()))
    configurations: dict[str, list[Record]] = field(default_factory=lambda: dict(_saved()))
    active: dict[int, Record] = field(default_factory=lambda: {1: _active(CORNERSTONE)})
    states: tuple[str, ...] = ("WORKING", "COMPLETED")
    raw: bytes | None = None
    link: str | None = None
    may_download: bool = False
    wait: float = 0.0
    jobs: dict[str, Job] = field(default_factory=dict)
    links_at: str = ""
    clock: Callable[[], float] = time.monotonic

    def begin(self, theme: str) -> str:
        """Start to pack a theme; the job's name."""
        name = f"{len(self.jobs) + 1:032x}"
        self.jobs[name] = Job(theme)
        return name

    def state(self, name: str) -> str:
        """What the job says this time; it may be complete with that."""
        job = self.jobs[name]
        state = self.states[min(job.asked, len(self.states) - 1)]
        job.asked += 1
        if state == "COMPLETED" and job.done is None:
            job.done = self.clock()
        return state

    def packed(self, name: str) -> bytes | None:
        """The zip behind a job's link; None for an unknown job, and once the link has run out."""
        job = self.jobs.get(name)
        if job is None or job.done is None or self.clock() + self.wait - job.done > LINK_SECONDS:
            return None
        if self.raw is not None:
            return self.raw
        return zipped(self.files[job.theme], LATEST + timedelta(minutes=2 * len(self.jobs)))


def zipped(files: Mapping[str, bytes], at: datetime) -> bytes:
    """A zip of these files, all of this date."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content)
    return body.getvalue()


def _themes() -> Mapping[str, Record]:
    names = {CORNERSTONE: "Cornerstone", FORTUNE: "Fortune"}
    return {
        uuid: {
            "uuid": uuid,
            "variations": [
                {"uuid": one, "name": look, "description": f"{look} colours", "external_id": look}
                for one, look in zip(_VARIATIONS[uuid], ("Light", "Bold"), strict=False)
            ],
            "name": name,
            "is_private": uuid == CORNERSTONE,
            "is_active": uuid == CORNERSTONE,
            "updated_at": _MADE,
        }
        for uuid, name in names.items()
    }


def _all_files() -> Mapping[str, dict[str, bytes]]:
    return {uuid: _files(theme["name"]) for uuid, theme in _themes().items()}


def _files(name: str) -> dict[str, bytes]:
    return {
        "config.json": f'{{"name": "{name}", "version": "1.0.0"}}'.encode(),
        "templates/pages/home.html": b"<h1>{{settings.store_name}}</h1>\n" * 40,
        "assets/scss/theme.scss": b"body { color: stencilColor('color-textBase'); }\n" * 60,
        "lang/en.json": b'{"header": {"welcome": "Welcome"}}',
    }


def _saved() -> Mapping[str, list[Record]]:
    """Of each variation the first configuration, and of the active one what was saved since."""
    saved = {
        uuid: [_configuration(uuid, one, number, site=0) for number, one in enumerate(variations)]
        for uuid, variations in _VARIATIONS.items()
    }
    saved[CORNERSTONE].append(_configuration(CORNERSTONE, _VARIATIONS[CORNERSTONE][0], 9, 1000))
    return saved


def _configuration(theme: str, variation: str, number: int, site: int) -> Record:
    settings: dict[str, Any] = {"body-font": "Google_Karla_400", "logo_size": "250x100"}
    return {
        "uuid": f"{number:08x}{theme[8:]}",
        "theme_uuid": theme,
        "variation_id": variation,
        "settings": settings | {"carousel": bool(site), "price_ratio": 1.5},
        "date_created": _MADE,
        "site_id": site,
    }


def _active(theme: str) -> Record:
    used = f"{9:08x}{theme[8:]}"
    return {
        "active_theme_uuid": theme,
        "active_theme_configuration_uuid": used,
        "active_theme_version_uuid": "b9911770-8a43-0139-f84a-7e39a3a0bc55",
        "saved_theme_configuration_uuid": used,
    }
