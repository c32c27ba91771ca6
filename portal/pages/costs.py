"""Costs: what the period costs, how the month will end, what energy costs now; every amount opens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consumerapp.intervals import local_day
from portal.accounts.access import access_membership
from portal.accounts.models import Household
from portal.common.ownership import Owner, owned_by
from portal.metering import store
from portal.metering.contracts import HouseholdContract, contracts_of
from portal.metering.cost_sums import unit_of
from portal.metering.price_now import (
    PeakGuard,
    block_state,
    capacity_of,
    cheapest,
    peak_guard,
    price_steps,
)
from portal.pages import cost_figures, figures, money
from portal.pages.charts import Chart
from portal.pages.cost_figures import ContractLines, CostTotals, ForecastView, Priced
from portal.pages.figures import Figure
from portal.pages.frame import household_context
from portal.pages.history import Choice, Strip
from portal.pages.periods import BEFORE_WORDS, RANGE_WORDS, Beside, Period, Range
from portal.pages.tables import Table

_RANGES = (Range.DAY, Range.WEEK, Range.MONTH, Range.YEAR)


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def costs(request: HttpRequest, public_id: str) -> HttpResponse:
    """The household's money."""
    membership = access_membership(request.user, public_id)
    household, now = membership.household, timezone.now()
    contracts = contracts_of(household)
    period = period_of(request, household, now)
    view = view_of(household, contracts, period, now) if contracts else None
    restored = "HX-History-Restore-Request" in request.headers
    is_part = "HX-Request" in request.headers and not restored and view is not None
    template = "pages/costs.html#period" if is_part else "pages/costs.html"
    more = {"view": view, "now": now_of(household, contracts, now)}
    return render(request, template, household_context(request, membership, "costs", **more))


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def costs_now(request: HttpRequest, public_id: str) -> HttpResponse:
    """Price now and peak guard alone, which the page asks for every half minute."""
    household = access_membership(request.user, public_id).household
    found = now_of(household, contracts_of(household), timezone.now())
    return render(request, "pages/costs.html#now", {"now": found, "household": household})


def period_of(request: HttpRequest, household: Household, now: datetime) -> Period:
    """The stretch that the URL asks for, a year at most."""
    period = Period.from_query(request.GET, local_day(now, household.zone))
    return replace(period, range=Range.YEAR) if period.range is Range.ALL else period


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLink:
    """One contract, and the way to it."""

    name: str
    words: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsView:
    """Everything that follows from the period."""

    strip: Strip
    totals: CostTotals
    is_running: bool
    forecast: ForecastView | None
    chart: Chart
    sentence: str
    table: Table
    lines: tuple[ContractLines, ...]
    contracts: tuple[ContractLink, ...]
    covers_nothing: bool
    """No contract holds in this period."""
    capacity: str
    query: str


def view_of(
    household: Household, contracts: tuple[HouseholdContract, ...], period: Period, now: datetime
) -> CostsView:
    """Gather the page."""
    today = local_day(now, household.zone)
    currency = cost_figures.currency_of(contracts)
    found = cost_figures.priced(household, contracts, period.first, period.last, now)
    before, before_words = _before(household, contracts, period, now)
    ours, theirs = cost_figures.in_currency(found, currency), cost_figures.in_currency(before, currency)
    base = reverse("pages:costs", args=[household.public_id])
    spans = (
        cost_figures.hour_spans(household, ours, period.on, now)
        if period.range is Range.DAY
        else cost_figures.spans_of(ours, theirs, period, today, base)
    )
    is_running = period.first <= today <= period.last
    sentence = cost_figures.sentence_of(spans, currency, date_format(today, pgettext("date format", "D j M")))
    chart = cost_figures.chart_of(spans, currency, period, sentence)
    return CostsView(
        strip=_strip(period, today, contracts, household),
        totals=cost_figures.totals_of(found, before, currency, before_words),
        is_running=is_running,
        forecast=cost_figures.forecast_of(household, contracts, currency, now)
        if is_running and period.range is Range.MONTH
        else None,
        chart=chart,
        sentence=sentence,
        table=cost_figures.table_of(spans, currency, chart.title, period.compared_words()),
        lines=tuple(cost_figures.lines_of(one, household, period) for one in found),
        contracts=tuple(contract_link(household, contract) for contract in contracts),
        covers_nothing=not found,
        capacity=_capacity_words(ours, currency) if period.range is Range.MONTH else "",
        query=period.query,
    )


def _before(
    household: Household, contracts: tuple[HouseholdContract, ...], period: Period, now: datetime
) -> tuple[tuple[Priced, ...], str]:
    """The period beside this one, of a running one only as much as has passed."""
    compared = period.compared()
    if compared is None:
        return (), ""
    today = local_day(now, household.zone)
    so_far = period.first <= today < period.last and period.range is not Range.DAY
    last = compared.last
    if so_far:
        passed = today - period.first
        last = min(compared.last, compared.first + passed)
    found = cost_figures.priced(household, contracts, compared.first, last, now)
    return found, period.compared_words(so_far=so_far)


def _capacity_words(found: tuple[Priced, ...], currency: str) -> str:
    amounts = [amount for one in found for _, amount in cost_figures.capacity_amounts(one.cost)]
    if not amounts:
        return ""
    return gettext("The month's peak adds %(amount)s, which belongs to no single day.") % {
        "amount": money.amount(sum(amounts, Decimal(0)), currency)
    }


def contract_link(household: Household, contract: HouseholdContract) -> ContractLink:
    """A contract by its name, and since when it holds."""
    day = pgettext("date format", "j M Y")
    since = date_format(contract.held[-1].row.valid_from, day)
    ends = contract.contract.ends_on
    words = (
        gettext("ended on %(day)s") % {"day": date_format(ends, day)}
        if ends is not None
        else gettext("price since %(day)s") % {"day": since}
    )
    return ContractLink(
        name=contract.contract.name,
        words=words,
        href=reverse("pages:contract", args=[household.public_id, contract.row.pk]),
    )


def _strip(
    period: Period, today: date, contracts: tuple[HouseholdContract, ...], household: Household
) -> Strip:
    """Nothing before the first contract or the first reading, nothing after today."""
    known = store.bounds(household)
    first = min(contract.first_day for contract in contracts)
    first = first if known is None else max(first, known[0])
    earlier, later = period.shifted(-1), period.shifted(1)
    nearer, farther = period.nearer(today), period.farther()
    besides: dict[Beside, object] = {Beside.BEFORE: BEFORE_WORDS[period.range]}
    if period.range is not Range.YEAR:
        besides[Beside.YEAR] = gettext("a year before")
    besides[Beside.NOTHING] = gettext("nothing")
    return Strip(
        title=period.title(),
        ranges=tuple(
            Choice(RANGE_WORDS[range_], period.of(range_, today).query, range_ is period.range)
            for range_ in _RANGES
        ),
        besides=tuple(
            Choice(str(words), period.beside_other(beside).query, beside is period.beside)
            for beside, words in besides.items()
        ),
        earlier="" if earlier.last < first else earlier.query,
        later="" if later.first > today else later.query,
        nearer="" if nearer is None else nearer.query,
        farther="" if farther is None or farther.range is Range.ALL else farther.query,
        to_today="" if period.first <= today <= period.last else replace(period, on=today).query,
        heat="",
    )


# -- now


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """What a unit costs now, what it will cost next, and when it is cheapest."""

    contract: str
    is_export: bool
    price: Figure | None
    label: str
    next_sentence: str
    cheapest_sentence: str
    block_sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardView:
    """Where the running quarter-hour will end."""

    sentence: str
    is_near: bool
    """Within a tenth of the peak, or above it."""
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsNow:
    """What is true at this moment."""

    prices: tuple[PriceView, ...]
    guards: tuple[GuardView, ...]

    @property
    def has_anything(self) -> bool:
        """Whether there is something to show."""
        return bool(self.prices or self.guards)


def now_of(household: Household, contracts: tuple[HouseholdContract, ...], now: datetime) -> CostsNow:
    """Prices that go by time or quantity, and the guard of those who pay for peaks."""
    prices, guards = [], []
    for contract in contracts:
        price = _price_of(household, contract, now)
        if price is not None:
            prices.append(price)
        charge = capacity_of(contract, now, household)
        if charge is not None:
            guard = peak_guard(household, contract, charge, now)
            guards.append(_guard_of(guard, household, contract))
    return CostsNow(prices=tuple(prices), guards=tuple(guards))


def _price_of(household: Household, contract: HouseholdContract, now: datetime) -> PriceView | None:
    name, currency = contract.contract.name, contract.contract.currency
    unit = unit_of(contract.contract.commodity)
    is_export = contract.contract.direction.value == "export"
    steps = price_steps(household, contract, now)
    if steps:
        here, rest = steps[0], steps[1:]
        follows = next((step for step in rest if step.price is not None), None)
        best = None if is_export else cheapest(steps, now)
        zone = household.zone

        def at(instant: datetime) -> str:
            local = instant.astimezone(zone)
            text = time_format(local, "H:i")
            if local.date() == local_day(now, zone):
                return text
            return gettext("tomorrow %(time)s") % {"time": text}

        return PriceView(
            contract=name,
            is_export=is_export,
            price=None if here.price is None else money.price(here.price, currency, unit),
            label=here.label,
            next_sentence=gettext("next price %(time)s: %(price)s")
            % {"time": at(follows.start), "price": money.price(follows.price, currency, unit)}
            if follows is not None and follows.price is not None
            else gettext("the prices after this are not known yet")
            if here.price is not None
            else gettext("the price of this hour is missing"),
            cheapest_sentence=gettext("cheapest from %(first)s to %(until)s: %(price)s")
            % {
                "first": at(max(best.start, now)),
                "until": at(best.end),
                "price": money.price(best.price, currency, unit),
            }
            if best is not None and best.price is not None and best is not here
            else gettext("now is the cheapest time until tomorrow")
            if best is not None and best is here
            else "",
        )
    state = block_state(household, contract, now)
    if state is None:
        return None
    if state.up_to is not None and state.next_price is not None:
        sentence = gettext("%(used)s of %(bound)s used; after that %(price)s") % {
            "used": money.quantity(state.used, unit),
            "bound": f"{figures.number(state.up_to, 0)}\N{NO-BREAK SPACE}{unit}",
            "price": money.price(state.next_price, currency, unit),
        }
    else:
        sentence = gettext("%(used)s used; this price has no bound") % {
            "used": money.quantity(state.used, unit)
        }
    return PriceView(
        contract=name,
        is_export=is_export,
        price=money.price(state.price, currency, unit),
        label=state.component,
        next_sentence="",
        cheapest_sentence="",
        block_sentence=sentence,
    )


def _guard_of(guard: PeakGuard | None, household: Household, contract: HouseholdContract) -> GuardView:
    if guard is None:
        return GuardView(
            sentence=gettext("Where this quarter-hour will end is not known: the meter is silent."),
            is_near=False,
            note=contract.contract.name,
        )
    will_be = figures.power(guard.will_be_kw * 1000)
    facts = {"power": will_be, "time": time_format(guard.ends_at.astimezone(household.zone), "H:i")}
    if guard.peak_kw is None or guard.peak_at is None:
        sentence = gettext("Until %(time)s the mean comes to about %(power)s.") % facts
        return GuardView(sentence=sentence, is_near=False, note=contract.contract.name)
    facts["peak"] = figures.power(guard.peak_kw * 1000)
    facts["when"] = date_format(
        guard.peak_at.astimezone(household.zone), pgettext("date format", "D j M, H:i")
    )
    is_new = guard.will_be_kw > guard.peak_kw
    is_near = guard.will_be_kw >= guard.peak_kw * Decimal("0.9")
    if is_new:
        sentence = gettext(
            "If this goes on, %(time)s brings a new peak of about %(power)s (so far %(peak)s, %(when)s)."
        )
    else:
        sentence = gettext(
            "Until %(time)s the mean comes to about %(power)s (peak so far %(peak)s, %(when)s)."
        )
    return GuardView(sentence=sentence % facts, is_near=is_near, note=contract.contract.name)
