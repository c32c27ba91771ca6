"""History's numbers: bars of a period beside those of another, their totals, and the heat map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from consumerapp.intervals import days_between, month_days
from consumerapp.readings import Quality, Quantity
from portal.accounts.models import Household
from portal.metering import store
from portal.pages import figures, sentences, tables
from portal.pages.bar_chart import Span, bar_chart
from portal.pages.charts import Chart
from portal.pages.figures import Figure
from portal.pages.heat_map import HeatMap, heat_map
from portal.pages.periods import Beside, Period, Range
from portal.pages.tables import Table, added, energy_or_none

BOUGHT, SOLD = Quantity.ACTIVE_ENERGY_IMPORT, Quantity.ACTIVE_ENERGY_EXPORT


CHART_TITLES: dict[Range, str | Promise] = {
    Range.DAY: _("Power by quarter-hour"),
    Range.WEEK: _("Energy per day"),
    Range.MONTH: _("Energy per day"),
    Range.YEAR: _("Energy per month"),
    Range.ALL: _("Energy per year"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The line of totals: this period, the one beside it up to the same point, and the change in words."""

    bought: Figure | None
    bought_before: Figure | None
    bought_change: str
    sold: Figure | None
    sold_before: Figure | None
    sold_change: str
    has_export: bool
    mean: Figure | None
    """Import per day, of the days that are known."""
    before_words: str
    """What the other side is; of a running period only as much of it as has passed of this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """What the bars are made of, with the exact energies for totals and table."""

    spans: tuple[Span, ...]
    before_sold: tuple[Decimal | None, ...]
    known_days: int
    running_before: tuple[int, Decimal | None, Decimal | None] | None = None
    """Of a year: the running month's number, and what that month had a year before up to the same day."""


def spans_of(household: Household, period: Period, today: date, base: str) -> Spans:
    """Bars of a week or month (days), a year (months) or all years."""
    match period.range:
        case Range.DAY | Range.WEEK | Range.MONTH:
            return _day_spans(household, period, today, base)
        case Range.YEAR:
            return _month_spans(household, period, today, base)
        case Range.ALL:
            return _year_spans(household, today, base)


def _day_spans(household: Household, period: Period, today: date, base: str) -> Spans:
    bought = store.days(household, BOUGHT, period.first, period.last)
    sold = store.days(household, SOLD, period.first, period.last)
    before = period.compared()
    bought_before = () if before is None else store.days(household, BOUGHT, before.first, before.last)
    sold_before = () if before is None else store.days(household, SOLD, before.first, before.last)
    is_week = period.range is Range.WEEK
    spans = []
    for index, total in enumerate(bought):
        day = total.day
        spans.append(
            Span(
                name=date_format(day, pgettext("date format", "D j M")),
                tick=date_format(day, "D") if is_week else str(day.day),
                import_wh=total.total,
                export_wh=sold[index].total,
                estimated=bool(total.quality & Quality.ESTIMATED),
                future=day > today,
                running=day == today,
                previous_wh=bought_before[index].total if index < len(bought_before) else None,
                href="" if day > today else base + Period(Range.DAY, day, period.beside).query,
                minor=not is_week and day.day % 5 != 1,
            )
        )
    return Spans(
        spans=tuple(spans),
        before_sold=tuple(total.total for total in sold_before),
        known_days=sum(1 for total in bought if total.total is not None),
    )


def _month_spans(household: Household, period: Period, today: date, base: str) -> Spans:
    year = period.on.year
    bought, sold = _months(household, BOUGHT, year), _months(household, SOLD, year)
    before = period.compared()
    bought_before = {} if before is None else _months(household, BOUGHT, year - 1)
    sold_before = {} if before is None else _months(household, SOLD, year - 1)
    spans, days = [], 0
    for month in range(1, 13):
        first = date(year, month, 1)
        total = bought.get(month)
        spans.append(
            Span(
                name=date_format(first, pgettext("date format", "F Y")),
                tick=date_format(first, pgettext("date format", "M")),
                import_wh=None if total is None else total.total,
                export_wh=None if month not in sold else sold[month].total,
                estimated=total is not None and bool(total.quality & Quality.ESTIMATED),
                future=first > today,
                running=(year, month) == (today.year, today.month),
                previous_wh=None if month not in bought_before else bought_before[month].total,
                href="" if first > today else base + Period(Range.MONTH, first, period.beside).query,
                minor=month % 3 != 1,
            )
        )
        if total is not None and total.total is not None:
            last = min(today, date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1))
            days += (last - first).days + 1
    return Spans(
        spans=tuple(spans),
        before_sold=tuple(
            sold_before[month].total if month in sold_before else None for month in range(1, 13)
        ),
        known_days=days,
        running_before=None if before is None or year != today.year else _running_before(household, today),
    )


def _running_before(household: Household, today: date) -> tuple[int, Decimal | None, Decimal | None]:
    """The running month a year ago, up to the same day: else a whole month stood beside a part of one."""
    first = date(today.year - 1, today.month, 1)
    last = min(first + timedelta(days=today.day - 1), month_days(first.year, first.month)[1])
    bought = added(total.total for total in store.days(household, BOUGHT, first, last))
    sold = added(total.total for total in store.days(household, SOLD, first, last))
    return today.month - 1, bought, sold


def _months(household: Household, quantity: Quantity, year: int) -> dict[int, store.MonthTotal]:
    totals = store.months(household, quantity, date(year, 1, 1), date(year, 12, 1))
    return {total.month: total for total in totals}


def _year_spans(household: Household, today: date, base: str) -> Spans:
    known = store.bounds(household)
    first_year = today.year if known is None else known[0].year
    bought = {total.year: total for total in store.years(household, BOUGHT, first_year, today.year)}
    sold = {total.year: total for total in store.years(household, SOLD, first_year, today.year)}
    spans = []
    for year in range(first_year, today.year + 1):
        total = bought.get(year)
        spans.append(
            Span(
                name=str(year),
                tick=str(year),
                import_wh=None if total is None else total.total,
                export_wh=None if year not in sold else sold[year].total,
                estimated=total is not None and bool(total.quality & Quality.ESTIMATED),
                running=year == today.year,
                href=base + Period(Range.YEAR, date(year, 1, 1)).query,
            )
        )
    days = 0 if known is None else (min(today, known[1]) - known[0]).days + 1
    return Spans(spans=tuple(spans), before_sold=(), known_days=days)


def chart_of(found: Spans, period: Period) -> Chart:
    """The bars, with the period beside them as tick marks."""
    return bar_chart(
        found.spans,
        key="history",
        title=str(CHART_TITLES[period.range]),
        description=sentence_of(found, period),
        previous_name=period.compared_words(),
    )


def sentence_of(found: Spans, period: Period) -> str:
    """The highest and the lowest bar."""
    names = [span.name for span in found.spans]
    energy = [span.import_wh for span in found.spans]
    running = next((index for index, span in enumerate(found.spans) if span.running), None)
    if period.range in {Range.YEAR, Range.ALL}:
        return sentences.months_sentence(names, energy, running)
    return sentences.spans_sentence(names, energy, running)


def totals_of(found: Spans, period: Period) -> Totals:
    """This period and the one beside it, both up to where this one is known."""
    spans = found.spans
    before_bought = [span.previous_wh for span in spans]
    before_sold = list(found.before_sold)
    if found.running_before is not None:
        index, before_bought[index], sold_to_day = found.running_before
        before_sold[index] = sold_to_day
    counted = [index for index, span in enumerate(spans) if not span.future]
    bought = added(spans[index].import_wh for index in counted)
    sold = added(spans[index].export_wh for index in counted)
    bought_before = added(before_bought[index] for index in counted)
    sold_before = added(before_sold[index] for index in counted if index < len(before_sold))
    return make_totals(
        (bought, bought_before),
        (sold, sold_before),
        before_words=period.compared_words(so_far=len(counted) < len(spans)),
        days=found.known_days,
    )


def make_totals(
    bought: tuple[Decimal | None, Decimal | None],
    sold: tuple[Decimal | None, Decimal | None],
    *,
    before_words: str,
    days: int,
) -> Totals:
    """The totals in figures and words; each pair is this period and the one beside it."""
    return Totals(
        bought=energy_or_none(bought[0]),
        bought_before=energy_or_none(bought[1]),
        bought_change=sentences.change_words(figures.percent_change(*bought)),
        sold=energy_or_none(sold[0]),
        sold_before=energy_or_none(sold[1]),
        sold_change=sentences.change_words(figures.percent_change(*sold)),
        has_export=bool(sold[0] or sold[1]),
        mean=energy_or_none(None if bought[0] is None or days < 2 else bought[0] / days),
        before_words=before_words,
    )


def table_of(found: Spans, period: Period) -> Table:
    """The bars as rows."""
    has_export = any(span.export_wh for span in found.spans)
    has_before = any(span.previous_wh is not None for span in found.spans)
    heads = [gettext("from the grid")]
    if has_export:
        heads.append(gettext("to the grid"))
    if has_before:
        heads.append(period.compared_words())

    def values(span: Span) -> list[Decimal | None]:
        row = [span.import_wh]
        if has_export:
            row.append(span.export_wh)
        if has_before:
            row.append(span.previous_wh)
        return row

    return tables.table(
        gettext("Energy, %(period)s") % {"period": period.title()},
        heads,
        ((span.name, values(span), _remark(span)) for span in found.spans if not span.future),
        first_head=gettext("Day") if period.range in {Range.WEEK, Range.MONTH} else gettext("Period"),
    )


def _remark(span: Span) -> str:
    if span.import_wh is None:
        return gettext("no data")
    return gettext("partly estimated") if span.estimated else ""


def heat_of(household: Household, period: Period) -> HeatMap | None:
    """Hour by day over the period (a day shows its week); nothing over all years."""
    if period.range is Range.ALL:
        return None
    shown = Period(Range.WEEK, period.on, Beside.NOTHING) if period.range is Range.DAY else period
    days = days_between(shown.first, shown.last)
    return heat_map(
        store.hours(household, BOUGHT, shown.first, shown.last),
        tuple(_heat_ticks(days)),
        key="heat",
        title=gettext("From the grid by hour and day"),
        description=gettext(
            "Each column is a day, each row an hour: the stronger the colour, the more came from the grid."
        ),
    )


def _heat_ticks(days: Sequence[date]) -> Iterable[tuple[int, str]]:
    for index, day in enumerate(days):
        if len(days) <= 7:
            yield index, date_format(day, "D")
        elif len(days) <= 31 and day.day % 5 == 1 and day.day < 31:
            yield index, str(day.day)
        elif len(days) > 31 and day.day == 15:
            yield index, date_format(day, pgettext("date format", "M"))
