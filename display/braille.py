"""A curve in dots: braille, two columns and four rows in every cell, or half blocks. Pure functions.

Import stands solid above the zero line, export hangs as a checked pattern below it, so the two are
told apart without colour. A span without a value leaves its column empty, even on the zero line:
missing is never drawn as zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

# Dot numbering of Unicode braille (The Unicode Standard 15.0 - §?): bit of (column, row).
_BRAILLE_BITS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE_BLANK: Final = 0x2800
_BLOCK_BITS: Final = ((0x01, 0x02),)
_BLOCKS: Final = " ▀▄█"


class Ink(Enum):
    """What dots are drawn with; the value is the bit of each dot of a cell, by column and row."""

    BRAILLE = _BRAILLE_BITS
    BLOCKS = _BLOCK_BITS
    """For the Linux console, whose font has no braille."""

    @property
    def across(self) -> int:
        """Dots in a cell's width."""
        return len(self.value)

    @property
    def down(self) -> int:
        """Dots in a cell's height."""
        return len(self.value[0])

    def character(self, bits: int) -> str:
        """The character of a cell with these dots."""
        if self is Ink.BLOCKS:
            return _BLOCKS[bits]
        return chr(_BRAILLE_BLANK + bits) if bits else " "


LEAST_TOP_W: Final = Decimal(100)
"""A house that uses next to nothing shall not look busy."""

_NICE_STEPS: Final = tuple(Decimal(step) for step in ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8"))
"""Watts per row come from these times a power of ten, so that the edge's label is a round number."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A curve of `len(lines)` rows; `zero_row` is the first row that belongs to export."""

    lines: tuple[str, ...]
    zero_row: int
    """Rows before it show import, rows from it on show export."""
    top_w: Decimal
    """What the upper edge stands for, in W."""
    bottom_w: Decimal
    """What the lower edge stands for, in W; 0 or negative."""


def _split(highest: Decimal, lowest: Decimal, rows: int) -> tuple[Decimal, int]:
    """Watts per row, the same on both sides of zero, and how many rows import gets."""
    magnitude = Decimal(10)
    while True:
        for step in _NICE_STEPS:
            row_w = step * magnitude
            above = math.ceil(highest / row_w)
            below = math.ceil(-lowest / row_w)
            if above + below <= rows:
                return row_w, rows - below
        magnitude *= 10


def spread(values: Sequence[Decimal | None], columns: int) -> list[Decimal | None]:
    """As many values as there are columns: means where several meet, repeats where few do."""
    count = len(values)
    if not count or not columns:
        return [None] * columns
    means: list[Decimal | None] = []
    for column in range(columns):
        first = column * count // columns
        last = max(first + 1, (column + 1) * count // columns)
        known = [value for value in values[first:last] if value is not None]
        means.append(sum(known, Decimal(0)) / len(known) if known else None)
    return means


def draw(values: Sequence[Decimal | None], *, columns: int, rows: int, ink: Ink = Ink.BRAILLE) -> Drawing:
    """Draw signed powers in W (import positive), oldest first, into columns × rows cells."""
    points = spread(values, columns * ink.across)
    known = [value for value in points if value is not None]
    highest, lowest = max(known, default=Decimal(0)), min(known, default=Decimal(0))
    if lowest >= 0:
        highest = max(highest, LEAST_TOP_W)
    if rows < 2:
        lowest = Decimal(0)
    elif lowest < 0:
        # One row of import stays, so that the zero line is somewhere on the drawing.
        highest = max(highest, Decimal(1))
    row_w, import_rows = _split(max(highest, Decimal(0)), min(lowest, Decimal(0)), rows)
    dot_w = row_w / ink.down
    cells = [[0] * columns for _ in range(rows)]
    for x, value in enumerate(points):
        if value is not None:
            _draw_column(cells, ink, x, round(value / dot_w), value < 0, import_rows * ink.down)
    return Drawing(
        lines=tuple("".join(ink.character(bits) for bits in row) for row in cells),
        zero_row=import_rows,
        top_w=row_w * import_rows,
        bottom_w=-row_w * (rows - import_rows),
    )


def _draw_column(cells: list[list[int]], ink: Ink, x: int, dots: int, exports: bool, zero: int) -> None:
    """One column of dots from the zero line; at least one, so that a known nothing is seen."""
    cell, side = divmod(x, ink.across)
    height = len(cells) * ink.down
    if not exports or zero == height:
        column = range(max(0, zero - max(1, dots)), zero)
    else:
        end = min(height, zero + max(1, -dots))
        column = range(zero, end)
    for y in column:
        if not exports or (x + y) % 2 == 0 or y == column[-1]:
            cells[y // ink.down][cell] |= ink.value[side][y % ink.down]
