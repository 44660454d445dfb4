"""The benchmark's own arithmetic, and its proxy: who measures is measured first.

No test fails by time: delays are asserted from below only.
"""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks import trees
from tests.benchmarks.contest import (
    Play,
    Round,
    Row,
    Sample,
    Scale,
    Traffic,
    Trial,
    judge,
    memory,
    some_rounds,
    turned,
    wall,
)
from tests.benchmarks.meter import ToolFailed, measure
from tests.benchmarks.proxy import due, far_away
from tests.benchmarks.server import counted
from tests.benchmarks.table import medians_table, verdicts_table
from tests.servers.tools import free_port


def rounds_of(ours: list[float], peers: list[float]) -> list[Round]:
    """Rounds in which only the wall clock differs."""
    return [
        {"ours": Sample(our, 1, 50), "peer": Sample(peer, 1, 80)}
        for our, peer in zip(ours, peers, strict=True)
    ]


def test_a_ratio_is_of_the_medians_so_one_disturbed_round_changes_nothing() -> None:
    """Neither our bad round nor a peer's bad round moves the figure."""
    row = Row("work", "ours", "peer", wall, 0.9, 0.75)
    verdict = judge(row, rounds_of([1, 1, 60], [60, 2, 2]))
    assert (verdict.ours, verdict.peer, verdict.figure) == (1, 2, 0.5)


@pytest.mark.parametrize(
    ("seconds", "word"), [(0.75, "goal"), (0.76, "must"), (0.9, "must"), (0.91, "missed")]
)
def test_a_row_says_which_of_its_two_promises_is_kept(seconds: float, word: str) -> None:
    """The limits themselves are kept."""
    row = Row("work", "ours", "peer", wall, 0.9, 0.75)
    assert judge(row, rounds_of([seconds], [1])).word == word


def test_a_row_without_a_promise_says_nothing_of_it() -> None:
    """It is there to be read only."""
    assert judge(Row("work", "ours", "peer", wall), rounds_of([9], [1])).word == ""


def test_without_a_peer_the_figure_itself_is_held_against_the_promise() -> None:
    """As for memory that a listing may need, whoever makes it."""
    verdict = judge(Row("work", "ours", None, memory, 60, 40, "MiB"), rounds_of([1], [1]))
    assert (verdict.figure, verdict.peer, verdict.word) == (50, None, "must")


def test_every_tool_comes_first_once_in_a_full_turn() -> None:
    """So none always meets the caches that another has warmed."""
    orders = [turned(["a", "b", "c"], number) for number in range(3)]
    assert orders == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]


def test_a_trial_clears_away_after_its_last_round() -> None:
    """Servers and filesystems of a trial do not stand while the next one is played."""
    cleared = []

    def play(scale: Scale) -> Play:
        try:
            while True:
                yield {"ours": Sample(scale.of(10), 0, 0)}
        finally:
            cleared.append("yes")

    played = some_rounds(Trial("x", "x", play, ()), Scale(0.5), 2)
    assert (played, cleared) == ([{"ours": Sample(5, 0, 0)}] * 2, ["yes"])


def test_connections_are_the_requests_that_came_first_on_theirs() -> None:
    """From Apache's %>s and %k."""
    log = "401 0 9 HTTP/1.1\n207 1 9 HTTP/1.1\n200 0 8 HTTP/1.1\n200 2 9 HTTP/1.1\n"
    assert counted(log) == Traffic(4, 2, 1)


def test_connections_of_http2_are_the_ports_that_requests_came_from() -> None:
    """Its requests all carry the number 1, the first one too."""
    log = "207 1 9 HTTP/2.0\n200 1 9 HTTP/2.0\n200 1 8 HTTP/2.0\n200 0 7 HTTP/1.1\n"
    assert counted(log) == Traffic(4, 3, 0, 3)


def test_the_tables_show_what_was_measured() -> None:
    """Medians, ratio, promise and what was found."""
    rounds: list[Round] = [
        {"ours": Sample(1.5, 1, 50, Traffic(7, 2, 1, 4), 3), "peer": Sample(3, 1, 80)}
    ]
    medians = medians_table(rounds).splitlines()
    row = Row("the work", "ours", "peer", wall, 0.9, 0.4)
    verdicts = verdicts_table([judge(row, rounds)]).splitlines()
    told = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in (medians[2], verdicts[2])
    ]
    assert told == [
        ["ours", "1.50", "1.00", "50", "7", "2", "1", "4", "3"],
        ["the work", "1.50 s", "3.00 s", "peer", "0.50", "0.9", "0.4", "must"],
    ]


def test_one_percent_changed_is_one_percent_and_the_same_each_time(tmp_path: Path) -> None:
    """A fifth of it keeps its size: those that a comparison of sizes can not see."""
    for side in ("a", "b"):
        trees.small_files(tmp_path / side, 1000)
    before = {path: path.stat().st_size for path in (tmp_path / "a").rglob("*.jpg")}
    changes = [trees.change_one_percent(tmp_path / side, 0) for side in ("a", "b")]
    change = changes[0]
    kept_size = {path for path in change.planted if (tmp_path / "a" / path) in before}
    assert changes[0] == changes[1]
    assert not trees.differences(tmp_path / "a", tmp_path / "b")
    assert (len(change.planted), len(change.others), len(kept_size)) == (2, 8, 2)
    assert all(
        (tmp_path / "a" / path).stat().st_size == before[tmp_path / "a" / path]
        for path in change.planted
    )


def test_a_difference_of_bytes_is_found_where_size_and_date_agree(tmp_path: Path) -> None:
    """The judge of the copies looks at every byte, and at what only one side has."""
    for side in ("a", "b"):
        trees.small_files(tmp_path / side, 3)
    same, gone, _ = sorted(path.relative_to(tmp_path / "b") for path in tmp_path.rglob("b/*/*/*"))
    (tmp_path / "b" / same).write_bytes(bytes((tmp_path / "b" / same).stat().st_size))
    (tmp_path / "b" / gone).unlink()
    assert trees.differences(tmp_path / "a", tmp_path / "b") == {str(same), str(gone)}


def test_memory_is_the_commands_own_and_not_that_of_who_starts_it() -> None:
    """This process holds 200 MB while it measures; only a command that needs as much shows it."""
    ballast = bytearray(200 << 20)
    ballast[:: 1 << 12] = b"x" * len(ballast[:: 1 << 12])
    small = measure(["true"])
    large = measure([sys.executable, "-c", "x = bytes(1) * (150 << 20)"])
    assert small.memory < 100 < large.memory


def test_processor_time_is_counted_with_that_of_children() -> None:
    """A shell that only waits for its child has used what the child has used."""
    work = "import time\nwhile time.process_time() < 0.3: pass"
    sample = measure(["sh", "-c", f'{sys.executable} -c "$0"; true', work])
    assert min(sample.cpu, sample.wall) >= 0.3


def test_a_tool_that_fails_gives_no_figure_but_its_last_words() -> None:
    """A fast failure would win every comparison."""
    with pytest.raises(ToolFailed, match=r"(?s)ended with 3.*no such store"):
        measure(["sh", "-c", "echo no such store; exit 3"])


def test_bytes_wait_one_way_and_the_first_ones_a_round_trip_more() -> None:
    """What is sent on a new connection would not have left before the handshake was over."""
    delay = 0.025
    fresh, during, after = (due(100 + late, 100, delay) for late in (0, 0.03, 0.2))
    assert [round(one - 100, 3) for one in (fresh, during, after)] == [0.075, 0.075, 0.225]


@contextmanager
def echo() -> Iterator[int]:
    """A server that sends back what one client says, until that client ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                line, _ = server.accept()
                with line:
                    if _echoed(line):
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _echoed(line: socket.socket) -> bool:
    """Whether anything came: the wait for the proxy's start opens a line and says nothing."""
    spoken = False
    while piece := line.recv(1 << 16):
        line.sendall(piece)
        spoken = True
    return spoken


def test_all_bytes_pass_the_proxy_in_order_and_not_before_their_time(tmp_path: Path) -> None:
    """3 MB, more than any buffer on the way holds; two round trips until the first answer."""
    sent = bytes(range(251)) * 12_000
    port = free_port()
    with echo() as upstream, far_away(port, upstream, 0.1, tmp_path):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as line:
            sender = threading.Thread(target=line.sendall, args=(sent,))
            sender.start()
            back = bytearray(line.recv(1))
            first = time.monotonic() - began
            while len(back) < len(sent):
                back += line.recv(1 << 16)
            sender.join()
    assert bytes(back) == sent
    assert first >= 0.2
