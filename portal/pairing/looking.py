"""What arrives from a broker, looked at before a link is saved. It only listens, and leaves no session."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings

from consumerapp.errors import DecodeError
from consumerapp.h1.decoder import Refused, Value
from consumerapp.h2.dialects import Dialect, open_dialect
from consumerapp.h2.message import Description, Mapped, Message, Presence, Unmapped
from consumerapp.sources._settings import config_from
from consumerapp.sources.link import LinkDetail
from consumerapp.sources.mqtt import MqttSourceConfig, broker_of, dialect_options, parse_filters
from consumerapp.transports.line import LineBroken
from consumerapp.transports.mqtt import ArrivedMessage, MqttLine
from portal.pairing.probing import NoPortsHere

LOOK_S: Final = 8.0
"""How long somebody waits for the page: longer than the gateways that push every few seconds need."""
ENOUGH_MESSAGES: Final = 12
MAX_LINES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A value that would be kept."""

    meter: str
    value: Value
    measured_at: datetime | None


@dataclass(slots=True, kw_only=True)
class Look:
    """What was heard."""

    detail: LinkDetail = LinkDetail.NOTHING_TO_SAY
    """Why the broker could not be listened to; empty: it could."""
    messages: int = 0
    retained: int = 0
    """Messages from before, whose values are never taken."""
    refused: int = 0
    taken: list[Taken] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    described: list[Description] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)


def look(source_settings: Mapping[str, Any], *, seconds: float = LOOK_S) -> Look:
    """Listen for a moment with these settings. Blocks up to `seconds`.

    Raises `NoPortsHere`, and ConsumerAppError for settings that cannot be.
    """
    if not settings.READS_LOCAL_PORTS:
        raise NoPortsHere
    config = config_from(MqttSourceConfig, source_settings)
    dialect = open_dialect(config.dialect, dialect_options(config))
    # A session of its own: with the link's name it would throw the link's own session out.
    broker = replace(broker_of(config), client_id=f"meterside-look-{secrets.token_hex(6)}")
    line = MqttLine(broker, parse_filters(config.topics), is_lasting=False)
    found: Look = async_to_sync(_look)(line, dialect, seconds)
    return found


async def _look(line: MqttLine, dialect: Dialect, seconds: float) -> Look:
    listener = _Listener(dialect)
    carrying = asyncio.ensure_future(line.carry(listener))
    enough = asyncio.ensure_future(listener.enough.wait())
    await asyncio.wait((carrying, enough), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in (carrying, enough):
        task.cancel()
    await asyncio.wait((carrying, enough))
    if not carrying.cancelled() and isinstance(broken := carrying.exception(), LineBroken):
        listener.look.detail = broken.detail
    return listener.look


class _Listener:
    """Takes messages and remembers what they say."""

    def __init__(self, dialect: Dialect) -> None:
        self.look = Look()
        self.enough = asyncio.Event()
        self._dialect = dialect

    def session_begun(self, *, is_resumed: bool) -> None:
        """Connected; a session of a look never resumes."""

    def message_arrived(self, message: ArrivedMessage) -> None:
        """Map it."""
        look = self.look
        look.messages += 1
        look.retained += message.is_retained
        if message.topic not in look.topics and len(look.topics) < MAX_LINES:
            look.topics.append(message.topic)
        arrived = Message(message.topic, message.payload, datetime.now(UTC), message.is_retained)
        try:
            outcomes = self._dialect.receive_message(arrived)
        except DecodeError:
            look.refused += 1
            outcomes = ()
        for outcome in outcomes:
            match outcome:
                case Mapped():
                    if not message.is_retained:
                        self._take(outcome)
                case Refused():
                    look.refused += 1
                case Description():
                    look.described.append(outcome)
                case Presence():
                    pass
        message.acknowledge()
        if look.messages - look.retained >= ENOUGH_MESSAGES:
            self.enough.set()

    def _take(self, mapped: Mapped) -> None:
        look, telegram = self.look, mapped.telegram
        known = {(one.meter, one.value.obis): place for place, one in enumerate(look.taken)}
        for value in telegram.values:
            one = Taken(meter=telegram.meter_id or "", value=value, measured_at=telegram.measured_at)
            place = known.get((one.meter, value.obis))
            if place is not None:
                look.taken[place] = one
            elif len(look.taken) < MAX_LINES:
                look.taken.append(one)
        paths = {one.path for one in look.unmapped}
        look.unmapped += [one for one in mapped.unmapped if one.path not in paths][: MAX_LINES - len(paths)]
