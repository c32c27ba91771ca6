"""Which stretch of local days a page shows, and how one moves along and zooms: all of it in the URL.

`?range=month&on=2026-11-01&beside=year`: the range that holds that day, beside the same one a year
earlier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from consumerapp.intervals import days_between, month_days, week_days, year_days

ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2000, 2199
"""No meter of this kind was read before, and no page is asked for after."""


class Range(StrEnum):
    """How much is seen at once, from near to far."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ALL = "all"


class Beside(StrEnum):
    """What a period is compared with."""

    BEFORE = "before"
    """The period just before."""
    YEAR = "year"
    """The same period a year earlier."""
    NOTHING = "nothing"


RANGE_WORDS: dict[Range, str | Promise] = {
    Range.DAY: _("Day"),
    Range.WEEK: _("Week"),
    Range.MONTH: _("Month"),
    Range.YEAR: _("Year"),
    Range.ALL: _("All years"),
}

BEFORE_WORDS: dict[Range, str | Promise] = {
    Range.DAY: _("the day before"),
    Range.WEEK: _("the week before"),
    Range.MONTH: _("the month before"),
    Range.YEAR: _("the year before"),
    Range.ALL: "",
}

SO_FAR_WORDS: dict[Range, str | Promise] = {
    Range.DAY: _("the day before up to this time"),
    Range.WEEK: _("the week before up to the same day"),
    Range.MONTH: _("the month before up to the same day"),
    Range.YEAR: _("the year before up to the same day"),
    Range.ALL: "",
}

_ORDER = tuple(Range)


@dataclass(frozen=True, slots=True)
class Period:
    """A range around a day, and what stands beside it."""

    range: Range
    on: date
    beside: Beside = Beside.BEFORE

    @classmethod
    def from_query(cls, query: Mapping[str, str], today: date) -> Period:
        """Read the URL; what is missing or makes no sense becomes the running month."""
        try:
            range_ = Range(query.get("range", ""))
        except ValueError:
            range_ = Range.MONTH
        try:
            on = date.fromisoformat(query.get("on", ""))
        except ValueError:
            on = today
        if not FIRST_YEAR <= on.year <= LAST_YEAR:
            on = today
        try:
            beside = Beside(query.get("beside", ""))
        except ValueError:
            beside = Beside.BEFORE
        return cls(range_, on, beside)

    @property
    def query(self) -> str:
        """As it stands in the URL."""
        asked = {"range": self.range.value, "on": self.first.isoformat()}
        if self.range is Range.DAY:
            asked["on"] = self.on.isoformat()
        if self.beside is not Beside.BEFORE:
            asked["beside"] = self.beside.value
        return "?" + urlencode(asked)

    @property
    def first(self) -> date:
        """The first local day."""
        return self.bounds[0]

    @property
    def last(self) -> date:
        """The last local day."""
        return self.bounds[1]

    @property
    def bounds(self) -> tuple[date, date]:
        """First and last local day; of "all", the running ten years."""
        match self.range:
            case Range.DAY:
                return self.on, self.on
            case Range.WEEK:
                return week_days(self.on)
            case Range.MONTH:
                return month_days(self.on.year, self.on.month)
            case Range.YEAR:
                return year_days(self.on.year)
            case Range.ALL:
                return year_days(self.on.year)

    @property
    def days(self) -> tuple[date, ...]:
        """Every local day."""
        return days_between(self.first, self.last)

    def shifted(self, by: int) -> Period:
        """So many ranges later (or earlier)."""
        match self.range:
            case Range.DAY:
                return replace(self, on=self.on + by * ONE_DAY)
            case Range.WEEK:
                return replace(self, on=self.on + 7 * by * ONE_DAY)
            case Range.MONTH:
                month = self.on.year * 12 + self.on.month - 1 + by
                return replace(self, on=date(month // 12, month % 12 + 1, 1))
            case Range.YEAR | Range.ALL:
                return replace(self, on=date(self.on.year + by, 1, 1))

    def compared(self) -> Period | None:
        """The period beside it; None: nothing is."""
        if self.beside is Beside.NOTHING or self.range is Range.ALL:
            return None
        if self.beside is Beside.BEFORE:
            return self.shifted(-1)
        if self.range is Range.DAY or self.range is Range.WEEK:
            # 52 whole weeks: a Tuesday stays beside a Tuesday.
            return replace(self, on=self.on - 364 * ONE_DAY)
        return replace(self, on=date(self.on.year - 1, self.on.month, 1))

    def compared_words(self, *, so_far: bool = False) -> str:
        """What the period beside it is called; `so_far`: only as much of it as there is of this one."""
        if self.compared() is None:
            return ""
        if self.beside is Beside.BEFORE or self.range is Range.YEAR:
            return str((SO_FAR_WORDS if so_far else BEFORE_WORDS)[self.range])
        if so_far:
            return gettext("a year before up to the same day")
        return gettext("a year before")

    def nearer(self, today: date) -> Period | None:
        """The next smaller range: around today when it is inside, else at the end."""
        index = _ORDER.index(self.range)
        if index == 0:
            return None
        inside = today if self.first <= today <= self.last else self.last
        return replace(self, range=_ORDER[index - 1], on=min(inside, max(today, self.first)))

    def farther(self) -> Period | None:
        """The next larger range around it."""
        index = _ORDER.index(self.range)
        return replace(self, range=_ORDER[index + 1]) if index + 1 < len(_ORDER) else None

    def of(self, range_: Range, today: date) -> Period:
        """The same place at another range; a running period stays with today."""
        inside = today if self.first <= today <= self.last else self.on
        return replace(self, range=range_, on=inside)

    def beside_other(self, beside: Beside) -> Period:
        """The same period with another comparison."""
        return replace(self, beside=beside)

    def title(self) -> str:
        """What it is called on the page."""
        match self.range:
            case Range.DAY:
                return date_format(self.on, pgettext("date format", "l, j F Y"))
            case Range.WEEK:
                return gettext("Week %(week)d, %(first)s to %(last)s") % {
                    "week": self.on.isocalendar().week,
                    "first": date_format(self.first, pgettext("date format", "j M")),
                    "last": date_format(self.last, pgettext("date format", "j M Y")),
                }
            case Range.MONTH:
                return date_format(self.on, pgettext("date format", "F Y"))
            case Range.YEAR:
                return str(self.on.year)
            case Range.ALL:
                return gettext("All years")
