"""The sample store's themes: answers by the specification, one POST, links that run out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests

from mirrord.demo.scopes import THEMES, THEMES_MANAGE
from mirrord.demo.theme_store import CORNERSTONE, FORTUNE
from tests.demo import openapi
from tests.demo.conftest import Client
from tests.demo.openapi import Operation

FILE = "themes.v3.yml"
LIST = Operation(FILE, "/themes")
ONE = Operation(FILE, "/themes/{uuid}")
CONFIGURATIONS = Operation(FILE, "/themes/{uuid}/configurations")
DOWNLOAD = Operation(FILE, "/themes/{uuid}/actions/download", "post")
JOB = Operation(FILE, "/themes/jobs/{job_id}")
CHANNELS = Operation("channels.v3.yml", "/channels")
ACTIVE = Operation("channels.v3.yml", "/channels/{channel_id}/active-theme")

VARIATION = "b16c3fe0-7bcb-0136-b5fc-07fe54a9e639"
ASKED = [
    (LIST, "/v3/themes", 200),
    (ONE, f"/v3/themes/{CORNERSTONE}", 200),
    (CONFIGURATIONS, f"/v3/themes/{CORNERSTONE}/configurations?variation_uuid={VARIATION}", 200),
    (CONFIGURATIONS, f"/v3/themes/{FORTUNE}/configurations?uuid:in=x&limit=250&page=1", 200),
    (CHANNELS, "/v3/channels?type:in=storefront&limit=250&page=1", 200),
    (ACTIVE, "/v3/channels/1/active-theme", 200),
    (ACTIVE, "/v3/channels/9/active-theme", 404),
]
needs_openapi = pytest.mark.skipif(
    openapi.folder() is None,
    reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
)


def post(client: Client, path: str, **options: Any) -> requests.Response:
    root = f"{client.store.api_url}/stores/{client.store.store_hash}"
    return client.session.post(root + path, timeout=20, **options)


def begin(client: Client, theme: str = CORNERSTONE) -> str:
    answer = post(client, f"/v3/themes/{theme}/actions/download", json={"which": "last_activated"})
    assert answer.status_code == 200, answer.text
    job: str = answer.json()["job_id"]
    return job


def state(client: Client, job: str) -> Any:
    return client.get(f"/v3/themes/jobs/{job}").json()["data"]


def link_of(client: Client, job: str) -> str:
    for _ in range(2):
        told = state(client, job)
    link: str = told["result"]["download_url"]
    return link


@needs_openapi
@pytest.mark.parametrize(("operation", "path", "status"), ASKED)
def test_an_answer_is_what_the_specification_promises(
    small: Client, operation: Operation, path: str, status: int
) -> None:
    """Status, schema, field names; every parameter documented, and understood."""
    answer = small.get(path)
    content = answer.json()
    assert (answer.status_code, operation.errors(content, status)) == (status, [])
    # every refusal of the store names its path, which this one's schema leaves out
    assert operation.unnamed_fields(content, status) <= {"/instance"}
    used = {pair.partition("=")[0] for pair in path.partition("?")[2].split("&") if pair}
    assert used <= operation.parameters()
    assert small.store.log[-1].unknown == ()


@needs_openapi
def test_a_download_and_its_job_are_what_the_specification_promises(small: Client) -> None:
    """The POST's answer, and each state of the job, also the one of a failure."""
    small.store.themes.states = ("QUEUED", "WORKING", "COMPLETED")
    job = begin(small)
    assert DOWNLOAD.errors({"job_id": job}, 200) == []
    told = [small.get(f"/v3/themes/jobs/{job}").json() for _ in range(3)]
    small.store.themes.states = ("FAILED",)
    told.append(small.get(f"/v3/themes/jobs/{begin(small)}").json())
    assert [one["data"]["status"] for one in told] == ["QUEUED", "WORKING", "COMPLETED", "FAILED"]
    assert [JOB.errors(one, 200) for one in told] == [[]] * 4
    assert [JOB.unnamed_fields(one, 200) for one in told] == [set()] * 4


def test_a_link_gives_a_zip_made_anew_to_whoever_has_it(small: Client) -> None:
    """Two downloads hold the same files and differ in their bytes."""
    bodies = [requests.get(link_of(small, begin(small)), timeout=10).content for _ in range(2)]
    zips = [zipfile.ZipFile(io.BytesIO(body)) for body in bodies]
    held = [{name: one.read(name) for name in one.namelist()} for one in zips]
    assert held == [small.store.themes.files[CORNERSTONE]] * 2
    assert bodies[0] != bodies[1]


def test_a_link_runs_out_after_a_minute(open_store: Callable[..., Client]) -> None:
    """By the store's clock; the bytes are gone, not only late."""
    now = [1000.0]
    client = open_store(clock=lambda: now[0])
    link = link_of(client, begin(client))
    now[0] += 60
    assert requests.get(link, timeout=10).status_code == 200
    now[0] += 1
    assert requests.get(link, timeout=10).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/v3/themes",
        f"/v3/themes/{CORNERSTONE}",
        "/v3/themes/actions/activate",
        f"/v3/themes/{CORNERSTONE}/configurations/validate",
        "/v3/catalog/products",
    ],
)
def test_no_other_post_is_answered(small: Client, path: str) -> None:
    """The sample store can not be changed through its API."""
    assert post(small, path, json={}).status_code in (404, 405)


def test_a_read_only_token_may_not_download_unless_the_store_lets_it(small: Client) -> None:
    """The documents do not say; both are seen here."""
    path = f"/v3/themes/{CORNERSTONE}/actions/download"
    small.store.tokens[small.store.token] = frozenset({THEMES})
    assert small.get("/v3/themes").status_code == 200
    assert post(small, path, json={}).status_code == 403
    small.store.themes.may_download = True
    assert post(small, path, json={}).status_code == 200
    small.store.tokens[small.store.token] = frozenset({THEMES_MANAGE})
    small.store.themes.may_download = False
    assert post(small, path, json={}).status_code == 200


def test_configurations_want_a_filter(small: Client) -> None:
    """As the specification says."""
    assert small.get(f"/v3/themes/{CORNERSTONE}/configurations").status_code == 422
