"""The rules of a wall."""

from __future__ import annotations

from datetime import time, timedelta
from itertools import pairwise

import pytest

from display.config import KioskConfig
from display.kiosk import FREE_TRIES, LONGEST_WAIT, SHIFT_COLUMNS, SHIFT_ROWS, Lock, is_night, shift
from tests.display.conftest import MOMENT

USUAL = KioskConfig()


@pytest.mark.parametrize(
    ("local", "night"),
    [("21:59", False), ("22:00", True), ("03:00", True), ("05:59", True), ("06:00", False)],
)
def test_night_crosses_midnight(local: str, night: bool) -> None:
    assert is_night(time.fromisoformat(local), USUAL) is night


def test_night_may_lie_within_a_day() -> None:
    config = KioskConfig(night_from=time(1), night_until=time(5))
    assert is_night(time(3), config)
    assert not is_night(time(23), config)


def test_equal_ends_mean_no_night() -> None:
    config = KioskConfig(night_from=time(0), night_until=time(0))
    assert not is_night(time(0), config)


def test_the_picture_visits_every_place_and_never_jumps() -> None:
    places = [shift(MOMENT + timedelta(minutes=3 * step), USUAL) for step in range(40)]
    assert len(set(places)) == (SHIFT_COLUMNS + 1) * (SHIFT_ROWS + 1)
    for (x0, y0), (x1, y1) in pairwise(places):
        assert abs(x1 - x0) + abs(y1 - y0) == 1


def test_the_picture_can_be_kept_still() -> None:
    config = KioskConfig(shift_minutes=0)
    assert {shift(MOMENT + timedelta(minutes=step), config) for step in range(60)} == {(0, 0)}


def test_a_wall_goes_back_after_a_minute_without_a_key() -> None:
    lock = Lock(USUAL, began=MOMENT)
    assert not lock.idle(MOMENT + timedelta(seconds=59))
    assert lock.idle(MOMENT + timedelta(seconds=60))
    lock.touch(MOMENT + timedelta(seconds=59))
    assert not lock.idle(MOMENT + timedelta(seconds=118))


def test_guessing_gets_slower_and_slower() -> None:
    lock = Lock(USUAL, began=MOMENT)
    for _ in range(FREE_TRIES - 1):
        lock.answer(False, MOMENT)
        assert not lock.wait(MOMENT)
    waits = []
    instant = MOMENT
    for _ in range(8):
        lock.answer(False, instant)
        waits.append(lock.wait(instant))
        instant += waits[-1]
        assert not lock.wait(instant)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert waits[-1] == LONGEST_WAIT


def test_the_right_pin_opens_and_forgives() -> None:
    lock = Lock(USUAL, began=MOMENT)
    for _ in range(FREE_TRIES):
        lock.answer(False, MOMENT)
    later = MOMENT + timedelta(minutes=1)
    lock.answer(True, later)
    assert lock.open
    assert not lock.wait(later)
    lock.close()
    assert not lock.open
