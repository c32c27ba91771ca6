"""The curve of the last hour in braille."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from display import braille
from display.braille import Ink

powers = st.one_of(st.none(), st.integers(-30_000, 60_000).map(Decimal))


def dots(line: str) -> int:
    """How many dots a line of braille has."""
    return sum((ord(character) - 0x2800).bit_count() for character in line if character != " ")


def test_a_steady_import_fills_to_its_height() -> None:
    drawing = braille.draw([Decimal(1000)] * 8, columns=4, rows=2)
    assert drawing.top_w == 1000
    assert drawing.lines == ("⣿⣿⣿⣿", "⣿⣿⣿⣿")


def test_export_is_checked_where_import_is_solid() -> None:
    bought = braille.draw([Decimal(2000)] * 20, columns=10, rows=4)
    sold = braille.draw([Decimal(-2000)] * 20, columns=10, rows=4)
    assert dots("".join(bought.lines)) > 1.5 * dots("".join(sold.lines))
    assert bought.zero_row == 4
    assert sold.zero_row < 4


def test_import_and_export_share_one_scale() -> None:
    drawing = braille.draw([Decimal(3000), Decimal(-1000)] * 10, columns=10, rows=8)
    rows_of_export = 8 - drawing.zero_row
    assert drawing.top_w / drawing.zero_row == -drawing.bottom_w / rows_of_export


def test_missing_is_empty_and_zero_is_not() -> None:
    drawing = braille.draw([Decimal(0), Decimal(0), None, None], columns=2, rows=3)
    assert drawing.lines == ("  ", "  ", "⣀ ")


def test_nothing_known_draws_nothing() -> None:
    assert "".join(braille.draw([None] * 60, columns=20, rows=4).lines).strip() == ""
    assert "".join(braille.draw([], columns=20, rows=4).lines).strip() == ""


def test_next_to_nothing_does_not_look_busy() -> None:
    drawing = braille.draw([Decimal(4)] * 10, columns=5, rows=5)
    assert drawing.top_w >= braille.LEAST_TOP_W
    assert dots("".join(drawing.lines)) == 10


def test_columns_are_means_of_what_falls_into_them() -> None:
    values = [Decimal(100), None, Decimal(300), Decimal(500)]
    assert braille.spread(values, 2) == [Decimal(100), Decimal(400)]
    assert braille.spread(values[:2], 4) == [Decimal(100), Decimal(100), None, None]


def test_a_console_without_braille_gets_half_blocks() -> None:
    drawing = braille.draw([Decimal(500), None, Decimal(-500)] * 4, columns=12, rows=4, ink=Ink.BLOCKS)
    assert set("".join(drawing.lines)) <= set(" ▀▄█")
    for column in range(1, 12, 3):
        assert {line[column] for line in drawing.lines} == {" "}


@given(st.lists(powers, max_size=400), st.integers(1, 120), st.integers(1, 30))
def test_it_always_fits_and_covers_every_value(values: list[Decimal | None], columns: int, rows: int) -> None:
    drawing = braille.draw(values, columns=columns, rows=rows)
    assert len(drawing.lines) == rows
    assert {len(line) for line in drawing.lines} == {columns}
    known = [value for value in braille.spread(values, columns * 2) if value is not None]
    assert drawing.top_w >= max(known, default=0) or max(known) < 0
    if rows > 1:
        assert drawing.bottom_w <= min(known, default=0) or min(known) >= 0
    shown = {x for x, value in enumerate(braille.spread(values, columns * 2)) if value is not None}
    drawn_cells = {cell for line in drawing.lines for cell, character in enumerate(line) if character != " "}
    assert drawn_cells == {x // 2 for x in shown}
