"""How a terminal of any size is shared out."""

from __future__ import annotations

import pytest

from display import glyphs
from display.layout import LEVEL_COLUMNS, UNIT_COLUMNS, WIDEST_USUAL, plan


@pytest.mark.parametrize("detail", [True, False])
@pytest.mark.parametrize("notice_rows", [0, 4])
def test_every_terminal_is_used_and_none_is_overrun(detail: bool, notice_rows: int) -> None:
    for width in range(40, 251, 7):
        for height in range(12, 71):
            shares = plan(width, height, detail=detail, keys=detail, notice_rows=notice_rows)
            assert shares.total <= height, (width, height)
            room = width - 2 * shares.margin - UNIT_COLUMNS
            room -= LEVEL_COLUMNS if shares.level_beside else 0
            assert glyphs.columns(WIDEST_USUAL, shares.digits) <= room, (width, height)


@pytest.mark.parametrize(
    ("width", "height", "digits"), [(40, 12, 3), (80, 24, 6), (120, 36, 12), (200, 60, 24)]
)
def test_digits_grow_with_the_terminal(width: int, height: int, digits: int) -> None:
    assert plan(width, height, detail=True, keys=True).digits >= digits


def test_on_a_wall_the_number_takes_a_fifth_of_the_height_at_least() -> None:
    for width, height in ((80, 24), (120, 36), (200, 60), (250, 70)):
        assert plan(width, height, detail=False, keys=False).digits >= height * 0.18


def test_the_number_stays_where_it_is_when_something_goes_wrong() -> None:
    for height in range(12, 71):
        calm = plan(80, height, detail=True, keys=True)
        wrong = plan(80, height, detail=True, keys=True, notice_rows=4)
        assert (calm.digits, calm.level_beside, calm.today) == (wrong.digits, wrong.level_beside, wrong.today)


def test_everything_is_there_on_a_usual_terminal() -> None:
    shares = plan(80, 24, detail=True, keys=True)
    assert shares.level_beside
    assert shares.today == 2
    assert shares.curve >= 4
    assert shares.keys == 1


def test_without_detail_neither_today_nor_the_hour_gets_room() -> None:
    shares = plan(120, 36, detail=False, keys=False)
    assert (shares.today, shares.curve, shares.keys) == (0, 0, 0)
