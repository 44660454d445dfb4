"""How much may vanish before a person must look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.guard import WHOLE, Coming, Hold, Limits, Tally, alarming, judge
from mirrord.core.history import Baseline, History, history_of, told_of

LIMITS = Limits(vanished=0.10, floor=20)
DAY = 86_400.0
NEW = History()


def tops(holds: tuple[Hold, ...]) -> list[str]:
    return [hold.top for hold in holds]


@pytest.mark.parametrize(
    ("held", "vanished", "is_held"),
    [
        (1000, 0, False),
        (1000, 100, False),
        (1000, 101, True),
        (100, 19, False),
        (100, 20, True),
        (20, 20, True),
        (5, 4, False),
        (5, 5, True),  # the store has nothing at all
        (0, 0, False),
    ],
)
def test_a_mass_vanishing_is_held(held: int, vanished: int, is_held: bool) -> None:
    """Over the share and at least the floor; or everything."""
    listed = held - vanished
    assert bool(judge({"content": Tally(held, vanished)}, listed, LIMITS, NEW)) is is_held


def test_a_small_tree_may_be_exchanged_for_another() -> None:
    """Everything held is gone, but the store is not empty: fewer than the floor is followed."""
    assert judge({"content": Tally(3, 3)}, 3, LIMITS, NEW) == ()


def test_a_top_folder_that_goes_is_held_alone() -> None:
    """A theme switch takes template/ away, even where any share may vanish: only that waits."""
    tallies = {"template": Tally(50, 50), "product_images": Tally(9000, 3)}
    holds = judge(tallies, 9000, Limits(vanished=1.0), NEW)
    assert holds == (Hold("template", 50, 50, highest=50, gone=True),)


def test_erosion_over_many_folders_is_held_as_a_whole() -> None:
    """No folder is over the floor in number, but together they are."""
    tallies = {f"folder {n}": Tally(100, 15) for n in range(10)}
    assert judge(tallies, 9000, LIMITS, NEW) == (Hold(WHOLE, 1000, 150, highest=1000),)


def test_a_folder_with_a_hold_does_not_make_the_others_wait() -> None:
    """Most of the tree is gone, and all but a little of it lay in one folder."""
    tallies = {"product_images": Tally(900, 900), "content": Tally(100, 2)}
    assert tops(judge(tallies, 98, LIMITS, NEW)) == ["product_images"]


def test_an_empty_store_is_one_hold_of_all() -> None:
    """Folder by folder would be many holds for one event."""
    tallies = {"template": Tally(50, 50), "content": Tally(2, 2)}
    assert judge(tallies, 0, LIMITS, NEW) == (Hold(WHOLE, 52, 52, highest=52, gone=True),)


def test_what_a_person_kept_is_no_loss_any_more() -> None:
    """It is held still, and part of what later losses are measured against."""
    assert judge({"content": Tally(1000, 0, 1000)}, 0, LIMITS, NEW) == ()
    assert judge({"content": Tally(1000, 100, 500)}, 400, LIMITS, NEW) == ()


class Mirror:
    """One folder, run after run: what the guard lets go, and when, by the true clock."""

    def __init__(self, files: int) -> None:
        self.held = self.highest = files
        self.now = 0.0
        self.history = History()
        self.retired: list[tuple[float, int]] = []

    def run(self, days: float, new: int, vanished: int) -> bool:
        """Whether it was held; then a person keeps the files, as they come back in this model."""
        self.now += days * DAY
        vanished = min(vanished, self.held)
        tally = Tally(self.held, vanished)
        self.history = self.history.at(self.now)
        holds = judge({"t": tally}, self.held - vanished + new + 1, LIMITS, self.history)
        if vanished and not holds:
            self.history = self.history.losing({"t": vanished})
            self.retired.append((self.now, vanished))
            self.held -= vanished
        self.held += new
        self.highest = max(self.highest, self.held)
        losing = {"t"} if vanished else set()
        self.history = self.history.ending({"t": self.held}, losing, (), whole=True)
        self.history = history_of(told_of(self.history))
        return bool(holds)

    def lost_within(self, days: float) -> int:
        return sum(files for at, files in self.retired if self.now - at <= days * DAY)


@given(
    st.integers(0, 2_000),
    st.lists(st.tuples(st.floats(0.01, 9), st.integers(0, 60), st.integers(0, 150)), max_size=60),
)
def test_small_losses_never_erode_a_folder(files: int, runs: list[tuple[float, int, int]]) -> None:
    """Whatever the steps, new files and pauses: what left in 30 days is never over the limits."""
    mirror = Mirror(files)
    mirror.run(0, 0, 0)
    for days, new, vanished in runs:
        mirror.run(days, new, vanished)
        lost = mirror.lost_within(30)
        assert lost < LIMITS.floor or lost <= LIMITS.vanished * (mirror.held + lost)


def test_nine_percent_a_run_is_held_at_the_second() -> None:
    """Four times a day, or once in eight days: a quiet week in between settles nothing."""
    for days in (0.25, 8):
        mirror = Mirror(1000)
        mirror.run(0, 0, 0)
        assert [mirror.run(days, 0, mirror.held * 9 // 100) for _ in range(3)] == [
            False,
            True,
            True,
        ]


def test_slow_shrinking_without_a_quiet_week_is_held_in_the_end() -> None:
    """Three of 1,000 files every six days: under every 30 days' limit, over the highest state."""
    mirror = Mirror(1000)
    mirror.run(0, 0, 0)
    held = [mirror.run(2, 0, 3 if n % 3 == 2 else 0) for n in range(150)]
    assert held.index(True) == 101
    assert mirror.held == 901


def test_a_quiet_week_accepts_what_is_left() -> None:
    """A shop that was cut by a tenth twice, with more than a month between."""
    mirror = Mirror(1000)
    mirror.run(0, 0, 0)
    assert not mirror.run(1, 0, 100)
    for _ in range(32):
        mirror.run(1, 0, 0)
    assert mirror.history.tops["t"] == Baseline(900, (), 2 * DAY)
    assert not mirror.run(1, 0, 90)


@pytest.mark.parametrize("jump", [365.0, -365.0])
def test_a_clock_that_jumps_forgets_no_loss(jump: float) -> None:
    """A pause counts for two days at most, and for none backwards."""
    mirror = Mirror(1000)
    mirror.run(0, 0, 0)
    mirror.run(1, 0, 90)
    mirror.run(jump, 0, 0)
    assert mirror.run(jump, 0, 90)


def test_a_folder_that_was_not_seen_whole_proves_no_quiet_week() -> None:
    """What could not be listed may have lost files all the time."""
    history = History(tops={"t": Baseline(1000)})
    for day in range(20):
        history = history.at(day * DAY).ending({"t": 900}, (), {"t"}, whole=False)
    assert history.tops["t"] == Baseline(1000)


def test_a_follow_settles_all_that_was_lost_before() -> None:
    """A person saw it: the next loss is measured against what is left."""
    history = History(tops={"t": Baseline(1000, ((0, 100),)), "u": Baseline(5)})
    followed = history.following(["t"]).ending({"t": 500, "u": 5}, (), (), whole=True)
    assert {top: one.files for top, one in followed.tops.items()} == {"t": 500, "u": 5}
    assert followed.tops["t"].gone == ()


@pytest.mark.parametrize("told", [{"tops": {"t": {}}}, {"tops": 3}, {"watched": []}])
def test_a_damaged_history_is_an_error(told: dict[str, object]) -> None:
    """It is never taken for an empty one."""
    with pytest.raises(ValueError, match=r"no history"):
        history_of(told)


@pytest.mark.parametrize(
    ("coming", "held", "is_alarm"),
    [
        (Coming(51, 51, 0), 100, True),
        (Coming(50, 50, 0), 100, False),
        (Coming(19, 19, 0), 20, False),
        (Coming(0, 20, 501), 1000, True),
        (Coming(0, 20, 500), 1000, False),
        (Coming(0, 19, 9_999), 1000, False),
        (Coming(0, 9_999, 9_999), 0, False),  # a first sync
    ],
)
def test_a_mass_change_is_an_alarm(coming: Coming, held: int, is_alarm: bool) -> None:
    """Over half of the files changed, or over half of the 1,000 bytes to fetch; from the floor."""
    assert alarming(coming, held, 1000, LIMITS) is is_alarm
