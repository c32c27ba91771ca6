"""Meters behind a gateway that publishes to an MQTT broker, in one of the dialects of `consumerapp.h2`.

A retained message, or one that waited at the broker while we were away, is not the present. A retained one
tells descriptions and presence, and its values are not taken. Of one that waited, a value with a time of its
own belongs to that time; of the others only registers are taken, as of their arrival.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from zoneinfo import ZoneInfo

from consumerapp.catalogue import lookup
from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.h1.decoder import Refused, Telegram
from consumerapp.h2.dialects import Dialect, DialectOptions, open_dialect
from consumerapp.h2.message import Description, Mapped, Message, Outcome, Presence
from consumerapp.h2.rules import check_filter, matches
from consumerapp.readings import Kind, Obis
from consumerapp.sources._decoding import octets_of_key
from consumerapp.sources._settings import config_from
from consumerapp.sources._watch import LinkWatch
from consumerapp.sources.link import (
    Deliver,
    FrameRefused,
    LinkChanged,
    LinkDetail,
    LinkStatus,
    TelegramArrived,
)
from consumerapp.transports.line import LineBroken
from consumerapp.transports.mqtt import ArrivedMessage, Broker, MqttLine, tls_context

TLS_PORT = 8883
PLAIN_PORT = 1883
SILENT_AFTER_S = 900.0
"""Three times Tasmota's usual period of 300 s."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
CAUGHT_UP_AFTER_S = 0.3
"""A broker that has more sends it at once, as long as it may: after such a pause what comes is new."""
FEWER_THAN_A_WINDOW = 10
"""So few unacknowledged messages keep no broker from sending the next (Mosquitto allows 20)."""
OF_NOW = timedelta(seconds=10)
"""A message that bears a time as near as this is new, and so is what comes behind it."""
MAX_FILTERS = 20
_EVERYTHING = ("#", "+", "+/#", "/#")


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSourceConfig:
    """Which broker, which topics, and what is spoken there."""

    name: str
    host: str
    topics: str
    """Topic filters, separated by spaces or lines: the gateway's own, never everything."""
    dialect: str
    port: int | None = None
    """None: 8883, or 1883 where it is not encrypted."""
    tls: bool = True
    """False only by choice: readings and password then travel in the open."""
    ca_certificate: str = ""
    pinned_sha256: str = ""
    client_certificate: str = ""
    client_key: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    client_id: str = ""
    version: str = "auto"
    zone: str = ""
    """IANA name, in which times without an offset are read; empty: they are not taken."""
    rules: str = ""
    energy_unit: str = "kWh"
    protocol: str = "auto"
    profile: str | None = None
    key: str | None = field(default=None, repr=False)
    auth_key: str | None = field(default=None, repr=False)
    silent_after_s: float = SILENT_AFTER_S


class MqttSource:
    """One session at a broker and one dialect."""

    def __init__(
        self, name: str, line: MqttLine, dialect: Callable[[], Dialect], filters: tuple[str, ...], *,
        now: Callable[[], datetime], silent_after_s: float = SILENT_AFTER_S,
    ) -> None:  # fmt: skip
        self._name = name
        self._line = line
        self._dialect = dialect
        self._filters = filters
        self._now = now
        self._silent_after_s = silent_after_s

    @property
    def name(self) -> str:
        """What the household calls it."""
        return self._name

    async def run(self, deliver: Deliver) -> None:
        """Deliver until cancelled."""

        def on_change(status: LinkStatus) -> None:
            deliver(LinkChanged(self._name, status))

        watch = LinkWatch(
            on_change,
            now=self._now,
            monotonic_s=asyncio.get_running_loop().time,
            silent_after_s=self._silent_after_s,
        )
        watch.connecting()
        taker = _Taker(self._name, self._dialect(), self._filters, deliver, watch, self._now)
        pause_s, chance = FIRST_PAUSE_S, SystemRandom()
        try:
            while True:
                try:
                    await self._carry_watched(taker, watch)
                except LineBroken as broken:
                    watch.lost(broken.detail)
                pause_s = FIRST_PAUSE_S if taker.take_was_connected() else min(pause_s * 2, LONGEST_PAUSE_S)
                # Not all portals of a broker that comes back knock at the same moment.
                await asyncio.sleep(pause_s * chance.uniform(0.5, 1.0))
        finally:
            watch.stopped()

    async def _carry_watched(self, taker: _Taker, watch: LinkWatch) -> None:
        carrying = asyncio.ensure_future(self._line.carry(taker))
        try:
            while True:
                due_s = min(watch.check(), self._silent_after_s)
                await asyncio.wait((carrying,), timeout=max(due_s, 0.05))
                if carrying.done():
                    return carrying.result()
        finally:
            carrying.cancel()
            await asyncio.wait((carrying,))
            if not carrying.cancelled():
                carrying.exception()  # taken, so that nobody reports it as lost


class _Taker:
    """Maps messages and delivers what they say; lets the broker forget them when it is kept."""

    def __init__(
        self, name: str, dialect: Dialect, filters: tuple[str, ...], deliver: Deliver, watch: LinkWatch,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._name = name
        self._dialect = dialect
        self._filters = filters
        self._deliver = deliver
        self._watch = watch
        self._now = now
        self._monotonic_s = asyncio.get_running_loop().time
        self._is_behind = True
        """What comes may have waited at the broker: also before it has said so."""
        self._last_s = self._monotonic_s()
        self._uncommitted = 0
        self._was_connected = False
        self._present: dict[str, bool] = {}

    def take_was_connected(self) -> bool:
        """Whether there was a session since this was asked last."""
        was, self._was_connected = self._was_connected, False
        self._is_behind, self._last_s = True, self._monotonic_s()
        return was

    def session_begun(self, *, is_resumed: bool) -> None:
        """Connected and subscribed."""
        self._was_connected = True
        self._is_behind = self._is_behind and is_resumed
        self._watch.opened()

    def message_arrived(self, message: ArrivedMessage) -> None:
        """Map it and deliver."""
        is_late = self._note_arrival() or message.is_repeated
        if not any(matches(wanted, message.topic) for wanted in self._filters):
            message.acknowledge()  # a subscription of earlier settings
            return
        received_at = self._now()
        try:
            outcomes = self._dialect.receive_message(
                Message(message.topic, message.payload, received_at, message.is_retained)
            )
        except DecodeError as error:
            outcomes = (Refused(error.kind, 0, error.detail),)
        if any(_is_of_now(outcome, received_at) for outcome in outcomes):
            is_late = self._is_behind = False
        telegrams: list[Telegram] = []
        for outcome in outcomes:
            match outcome:
                case Mapped():
                    telegram = _late(outcome.telegram) if is_late else outcome.telegram
                    if telegram.columns and not message.is_retained:
                        telegrams.append(telegram)
                case Refused():
                    if not message.is_retained:
                        self._watch.bytes_arrived()
                        self._deliver(FrameRefused(self._name, outcome, received_at))
                        self._watch.frame_refused(outcome.kind)
                case Presence():
                    self._note_presence(outcome)
                case Description():
                    pass
        self._deliver_all(telegrams, received_at, message.acknowledge, is_late=is_late)

    def _deliver_all(
        self,
        telegrams: list[Telegram],
        received_at: datetime,
        acknowledge: Callable[[], None],
        *,
        is_late: bool,
    ) -> None:
        if not telegrams:
            acknowledge()
            return
        left = len(telegrams)
        self._uncommitted += left

        def committed() -> None:
            nonlocal left
            left -= 1
            self._uncommitted -= 1
            self._last_s = self._monotonic_s()
            if left == 0:
                acknowledge()

        for telegram in telegrams:
            self._watch.bytes_arrived()
            self._deliver(TelegramArrived(self._name, telegram, received_at, committed, is_late))
            self._watch.telegram_arrived(received_at)

    def _note_arrival(self) -> bool:
        """Whether what arrives now may have waited."""
        now_s = self._monotonic_s()
        has_room = self._uncommitted < FEWER_THAN_A_WINDOW
        if self._is_behind and has_room and now_s - self._last_s > CAUGHT_UP_AFTER_S:
            self._is_behind = False
        self._last_s = now_s
        return self._is_behind

    def _note_presence(self, presence: Presence) -> None:
        if len(self._present) < 100 or presence.device in self._present:
            self._present[presence.device] = presence.is_online
        if not any(self._present.values()):
            self._watch.left(LinkDetail.DEVICE_OFFLINE)


def _is_of_now(outcome: Outcome, received_at: datetime) -> bool:
    if not isinstance(outcome, Mapped) or outcome.telegram.measured_at is None:
        return False
    return abs(received_at - outcome.telegram.measured_at) <= OF_NOW


def _late(telegram: Telegram) -> Telegram:
    """As of when it was measured; without a time only registers are true, as of now."""
    if telegram.measured_at is not None:
        at = telegram.measured_at
        return telegram._replace(value_times=tuple((number, at) for number in range(len(telegram.columns))))
    kept = [number for number, column in enumerate(telegram.columns) if _is_register(column.obis)]
    return telegram._replace(
        columns=tuple(telegram.columns[number] for number in kept),
        raw=tuple(telegram.raw[number] for number in kept),
        value_times=(),
    )


def _is_register(obis: Obis) -> bool:
    entry = lookup(obis)
    return entry is not None and entry.quantity is not None and entry.quantity.kind is Kind.REGISTER


def parse_filters(text: str) -> tuple[str, ...]:
    """The topic filters of a text. Raises ConsumerAppError, also for one that takes in everything."""
    filters = tuple(dict.fromkeys(text.split()))
    if not 1 <= len(filters) <= MAX_FILTERS:
        raise ConsumerAppError(f"want 1 to {MAX_FILTERS} topics, not {len(filters)}")
    for topic_filter in filters:
        check_filter(topic_filter)
        if topic_filter in _EVERYTHING or topic_filter.startswith("$"):
            raise ConsumerAppError(f"{topic_filter!r} is more than one gateway's own topics")
    return filters


def broker_of(config: MqttSourceConfig) -> Broker:
    """The broker of these settings. Raises ConsumerAppError."""
    return Broker(
        host=config.host,
        port=config.port or (TLS_PORT if config.tls else PLAIN_PORT),
        client_id=config.client_id or _client_id(config),
        is_encrypted=config.tls,
        ca_pem=config.ca_certificate,
        pinned_sha256=config.pinned_sha256,
        certificate_pem=config.client_certificate,
        certificate_key_pem=config.client_key,
        username=config.username,
        password=config.password,
        version=config.version,
    )


def _client_id(config: MqttSourceConfig) -> str:
    """The same at every start for the same link at the same broker."""
    told = f"{config.name}\0{config.host}\0{config.topics}"
    return f"meterside-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def dialect_options(config: MqttSourceConfig) -> DialectOptions:
    """What the dialect is told. Raises ConsumerAppError."""
    try:
        zone = ZoneInfo(config.zone) if config.zone else None
    except (KeyError, ValueError, OSError) as error:
        raise ConsumerAppError(f"there is no time zone {config.zone[:40]!r}") from error
    return DialectOptions(
        zone=zone,
        rules=config.rules,
        energy_unit=config.energy_unit,
        protocol=config.protocol,
        profile=config.profile,
        key=octets_of_key(config.key),
        auth_key=octets_of_key(config.auth_key),
    )


def open_source(settings: Mapping[str, object], *, now: Callable[[], datetime]) -> MqttSource:
    """The source that these settings describe. Raises ConsumerAppError."""
    config = config_from(MqttSourceConfig, settings)
    filters, broker, options = parse_filters(config.topics), broker_of(config), dialect_options(config)
    open_dialect(config.dialect, options)
    if broker.is_encrypted:
        tls_context(broker)
    return MqttSource(
        config.name,
        MqttLine(broker, filters),
        lambda: open_dialect(config.dialect, options),
        filters,
        now=now,
        silent_after_s=config.silent_after_s,
    )
