"""A question by hand to the running daemon."""

from pathlib import Path
from typing import Any

import pytest

from mirrord.control import Control, NobodyThere, ask


def test_a_question_gets_its_answer(tmp_path: Path) -> None:
    """As often as one asks; by any path that leads to the same config."""
    config = tmp_path / "mirrord.yaml"
    config.touch()
    (tmp_path / "link.yaml").symlink_to(config)
    asked: list[dict[str, Any]] = []

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        asked.append(question)
        return {"done": True, "why": "é\n" * 3_000}

    control = Control(config, answer)
    try:
        for path in (config, tmp_path / "link.yaml"):
            assert ask(path, {"do": "reload"}) == {"done": True, "why": "é\n" * 3_000}
    finally:
        control.close()
    assert asked == [{"do": "reload"}] * 2


def test_where_no_daemon_runs_the_question_says_so(tmp_path: Path) -> None:
    """Also after one has ended: nothing stale is left behind."""
    config = tmp_path / "mirrord.yaml"
    Control(config, lambda _: {}).close()
    with pytest.raises(NobodyThere, match=r"no `mirrord run` answers for .*is the service running"):
        ask(config, {"do": "reload"})


def test_a_second_daemon_of_one_config_takes_no_questions(tmp_path: Path) -> None:
    """The first one keeps answering."""
    config = tmp_path / "mirrord.yaml"
    first = Control(config, lambda _: {"who": "first"})
    second = Control(config, lambda _: {"who": "second"})
    try:
        assert ask(config, {}) == {"who": "first"}
    finally:
        second.close()
        first.close()


def test_a_question_that_is_none_harms_nobody(tmp_path: Path) -> None:
    """Garbage, and an answer that fails: the next one is answered."""
    import socket

    from mirrord.control import _address

    config = tmp_path / "mirrord.yaml"

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        if "fail" in question:
            raise ValueError
        return {"done": True}

    control = Control(config, answer)
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(_address(config))
            line.sendall(b"not json\n")
        with pytest.raises(NobodyThere):
            ask(config, {"fail": 1})
        assert ask(config, {"do": "x"}) == {"done": True}
    finally:
        control.close()
