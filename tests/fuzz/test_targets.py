"""The fuzzers' laws on what is known to be near their borders; the fuzzers themselves run apart."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.entry import Entry, UnknownFolder
from mirrord.source.multistatus import FolderReader
from tests.fuzz.targets import TARGETS, WORDS, kept, multistatus

BYTES = [
    pytest.param(name, raw, id=f"{name}-{number}")
    for name, (_, seeds) in TARGETS.items()
    for number, raw in enumerate((*seeds, *kept(name)))
]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A seed with a few splices, as a fuzzer would make them."""
    name = draw(st.sampled_from(sorted(TARGETS)))
    raw = draw(st.sampled_from(TARGETS[name][1]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.sampled_from([0, 0, 1, 3, 40, 400])))
        words = st.sampled_from([word.encode() for word in WORDS[name]])
        again = st.sampled_from([raw[start:end] * 2, raw[: start // 2]])
        raw = raw[:start] + draw(words | st.binary(max_size=6) | again) + raw[end:]
    return name, raw


@pytest.mark.parametrize(("name", "raw"), BYTES)
def test_what_was_found_stays_answered(name: str, raw: bytes) -> None:
    """Seeds, and what the fuzzers kept: the documented errors only, and every way reads alike."""
    TARGETS[name][0](raw)


def test_a_sound_seed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws that only ever see refused bytes would prove nothing."""
    read: list[int] = []

    def counted(reader: FolderReader) -> list[Entry | UnknownFolder]:
        found = finish(reader)
        read.append(len(found))
        return found

    finish = FolderReader.finish
    monkeypatch.setattr(FolderReader, "finish", counted)
    multistatus(TARGETS["multistatus"][1][9])
    assert read == [4, 4, 4]


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_a_damaged_seed_is_answered(made: tuple[str, bytes]) -> None:
    """Words of the language, noise and repetitions anywhere in what is sound."""
    name, raw = made
    TARGETS[name][0](raw)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_fuzzer_starts_or_says_what_it_needs(name: str) -> None:
    """With atheris it runs as often as asked; without, it names the package."""
    command = [sys.executable, "-m", f"tests.fuzz.{name}", "-runs=20"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        assert ended.stderr == "the fuzzers need atheris: pip install 'mirrord[fuzz]'\n"
    else:
        assert re.search(r"Done [0-9]+ runs", ended.stderr)
