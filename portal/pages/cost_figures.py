"""What the Costs page shows, gathered: totals, forecast, bars, lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext, pgettext

from consumerapp.intervals import day_bounds, local_day, month_days
from consumerapp.readings import Commodity
from consumerapp.tariffs.bill import Bill
from consumerapp.tariffs.contract import Direction
from portal.accounts.models import Household
from portal.metering.bill_check import line_name
from portal.metering.contracts import HouseholdContract
from portal.metering.cost_sums import ZERO, CostLine, DaySum, PeriodCost, gross_factors, unit_of
from portal.metering.costs import explain_day, period_cost
from portal.metering.forecast import Forecast, forecast_month
from portal.pages import figures, money
from portal.pages.charts import Chart
from portal.pages.cost_chart import CostSpan, cost_chart
from portal.pages.figures import Figure
from portal.pages.periods import Period, Range
from portal.pages.sentences import change_words
from portal.pages.tables import Row, Table


@dataclass(frozen=True, slots=True)
class Priced:
    """One contract and what the period costs by it."""

    contract: HouseholdContract
    cost: PeriodCost

    @property
    def is_export(self) -> bool:
        """Whether it is a credit."""
        return self.contract.contract.direction is Direction.EXPORT

    @property
    def is_electricity(self) -> bool:
        """Electricity stands for itself in the chart."""
        return self.contract.contract.commodity is Commodity.ELECTRICITY


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of the explanation."""

    name: str
    quantity: Figure
    price: Figure | None
    amount: Figure
    why: str
    """Where it opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLines:
    """What one contract adds to the period."""

    name: str
    quantity: Figure
    total: Figure
    exact: Figure
    lines: tuple[LineView, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTotals:
    """The big number and what stands beside it."""

    total: Figure
    quantity: Figure | None
    """kWh from the grid that it pays for."""
    credit: Figure | None
    sent: Figure | None
    standing: Figure | None
    before: Figure | None
    before_words: str
    change: str
    other_currencies: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """How the month will end."""

    low: Figure
    middle: Figure
    high: Figure
    sentence: str
    basis: str


def priced(
    household: Household, contracts: Iterable[HouseholdContract], first: date, last: date, now: datetime
) -> tuple[Priced, ...]:
    """Every contract that holds somewhere in the period, up to today."""
    today = local_day(now, household.zone)
    found = []
    for contract in contracts:
        ends = contract.contract.ends_on
        begin, end = max(first, contract.first_day), min(last, today, ends or last)
        if begin <= end:
            found.append(Priced(contract, period_cost(household, contract, begin, end, now)))
    return tuple(found)


def currency_of(contracts: Sequence[HouseholdContract]) -> str:
    """The currency that is added up: that of the first contract."""
    return contracts[0].contract.currency


def in_currency(found: Sequence[Priced], currency: str) -> tuple[Priced, ...]:
    """Amounts of other currencies are shown, never added."""
    return tuple(one for one in found if one.cost.contract.currency == currency)


def total_of(found: Sequence[Priced]) -> Decimal:
    """All contracts together, as their bills round."""
    return sum((one.cost.total for one in found), ZERO)


def totals_of(
    found: Sequence[Priced], before: Sequence[Priced], currency: str, before_words: str
) -> CostTotals:
    """The line of totals."""
    ours, theirs = in_currency(found, currency), in_currency(before, currency)
    bought = [one for one in ours if one.is_electricity and not one.is_export]
    sold = [one for one in ours if one.is_export]
    total = total_of(ours)
    total_before = total_of(theirs) if theirs else None
    standing = sum((day.standing for one in ours for day in one.cost.days), ZERO)
    others = sorted({one.cost.contract.currency for one in found} - {currency})
    return CostTotals(
        total=money.amount(total, currency),
        quantity=_quantity(bought),
        credit=money.amount(total_of(sold), currency) if sold else None,
        sent=_quantity(sold),
        standing=money.amount(standing, currency) if standing else None,
        before=None if total_before is None else money.amount(total_before, currency),
        before_words=before_words,
        change=change_words(figures.percent_change(total, total_before)),
        other_currencies=tuple(money.amount(total_of(in_currency(found, other)), other) for other in others),
    )


def _quantity(found: Sequence[Priced]) -> Figure | None:
    if not found:
        return None
    return figures.energy(sum((one.cost.quantity for one in found), ZERO) * 1000)


def forecast_of(
    household: Household, contracts: Sequence[HouseholdContract], currency: str, now: datetime
) -> ForecastView | None:
    """The month's end as a band; None: too little is known to say anything honest."""
    found: Forecast | None = forecast_month(
        household, [one for one in contracts if one.contract.currency == currency], now
    )
    if found is None:
        return None
    low, high = money.amount(found.low, currency), money.amount(found.high, currency)
    return ForecastView(
        low=low,
        middle=money.amount(found.middle, currency),
        high=high,
        sentence=gettext("The month ends between %(low)s and %(high)s.") % {"low": low, "high": high},
        basis=ngettext(
            "If the %(left)d day left is like the middle half of %(used)d days of the last eight weeks.",
            "If the %(left)d days left are like the middle half of %(used)d days of the last eight weeks.",
            found.days_left,
        )
        % {"left": found.days_left, "used": found.days_used},
    )


# -- bars


@dataclass(slots=True)
class _Column:
    """The parts of one bar."""

    known: bool = False
    energy: Decimal = ZERO
    other: Decimal = ZERO
    standing: Decimal = ZERO
    credit: Decimal = ZERO
    quantity: Decimal = ZERO
    sent: Decimal = ZERO
    partial: bool = False

    def add(self, one: Priced, day: DaySum) -> None:
        self.known = True
        self.standing += day.standing
        self.partial = self.partial or bool(day.missing or day.unpriced)
        if one.is_export:
            self.credit += day.energy
            self.sent += day.quantity
        elif one.is_electricity:
            self.energy += day.energy
            self.quantity += day.quantity
        else:
            self.other += day.energy

    @property
    def total(self) -> Decimal:
        return self.energy + self.other + self.standing + self.credit


def columns_of(found: Sequence[Priced], period: Period) -> dict[date, _Column]:
    """Days of a week or month, months of a year (by their first day); capacity belongs to its month."""
    by_month = period.range is Range.YEAR
    columns: dict[date, _Column] = {}
    for one in found:
        for day in one.cost.days:
            start = day.day.replace(day=1) if by_month else day.day
            columns.setdefault(start, _Column()).add(one, day)
        if by_month:
            for month, amount in capacity_amounts(one.cost):
                column = columns.setdefault(month, _Column())
                column.standing += amount
    return columns


def capacity_amounts(cost: PeriodCost) -> list[tuple[date, Decimal]]:
    """What each month's peak costs, tax included."""
    amounts: list[tuple[date, Decimal]] = []
    for month, demand in cost.peaks:
        last = min(month_days(month.year, month.month)[1], cost.last)
        version = cost.contract.find_version(last)
        if version is not None:
            gross = gross_factors(version)
            for component in version.components:
                price = getattr(component, "price_per_kw", None)
                if price is not None:
                    amounts.append((month, demand.charged_kw * price * gross[component.name]))
    return amounts


def spans_of(
    found: Sequence[Priced], before: Sequence[Priced], period: Period, today: date, base: str
) -> tuple[CostSpan, ...]:
    """The bars of a week, a month or a year."""
    columns = columns_of(found, period)
    compared = period.compared()
    earlier = columns_of(before, compared) if compared is not None else {}
    by_month = period.range is Range.YEAR
    starts = [date(period.on.year, month, 1) for month in range(1, 13)] if by_month else list(period.days)
    others = (
        []
        if compared is None
        else [date(compared.on.year, month, 1) for month in range(1, 13)]
        if by_month
        else list(compared.days)
    )
    spans = []
    for index, start in enumerate(starts):
        column = columns.get(start)
        beside = earlier.get(others[index]) if index < len(others) else None
        inner = Period(Range.MONTH if by_month else Range.DAY, start, period.beside)
        spans.append(
            CostSpan(
                name=_span_name(start, by_month=by_month),
                tick=_span_tick(start, period.range),
                energy=None if column is None else column.energy,
                other=ZERO if column is None else column.other,
                standing=ZERO if column is None else column.standing,
                credit=ZERO if column is None else column.credit,
                before=None if beside is None else beside.total,
                partial=column is not None and column.partial,
                future=start > today,
                href="" if start > today else base + inner.query,
                minor=(start.month % 3 != 1)
                if by_month
                else period.range is Range.MONTH and start.day % 5 != 1,
            )
        )
    return tuple(spans)


def _span_name(start: date, *, by_month: bool) -> str:
    if by_month:
        return date_format(start, pgettext("date format", "F Y"))
    return date_format(start, pgettext("date format", "D j M"))


def _span_tick(start: date, range_: Range) -> str:
    match range_:
        case Range.YEAR | Range.ALL:
            return date_format(start, pgettext("date format", "M"))
        case Range.WEEK:
            return date_format(start, "D")
        case Range.MONTH | Range.DAY:
            return str(start.day)


def hour_spans(
    household: Household, found: Sequence[Priced], day: date, now: datetime
) -> tuple[CostSpan, ...]:
    """One day by local hours: energy only, for fixed charges belong to the whole day."""
    zone = household.zone
    bills = [(one, explain_day(household, one.contract, day, now)) for one in found]
    hours: dict[datetime, _Column] = {}
    for one, bill in bills:
        gross = _gross_of(one.contract, day)
        for line in bill.lines:
            for item in line.items:
                if not isinstance(item.start, datetime):
                    continue
                hour = item.start.replace(minute=0)
                column = hours.setdefault(hour, _Column())
                column.known = True
                amount = item.amount * gross.get(line.component, Decimal(1))
                if one.is_export:
                    column.credit += amount
                elif one.is_electricity:
                    column.energy += amount
                else:
                    column.other += amount
        for start in (*bill.missing, *bill.unpriced):
            hours.setdefault(start.replace(minute=0), _Column()).partial = True
    spans = []
    at, end = _day_hours(day, household)
    while at < end:
        spent = hours.get(at)
        local = at.astimezone(zone)
        spans.append(
            CostSpan(
                name=f"{local:%H:%M}–{(at + timedelta(hours=1)).astimezone(zone):%H:%M}",
                tick=f"{local:%H}",
                energy=spent.energy if spent is not None and spent.known else None,
                other=ZERO if spent is None else spent.other,
                credit=ZERO if spent is None else spent.credit,
                partial=spent is not None and spent.partial,
                future=at > now,
                minor=local.hour % 6 != 0,
            )
        )
        at += timedelta(hours=1)
    return tuple(spans)


def _day_hours(day: date, household: Household) -> tuple[datetime, datetime]:
    start, end = day_bounds(day, household.zone)
    return start.replace(minute=0), end


def _gross_of(contract: HouseholdContract, day: date) -> dict[str, Decimal]:
    held = contract.held_on(day)
    return {} if held is None else gross_factors(held.version)


def chart_of(spans: Sequence[CostSpan], currency: str, period: Period, sentence: str) -> Chart:
    """The bars with their title."""
    title = {
        Range.DAY: gettext("Cost per hour"),
        Range.WEEK: gettext("Cost per day"),
        Range.MONTH: gettext("Cost per day"),
        Range.YEAR: gettext("Cost per month"),
        Range.ALL: gettext("Cost per month"),
    }[period.range]
    return cost_chart(spans, currency, title=title, description=sentence, before_name=period.compared_words())


def sentence_of(spans: Sequence[CostSpan], currency: str, today_name: str) -> str:
    """Which bar is the dearest and which the cheapest."""
    known = [(span.total, span.name) for span in spans if span.total is not None]
    if not known:
        return gettext("Nothing is known about this time.")
    (most, most_name) = max(known)
    over = [pair for pair in known if pair[1] != today_name] or known
    (least, least_name) = min(over)
    if len(known) == 1:
        return gettext("%(name)s: %(energy)s.") % {
            "name": most_name, "energy": money.amount(most, currency),
        }  # fmt: skip
    return gettext("Dearest: %(most)s with %(most_amount)s. Cheapest: %(least)s with %(least_amount)s.") % {
        "most": most_name,
        "most_amount": money.amount(most, currency),
        "least": least_name,
        "least_amount": money.amount(least, currency),
    }


def table_of(spans: Sequence[CostSpan], currency: str, title: str, before_name: str) -> Table:
    """The same as numbers."""
    parts: dict[str, list[Decimal | None]] = {
        gettext("electricity"): [span.energy for span in spans],
        gettext("gas, water, heat"): [span.other for span in spans],
        gettext("fixed charges"): [span.standing for span in spans],
        gettext("credit"): [span.credit for span in spans],
    }
    shown = {name: values for name, values in parts.items() if any(values)}
    shown[gettext("together")] = [span.total for span in spans]
    if any(span.before is not None for span in spans):
        shown[before_name] = [span.before for span in spans]
    rows = []
    for index, span in enumerate(spans):
        if not span.future:
            cells = tuple(_or_dash(values[index], currency) for values in shown.values())
            rows.append(Row(span.name, cells, gettext("partly unknown") if span.partial else ""))
    sums = [sum((value for value in values if value is not None), ZERO) for values in shown.values()]
    return Table(
        caption=title,
        heads=(gettext("When"), *shown, gettext("Remarks")),
        rows=tuple(rows),
        total=Row(gettext("Together"), tuple(money.amount(value, currency) for value in sums)),
    )


def _or_dash(value: Decimal | None, currency: str) -> Figure | None:
    return None if value is None else money.amount(value, currency)


# -- lines


def lines_of(one: Priced, household: Household, period: Period) -> ContractLines:
    """Every line of a contract's bill, each with the way to its days."""
    cost = one.cost
    currency = cost.contract.currency
    unit = unit_of(cost.contract.commodity)
    return ContractLines(
        name=cost.contract.name,
        quantity=money.quantity(cost.quantity, unit),
        total=money.amount(cost.total, currency),
        exact=money.exact_amount(cost.exact, currency),
        lines=tuple(
            LineView(
                name=_name_in(cost, line),
                quantity=money.quantity(line.quantity, line.unit),
                price=None if line.price is None else money.price(line.price, currency, line.unit),
                amount=money.amount(line.amount, currency),
                why=why_address(household, one.contract, period, line),
            )
            for line in cost.lines
        ),
        doubts=tuple(doubts_of(cost)),
    )


def why_address(household: Household, contract: HouseholdContract, period: Period, line: CostLine) -> str:
    """Where a line opens down to its days."""
    query = period.query + "&" + urlencode({"component": line.component, "label": line.label})
    return reverse("pages:why_line", args=[household.public_id, contract.row.pk]) + query


def _name_in(cost: PeriodCost, line: CostLine) -> str:
    """Lines of two versions in one period say from when theirs holds."""
    if len({other.valid_from for other in cost.lines}) > 1:
        return gettext("%(line)s (from %(day)s)") % {
            "line": line_name(line),
            "day": date_format(line.valid_from, pgettext("date format", "j M Y")),
        }
    return line_name(line)


def doubts_of(cost: PeriodCost) -> Iterable[str]:
    """What is not sure about an amount, in sentences."""
    hours = figures.number(Decimal(cost.missing) / 4, 1)
    if cost.missing:
        yield gettext("No reading for %(hours)s h: they are not in the amount.") % {"hours": hours}
    if cost.unpriced:
        yield gettext("No price for %(hours)s h: they are not in the amount.") % {
            "hours": figures.number(Decimal(cost.unpriced) / 4, 1)
        }
    if cost.estimated_days:
        yield ngettext(
            "On %(count)d day, when the energy was used is estimated; how much is measured.",
            "On %(count)d days, when the energy was used is estimated; how much is measured.",
            cost.estimated_days,
        ) % {"count": cost.estimated_days}


def bill_total(bill: Bill) -> Decimal:
    """Exact, before anything is rounded."""
    return sum((line.exact_amount for line in bill.lines), ZERO)
