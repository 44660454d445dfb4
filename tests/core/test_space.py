"""How long a disk lasts, told from what was free."""

from mirrord.core.space import Sample, added, days_left, warning

DAY = 86_400
NOW = 1_795_435_200.0
GB = 1_000_000_000


def ring(days: int, free: int, a_day: int) -> list[Sample]:
    """So many days of samples, each with less free than the day before."""
    return [Sample(NOW - n * DAY, free + n * a_day) for n in range(days, 0, -1)]


def test_the_days_left_are_told_from_the_pace() -> None:
    """90 GB free, 10 GB less each day: nine days; a disk at rest or growing emptier: none."""
    now = Sample(NOW, 90 * GB)
    assert round(days_left(ring(10, 90 * GB, 10 * GB), now) or 0, 6) == 9
    assert days_left(ring(10, 90 * GB, 0), now) is None
    assert days_left(ring(10, 90 * GB, -GB), now) is None


def test_less_than_a_day_tells_no_pace() -> None:
    """A first sync fills a disk in an hour and says nothing of the next week."""
    young = [Sample(NOW - 7 * 3_600, 500 * GB), Sample(NOW - 3_600, 90 * GB)]
    assert days_left(young, Sample(NOW, 80 * GB)) is None
    assert days_left([], Sample(NOW, 80 * GB)) is None


def test_only_the_last_two_weeks_count() -> None:
    """What was before, or is dated in the future, is of another time."""
    old = [Sample(NOW - 20 * DAY, 900 * GB), Sample(NOW + DAY, 900 * GB)]
    kept = added([*old, *ring(3, 90 * GB, GB)], Sample(NOW, 90 * GB))
    assert [one.at for one in kept] == [NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY, NOW]
    assert round(days_left([*old, *ring(3, 90 * GB, GB)], Sample(NOW, 90 * GB)) or 0, 6) == 90


def test_samples_are_hours_apart() -> None:
    """The ring stays small however often a job ends."""
    samples: tuple[Sample, ...] = ()
    for minute in range(0, 20 * 24 * 60, 15):
        samples = added(samples, Sample(NOW + minute * 60, GB))
    assert len(samples) == 14 * 4


def test_a_disk_is_warned_of_in_time() -> None:
    """Under 14 days left, or less than a tenth and 5 GB free; else in silence."""
    assert "full in about 9 days at this pace" in warning(90 * GB, 1_000 * GB, 9.2)
    assert "4,000,000,000 bytes are free" in warning(4 * GB, 1_000 * GB, None)
    assert warning(4 * GB, 20 * GB, None) == ""
    assert warning(90 * GB, 1_000 * GB, 14.5) == ""
