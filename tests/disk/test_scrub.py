"""Reading what is held in other processes: what they are asked, and what they never do."""

import hashlib
import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.disk.framing import framed
from mirrord.disk.scrub import Wanted, _questions, read_all
from mirrord.disk.workers import QUESTION
from tests.fakes import QuietPulse

#: Whatever a disk can hold, by the bytes of it; and what people write.
NAMES = st.one_of(
    st.binary(min_size=1, max_size=40).map(
        lambda raw: os.fsdecode(raw.translate(None, b"/\0")) or "a"
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40),
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


def read(root: Path, *paths: str) -> dict[str, tuple[str, str]]:
    """The sha256 of each, and what the system said instead."""
    wanted: list[Wanted[str]] = [(path, 1, path, "") for path in paths]
    answers = read_all(root, wanted, QuietPulse())
    told = {}
    for keys, (sums, _, _, _, refused, _) in answers:
        why = dict(refused)
        told |= {
            key: ("" if place in why else sums[64 * place :][:64], why.get(place, ""))
            for place, key in enumerate(keys)
        }
    return told


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_files_are_read_wherever_they_lie(tmp_path: Path) -> None:
    """In the root itself, in folders in any order, empty, and larger than is read at once."""
    bodies = {"a": b"", "x/b": b"b", "c": b"c" * 700_000, "x/y/d": b"d", "x/e": b"e"}
    (tmp_path / "x/y").mkdir(parents=True)
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    assert read(tmp_path, *bodies) == {name: (sha256(body), "") for name, body in bodies.items()}


def test_a_link_is_never_followed_in_no_step(tmp_path: Path) -> None:
    """Whatever lies in the house may have been planted there; what can not be read is told."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there/a").write_bytes(b"a")
    (tmp_path / "folder").symlink_to("there")
    (tmp_path / "there/b").symlink_to("a")
    answers = read(tmp_path, "folder/a", "there/b", "there", "gone/a", "there/gone", "there/a")
    assert [said for said, _ in answers.values()] == ["", "", "", "", "", sha256(b"a")]
    assert [why for _, why in answers.values()] == [
        "Not a directory",
        "Too many levels of symbolic links",
        "it is no regular file",
        "No such file or directory",
        "No such file or directory",
        "",
    ]


@settings(deadline=None)
@given(st.lists(PATHS, max_size=60), st.integers(1, 30))
def test_a_question_is_never_longer_than_a_pipe_takes(paths: list[str], times: int) -> None:
    """Whatever the names consist of, and each file is asked for once, in order."""
    wanted: list[Wanted[int]] = [
        (number, 1, path, "image") for number, path in enumerate(paths * times)
    ]
    questions = list(_questions(wanted))
    assert all(len(framed(asked)) <= QUESTION for _, asked in questions)
    assert [key for keys, _ in questions for key in keys] == [one[0] for one in wanted]
    told = [
        f"{folder}/{name}".removeprefix("/")
        for _, asked in questions
        for folder, names, _ in asked
        for name in names
    ]
    assert told == [one[2] for one in wanted]
