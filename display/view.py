"""From what is known to what is shown: one immutable view per moment. Pure, so that it can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consumerapp.live_values import Ambient
from consumerapp.readings import Quality
from consumerapp.sources.link import LinkState
from consumerapp.wire import Now, Today
from display.known import Freshness, Known
from display.last_hour import STEP_S
from display.widgets.hour_curve import HourShown
from display.widgets.power_now import Figure
from display.widgets.status_line import Status
from display.widgets.today_figures import Row
from display.words import AUTHENTICITY_MARKS, Notice, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything on the Now screen at one moment."""

    title: str
    time: str
    day: str
    figure: Figure
    level: Ambient | None
    faded: bool
    notice: Notice | None
    today: tuple[Row, ...]
    hour: HourShown | None
    status: Status


def view(known: Known, words: Words, clock: datetime, *, meter: int = 0, detail: bool = True) -> View:
    """What to show at `clock`; without `detail` only power, level and the state of the data."""
    now = known.now(meter)
    detail = detail and known.detail
    freshness = known.freshness(now, clock)
    old = freshness in (Freshness.OLD, Freshness.NOTHING)
    return View(
        title=_title(known, now, detail=detail),
        time=words.language.time_of_day(clock, known.zone),
        day=words.language.day(clock, known.zone),
        figure=_figure(now, words, old=old, detail=detail),
        level=now.ambient if now is not None else None,
        faded=old,
        notice=words.notice(known, now, clock),
        today=_today(known, known.today, now, words) if detail else (),
        hour=_hour(known, clock) if detail else None,
        status=_status(known, now, words, clock),
    )


def _hour(known: Known, clock: datetime) -> HourShown:
    # Whole steps: within one, neither the curve nor its time axis moves.
    until = clock.replace(second=clock.second // STEP_S * STEP_S, microsecond=0)
    return HourShown(points=known.hour, until=until, zone=known.zone)


def _title(known: Known, now: Now | None, *, detail: bool) -> str:
    parts = [known.household] if known.household else []
    if now is not None and detail:
        parts.append(now.meter)
    return " · ".join(parts)


def _figure(now: Now | None, words: Words, *, old: bool, detail: bool) -> Figure:
    text = words.language.gettext
    if now is None:
        dashes = f"–{words.language.decimal_mark}––"
        return Figure(headline=text("no value yet"), number=dashes, tone="$line")
    if now.power_w is None:
        if now.import_wh is None or not detail:
            return Figure(headline=text("no power value"))
        places = words.register_places(now)
        return Figure(
            headline=text("meter reading"),
            number=words.language.number(now.import_wh / 1000, places),
            unit="kWh",
            footnote=text("drawn from the grid in all"),
            tone="$muted" if old else "$text-plain",
        )
    tone = "$text-plain"
    if words.exports(now.power_w):
        tone = "$grid-export"
    elif words.imports(now.power_w):
        tone = "$grid-import"
    return Figure(
        headline=words.direction(now.power_w, old=old),
        number=words.kilowatts(now.power_w),
        footnote=words.watts(now.power_w),
        tone="$muted" if old else tone,
    )


def _today(known: Known, today: Today | None, now: Now | None, words: Words) -> tuple[Row, ...]:
    if today is None or today.import_wh is None:
        return ()
    text = words.language.gettext
    places = 0 if now is not None and now.quality & Quality.COARSE else 2
    name = text("today")
    if known.today_since is not None:
        since = words.language.time_of_day(known.today_since, known.zone)
        name = text("since {time}").format(time=since)
    remarks: list[str] = []
    if today.typical_import_wh is not None:
        typical = words.kilowatt_hours(today.typical_import_wh, places)
        remarks += [
            text("from the grid, usually {energy} by now").format(energy=typical),
            text("usually {energy}").format(energy=typical),
        ]
    rows: list[Row] = [
        (name, words.kilowatt_hours(today.import_wh, places), (*remarks, text("from the grid")))
    ]
    if today.export_wh is not None:
        rows.append(("", words.kilowatt_hours(today.export_wh, places), (text("to the grid"),)))
    return tuple(rows)


def _status(known: Known, now: Now | None, words: Words, clock: datetime) -> Status:
    link = known.link
    portal_down = known.portal is not None and known.portal.state is not LinkState.LIVE
    worst = known.portal if portal_down else link or known.portal
    if worst is None:
        return Status()
    # A source that is called live and yet is overdue is shown as what it looks like from here.
    state = worst.state
    if state is LinkState.LIVE and known.freshness(now, clock) is Freshness.OLD:
        state = LinkState.SILENT
    parts = [words.link_state(state)]
    if now is not None:
        parts.append(words.age(now, clock))
        parts.append(f"{AUTHENTICITY_MARKS[now.authenticity]} {words.authenticity(now.authenticity)}")
    if link is not None:
        parts.append(link.source)
    elif now is not None and now.source:
        parts.append(now.source)
    if known.portal is not None:
        parts.append(
            words.language.gettext("by the portal")
            if known.encrypted
            else words.language.gettext("by the portal, not encrypted")
        )
    return Status(state=state, parts=tuple(parts))
