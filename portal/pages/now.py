"""This moment: what the meters said last, in words and figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext

from consumerapp import wire
from consumerapp.live_values import Ambient
from consumerapp.readings import Kind, MeterId, Obis, Quality, Quantity, Reading, Unit
from portal.accounts.models import Household
from portal.metering.store import Latest
from portal.pages import figures, words
from portal.pages.figures import Figure
from portal.pages.words import Lock

OLD_AFTER = timedelta(seconds=30)
"""A value older than this is marked as old; the page's script scales it to the meter's own pace."""

_POWERS = frozenset({Quantity.ACTIVE_POWER_IMPORT, Quantity.ACTIVE_POWER_EXPORT, Quantity.ACTIVE_POWER_NET})


@dataclass(frozen=True, slots=True, kw_only=True)
class NowView:
    """One meter at this moment."""

    meter: str
    source: str
    received_at: datetime
    age: str
    state: str
    """"fresh" or "old"."""
    direction: str
    """"import", "export" or "unknown"."""
    direction_words: str
    power: Figure | None
    """Without sign: the direction is in words."""
    ambient: Ambient | None
    ambient_word: str | Promise
    why: str | Promise
    lock: Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """One register's last value."""

    title: str
    code: str
    note: str
    figure: Figure
    part: str
    """Name for the live script; empty: it stays as it is."""


def readings_of(latest: Iterable[Latest]) -> tuple[Reading, ...]:
    """The last values as readings, for what the core works out of a telegram."""
    return tuple(
        Reading(
            meter_id=MeterId(known.meter_id),
            obis=known.obis,
            quantity=known.quantity,
            value=known.value,
            at=known.at,
            received_at=known.received_at,
            quality=known.quality,
            authenticity=known.authenticity,
        )
        for known in latest
    )


def meters_now(household: Household, readings: Iterable[Reading], now: datetime) -> tuple[NowView, ...]:
    """One view per electricity meter, those that tell their power first."""
    ordered = sorted(readings, key=lambda reading: str(reading.meter_id))
    views = []
    for _meter, group in groupby(ordered, key=lambda reading: reading.meter_id):
        newest_first = sorted(group, key=lambda reading: reading.received_at, reverse=True)
        word = wire.now_of(
            newest_first, seq=0, low_w=household.ambient_low_w, high_w=household.ambient_high_w
        )
        if word is not None and (word.power_w is not None or word.import_wh is not None):
            views.append(now_view(word, now))
    return tuple(sorted(views, key=lambda view: view.power is None))


def now_view(word: wire.Now, now: datetime) -> NowView:
    """One meter's moment, ready for the page."""
    power_w = word.power_w
    is_export = power_w is not None and power_w < 0
    return NowView(
        meter=word.meter,
        source=word.source,
        received_at=word.received_at,
        age=figures.age(word.received_at, now),
        state="old" if now - word.received_at > OLD_AFTER else "fresh",
        direction="unknown" if power_w is None else "export" if is_export else "import",
        direction_words=words.direction_words(power_is_export=is_export, power_is_known=power_w is not None),
        power=None if power_w is None else figures.power(abs(power_w)),
        ambient=word.ambient,
        ambient_word="" if word.ambient is None else words.AMBIENT_WORDS[word.ambient],
        why="" if word.why_no_power is None else words.WHY_NO_POWER[word.why_no_power],
        lock=words.LOCKS[word.authenticity],
    )


def registers(latest: Iterable[Latest]) -> tuple[ReadingView, ...]:
    """The counters: what stands on the meter's display."""
    counters = [known for known in _ordered(latest) if known.quantity.kind is Kind.REGISTER]
    finest: dict[Unit, int] = {}
    for known in counters:
        unit = known.quantity.unit
        finest[unit] = max(finest.get(unit, 0), figures.register_decimals(known.value, unit))
    return tuple(_reading_view(known, finest[known.quantity.unit]) for known in counters)


def instants(latest: Iterable[Latest]) -> tuple[ReadingView, ...]:
    """Everything else the meter says, power, voltage and the like."""
    return tuple(
        _reading_view(known) for known in _ordered(latest) if known.quantity.kind is not Kind.REGISTER
    )


def _ordered(latest: Iterable[Latest]) -> list[Latest]:
    return sorted(latest, key=lambda known: (str(known.meter_id), known.obis))


def _reading_view(known: Latest, decimals: int | None = None) -> ReadingView:
    return ReadingView(
        title=words.register_title(known.quantity, known.obis),
        code=known.obis.short,
        note=gettext("estimated") if known.quality & Quality.ESTIMATED else "",
        figure=_figure(known, decimals),
        part=_part(known.quantity, known.obis),
    )


def _figure(known: Latest, decimals: int | None) -> Figure:
    if known.quantity in _POWERS or known.quantity.unit is Unit.W:
        return figures.power(known.value)
    return figures.register(known.value, known.quantity.unit, decimals)


def _part(quantity: Quantity, obis: Obis) -> str:
    if (obis.d, obis.e) == (8, 0):
        if quantity is Quantity.ACTIVE_ENERGY_IMPORT:
            return "import-register"
        if quantity is Quantity.ACTIVE_ENERGY_EXPORT:
            return "export-register"
    return ""
