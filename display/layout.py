"""Which part of the Now screen gets how many rows, from 40 by 12 to a wall of 250 by 70. Pure.

The order of importance is fixed: power now, its direction and level, the state of the data, today,
the last hour, the household's name, the keys. What does not fit is left out, least important first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from display import glyphs

WIDEST_USUAL: Final = "−8.88"
"""The digits keep their size for any power below 10 kW; above, they make room for one more."""
UNIT_COLUMNS: Final = 6
"""Two blanks, "kW", and air behind it."""
LEVEL_COLUMNS: Final = 24
"""Three steps of seven columns, with gaps."""
LEAST_STEPS_ROWS: Final = 4
MOST_STEPS_ROWS: Final = 7
SMALL_ROWS: Final = 16
NARROW_COLUMNS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rows of each part; 0 leaves it out."""

    margin: int
    """Columns free at the left and right."""
    header: int
    gap: int
    """Blank rows above the power."""
    digits: int
    level_beside: bool
    """The level's three steps stand beside the digits; else below them."""
    level: int
    """Rows of the level below the digits: one line of shapes, or steps where there is room."""
    notice: int
    between: int
    """Blank rows above today, and again above the curve."""
    today: int
    curve: int
    """With its time axis."""
    status: int
    keys: int

    @property
    def power(self) -> int:
        """Rows of the power's block: direction, digits, exact value; and the level when it is below."""
        return self.digits + 2

    @property
    def total(self) -> int:
        """All rows that are used."""
        return (
            self.header
            + self.gap
            + self.power
            + (0 if self.level_beside else self.level)
            + self.notice
            + self.between * (2 if self.curve else 1 if self.today else 0)
            + self.today
            + self.curve
            + self.status
            + self.keys
        )


def plan(
    width: int, height: int, *, detail: bool, keys: bool, level: bool = True, notice_rows: int = 0
) -> Plan:
    """Share out a terminal. `detail`: today and the hour are shown; `keys`: a line of keys is;
    `level`: there is one to show.

    A notice that needs more rows than are kept for it takes them from the curve: the number stays
    where it is when something goes wrong.
    """
    small = height < SMALL_ROWS
    margin = 0 if width < NARROW_COLUMNS else 2 if width < 160 else 4
    keys_rows = int(keys and not small)
    notice = 1 if small else 2
    fixed = 1 + 1 + keys_rows + notice + 2  # header, status, keys, notice, direction and exact value
    today = 0 if not detail else 1 if small or width < NARROW_COLUMNS else 2
    free = max(0, height - fixed - today)
    share = free if not detail else max(glyphs.SMALLEST_ROWS, round(free * (0.5 if small else 0.55)))
    inner = width - 2 * margin - UNIT_COLUMNS
    beside = glyphs.tallest(WIDEST_USUAL, max_columns=inner - LEVEL_COLUMNS, max_rows=share)
    # On a wall the level is half of what there is to see: it gets steps, not a line.
    kept = 1 if detail or small else LEAST_STEPS_ROWS + 1
    below = glyphs.tallest(WIDEST_USUAL, max_columns=inner, max_rows=max(0, share - kept))
    # Beside looks better; it gives way only where it would cost much of the number's size.
    level_beside = not level or (beside >= 5 and beside * 4 >= below * 3)
    digits = max(glyphs.SMALLEST_ROWS, beside if level_beside and beside >= 5 else below)
    left = max(0, free - digits - (0 if level_beside else 1))
    more_notice = min(left, max(0, notice_rows - notice))
    left -= more_notice
    level_rows = 1
    if not detail and not level_beside and left >= LEAST_STEPS_ROWS:
        level_rows += min(left, MOST_STEPS_ROWS) - 1
        left -= level_rows - 1
    gap, between, curve = _spread(left, height=height, detail=detail)
    return Plan(
        margin=margin,
        header=1,
        gap=gap,
        digits=digits,
        level_beside=level_beside,
        level=level_rows,
        notice=notice + more_notice,
        between=between,
        today=today,
        curve=curve,
        status=1,
        keys=keys_rows,
    )


def _spread(left: int, *, height: int, detail: bool) -> tuple[int, int, int]:
    """Blank rows above the power, blank rows between parts, rows of the curve."""
    if not detail:
        # The number stands a little above the middle, as the eye expects it.
        return left * 2 // 5, 0, 0
    air = 1 if height >= 22 else 0
    wide = 2 if height >= 48 else air
    curve = left - air - 2 * wide
    if curve < 2:
        return (air if left >= air else 0), 0, 0 if left - air < 2 else left - air
    return air, wide, curve
