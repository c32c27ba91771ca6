"""What the tests of dialects have in common."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from consumerapp.h1.decoder import Telegram
from consumerapp.h2.dialects import Dialect, DialectOptions, open_dialect
from consumerapp.h2.message import Mapped, Message
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.meters import meter_type

NOON = datetime(2026, 11, 3, 12, 0, 0, tzinfo=UTC)


def message(topic: str, payload: Any, received_at: datetime | None = NOON) -> Message:
    """A message; what is no text becomes JSON."""
    if isinstance(payload, bytes):
        octets = payload
    else:
        octets = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    return Message(topic, octets, received_at)


def opened(name: str, **options: Any) -> Dialect:
    """A dialect with options."""
    return open_dialect(name, DialectOptions(**options))


def mapped(dialect: Dialect, topic: str, payload: Any, received_at: datetime | None = NOON) -> list[Mapped]:
    """The telegrams of one message."""
    outcomes = dialect.receive_message(message(topic, payload, received_at))
    return [outcome for outcome in outcomes if isinstance(outcome, Mapped)]


def values(telegram: Telegram) -> dict[str, Decimal]:
    """Register without its period -> value in its base unit."""
    return {str(value.obis).removesuffix("*255"): value.value for value in telegram.values}


def one(found: list[Mapped]) -> dict[str, Decimal]:
    """The values of the only telegram."""
    assert len(found) == 1
    return values(found[0].telegram)


def meter_telegram(kind: str) -> bytes:
    """A telegram of a synthetic meter at noon."""
    installed = date(2026, 11, 1)
    return meter_type(kind).make(Household(HOMES["row-house"], installed), installed).telegram(NOON)
