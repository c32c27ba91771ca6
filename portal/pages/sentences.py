"""One sentence per chart: what it shows, in words. Each is whole, never glued from pieces."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext, ngettext

from portal.pages import figures

_FEW_HOURS = 6
"""A wider stretch than this is no news: most of a day is always used in most of its hours."""


def _kwh(energy_wh: Decimal) -> str:
    return str(figures.energy(energy_wh))


def busiest_hours(hours: Sequence[Decimal | None]) -> tuple[int, int] | None:
    """The shortest run of hours (half-open) that holds more than half of the whole."""
    values = [value or Decimal(0) for value in hours]
    half = sum(values, Decimal(0)) / 2
    if half <= 0:
        return None
    for length in range(1, len(values) + 1):
        sums = [
            (sum(values[start : start + length], Decimal(0)), -start)
            for start in range(len(values) - length + 1)
        ]
        most, start = max(sums)
        if most > half:
            return -start, -start + length
    return None


def day_sentence(
    hours: Sequence[Decimal | None], names: Sequence[int], *, total: Decimal | None, is_today: bool
) -> str:
    """When most of the day's energy was used. `hours`: Wh; `names`: local hour each one begins with."""
    found = busiest_hours(hours)
    if found is None or total is None:
        return (
            gettext("Nothing is known about this day yet.")
            if is_today
            else gettext("Nothing is known about this day.")
        )
    first, end = found
    until = names[end] if end < len(names) else 24
    facts = {"total": _kwh(total), "first": names[first], "until": until or 24}
    if end - first <= _FEW_HOURS:
        if is_today:
            return (
                gettext("Most of today's %(total)s from the grid was used between %(first)d and %(until)d h.")
                % facts
            )
        return (
            gettext("Most of the %(total)s from the grid was used between %(first)d and %(until)d h.") % facts
        )
    top = max(range(len(hours)), key=lambda index: hours[index] or Decimal(0))
    facts["hour"] = names[top]
    facts["most"] = _kwh(hours[top] or Decimal(0))
    return (
        gettext(
            "%(total)s from the grid, spread over the day; the most in one hour was %(most)s from %(hour)d h."
        )
        % facts
    )


def spans_sentence(names: Sequence[str], energy: Sequence[Decimal | None], running: int | None = None) -> str:
    """Which day is the highest and which the lowest. `running`: index of the one that is not over."""
    found = _extremes(names, energy, running)
    if isinstance(found, str):
        return found
    return gettext("Most on %(most)s with %(most_energy)s, least on %(least)s with %(least_energy)s.") % found


def months_sentence(
    names: Sequence[str], energy: Sequence[Decimal | None], running: int | None = None
) -> str:
    """The same for months and years, where "on" is the wrong word."""
    found = _extremes(names, energy, running)
    if isinstance(found, str):
        return found
    return gettext("Most in %(most)s with %(most_energy)s, least in %(least)s with %(least_energy)s.") % found


def _extremes(
    names: Sequence[str], energy: Sequence[Decimal | None], running: int | None
) -> dict[str, str] | str:
    """Names and energies of the highest and the lowest; a whole sentence where there are not two."""
    known = [(value, index) for index, value in enumerate(energy) if value is not None]
    if not known:
        return gettext("Nothing is known about this time.")
    # What is not over may already be the highest, but says nothing about the lowest.
    over = [pair for pair in known if pair[1] != running]
    if len(known) == 1 or not over:
        return gettext("%(name)s: %(energy)s.") % {"name": names[known[0][1]], "energy": _kwh(known[0][0])}
    (most, most_index), (least, least_index) = max(known), min(over)
    return {
        "most": names[most_index],
        "most_energy": _kwh(most),
        "least": names[least_index],
        "least_energy": _kwh(least),
    }


def change_words(change: int | None) -> str:
    """A comparison in words: "8 % less"; nothing where there is none."""
    if change is None:
        return ""
    if change == 0:
        return gettext("as much")
    words = gettext("%(percent)d %% more") if change > 0 else gettext("%(percent)d %% less")
    return (words % {"percent": abs(change)}).replace(" %", "\N{NO-BREAK SPACE}%")


def gap_sentence(quarters: int) -> str:
    """How much of a day is missing."""
    minutes = quarters * 15
    if minutes < 120:
        return ngettext("no data for %(count)d minute", "no data for %(count)d minutes", minutes) % {
            "count": minutes
        }
    return gettext("no data for %(hours)s h") % {"hours": figures.number(Decimal(minutes) / 60, 1)}
