"""Faults at every single call to the kernel that a command makes on its mirror.

strace enumerates the calls of `sync`, `export`, `snapshot` and `prune`, and plants a fault at one
after the other: a SIGKILL, an error once, an error for good. By default at a few of them, drawn by
a seed; with ``MIRRORD_CALLS=all`` at every one, with ``MIRRORD_CALLS=400`` at so many of each
command's, with ``MIRRORD_CALLS=sorts`` at one of each sort: the same kind of call, asked in the
same way of the same sort of file in the same room. Which error it is, is drawn as well; with
``MIRRORD_ERRORS=all`` each is tried.

An error for good is planted only in calls that nothing but the mirror is asked: an `openat` that
always fails keeps Python from its own libraries. Disks that really die are in test_dying_disks.
"""

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.calls import CHANGING, Call, Ended, only_reads
from tests.faults.scenes import SCENES, Scene, scene
from tests.laws.examples import fast_disk

SAMPLE = os.environ.get("MIRRORD_CALLS", "6")
ALL_ERRORS = os.environ.get("MIRRORD_ERRORS") == "all"
SEED = int(os.environ.get("MIRRORD_SEED", "20261201"))
PATIENCE = 120 + 2 * int(SAMPLE) if SAMPLE.isdigit() else 14_400

ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE")
#: Calls that are made on the mirror only, so that they may fail for good.
ALONE = frozenset(
    {"pwrite64", "ftruncate", "fsync", "fdatasync", "syncfs", "rename", "renameat", "renameat2"}
    | {"link", "linkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "utimensat"}
    | {"fchmod", "fchmodat", "flock"}
)
#: Which errors a call never gives.
_NEVER = {"EMFILE": lambda call: call.kind != "openat"}

#: In what strace saw of a call: paths below the mirror, and the ways in which it is asked.
_PATH = re.compile(r'(?<=[<"])/[^">]*')
_FLAG = re.compile(r"\b(?:O|AT|LOCK|SEEK|PROT)_[A-Z]+")

pytestmark = [
    pytest.mark.timeout(PATIENCE),
    pytest.mark.skipif(not shutil.which("strace"), reason="needs strace"),
]


@pytest.fixture(scope="module", params=SCENES)
def at_work(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """One command's scene, with which all tests of it are played."""
    with ExitStack() as ends:
        home = Path(ends.enter_context(TemporaryDirectory(dir=fast_disk())))
        yield ends.enter_context(scene(request.param, home / request.param))


def _sample(calls: list[Call], at_work: Scene, much: float = 1) -> list[Call]:
    """All of them, or so many as are asked for (``much`` is a share of that), in their order."""
    if SAMPLE == "all":
        return calls
    dice = random.Random(f"{SEED} {at_work.words}")
    if SAMPLE == "sorts":
        alike: dict[object, list[Call]] = {}
        for call in calls:
            alike.setdefault(_sort(call), []).append(call)
        return sorted(map(dice.choice, alike.values()), key=calls.index)
    places = dice.sample(range(len(calls)), min(len(calls), max(1, int(int(SAMPLE) * much))))
    return [calls[place] for place in sorted(places)]


def _sort(call: Call) -> object:
    """What is asked in which way of what sort of file: its room, and its ending."""
    files = []
    for path in _PATH.findall(call.seen):
        steps = re.sub(r"[0-9]+", "#", path).split("/")
        files.append((*steps[1:4], len(steps) > 4, Path(path).suffix))
    return call.kind, tuple(files), tuple(sorted({*_FLAG.findall(call.seen)}))


def _keeps_a_lock(call: Call) -> bool:
    """Whether the fault would hold a lock for ever: strace leaves out the call that it has fail.

    Linux always closes, also where it says that something before went wrong.
    """
    return call.kind == "close" and ".lock>" in call.seen


def _calls(at_work: Scene) -> list[Call]:
    at_work.set_up()
    return at_work.program.calls(*at_work.words)


def _errors(call: Call, at_work: Scene) -> list[str]:
    """The errors that are tried at a call: one drawn by lot, or all that there are."""
    wanted = [one for one in ERRORS if not _NEVER.get(one, lambda _: False)(call)]
    dice = random.Random(f"{SEED} {at_work.words} {call.kind} {call.number}")
    return wanted if ALL_ERRORS else [dice.choice(wanted)]


def test_a_kill_at_any_call_tears_nothing_and_the_next_run_heals(at_work: Scene) -> None:
    """Nothing acknowledged is lost, no list names what is not there, nothing staged stays."""
    calls = [one for one in _calls(at_work) if one.kind in CHANGING and not only_reads(one)]
    tried = _sample(calls, at_work)
    for call in tried:
        assert _struck(at_work, call, "signal=KILL").killed, call
        assert (at_work.wrong(), at_work.heal()) == ([], []), call
    print(f"{at_work.words[0]}: {len(tried)} kills at {len(calls)} calls")


def test_an_error_at_any_call_is_told_and_the_next_run_heals(at_work: Scene) -> None:
    """Exit 6 or 3 in words where it mattered; where it did not, all is as after a good run."""
    codes: Counter[int] = Counter()
    calls = [one for one in _calls(at_work) if not _keeps_a_lock(one)]
    for call in _sample(calls, at_work):
        for error in _errors(call, at_work):
            codes[_judged(at_work, call, error)] += 1
    # some are in calls that are only there to be quick; in a few draws they may be most
    assert codes.total() - codes[0] > 0.2 * codes.total(), codes
    print(f"{at_work.words[0]}: {codes.total()} errors at {len(calls)} calls: {dict(codes)}")


def test_a_call_that_fails_for_good_is_told_and_healed_later(at_work: Scene) -> None:
    """From the first, the second, ... call of each kind on: until none is left to fail."""
    codes: Counter[int] = Counter()
    calls = [one for one in _calls(at_work) if one.kind in ALONE]
    for call in _sample(calls, at_work, 0.5):
        for error in _errors(call, at_work):
            codes[_judged(at_work, call, error, for_good=True)] += 1
    assert codes[6] > 0.3 * codes.total(), codes
    print(f"{at_work.words[0]}: {codes.total()} errors for good: {dict(codes)}")


def _judged(at_work: Scene, call: Call, error: str, *, for_good: bool = False) -> int:
    """Run with the error: the exit code, all that must be so being so."""
    ended = _struck(at_work, call, f"error={error}", for_good=for_good)
    what = f"{call} {error} {'for good' if for_good else 'once'}"
    assert "Traceback" not in ended.err, f"{what}: {ended.err}"
    assert ended.code in (0, 3, 6), f"{what}: {ended.code} {ended.err}"
    found = at_work.wrong()
    if ended.code == 0:
        found += at_work.unmet()
    assert (found, at_work.heal()) == ([], []), what
    return ended.code


def _struck(at_work: Scene, call: Call, what: str, *, for_good: bool = False) -> Ended:
    """The command, struck for sure.

    Of two runs one may close a file or write a page less: the last call of a kind is then one
    earlier.
    """
    for back in range(min(call.number, 6)):
        at_work.set_up()
        fault = replace(call, number=call.number - back).fault(what, for_good=for_good)
        ended = at_work.program.run(*at_work.words, fault=fault)
        if ended.struck or ended.killed:
            return ended
    raise AssertionError(f"{call} {what}: it never fired")


def test_writes_that_take_a_part_each_time_are_gone_on_with(at_work: Scene) -> None:
    """Every write is cut to a third, and begun again after a signal: nothing is cut short."""
    at_work.set_up()
    ended = at_work.program.run(*at_work.words, short=True)
    assert (ended.code, at_work.unfinished()) == (0, []), ended.err
    for call in _sample([one for one in _calls(at_work) if one.kind == "write"], at_work, 0.2):
        at_work.set_up()
        ended = at_work.program.run(*at_work.words, fault=call.fault("error=EINTR"))
        assert (ended.code, ended.struck, at_work.unfinished()) == (0, 1, []), ended.err
