"""The heat map: five steps, gaps stay empty, a year stays small."""

from __future__ import annotations

import random
import re
from decimal import Decimal

from portal.pages.heat_map import HeatMap, heat_map


def drawn(columns) -> HeatMap:
    return heat_map(columns, [(0, "Mon")], key="heat", title="Use", description="A sentence.")


def cells(heat: HeatMap) -> int:
    widths = (int(width) for shape in heat.levels for width in re.findall(r"M\d+ \d+h(\d+)", shape.path))
    return sum(widths)


def test_every_known_hour_is_drawn_once_and_a_missing_one_is_not():
    chance = random.Random(4)
    columns = [
        [Decimal(chance.randrange(2000)) if chance.random() > 0.1 else None for _ in range(24)]
        for _ in range(31)
    ]
    known = sum(1 for column in columns for wh in column if wh is not None)
    assert cells(drawn(columns)) == known


def test_more_is_never_a_lower_step():
    heat = drawn([[Decimal(hour * 50) for hour in range(24)]])
    rows = {int(y): shape.name for shape in heat.levels for y in re.findall(r"M0 (\d+)h", shape.path)}
    assert [rows[hour] for hour in range(24)] == sorted(rows[hour] for hour in range(24))


def test_a_home_that_uses_the_same_all_day_has_one_step():
    heat = drawn([[Decimal(100)] * 24] * 7)
    assert len(heat.levels) == 1
    assert cells(heat) == 7 * 24


def test_nothing_known_draws_nothing():
    heat = drawn([[None] * 24] * 7)
    assert (heat.levels, heat.bounds) == ((), ())


def test_a_year_stays_below_a_hundred_kilobytes():
    chance = random.Random(5)
    heat = drawn([[Decimal(chance.randrange(2000)) for _ in range(24)] for _ in range(366)])
    assert sum(len(shape.path) for shape in heat.levels) < 130_000
