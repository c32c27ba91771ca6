"""Digits of any height."""

from __future__ import annotations

import pytest

from display import glyphs

ALL_ROWS = range(glyphs.SMALLEST_ROWS, glyphs.LARGEST_ROWS + 1)


@pytest.mark.parametrize("rows", ALL_ROWS)
def test_every_digit_fills_the_same_box(rows: int) -> None:
    for digit in glyphs.DIGITS:
        lines = glyphs.draw(digit, rows)
        assert len(lines) == rows
        assert {len(line) for line in lines} == {glyphs.columns("0", rows)}


@pytest.mark.parametrize("rows", ALL_ROWS)
def test_no_two_characters_look_alike(rows: int) -> None:
    drawn = [glyphs.draw(character, rows) for character in f"{glyphs.DIGITS}.,−"]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("rows", ALL_ROWS)
def test_digits_reach_from_top_to_bottom(rows: int) -> None:
    for digit in glyphs.DIGITS:
        lines = glyphs.draw(digit, rows)
        assert lines[0].strip(), digit
        assert lines[-1].strip(), digit


def test_only_half_blocks_are_used_so_that_a_linux_console_shows_them() -> None:
    drawn = "".join(line for rows in ALL_ROWS for line in glyphs.draw("−0123456789.,", rows))
    assert set(drawn) <= set(" ▀▄█")


def test_width_announced_is_width_drawn() -> None:
    for rows in ALL_ROWS:
        assert {len(line) for line in glyphs.draw("−12.34", rows)} == {glyphs.columns("−12.34", rows)}


def test_three_rows_of_an_eight() -> None:
    assert glyphs.draw("8", 3) == ("█▀▀█", "█▄▄█", "█▄▄█")


def test_seven_rows_are_round_at_the_corners() -> None:
    assert glyphs.draw("0", 7)[0] == "▄██████▄"


def test_tallest_uses_the_room_and_no_more() -> None:
    for columns in range(20, 260):
        rows = glyphs.tallest("−88.88", max_columns=columns, max_rows=99)
        if rows:
            assert glyphs.columns("−88.88", rows) <= columns
        if rows < glyphs.LARGEST_ROWS:
            assert glyphs.columns("−88.88", max(rows + 1, glyphs.SMALLEST_ROWS)) > columns


def test_what_does_not_fit_is_not_drawn_smaller_than_legible() -> None:
    assert glyphs.tallest("−88.88", max_columns=10, max_rows=9) == 0
    assert glyphs.tallest("8", max_columns=100, max_rows=2) == 0
