"""History: any day, week, month or year, beside another, both directions; the URL holds the whole state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consumerapp.intervals import local_day
from portal.accounts.access import access_history
from portal.accounts.models import Household
from portal.common.ownership import Owner, owned_by
from portal.metering import store
from portal.pages import day as day_page
from portal.pages import history_figures
from portal.pages.charts import Chart
from portal.pages.frame import household_context
from portal.pages.history_figures import Totals, make_totals
from portal.pages.periods import BEFORE_WORDS, RANGE_WORDS, Beside, Period, Range
from portal.pages.tables import Table


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def history(request: HttpRequest, public_id: str) -> HttpResponse:
    """The household's past."""
    membership = access_history(request.user, public_id)
    household, now = membership.household, timezone.now()
    period = Period.from_query(request.GET, local_day(now, household.zone))
    view = view_of(household, period, now)
    heat = history_figures.heat_of(household, period) if "heat" in request.GET and view else None
    restored = "HX-History-Restore-Request" in request.headers
    is_part = "HX-Request" in request.headers and not restored
    template = "pages/history.html#period" if is_part else "pages/history.html"
    more = {"view": view, "heat": heat}
    return render(request, template, household_context(request, membership, "history", **more))


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def heat(request: HttpRequest, public_id: str) -> HttpResponse:
    """The heat map alone, which the page asks for when it comes into sight."""
    household = access_history(request.user, public_id).household
    period = Period.from_query(request.GET, local_day(timezone.now(), household.zone))
    drawn = history_figures.heat_of(household, period)
    return render(request, "pages/history.html#heat", {"heat": drawn, "household": household})


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go: its words, its address, and whether one is there already."""

    words: str | Promise
    query: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Where one is and where one can go; an empty query leads nowhere."""

    title: str
    ranges: tuple[Choice, ...]
    besides: tuple[Choice, ...]
    earlier: str
    later: str
    nearer: str
    farther: str
    to_today: str
    heat: str
    """The same page with its heat map drawn at once, for browsers without scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """Everything on the page but the heat map."""

    strip: Strip
    chart: Chart
    sentence: str
    totals: Totals
    table: Table


def view_of(household: Household, period: Period, now: datetime) -> HistoryView | None:
    """Gather the page; None: there is no history yet."""
    today = local_day(now, household.zone)
    bounds = store.bounds(household)
    if bounds is None:
        return None
    strip = _strip(period, today, bounds)
    if period.range is Range.DAY:
        return _day_view(household, period, now, strip)
    base = reverse("pages:history", args=[household.public_id])
    found = history_figures.spans_of(household, period, today, base)
    return HistoryView(
        strip=strip,
        chart=history_figures.chart_of(found, period),
        sentence=history_figures.sentence_of(found, period),
        totals=history_figures.totals_of(found, period),
        table=history_figures.table_of(found, period),
    )


def _strip(period: Period, today: date, bounds: tuple[date, date]) -> Strip:
    """Nothing beyond what is known and nothing after today."""
    earlier, later = period.shifted(-1), period.shifted(1)
    nearer, farther = period.nearer(today), period.farther()
    is_all = period.range is Range.ALL
    besides = tuple(
        Choice(words, period.beside_other(beside).query, beside is period.beside)
        for beside, words in _beside_words(period).items()
    )
    return Strip(
        title=period.title(),
        ranges=tuple(
            Choice(RANGE_WORDS[range_], period.of(range_, today).query, range_ is period.range)
            for range_ in Range
        ),
        besides=besides,
        earlier="" if is_all or earlier.last < bounds[0] else earlier.query,
        later="" if is_all or later.first > today else later.query,
        nearer="" if nearer is None else nearer.query,
        farther="" if farther is None else farther.query,
        to_today="" if is_all or period.first <= today <= period.last else _at(period, today).query,
        heat="" if is_all else period.query + "&heat=yes",
    )


def _beside_words(period: Period) -> dict[Beside, str | Promise]:
    """What this range can stand beside."""
    if period.range is Range.ALL:
        return {}
    words: dict[Beside, str | Promise] = {Beside.BEFORE: BEFORE_WORDS[period.range]}
    if period.range is not Range.YEAR:
        words[Beside.YEAR] = _("a year before")
    words[Beside.NOTHING] = _("nothing")
    return words


def _at(period: Period, day: date) -> Period:
    return Period(period.range, day, period.beside)


def _day_view(household: Household, period: Period, now: datetime, strip: Strip) -> HistoryView:
    """One day: the same curve as on Today, with the day beside it as a thin line."""
    compared = period.compared()
    compared_day = None if compared is None else compared.on
    facts = day_page.facts_of(household, period.on, compared_day, now)
    words = period.compared_words()
    then = now if compared_day is None else now - (period.on - compared_day)
    return HistoryView(
        strip=strip,
        chart=day_page.chart_of(
            facts, household, previous_name=words, with_previous=compared_day is not None
        ),
        sentence=day_page.sentence_of(facts, household),
        totals=make_totals(
            (facts.bought.total, day_page.total_or_none(facts.before, then)),
            (facts.sold.total, day_page.total_or_none(facts.before_sold, then)),
            before_words=period.compared_words(so_far=facts.is_running),
            days=1,
        ),
        table=day_page.table_of(facts, household, words),
    )
