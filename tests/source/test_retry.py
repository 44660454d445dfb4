"""Trying again: what, how often, and for how long in between."""

import pytest

from mirrord.errors import ListingBroken, Stopped, StoreBusy, StoreRefused, StoreUnreachable
from mirrord.source.pauses import LONGEST_PAUSE, LONGEST_WISH, retry_after
from mirrord.source.retry import UNATTENDED, Endurance, retrying
from tests.fakes import QuietPulse

NOW = 1_700_000_000.0


class Failing:
    """Fails as told, then returns how often it was called."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls


def test_what_passes_is_tried_again(pulse: QuietPulse) -> None:
    """Transient errors of any kind; each pause goes through the pulse."""
    failing = Failing(StoreUnreachable("x"), StoreBusy("x"), ListingBroken("x"))
    assert (retrying(pulse)(failing), len(pulse.waits)) == (4, 3)


def test_a_refused_login_is_never_tried_again(pulse: QuietPulse) -> None:
    """Trying again would only lock the account."""
    failing = Failing(StoreRefused("no"))
    with pytest.raises(StoreRefused):
        retrying(pulse)(failing)
    assert (failing.calls, pulse.waits) == (1, [])


def test_the_last_error_comes_out_as_it_is(pulse: QuietPulse) -> None:
    """No wrapper around it, and no try more than asked for."""
    errors = [StoreUnreachable(f"{n}") for n in range(9)]
    failing = Failing(*errors)
    with pytest.raises(StoreUnreachable, match="2"):
        retrying(pulse, Endurance(3))(failing)
    assert failing.calls == 3


def test_a_stop_ends_a_pause(pulse: QuietPulse) -> None:
    """Stopped passes through, from the pause and from the work."""
    failing = Failing(StoreUnreachable("x"))
    with pytest.raises(Stopped):
        retrying(QuietPulse(stop_at=1))(failing)
    assert failing.calls == 1
    with pytest.raises(Stopped):
        retrying(pulse)(Failing(Stopped()))


def test_pauses_grow_and_differ_and_end(pulse: QuietPulse) -> None:
    """W23: about 1, 2, 4 ... seconds, never over the longest, never quite the same."""
    with pytest.raises(StoreUnreachable):
        retrying(pulse, Endurance(12))(Failing(*[StoreUnreachable("x")] * 12))
    ideal = [min(LONGEST_PAUSE, 2.0**n) for n in range(11)]
    assert all(i / 2 <= w <= i for w, i in zip(pulse.waits, ideal, strict=True))
    assert len(set(pulse.waits)) > 9


def test_what_nobody_waits_for_is_tried_for_minutes(pulse: QuietPulse) -> None:
    """Ten tries with pauses of up to two minutes; a command by hand gives up long before."""
    with pytest.raises(StoreUnreachable):
        retrying(pulse, UNATTENDED)(Failing(*[StoreUnreachable("x")] * 10))
    assert (len(pulse.waits), sum(pulse.waits) > 180, max(pulse.waits) > 60) == (9, True, True)
    with pytest.raises(StoreUnreachable):
        retrying(QuietPulse())(Failing(*[StoreUnreachable("x")] * 5))


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [(None, 0.5, 1.0), (0.0, 0.5, 1.0), (7.0, 7.0, 7.7), (1e9, LONGEST_WISH, 1.1 * LONGEST_WISH)],
)
def test_a_busy_store_gets_its_wish_within_reason(
    pulse: QuietPulse, after: float | None, least: float, most: float
) -> None:
    """W23: the longer of its wish and our own pause; an hour is not granted."""
    retrying(pulse)(Failing(StoreBusy("x", after)))
    assert least <= pulse.waits[0] <= most


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("3600", 3600.0),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("Tuesday, 14-Nov-23 22:13:30 GMT", 10.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 40, None),
        ("Tue, 99 Nov 2023 22:13:30 GMT", None),
        ("\u0667", None),
    ],
)
def test_a_wish_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    """W23: seconds and dates are read; garbage and negative ones are not obeyed."""
    assert retry_after(text, NOW) == seconds
