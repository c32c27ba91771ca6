"""The table behind a chart: the same numbers, in rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from portal.pages import figures
from portal.pages.day_chart import step_name
from portal.pages.figures import Figure


@dataclass(frozen=True, slots=True)
class Row:
    """One line; None is a value that is missing."""

    name: str
    figures: tuple[Figure | None, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Heads (the first one is that of the names), rows and the line of totals."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row


def added(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def energy_or_none(energy_wh: Decimal | None) -> Figure | None:
    """A figure, or None for a dash."""
    return None if energy_wh is None else figures.energy(energy_wh)


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[tuple[str, Sequence[Decimal | None], str]],
    *,
    first_head: str,
) -> Table:
    """Rows of energy in Wh with their totals."""
    listed = [(name, tuple(values), note) for name, values, note in rows]
    columns = [added(values[index] for _, values, _ in listed) for index in range(len(heads))]
    return Table(
        caption=caption,
        heads=(first_head, *heads, gettext("Remarks")),
        rows=tuple(Row(name, tuple(map(energy_or_none, values)), note) for name, values, note in listed),
        total=Row(gettext("Together"), tuple(map(energy_or_none, columns))),
    )


@dataclass(frozen=True, slots=True)
class HourSum:
    """One hour of a local day: its quarter-hours added up, in Wh."""

    start: datetime
    name: str
    energy: tuple[Decimal | None, ...]
    """One sum per series; None: no quarter-hour of it is known."""
    missing: int
    """Quarter-hours of the first series that are missing."""
    estimated: bool = False
    """A quarter-hour of the first series is estimated."""


def hours(
    starts: Sequence[datetime],
    series: Sequence[Sequence[Decimal | None]],
    zone: ZoneInfo,
    elapsed: int,
    estimated: Sequence[bool] = (),
) -> tuple[HourSum, ...]:
    """The hours that have begun: 23, 24 or 25 on a whole day."""
    found = []
    for first in range(0, elapsed, 4):
        end = min(first + 4, elapsed)
        last = starts[min(first + 3, len(starts) - 1)]
        step = starts[1] - starts[0]
        found.append(
            HourSum(
                starts[first],
                step_name(starts[first], last + step, zone),
                tuple(added(values[first:end]) for values in series),
                sum(1 for value in series[0][first:end] if value is None),
                any(estimated[first:end]),
            )
        )
    return tuple(found)
