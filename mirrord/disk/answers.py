"""What people answered to holds: decisions/answers.json, and beside it the files of each answer.

An answer covers exactly the files that the hold listed when it was given, by their paths, one a
line in ``decisions/answer-<id>.txt``. Where that list is gone the answer covers nothing: its
files wait again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mirrord.core.entry import TreePath
from mirrord.core.pulse import Pulse
from mirrord.disk.decisions import deciding, read_decision
from mirrord.disk.durable import disk_errors
from mirrord.disk.holds import ANSWERS
from mirrord.disk.house import House, write_whole

Word = Literal["keep", "follow"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, when (seconds since 1970), and of which top folder (``""``: of several).

    ``settled``: the guard has begun anew for it, which one answer allows once.
    """

    word: Word
    at: float
    top: str
    settled: bool = False


def answers(house: House) -> dict[str, Answer]:
    """The answers in force, by the holds' ids; DiskError."""
    told = read_decision(house, ANSWERS)
    return {hold: _answer(one) for hold, one in sorted(told.items()) if _is_answer(one)}


def answered_paths(house: House, hold: str) -> Iterator[TreePath]:
    """The files that an answer covers; DiskError."""
    file = _list(house, hold)
    with disk_errors(f"reading {file}"):
        try:
            lines = file.read_text("ascii", "replace").splitlines()
        except FileNotFoundError:
            return
    for line in lines:
        try:
            yield TreePath(line)
        except ValueError:
            continue  # covered by nothing, it waits again


def remember(
    house: House, hold: str, answer: Answer, paths: Iterable[TreePath], pulse: Pulse
) -> int:
    """Write an answer down in the place of an earlier one; how many files it covers. DiskError."""
    lines = [f"{path}\n" for path in paths]
    with deciding(house, ANSWERS, pulse) as told:
        file = _list(house, hold)
        with disk_errors(f"writing {file}"):
            write_whole(file, "".join(lines).encode("ascii"), 0o600)
        told[hold] = {"answer": answer.word, "at": answer.at, "top": answer.top}
    return len(lines)


def narrow(house: House, hold: str, paths: Iterable[str], pulse: Pulse) -> None:
    """Let an answer cover only these files from now on; one that is gone stays gone."""
    with deciding(house, ANSWERS, pulse) as told:
        if hold not in told:
            return
        file = _list(house, hold)
        with disk_errors(f"writing {file}"):
            text = "".join(f"{path}\n" for path in paths)
            write_whole(file, text.encode("ascii"), 0o600)


def settle(house: House, hold: str, pulse: Pulse) -> None:
    """Note that the guard has begun anew for an answer; DiskError."""
    with deciding(house, ANSWERS, pulse) as told:
        if hold in told:
            told[hold]["settled"] = True


def forget(house: House, hold: str, pulse: Pulse) -> None:
    """Take away an answer that was carried out, or has nothing left to cover."""
    with deciding(house, ANSWERS, pulse) as told:
        told.pop(hold, None)
    file = _list(house, hold)
    with disk_errors(f"removing {file}"):
        file.unlink(missing_ok=True)


def _list(house: House, hold: str) -> Path:
    return house.room(f"decisions/answer-{hold}.txt")


def _is_answer(one: Any) -> bool:
    return isinstance(one, dict) and one.get("answer") in ("keep", "follow")


def _answer(one: dict[str, Any]) -> Answer:
    at = one.get("at")
    moment = float(at) if isinstance(at, int | float) else 0.0
    return Answer(one["answer"], moment, str(one.get("top", "")), bool(one.get("settled")))
