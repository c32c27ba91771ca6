"""One local day, told: its curve, its totals beside what is usual, its table, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from consumerapp.intervals import QUARTER_HOUR
from consumerapp.readings import Quality, Quantity
from portal.accounts.models import Household
from portal.metering import store
from portal.metering.store import DayProfile, TypicalDay
from portal.pages import figures, sentences, tables
from portal.pages.charts import Chart
from portal.pages.day_chart import DayCurve, day_chart, step_name
from portal.pages.figures import Figure
from portal.pages.tables import Table, added, energy_or_none

_PER_HOUR = 4
"""Quarter-hours in an hour: a quarter-hour's Wh times this is its mean power in W."""
_NOT_MISSED_YET = timedelta(minutes=2)
"""For so long after its end a quarter-hour may still be on its way."""
_NEWSWORTHY_QUARTERS = 2
"""A gap from half an hour on is told."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, and when in local time."""

    time: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """Everything the store knows about one day that its pages need; energy in Wh per quarter-hour."""

    day: date
    bought: DayProfile
    sold: DayProfile
    usual: TypicalDay | None
    usual_sold: TypicalDay | None
    before: DayProfile | None
    before_sold: DayProfile | None
    now: datetime
    """Aware UTC."""

    @property
    def is_running(self) -> bool:
        """Whether the day is not over yet."""
        return self.now < self.bought.starts[-1] + QUARTER_HOUR

    @property
    def elapsed(self) -> int:
        """Quarter-hours that are over; the last one counts once it is known, or has had its time."""
        over = sum(1 for start in self.bought.starts if self.now - start >= QUARTER_HOUR)
        if over and self.bought.energy[over - 1] is None:
            just_over = self.now - self.bought.starts[over - 1] - QUARTER_HOUR < _NOT_MISSED_YET
            return over - 1 if just_over else over
        return over

    @property
    def has_export(self) -> bool:
        """Whether anything was sent to the grid, today or usually."""
        return any(self.sold.energy) or (self.usual_sold is not None and any(self.usual_sold.middle))


def facts_of(household: Household, day: date, compared_with: date | None, now: datetime) -> DayFacts:
    """Ask the store."""
    bought, sold = Quantity.ACTIVE_ENERGY_IMPORT, Quantity.ACTIVE_ENERGY_EXPORT
    return DayFacts(
        day=day,
        bought=store.day(household, day, bought),
        sold=store.day(household, day, sold),
        usual=store.typical_day(household, day, bought),
        usual_sold=store.typical_day(household, day, sold),
        before=None if compared_with is None else store.day(household, compared_with, bought),
        before_sold=None if compared_with is None else store.day(household, compared_with, sold),
        now=now,
    )


def by_now(energy: Sequence[Decimal | None], starts: Sequence[datetime], now: datetime) -> Decimal | None:
    """The energy of the quarter-hours before `now`, the running one in proportion; None: nothing known."""
    known = []
    for start, wh in zip(starts, energy, strict=False):
        if start >= now:
            break
        if wh is not None:
            known.append(wh * Decimal(min(now - start, QUARTER_HOUR) / QUARTER_HOUR))
    return sum(known, Decimal(0)) if known else None


def mean_power(energy: Sequence[Decimal | None]) -> tuple[Decimal | None, ...]:
    """Mean power in W of each quarter-hour; None where its energy is missing or not over yet."""
    return tuple(None if wh is None else wh * _PER_HOUR for wh in energy)


def curve_of(facts: DayFacts, previous_name: str = "", *, with_previous: bool) -> DayCurve:
    """What the chart draws."""
    bought, sold = facts.bought, facts.sold
    return DayCurve(
        starts=bought.starts,
        import_w=mean_power(bought.energy),
        export_w=mean_power(sold.energy) if facts.has_export else (),
        estimated=tuple(bool(quality & Quality.ESTIMATED) for quality in bought.quality),
        elapsed=facts.elapsed if facts.is_running else None,
        usual=_usual_power(facts.usual),
        usual_export=_usual_power(facts.usual_sold) if facts.has_export else None,
        previous_w=mean_power(facts.before.energy) if with_previous and facts.before else (),
        previous_name=previous_name,
    )


def _usual_power(
    usual: TypicalDay | None,
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...], tuple[Decimal, ...]] | None:
    if usual is None:
        return None

    def times_four(energy: Sequence[Decimal | None]) -> tuple[Decimal, ...]:
        return tuple((wh or Decimal(0)) * _PER_HOUR for wh in energy)

    return times_four(usual.low), times_four(usual.middle), times_four(usual.high)


def chart_of(facts: DayFacts, household: Household, *, previous_name: str = "", with_previous: bool) -> Chart:
    """The day's curve with its title and its words."""
    title = gettext("Power by quarter-hour")
    return day_chart(
        curve_of(facts, previous_name, with_previous=with_previous),
        household.zone,
        key="day",
        title=title,
        description=sentence_of(facts, household),
    )


def sentence_of(facts: DayFacts, household: Household) -> str:
    """When most of it was used."""
    zone = household.zone
    hours = tables.hours(facts.bought.starts, [facts.bought.energy], zone, len(facts.bought.starts))
    return sentences.day_sentence(
        [hour.energy[0] for hour in hours],
        [hour.start.astimezone(zone).hour for hour in hours],
        total=facts.bought.total,
        is_today=facts.is_running,
    )


def table_of(facts: DayFacts, household: Household, previous_name: str = "") -> Table:
    """The day by hours, 23, 24 or 25 of them."""
    elapsed = facts.elapsed if facts.is_running else len(facts.bought.starts)
    series: list[Sequence[Decimal | None]] = [facts.bought.energy]
    heads = [gettext("from the grid")]
    if facts.has_export:
        series.append(facts.sold.energy)
        heads.append(gettext("to the grid"))
    if facts.usual is not None:
        series.append(facts.usual.middle)
        heads.append(gettext("usually"))
    if facts.before is not None and previous_name:
        series.append(facts.before.energy)
        heads.append(previous_name)
    estimated = [bool(quality & Quality.ESTIMATED) for quality in facts.bought.quality]
    hours = tables.hours(facts.bought.starts, series, household.zone, elapsed, estimated)
    return tables.table(
        gettext("Energy per hour on %(day)s") % {"day": full_day(facts.day)},
        heads,
        ((hour.name, hour.energy, _remark(hour)) for hour in hours),
        first_head=gettext("Hour"),
    )


def _remark(hour: tables.HourSum) -> str:
    if hour.missing:
        return sentences.gap_sentence(hour.missing)
    return gettext("partly estimated") if hour.estimated else ""


def full_day(day: date) -> str:
    """Tuesday, 24 November 2026."""
    # Translators: format of a full date, in Django's format letters.
    return date_format(day, pgettext("date format", "l, j F Y"))


def events_of(facts: DayFacts, household: Household) -> Iterator[Event]:
    """What is worth telling of the day: the highest use, the highest export, stretches without data."""
    zone = household.zone
    starts = facts.bought.starts
    found: list[tuple[datetime, Event]] = []
    peaks = [
        (mean_power(facts.bought.energy), gettext("Most from the grid, %(power)s on average")),
        (
            mean_power(facts.sold.energy),
            gettext("Most to the grid, %(power)s on average"),
        ),
    ]
    for powers, words in peaks:
        known = [(power_w, index) for index, power_w in enumerate(powers) if power_w]
        if known:
            power_w, index = max(known)
            time = step_name(starts[index], starts[index] + QUARTER_HOUR, zone)
            found.append((starts[index], Event(time, words % {"power": figures.power(power_w)})))
    for first, end in _gaps(facts):
        time = step_name(starts[first], starts[end - 1] + QUARTER_HOUR, zone)
        found.append((starts[first], Event(time, gettext("No data arrived"))))
    for _at, event in sorted(found, key=lambda pair: pair[0]):
        yield event


def _gaps(facts: DayFacts) -> Iterator[tuple[int, int]]:
    first: int | None = None
    elapsed = facts.elapsed
    for index in range(elapsed + 1):
        missing = index < elapsed and facts.bought.energy[index] is None
        if missing and first is None:
            first = index
        if not missing and first is not None:
            if index - first >= _NEWSWORTHY_QUARTERS:
                yield first, index
            first = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """The day so far, ready for the Today page."""

    total: Figure | None
    usual: Figure | None
    before: Figure | None
    exported: Figure | None
    usual_exported: Figure | None
    before_exported: Figure | None
    has_export: bool
    usual_now: str
    """What is usual at this time of day, in words; empty: not known."""
    usual_words: str
    before_name: str
    chart: Chart
    sentence: str
    table: Table
    events: tuple[Event, ...]


def today_view(household: Household, day: date, now: datetime) -> DayView:
    """The running day beside the usual one and the same weekday a week ago, both up to this time of day."""
    facts = facts_of(household, day, day - timedelta(days=7), now)
    starts = facts.bought.starts
    week_ago = now - timedelta(days=7)
    before, before_sold = facts.before, facts.before_sold
    weekday = date_format(day, "D")
    return DayView(
        total=energy_or_none(facts.bought.total),
        usual=energy_or_none(by_now(facts.usual.middle, starts, now) if facts.usual else None),
        before=energy_or_none(by_now(before.energy, before.starts, week_ago) if before else None),
        exported=energy_or_none(facts.sold.total),
        usual_exported=energy_or_none(
            by_now(facts.usual_sold.middle, starts, now) if facts.usual_sold else None
        ),
        before_exported=energy_or_none(
            by_now(before_sold.energy, before_sold.starts, week_ago) if before_sold else None
        ),
        has_export=facts.has_export,
        usual_now=usual_now(facts),
        usual_words=gettext("by now usually"),
        before_name=gettext("last %(weekday)s by now") % {"weekday": weekday},
        chart=chart_of(facts, household, with_previous=False),
        sentence=sentence_of(facts, household),
        table=table_of(facts, household),
        events=tuple(events_of(facts, household)),
    )


def usual_now(facts: DayFacts) -> str:
    """What a day like this usually takes or sends at this time: the reference for the big number."""
    if facts.usual is None:
        return ""
    index = max(0, sum(1 for start in facts.bought.starts if start <= facts.now) - 1)
    net_wh = facts.usual.middle[index] or Decimal(0)
    if facts.usual_sold is not None and facts.has_export:
        net_wh -= facts.usual_sold.middle[index] or Decimal(0)
    power = figures.power(abs(net_wh) * _PER_HOUR)
    if net_wh < 0:
        return gettext("usually sending %(power)s at this time") % {"power": power}
    return gettext("usually using %(power)s at this time") % {"power": power}


def total_or_none(profile: DayProfile | None, now: datetime) -> Decimal | None:
    """What a day had by `now`; the whole of it when it is over."""
    if profile is None:
        return None
    if now >= profile.starts[-1] + QUARTER_HOUR:
        return added(profile.energy)
    return by_now(profile.energy, profile.starts, now)
