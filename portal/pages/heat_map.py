"""The heat map: one cell per local hour and day."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from portal.pages import figures
from portal.pages.charts import Shape, Tick
from portal.pages.scales import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Energy per local hour and day in five steps of one colour; a missing hour stays empty."""

    key: str
    title: str
    description: str
    columns: int
    levels: tuple[Shape, ...]
    """One path per step, in cells: columns × 24."""
    hour_ticks: tuple[Tick, ...]
    day_ticks: tuple[Tick, ...]
    bounds: tuple[tuple[str, str], ...]
    """The steps' names and their upper bounds in words."""


def heat_map(
    columns: Sequence[Sequence[Decimal | None]],
    ticks: Sequence[tuple[int, str]],
    *,
    key: str,
    title: str,
    description: str,
) -> HeatMap:
    """`columns`: 24 local hours of Wh per day, first hour first; `ticks`: names of some columns."""
    count = len(columns)
    bounds = _heat_bounds([wh for column in columns for wh in column if wh is not None])
    paths: list[list[str]] = [[] for _ in range(len(bounds))]
    for hour in range(24):
        _heat_row([column[hour] for column in columns], hour, bounds, paths)
    return HeatMap(
        key=key,
        title=title,
        description=description,
        columns=count,
        levels=tuple(Shape(f"level-{step + 1}", "".join(path)) for step, path in enumerate(paths) if path),
        hour_ticks=tuple(
            Tick(percent(100 * (hour + 0.5) / 24), f"{hour:02d}", minor=hour % 6 != 0)
            for hour in range(0, 24, 3)
        ),
        day_ticks=tuple(Tick(percent(100 * (index + 0.5) / count), text) for index, text in ticks),
        bounds=tuple(
            (f"level-{step + 1}", f"{figures.energy(bound, 2).text}") for step, bound in enumerate(bounds)
        ),
    )


def _heat_bounds(values: list[Decimal]) -> tuple[Decimal, ...]:
    """Upper bounds of five steps, each with about as many hours: so that a quiet home has a picture too."""
    if not values:
        return ()
    ordered = sorted(values)
    shares = (20, 45, 70, 90, 100)
    bounds = [ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in shares]
    return tuple(sorted({*bounds[:-1], ordered[-1]}))


def _heat_row(
    row: Sequence[Decimal | None], hour: int, bounds: Sequence[Decimal], paths: list[list[str]]
) -> None:
    """Neighbouring hours of one step become one rectangle: a year stays a few kilobytes."""
    steps = [None if wh is None else bisect_left(bounds, wh) for wh in row]
    edges = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(steps)) if a != b), len(steps)]
    for first, end in pairwise(edges):
        step = steps[first]
        if step is not None:
            paths[step].append(f"M{first} {hour}h{end - first}v1h{first - end}z")
