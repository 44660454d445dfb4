"""The theme routes of the sample store, and the only POST that it answers.

After themes.v3.yml. A link is used without a token, as of a storage service.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mirrord.demo.answer import Answer, Refusal, json_answer
from mirrord.demo.paging import v3_page
from mirrord.demo.query import Query
from mirrord.demo.scopes import CHANNELS, THEMES, THEMES_MANAGE
from mirrord.demo.shapes import LATEST, Record, iso_z
from mirrord.demo.shop import Shop

LINKS = "/theme-downloads/"

_UUID = r"([0-9a-f-]{36})"
Answering = Callable[[Shop, Query, str], Answer]
#: A path, and the name in it; the method, the scopes of which one suffices, and what answers.
Asked = tuple[str, frozenset[str], Answering, str]


def asked(path: str) -> Asked | None:
    """Which of the routes here it is; None for another room's."""
    for pattern, method, scopes, answering in _ROUTES:
        found = re.fullmatch(pattern, path)
        if found:
            return method, scopes, answering, found[1] if found.groups() else ""
    return None


def answer(shop: Shop, method: str, asked: Asked, query: Query, scopes: frozenset[str]) -> Answer:
    """The answer of the route to a token with these scopes."""
    allowed, wanted, answering, name = asked
    if method != allowed:
        raise Refusal(405, f"Only {allowed} is answered here by the sample store.")
    if method == "POST" and shop.themes.may_download:
        wanted |= {THEMES}
    if not wanted & scopes:
        raise Refusal(403, "You don't have a required scope to access the endpoint")
    with shop.lock:
        return answering(shop, query, name)


def linked(shop: Shop, path: str) -> Answer:
    """The zip behind a download link; 403 once it has run out, as signed links answer."""
    body = shop.themes.packed(path.removeprefix(LINKS).removesuffix(".zip"))
    if body is None:
        xml = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
        return Answer(403, xml, (("Content-Type", "application/xml"),))
    return Answer(200, body, (("Content-Type", "application/zip"),))


def _list(shop: Shop, _query: Query, _name: str) -> Answer:
    return json_answer({"data": list(shop.themes.themes.values()), "meta": {}})


def _theme(shop: Shop, _query: Query, name: str) -> Answer:
    return json_answer({"data": _known(shop, name), "meta": {}})


def _configurations(shop: Shop, query: Query, name: str) -> Answer:
    _known(shop, name)
    uuids, variation = query.names("uuid:in"), query.text("variation_uuid")
    if uuids is None and variation is None:
        raise Refusal(422, "At least one filter must be provided")
    rows = [
        row
        for row in shop.themes.configurations.get(name, [])
        if (uuids is None or row["uuid"] in uuids) and variation in (None, row["variation_id"])
    ]
    return v3_page(rows, query)


def _download(shop: Shop, _query: Query, name: str) -> Answer:
    _known(shop, name)
    return json_answer({"job_id": shop.themes.begin(name)})


def _job(shop: Shop, _query: Query, name: str) -> Answer:
    themes = shop.themes
    if name not in themes.jobs:
        raise Refusal(404, "Job not found")
    state = themes.state(name)
    link = f"{themes.links_at}{LINKS}{name}.zip" if themes.link is None else themes.link
    failed = [{"error": "download", "message": "The theme could not be packed"}]
    body = {
        "id": name,
        "time": iso_z(LATEST),
        "status": state,
        "percent_complete": 100 if state == "COMPLETED" else 0,
        "result": {"download_url": link} if state == "COMPLETED" else {},
        "warnings": [],
        "errors": failed if state == "FAILED" else [],
    }
    return json_answer({"data": body, "meta": {}})


def _active_theme(shop: Shop, _query: Query, name: str) -> Answer:
    found = shop.themes.active.get(int(name))
    if not found:
        raise Refusal(404, f"No active theme found with channel_id: {name}")
    return json_answer({"data": found, "meta": {}})


def _known(shop: Shop, name: str) -> Record:
    if name not in shop.themes.themes:
        raise Refusal(404, "Theme not found")
    return shop.themes.themes[name]


_READERS = frozenset({THEMES, THEMES_MANAGE})
_ROUTES: tuple[tuple[str, str, frozenset[str], Answering], ...] = (
    ("/v3/themes", "GET", _READERS, _list),
    (f"/v3/themes/{_UUID}", "GET", _READERS, _theme),
    (f"/v3/themes/{_UUID}/configurations", "GET", _READERS, _configurations),
    (f"/v3/themes/{_UUID}/actions/download", "POST", frozenset({THEMES_MANAGE}), _download),
    ("/v3/themes/jobs/([0-9a-f]{32})", "GET", _READERS, _job),
    (r"/v3/channels/(\d+)/active-theme", "GET", frozenset({CHANNELS}), _active_theme),
)
