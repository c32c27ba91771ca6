"""What the Devices page says about links, meters and screens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext

from consumerapp.errors import RefusalKind
from consumerapp.live_values import WhyNoPower
from consumerapp.sources.link import LinkState
from consumerapp.sources.mqtt import PLAIN_PORT, TLS_PORT
from portal.accounts.models import Household
from portal.metering import store
from portal.metering.models import Meter
from portal.pages import figures, words
from portal.pages.now import meters_now, readings_of
from portal.pairing import devices as screens
from portal.pairing.models import Device, DeviceKind, MeterLink


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """One way by which readings come in."""

    pk: int
    name: str
    address: str
    is_open: bool
    """What comes over it travels unencrypted, because somebody chose so."""
    speed: str
    enabled: bool
    state: str
    words: str
    advice: str
    """What to do about it; empty: nothing."""
    since: str
    last_telegram: str
    last_telegram_at: datetime | None
    frames_ok: str
    frames_refused: str
    share_good: str
    refused: tuple[tuple[str | Promise, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterView:
    """One meter that has spoken."""

    pk: int
    short: str
    name: str
    commodity: str
    last_seen: str
    why: str | Promise
    """Why it gives no power; empty: it does, or is no electricity meter."""
    needs_pin: bool
    """The way to its PIN is explained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenView:
    """One paired screen."""

    pk: int
    name: str
    icon: str
    kind: str
    profile: str
    last_seen: str


def link_view(link: MeterLink, household: Household, now: datetime) -> LinkView:
    """A link's row in words and figures."""
    refused = link.frames_refused_total
    total = link.frames_ok + refused
    state = link.state if link.enabled else LinkState.STOPPED.value
    settings = link.settings
    return LinkView(
        pk=link.pk,
        name=link.name,
        address=_address(link),
        is_open=link.kind == "mqtt" and settings.get("tls") is False,
        speed=f"{settings['baudrate']} {settings.get('framing', '')}".strip()
        if "baudrate" in settings
        else "",
        enabled=link.enabled,
        state=state,
        words=words.link_words(link),
        advice=words.link_advice(link) if link.enabled else "",
        since="" if link.state_since is None else _moment(link.state_since, household),
        last_telegram="" if link.last_telegram_at is None else figures.age(link.last_telegram_at, now),
        last_telegram_at=link.last_telegram_at,
        frames_ok=figures.count(link.frames_ok),
        frames_refused=figures.count(refused),
        share_good=_share(link.frames_ok, total),
        refused=tuple(_refusals(link.frames_refused)),
    )


def _address(link: MeterLink) -> str:
    settings = link.settings
    if link.kind != "mqtt":
        return str(settings.get("url") or settings.get("path") or link.kind)
    is_open = settings.get("tls") is False
    port = settings.get("port") or (PLAIN_PORT if is_open else TLS_PORT)
    return (
        f"{'mqtt' if is_open else 'mqtts'}://{settings.get('host', '')}:{port} · {settings.get('topics', '')}"
    )


def _share(good: int, total: int) -> str:
    """How many of all telegrams were good, in per cent; "100" only when every single one was."""
    if total == 0:
        return ""
    tenths = min(good * 1000 // total, 999 if good < total else 1000)
    return f"{figures.tenths(tenths)} %"


def _refusals(counters: dict[str, int]) -> Iterable[tuple[str | Promise, str]]:
    for kind in RefusalKind:
        if counters.get(kind.value):
            yield words.REFUSAL_WORDS[kind], figures.count(int(counters[kind.value]))


def meters_view(household: Household, now: datetime) -> tuple[MeterView, ...]:
    """Every meter that is installed; why one gives no power and what to do about it."""
    latest = store.latest(household)
    moments = {view.meter: view for view in meters_now(household, readings_of(latest), now)}
    seen = {str(known.meter_id): known.received_at for known in sorted(latest, key=lambda k: k.received_at)}
    views = []
    for meter in Meter.objects.filter(household=household, removed_at=None):
        moment = moments.get(meter.short_ident)
        at = seen.get(meter.ident)
        without_power = moment is not None and moment.power is None
        views.append(
            MeterView(
                pk=meter.pk,
                short=meter.short_ident,
                name=meter.name,
                commodity=str(words.COMMODITIES[meter.commodity]),
                last_seen="" if at is None else figures.age(at, now),
                why=words.WHY_NO_POWER[WhyNoPower.PIN_LOCKED] if without_power else "",
                needs_pin=without_power,
            )
        )
    return tuple(views)


def screen_views(household: Household, now: datetime) -> tuple[ScreenView, ...]:
    """Every paired screen."""
    return tuple(_screen_view(device, now) for device in screens.devices_of(household))


def _screen_view(device: Device, now: datetime) -> ScreenView:
    return ScreenView(
        pk=device.pk,
        name=device.name,
        icon="screen" if device.kind == DeviceKind.KIOSK else "terminal",
        kind=str(DeviceKind(device.kind).label),
        profile=device.get_profile_display(),
        last_seen=gettext("never seen")
        if device.last_seen_at is None
        else figures.age(device.last_seen_at, now),
    )


def _moment(at: datetime, household: Household) -> str:
    return date_format(at.astimezone(household.zone), "DATETIME_FORMAT")
