"""One exit code for many runs, one line for one."""

import pytest

from mirrord.core.report import Outcome, Report, worst


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 3], 3),
        ([3, 4], 4),
        ([4, 5], 5),
        ([5, 6], 6),
        ([6, 78], 78),
        ([78, 1, 6], 1),
        ([0, 75], 75),
        ([75, 3], 3),
    ],
)
def test_the_gravest_exit_code_wins(codes: list[int], code: int) -> None:
    """In the order of the README: 1, 78, 6, 5, 4, 3, 0."""
    assert worst(codes) == code


def test_a_run_is_told_in_one_line() -> None:
    """Store, job, outcome, the numbers that are not zero, the time."""
    counts = {"fetched": 1200, "retired": 0, "bytes": 5}
    report = Report("files", "acme", 10.0, 13.14, Outcome.OK, 0, counts)
    assert report.line() == "acme files: ok, fetched 1,200, bytes 5 in 3.1 s"
