"""Explain this euro: a line opens to its days, a day to its quarter-hours, each with price and reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consumerapp.intervals import QUARTER_HOUR, days_between, local_day, month_days, months_between
from consumerapp.tariffs.bill import BillUnit, Item, Line
from consumerapp.tariffs.contract import CapacityCharge, Tax
from portal.accounts.access import access_membership
from portal.accounts.models import Household
from portal.common.ownership import Owner, owned_by
from portal.metering.bill_check import line_name
from portal.metering.contracts import HouseholdContract, access_contract
from portal.metering.cost_sums import CostLine, PeriodCost
from portal.metering.costs import explain_day, line_by_days, period_cost, readings_of_day
from portal.pages import figures, money
from portal.pages.cost_figures import bill_total, doubts_of
from portal.pages.costs import period_of
from portal.pages.day_chart import step_name
from portal.pages.figures import Figure
from portal.pages.frame import household_context
from portal.pages.periods import Period, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of an explanation."""

    name: str
    quantity: Figure | None
    price: Figure | None
    amount: Figure
    href: str = ""
    reading: Figure | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyLine:
    """A line with its days or months."""

    name: str
    contract: str
    title: str
    amount: Figure
    exact: Figure
    quantity: Figure
    sentence: str
    steps: tuple[Step, ...]
    doubts: tuple[str, ...]
    back: str


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def why_line(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """One line of a period: what it adds up from."""
    membership = access_membership(request.user, public_id)
    household, now = membership.household, timezone.now()
    contract = access_contract(household, pk)
    period = period_of(request, household, now)
    component, label = request.GET.get("component", ""), request.GET.get("label", "")
    view = _why_line(household, contract, period, component, label, now)
    return render(request, "pages/why_line.html", household_context(request, membership, "costs", view=view))


def _why_line(
    household: Household,
    contract: HouseholdContract,
    period: Period,
    component: str,
    label: str,
    now: datetime,
) -> WhyLine:
    today = local_day(now, household.zone)
    first = max(period.first, contract.first_day)
    last = min(period.last, today, contract.contract.ends_on or today)
    if first > last:
        raise Http404
    whole = period_cost(household, contract, first, last, now)
    lines = _of(whole, component, label)
    if not lines:
        raise Http404
    currency = contract.contract.currency
    amount = sum((line.amount for line in lines), Decimal(0))
    exact = sum((line.exact for line in lines), Decimal(0))
    unit = lines[0].unit
    counted = (
        lines[0].quantity if unit is BillUnit.PERCENT else sum((line.quantity for line in lines), Decimal(0))
    )
    kind = next(
        part
        for version in contract.contract.versions
        for part in version.components
        if part.name == component
    )
    if isinstance(kind, CapacityCharge):
        steps: tuple[Step, ...] = tuple(_peaks(whole, household))
        sentence = gettext("The highest means of the month are charged; this is when they were.")
    else:
        by_month = period.range is Range.YEAR
        stretches = _stretches(first, last, by_month=by_month)
        parts = line_by_days(household, contract, stretches, now)
        steps = tuple(
            _step(household, contract, part, component, label, by_month=by_month)
            for part in parts
            if _of(part, component, label)
        )
        sentence = (
            gettext("A percentage of the lines it stands on, day by day.")
            if isinstance(kind, Tax)
            else gettext("Every day adds its quantity times its price. Open one to see its quarter-hours.")
        )
        rest = exact - sum((part_exact(part, component, label) for part in parts), Decimal(0))
        if round(rest, 4):
            steps = (
                *steps,
                Step(
                    name=gettext("on what belongs to the whole month"),
                    quantity=None,
                    price=None,
                    amount=money.exact_amount(rest, currency),
                ),
            )
    return WhyLine(
        name=line_name(lines[0]),
        contract=contract.contract.name,
        title=period.title(),
        amount=money.amount(amount, currency),
        exact=money.exact_amount(exact, currency),
        quantity=money.quantity(counted, unit),
        sentence=sentence,
        steps=steps,
        doubts=tuple(doubts_of(whole)),
        back=reverse("pages:costs", args=[household.public_id]) + period.query,
    )


def _of(cost: PeriodCost, component: str, label: str) -> list[CostLine]:
    return [line for line in cost.lines if (line.component, line.label) == (component, label)]


def part_exact(cost: PeriodCost, component: str, label: str) -> Decimal:
    """What a line comes to in a part of the period."""
    return sum((line.exact for line in _of(cost, component, label)), Decimal(0))


def _stretches(first: date, last: date, *, by_month: bool) -> Sequence[tuple[date, date]]:
    if not by_month:
        return [(day, day) for day in days_between(first, last)]
    return [
        (max(first, month_days(year, month)[0]), min(last, month_days(year, month)[1]))
        for year, month in months_between(first, last)
    ]


def _step(
    household: Household,
    contract: HouseholdContract,
    part: PeriodCost,
    component: str,
    label: str,
    *,
    by_month: bool,
) -> Step:
    lines = _of(part, component, label)
    line = lines[-1]
    currency = contract.contract.currency
    exact = sum((one.exact for one in lines), Decimal(0))
    counted = (
        line.quantity if line.unit is BillUnit.PERCENT else sum((one.quantity for one in lines), Decimal(0))
    )
    if by_month:
        href = reverse("pages:why_line", args=[household.public_id, contract.row.pk]) + (
            Period(Range.MONTH, part.first).query + "&" + urlencode({"component": component, "label": label})
        )
        name = date_format(part.first, pgettext("date format", "F Y"))
    else:
        href = reverse("pages:why_day", args=[household.public_id, contract.row.pk, part.first.isoformat()])
        name = date_format(part.first, pgettext("date format", "D j M"))
    return Step(
        name=name,
        quantity=money.quantity(counted, line.unit),
        price=None if line.price is None or len(lines) > 1 else money.price(line.price, currency, line.unit),
        amount=money.exact_amount(exact, currency),
        href=href,
        note=" ".join(doubts_of(part)),
    )


def _peaks(cost: PeriodCost, household: Household) -> list[Step]:
    currency = cost.contract.currency
    steps = []
    for month, demand in cost.peaks:
        for peak in demand.peaks:
            local = peak.start.astimezone(household.zone)
            steps.append(
                Step(
                    name=date_format(local, pgettext("date format", "D j M, H:i")),
                    quantity=money.quantity(peak.kw, BillUnit.KW),
                    price=None,
                    amount=Figure("", "", ""),
                )
            )
        version = cost.contract.find_version(min(month_days(month.year, month.month)[1], cost.last))
        for part in version.components if version else ():
            if isinstance(part, CapacityCharge):
                note = (
                    gettext("at least this much is charged")
                    if demand.charged_kw > demand.mean_kw
                    else gettext("the mean of the peaks above")
                    if len(demand.peaks) > 1
                    else ""
                )
                steps.append(
                    Step(
                        name=date_format(month, pgettext("date format", "F Y")),
                        quantity=money.quantity(demand.charged_kw, BillUnit.KW),
                        price=money.price(part.price_per_kw, currency, BillUnit.KW),
                        amount=money.exact_amount(demand.charged_kw * part.price_per_kw, currency),
                        note=note,
                    )
                )
    return steps


# -- one day


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLineView:
    """One line of a day with its quarter-hours."""

    name: str
    quantity: Figure
    price: Figure | None
    exact: Figure
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyDay:
    """One day of one contract, down to the quarter-hours."""

    title: str
    contract: str
    exact: Figure
    lines: tuple[DayLineView, ...]
    missing: str
    unpriced: str
    has_readings: bool
    reading_unit: str
    back: str


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def why_day(request: HttpRequest, public_id: str, pk: int, day: str) -> HttpResponse:
    """One day: every component, every quarter-hour, its price and its reading."""
    membership = access_membership(request.user, public_id)
    household, now = membership.household, timezone.now()
    contract = access_contract(household, pk)
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    if contract.held_on(wanted) is None or wanted > local_day(now, household.zone):
        raise Http404
    view = _why_day(household, contract, wanted, now)
    return render(request, "pages/why_day.html", household_context(request, membership, "costs", view=view))


def _why_day(household: Household, contract: HouseholdContract, day: date, now: datetime) -> WhyDay:
    bill = explain_day(household, contract, day, now)
    readings = readings_of_day(household, contract, day)
    currency = contract.contract.currency
    unit = contract.quantity.unit
    month = Period(Range.MONTH, day)
    return WhyDay(
        title=date_format(day, pgettext("date format", "l, j F Y")),
        contract=contract.contract.name,
        exact=money.exact_amount(bill_total(bill), currency),
        lines=tuple(
            DayLineView(
                name=f"{line.component}: {line.label}" if line.label else line.component,
                quantity=money.quantity(_counted(line), line.unit),
                price=None
                if line.unit_price is None or line.unit is BillUnit.PERCENT
                else money.price(line.unit_price, currency, line.unit),
                exact=money.exact_amount(line.exact_amount, currency),
                steps=tuple(
                    _interval(item, line, household, readings, currency, contract) for item in line.items
                )
                if line.unit in {BillUnit.KWH, BillUnit.M3}
                else (),
            )
            for line in bill.lines
        ),
        missing=_times(bill.missing, household),
        unpriced=_times(bill.unpriced, household),
        has_readings=bool(readings),
        reading_unit=str(unit),
        back=reverse("pages:costs", args=[household.public_id]) + month.query,
    )


def _counted(line: Line) -> Decimal:
    return line.items[0].quantity if line.unit is BillUnit.PERCENT else line.quantity


def _interval(
    item: Item,
    line: Line,
    household: Household,
    readings: dict[datetime, Decimal],
    currency: str,
    contract: HouseholdContract,
) -> Step:
    assert isinstance(item.start, datetime)  # lines of energy are made of intervals
    reading = readings.get(item.start)
    return Step(
        name=step_name(item.start, item.start + QUARTER_HOUR, household.zone),
        quantity=money.quantity(item.quantity, line.unit),
        price=money.price(item.unit_price, currency, line.unit),
        amount=money.amount(item.amount, currency, 6),
        reading=None if reading is None else figures.register(reading, contract.quantity.unit, 3),
        note=gettext("estimated") if item.estimated else "",
    )


def _times(starts: Sequence[datetime], household: Household) -> str:
    """Quarter-hours in a row as one stretch each."""
    stretches: list[list[datetime]] = []
    for start in sorted(starts):
        if stretches and start == stretches[-1][1]:
            stretches[-1][1] = start + QUARTER_HOUR
        else:
            stretches.append([start, start + QUARTER_HOUR])
    return ", ".join(step_name(first, end, household.zone) for first, end in stretches)
