"""The last hour, seeded by a feed and grown by live values."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from consumerapp.wire import Hour
from display.last_hour import STEP_S, STEPS, LastHour
from tests.display.conftest import MOMENT


def at(seconds_ago: float) -> datetime:
    return MOMENT - timedelta(seconds=seconds_ago)


def test_a_step_is_the_mean_of_what_came_in_it() -> None:
    hour = LastHour()
    for seconds_ago, power in ((29, 100), (25, 200), (21, 600)):
        hour.learn(at(seconds_ago), Decimal(power))
    # MOMENT begins a step, which is the last of the four.
    assert hour.points(MOMENT)[-4:] == (Decimal(300), None, None, None)


def test_a_minutely_meter_has_no_gaps_and_silence_has() -> None:
    hour = LastHour()
    for minute in range(60, 20, -1):
        hour.learn(at(minute * 60), Decimal(500))
    points = hour.points(MOMENT, hold=timedelta(seconds=180))
    assert points[:200] == (Decimal(500),) * 200
    assert points[-60:] == (None,) * 60


def test_values_older_than_the_hour_fall_out() -> None:
    hour = LastHour()
    hour.learn(at(3700), Decimal(500))
    assert hour.points(MOMENT) == (None,) * STEPS


def test_a_feeds_wider_steps_are_taken_over() -> None:
    hour = LastHour()
    powers = (Decimal(100), None, Decimal(300))
    hour.seed(Hour(seq=1, start=at(180), step_s=60, power_w=powers))
    points = hour.points(MOMENT)
    per_minute = 60 // STEP_S
    assert points[-1 - 3 * per_minute : -1] == (
        *[Decimal(100)] * per_minute,
        *[None] * per_minute,
        *[Decimal(300)] * per_minute,
    )


def test_a_feeds_narrower_steps_are_averaged() -> None:
    hour = LastHour()
    hour.seed(Hour(seq=1, start=at(10), step_s=5, power_w=(Decimal(100), Decimal(300))))
    assert hour.points(MOMENT)[-2] == Decimal(200)


def test_what_came_live_after_a_seed_is_kept() -> None:
    hour = LastHour()
    hour.learn(MOMENT, Decimal(900))
    hour.seed(Hour(seq=1, start=at(3600), step_s=10, power_w=(Decimal(100),) * 359))
    assert hour.points(MOMENT)[-1] == Decimal(900)
    assert hour.points(MOMENT)[-3] == Decimal(100)


def test_it_is_bounded_even_when_time_races() -> None:
    hour = LastHour()
    for step in range(5000):
        hour.learn(MOMENT + timedelta(seconds=step * STEP_S), Decimal(step))
    assert len(hour._sums) <= 2 * STEPS


def test_it_comes_back_from_its_own_message() -> None:
    hour, again = LastHour(), LastHour()
    for second in range(3600):
        hour.learn(at(second), Decimal(second))
    again.seed(hour.to_hour(MOMENT))
    assert again.points(MOMENT) == hour.points(MOMENT)
