"""Themes from the sample store: the one POST, the job, the link; and all that can go wrong."""

import io
import json
import re
import ssl
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests

from mirrord.core.themes import Shown, Theme
from mirrord.demo import misbehave
from mirrord.demo.scopes import ALL_SCOPES, THEMES_MANAGE
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.demo.theme_store import CORNERSTONE, FORTUNE
from mirrord.demo.themes import LINKS
from mirrord.errors import AnswerBroken, DiskFull, ScopeMissing, Stopped, StoreUnreachable
from mirrord.source.link import LinkRefused, ThemeNotGiven, fetch
from mirrord.source.pace import Pace, Patience
from mirrord.source.retry import Endurance
from mirrord.source.session import Gate
from mirrord.source.themes import DOWNLOAD, StillWorking, ThemeSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySink
from tests.servers.certificates import make_certificates
from tests.source.test_rest import CALM, QUICK, TOKEN, Speak, answer, server

PACK = f"/v3/themes/{CORNERSTONE}/actions/download"
ALLOWED = f"/stores/sample1{PACK}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small store that a test may break."""
    (tmp_path / "content").mkdir()
    with SampleStore(tmp_path, sizes=Sizes(1, 1, 1), quota=100_000) as running:
        yield running


@pytest.fixture
def source(store: SampleStore) -> Iterator[ThemeSource]:
    """The themes of that store."""
    themes = ThemeSource(
        store.store_hash, store.token, store.api_url, endurance=Endurance(2, 1.0), longest=20
    )
    yield themes
    themes.close()


class Taking:
    """Downloads one theme, and remembers the sinks and the waits."""

    def __init__(self, source: ThemeSource) -> None:
        self.source = source
        self.sinks: list[MemorySink] = []
        self.pulse = QuietPulse()

    def sink(self) -> MemorySink:
        self.sinks.append(MemorySink())
        return self.sinks[-1]

    def take(self) -> dict[str, bytes]:
        (theme,) = [one for one in self.source.themes(self.pulse) if one.uuid == CORNERSTONE]
        assert self.source.download(theme, self.sink, self.pulse) is self.sinks[-1]
        with zipfile.ZipFile(io.BytesIO(self.sinks[-1].content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def states(self) -> list[str]:
        return [sink.state for sink in self.sinks]


@pytest.fixture
def taking(source: ThemeSource) -> Taking:
    return Taking(source)


def asked(store: SampleStore, method: str = "POST") -> list[str]:
    return [one.path for one in store.log if one.method == method]


# --- what is there


def test_every_theme_comes_with_the_stores_own_words(
    store: SampleStore, source: ThemeSource
) -> None:
    """Its facts as they came, by uuid."""
    themes = source.themes(QuietPulse())
    told = {theme.uuid: json.loads(theme.text) for theme in themes}
    assert told == store.themes.themes
    assert list(told) == sorted(told)


def test_each_storefront_tells_its_active_theme(store: SampleStore, source: ThemeSource) -> None:
    """One without any, or with one of the old kind, is left out."""
    store.themes.active |= {7: store.themes.active[1] | {"active_theme_uuid": FORTUNE}, 8: {}}
    for number in (7, 8):
        store.shop.put("channels", store.shop.rows("channels")[0] | {"id": number})
    shown = source.shown(QuietPulse())
    assert {channel: one.theme for channel, one in shown.items()} == {
        "1": CORNERSTONE,
        "7": FORTUNE,
    }
    assert json.loads(shown["1"].text) == store.themes.active[1]


def test_settings_hold_every_configuration_once_digit_by_digit(
    store: SampleStore, source: ThemeSource
) -> None:
    """Those of all variations and those that a channel shows; 1.50 stays 1.50."""
    rule = store.misbehave.next(
        f"/v3/themes/{CORNERSTONE}/configurations",
        lambda _, told: type(told)(200, told.body.replace(b"1.5}", b"1.50}"), told.headers),
        times=None,
    )
    pulse = QuietPulse()
    shown = source.shown(pulse)
    (theme,) = [one for one in source.themes(pulse) if one.uuid == CORNERSTONE]
    text = source.settings(theme, shown, pulse)
    saved = store.themes.configurations[CORNERSTONE]
    assert json.loads(text) == sorted(saved, key=lambda one: str(one["uuid"]))
    assert text.count('"price_ratio":1.50') == len(saved) == 3
    assert rule.fired == 3
    assert {one.unknown for one in store.log} == {()}


def test_settings_over_several_pages_come_whole(store: SampleStore, source: ThemeSource) -> None:
    """A theme editor keeps what was saved before, for years."""
    first = store.themes.configurations[FORTUNE][0]
    store.themes.configurations[FORTUNE] = [
        first | {"uuid": f"{number:08x}{FORTUNE[8:]}"} for number in range(600)
    ]
    (theme,) = [one for one in source.themes(QuietPulse()) if one.uuid == FORTUNE]
    assert len(json.loads(source.settings(theme, {}, QuietPulse()))) == 600


def test_a_store_that_passes_over_the_page_does_not_hold_us_for_ever(
    store: SampleStore, source: ThemeSource
) -> None:
    """Whether configurations are paged is not documented: the same page again is the end."""
    row = store.themes.configurations[FORTUNE][0]
    rows = [row | {"uuid": f"{number:08x}{row['uuid'][8:]}"} for number in range(100)]
    same = misbehave.rewritten(lambda _: {"data": rows})
    rule = store.misbehave.next("*/configurations", same, times=None)
    (theme,) = [one for one in source.themes(QuietPulse()) if one.uuid == FORTUNE]
    assert len(json.loads(source.settings(theme, {}, QuietPulse()))) == 100
    assert rule.fired == 2


@pytest.mark.parametrize("uuid", ["../../v2/store", "a/b", "", "x" * 65, None, 7])
def test_a_theme_whose_uuid_would_lead_elsewhere_is_refused(
    store: SampleStore, source: ThemeSource, uuid: object
) -> None:
    """It stands in a path that is asked for."""
    store.themes.themes[CORNERSTONE]["uuid"] = uuid
    with pytest.raises(AnswerBroken, match="uuid"):
        source.themes(QuietPulse())


# --- the download


def test_a_theme_is_downloaded_by_one_post_and_its_link(store: SampleStore, taking: Taking) -> None:
    """A look at the job each second until it is done, then the link at once."""
    store.themes.states = ("QUEUED", "WORKING", "COMPLETED")
    assert taking.take() == store.themes.files[CORNERSTONE]
    assert asked(store) == [PACK]
    assert taking.pulse.waits == [1.0, 1.0, 1.0]
    paths = [one.path for one in store.log][1:]
    assert paths[1:-1] == [paths[1]] * 3
    assert (paths[0], paths[-1][: len(LINKS)]) == (PACK, LINKS)


def test_a_job_counts_as_begun_whatever_success_is_called(
    store: SampleStore, taking: Taking
) -> None:
    """201 and 202 as well."""
    created = store.misbehave.next(PACK, lambda _, told: type(told)(202, told.body, told.headers))
    assert taking.take() == store.themes.files[CORNERSTONE]
    assert created.fired == 1


def test_a_token_that_may_not_download_names_the_scope(store: SampleStore, taking: Taking) -> None:
    """And is asked once."""
    store.tokens[store.token] = ALL_SCOPES - {THEMES_MANAGE}
    with pytest.raises(ScopeMissing, match="store_themes_manage"):
        taking.take()
    assert asked(store) == [PACK]


def test_a_link_that_ran_out_has_the_theme_packed_anew(store: SampleStore, taking: Taking) -> None:
    """A new job, a new link."""
    expired = store.misbehave.next(f"{LINKS}*", misbehave.fails(403))
    assert taking.take() == store.themes.files[CORNERSTONE]
    assert (asked(store), expired.fired) == ([PACK] * 2, 1)


def test_a_link_that_always_runs_out_is_given_up(store: SampleStore, taking: Taking) -> None:
    """After three jobs, with the reason."""
    store.themes.wait = 61
    with pytest.raises(ThemeNotGiven, match="answered 403: it has run out"):
        taking.take()
    assert asked(store) == [PACK] * 3


def test_a_job_that_fails_is_begun_anew_and_told(store: SampleStore, taking: Taking) -> None:
    """Three times at the most; the store's own words are repeated."""
    store.themes.states = ("WORKING", "FAILED")
    with pytest.raises(ThemeNotGiven, match='could not pack it: "The theme could not be packed"'):
        taking.take()
    assert (asked(store), taking.sinks) == ([PACK] * 3, [])


def test_a_job_that_never_ends_is_left_alone(store: SampleStore, taking: Taking) -> None:
    """No second one is begun on a store that is that slow."""
    store.themes.states = ("WORKING",)
    with pytest.raises(StillWorking, match="still packing it after 20 seconds"):
        taking.take()
    assert (asked(store), taking.pulse.waits) == ([PACK], [1.0] * 20)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: {"job_id": "../../v2/store"},
        lambda content: {"job_id": None},
        lambda content: {"data": content},
    ],
)
def test_a_job_without_a_proper_name_is_not_asked_for(
    store: SampleStore, taking: Taking, spoil: Any
) -> None:
    """It would stand in a path."""
    store.misbehave.next(PACK, misbehave.rewritten(spoil), times=None)
    with pytest.raises(ThemeNotGiven, match="named no job"):
        taking.take()
    assert len(asked(store, "GET")) == 1


def test_a_job_that_the_store_lost_is_begun_anew(store: SampleStore, taking: Taking) -> None:
    """404 of the job is no 404 of the store."""
    lost = store.misbehave.next("/v3/themes/jobs/*", misbehave.fails(404))
    assert taking.take() == store.themes.files[CORNERSTONE]
    assert (lost.fired, asked(store)) == (1, [PACK] * 2)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (misbehave.html(), "a web page instead of a theme"),
        (misbehave.cut(), "broke off"),
        (misbehave.cut(0), "broke off"),
        (misbehave.fails(500), "answered 500"),
    ],
)
def test_what_does_not_come_whole_is_never_taken(
    store: SampleStore, taking: Taking, fault: misbehave.Fault, why: str
) -> None:
    """Once more is tried by a new job; what came of the bad one is thrown away."""
    rule = store.misbehave.next(f"{LINKS}*", fault, times=3)
    with pytest.raises(ThemeNotGiven, match=why):
        taking.take()
    assert (rule.fired, set(taking.states()) <= {"discarded"}) == (3, True)
    assert taking.take() == store.themes.files[CORNERSTONE]


def test_a_store_that_is_down_is_another_error(store: SampleStore, taking: Taking) -> None:
    """The job of all themes ends its asking by it."""
    down = store.misbehave.next(PACK, misbehave.fails(500), times=None)
    with pytest.raises(StoreUnreachable):
        taking.take()
    assert down.fired == 2


def test_a_stop_in_the_middle_throws_the_part_away(store: SampleStore, taking: Taking) -> None:
    """At every step."""
    states = set()
    for stop_at in range(1, 40):
        taking.pulse, taking.sinks = QuietPulse(stop_at=stop_at), []
        try:
            taking.take()
        except Stopped:
            states |= set(taking.states())
        else:
            break
    assert states == {"discarded"}


# --- what may leave


def test_only_the_download_may_be_posted() -> None:
    """Word for word: this verb, this path, this body, this origin, no query."""
    gate = Gate("http://127.0.0.1:1", ("GET",), Pace(QUICK), DOWNLOAD)
    body = DOWNLOAD.body
    others = [
        ("POST", "http://127.0.0.1:1" + ALLOWED, b'{"which":"original"}'),
        ("POST", "http://127.0.0.1:1" + ALLOWED, None),
        ("POST", "http://127.0.0.1:1" + ALLOWED + "?x=1", body),
        ("POST", "http://127.0.0.1:1" + ALLOWED + "/", body),
        ("POST", "http://127.0.0.1:1/stores/sample1/v3/themes/actions/activate", body),
        ("POST", f"http://127.0.0.1:1/stores/sample1/v3/themes/{CORNERSTONE}", body),
        ("POST", "http://127.0.0.1:1/stores/sample1/v3/themes", body),
        ("POST", "http://127.0.0.1:1/stores/sample1/v3/themes/../x/actions/download", body),
        ("POST", "http://127.0.0.1:1/stores/sample1/v3/catalog/products", body),
        ("POST", "http://127.0.0.1:2" + ALLOWED, body),
        ("PUT", "http://127.0.0.1:1" + ALLOWED, body),
        ("PATCH", "http://127.0.0.1:1" + ALLOWED, body),
        ("DELETE", "http://127.0.0.1:1" + ALLOWED, body),
    ]
    left = []
    for method, url, sent in others:
        try:
            gate.send(requests.Request(method, url, data=sent).prepare())
        except ValueError:
            continue
        except requests.RequestException:
            left.append((method, url, sent))
    assert left == []
    allowed = requests.Request("POST", "http://127.0.0.1:1" + ALLOWED, data=body).prepare()
    with pytest.raises(requests.ConnectionError):  # nobody listens, but it left
        gate.send(allowed)
    gate.close()


def test_a_gate_without_that_permission_lets_no_post_out() -> None:
    """Those of files and records have none."""
    gate = Gate("http://127.0.0.1:1", ("GET",), Pace(QUICK))
    request = requests.Request("POST", "http://127.0.0.1:1" + ALLOWED, data=DOWNLOAD.body)
    with pytest.raises(ValueError, match="no verb that reads"):
        gate.send(request.prepare())
    gate.close()


def test_the_one_post_is_what_the_readme_says() -> None:
    """Its path and body, as BigCommerce documents them."""
    assert DOWNLOAD.path.fullmatch(ALLOWED)
    assert DOWNLOAD.path.fullmatch("/gateway" + ALLOWED)
    assert json.loads(DOWNLOAD.body) == {"which": "last_activated"}


def test_the_token_goes_to_no_link_and_no_redirect_is_followed(
    store: SampleStore, taking: Taking
) -> None:
    """The link's own machine sees no header of ours but a name; the next one sees nothing."""
    with server(answer(b"PK")) as (elsewhere, stolen):
        moved = answer(b"", f"Location: {elsewhere}/theme.zip", status="302 Found")
        with server(moved) as (url, heard):
            store.themes.link = f"{url}/theme.zip?signature=x"
            with pytest.raises(LinkRefused, match="a redirect, which is never followed"):
                taking.take()
    assert (len(heard), stolen, asked(store)) == (1, [], [PACK])
    head = heard[0].decode().lower()
    assert head.startswith("get /theme.zip?signature=x http/1.1\r\n")
    assert store.token not in head
    names = sorted(re.findall(r"^([a-z-]+):", head, re.MULTILINE))
    assert names == ["accept", "accept-encoding", "connection", "host", "user-agent"]


def through(
    link: str, *, loopback: bool = True, patience: Patience = CALM, ca: str | None = None
) -> MemorySink:
    sink = MemorySink()
    fetch(link, lambda: sink, QuietPulse(), loopback=loopback, ca=ca, patience=patience, most=1000)
    return sink


@pytest.mark.parametrize(
    "link",
    [
        "http://store.example.com/theme.zip",
        "http://127.0.0.1.example.com/theme.zip",
        "ftp://127.0.0.1/theme.zip",
        "file:///etc/passwd",
        "//127.0.0.1/theme.zip",
        "/theme.zip",
        "https://me:word@store.example.com/theme.zip",
        "https://store.example.com:port/theme.zip",
        "https://[::1/theme.zip",
        "https://store.example.com/\r\nHost: x",
        "https://stor\u0435.example.com/theme.zip",
        "",
    ],
)
def test_a_link_of_another_kind_is_not_followed(link: str) -> None:
    """Nothing is sent, nothing is tried again."""
    with pytest.raises(LinkRefused):
        through(link)


def test_a_real_stores_link_to_this_very_machine_is_not_followed() -> None:
    """Plain http on loopback is for a store that is there itself."""
    with server(answer(b"PK")) as (url, heard):
        with pytest.raises(LinkRefused, match="without https"):
            through(url + "/theme.zip", loopback=False)
        assert heard == []


def endless(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b"0" * 500)


@pytest.mark.parametrize(
    ("speak", "why"),
    [
        (answer(b"0" * 1001), "no theme has more than 1,000"),
        (endless, "gave more than 1,000 bytes"),
        (lambda connection: connection.sendall(b"nonsense\r\n\r\n"), "link at http"),
        (lambda connection: None, "link at http"),
        (answer(b"", status="204 No Content"), "answered 204"),
    ],
)
def test_a_hostile_link_gives_nothing(speak: Speak, why: str) -> None:
    """No bytes beyond the bound, no foreign error, and not the link itself in the words."""
    with server(speak) as (url, _), pytest.raises(ThemeNotGiven, match=why) as caught:
        through(f"{url}/theme.zip?signature=secret")
    assert "secret" not in str(caught.value)


def test_an_answer_without_a_length_is_taken() -> None:
    """Whether it is whole is then for the zip to say."""
    speak = answer(b"PK and so on")
    with server(lambda connection: speak(_Without(connection))) as (url, _):
        assert through(url + "/theme.zip").content == b"PK and so on"


def dripping(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    pause = Event()
    while True:  # until the client hangs up
        connection.sendall(b"0")
        pause.wait(0.02)


def test_an_answer_that_drips_without_a_length_is_not_taken_for_whole() -> None:
    """The cut that ends it looks like its end."""
    with server(dripping) as (url, _), pytest.raises(ThemeNotGiven, match="broke off"):
        through(url + "/theme.zip", patience=QUICK)


class _Without:
    """A connection that leaves the length out."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def sendall(self, body: bytes) -> None:
        self._connection.sendall(re.sub(rb"Content-Length: \d+\r\n", b"", body))


class _Page(BaseHTTPRequestHandler):
    """Answers every GET with the same few bytes, and says nothing about it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"PK")

    def log_message(self, *_: object) -> None:
        pass


def test_a_link_by_https_is_taken_from_whom_the_certificate_names(tmp_path: Path) -> None:
    """With the authorities that the config names, and from nobody else."""
    certificates = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.good)
    with HTTPServer(("127.0.0.1", 0), _Page) as served:
        served.socket = context.wrap_socket(served.socket, server_side=True)
        thread = Thread(target=served.serve_forever, args=(0.05,))
        thread.start()
        try:
            link = f"https://localhost:{served.server_port}/theme.zip?x=1"
            taken = through(link, loopback=False, ca=str(certificates.ca))
            with pytest.raises(ThemeNotGiven, match="certificate is refused"):
                through(link, loopback=False)
        finally:
            served.shutdown()
            thread.join()
    assert taken.content == b"PK"


def test_a_disk_error_of_the_sink_is_passed_on() -> None:
    """It is no fault of the store's, and nothing is tried again."""

    class Full(MemorySink):
        def write(self, chunk: bytes, /) -> None:
            raise DiskFull("no room left")

    with server(answer(b"PK")) as (url, heard):
        with pytest.raises(DiskFull):
            fetch(url + "/", Full, QuietPulse(), loopback=True, ca=None, patience=CALM)
        assert len(heard) == 1


def test_settings_without_a_variation_ask_for_what_is_shown(source: ThemeSource) -> None:
    """A filter is wanted by the store."""
    shown = {"1": Shown(CORNERSTONE, (f"00000009{CORNERSTONE[8:]}",), "{}")}
    text = source.settings(Theme(CORNERSTONE, "x", "{}"), shown, QuietPulse())
    assert len(json.loads(text)) == 1
    assert TOKEN not in text
