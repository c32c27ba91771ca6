"""The one JSON form in which readings and live messages travel: H3, browsers and paired displays.

Every message is one JSON object with `v` (version, 1), `type` and the members of its dataclass. A
reader skips members it does not know; a message of another version or type is refused as
unsupported. `docs/wire.schema.json` is `schema()`, kept true by a test.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.live_values import Ambient, WhyNoPower, ambient, power_now, total_register, why_no_power
from consumerapp.readings import Authenticity, Quality, Quantity, Reading
from consumerapp.sources.link import LinkState
from consumerapp.wire_forms import Form, JsonObject, dataclass_form, form_of
from consumerapp.wire_readings import ReadingOnTheWire, reading_from_json, reading_to_json

__all__ = [
    "MAX_MESSAGE_CHARS", "MESSAGE_TYPES", "VERSION", "Ended", "Heartbeat", "Hour", "Link", "Message", "Now",
    "Snapshot", "Today", "decode", "encode", "now_of", "reading_from_json", "reading_to_json", "schema",
]  # fmt: skip

VERSION: Final = 1
MAX_MESSAGE_CHARS = 1 << 20
"""A snapshot with an hour's curve at one second a step has about 60 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What one meter says at this moment."""

    seq: int
    """Rises by one with every message of a feed, so that a gap shows."""
    meter: str
    """The short form of the meter's number, as people see it (`…4417`)."""
    source: str
    at: datetime | None
    received_at: datetime
    power_w: Decimal | None
    """Net: import positive, export negative."""
    why_no_power: WhyNoPower | None = None
    """Given when, and only when, `power_w` is null."""
    import_wh: Decimal | None = None
    """Total register of energy taken from the grid."""
    export_wh: Decimal | None = None
    """Total register of energy sent to the grid."""
    authenticity: Authenticity = Authenticity.PLAIN
    ambient: Ambient | None = None
    quality: Quality = Quality.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The local day so far."""

    seq: int
    day: date
    import_wh: Decimal | None
    export_wh: Decimal | None
    typical_import_wh: Decimal | None
    """What is usual by this time of a day like this; null: not enough days known."""
    until: datetime
    """The last reading that is counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """The last hour's curve: mean net power of each step."""

    seq: int
    start: datetime
    step_s: int
    power_w: tuple[Decimal | None, ...]
    """Null is a step without a reading; it is not zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a source is doing."""

    seq: int
    source: str
    state: LinkState
    since: datetime
    detail: str = ""
    """A code (`LinkDetail`) for a sentence; a reader shows the state alone when it does not know it."""
    last_telegram_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a screen needs to begin with; changes follow it."""

    seq: int
    household: str
    timezone: str
    """IANA name, in which days and clocks are shown."""
    now: tuple[Now, ...] = ()
    """One for each meter."""
    today: Today | None = None
    hour: Hour | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The feed is alive and has nothing new to say."""

    seq: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The feed ends for good: do not come back with this credential."""

    seq: int
    reason: str


Message = Now | Today | Hour | Link | Snapshot | Heartbeat | Ended
MESSAGE_TYPES: Final[dict[str, type[Message]]] = {
    "now": Now,
    "today": Today,
    "hour": Hour,
    "link": Link,
    "snapshot": Snapshot,
    "heartbeat": Heartbeat,
    "ended": Ended,
}
_TYPE_NAMES = {kind: name for name, kind in MESSAGE_TYPES.items()}


def now_of(
    readings: Iterable[Reading],
    *,
    seq: int,
    locked: bool = False,
    low_w: Decimal | int = 2000,
    high_w: Decimal | int = 4000,
) -> Now | None:
    """What one meter's telegram says about this moment; None when it has no readings."""
    found = tuple(readings)
    if not found:
        return None
    first = found[0]
    power_w = power_now(found)
    quality = Quality.MEASURED
    for reading in found:
        quality |= reading.quality & (Quality.CLOCK_DOUBTFUL | Quality.COARSE)
    return Now(
        seq=seq,
        meter=first.meter_id.short,
        source=first.source,
        at=first.at,
        received_at=first.received_at,
        power_w=power_w,
        why_no_power=why_no_power(found, locked=locked) if power_w is None else None,
        import_wh=total_register(found, Quantity.ACTIVE_ENERGY_IMPORT),
        export_wh=total_register(found, Quantity.ACTIVE_ENERGY_EXPORT),
        authenticity=first.authenticity,
        ambient=ambient(power_w, low_w, high_w),
        quality=quality,
    )


def encode(message: Message) -> str:
    """One message as JSON text."""
    name = _TYPE_NAMES[type(message)]
    body = {"v": VERSION, "type": name, **_form(name).to_json(message)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Message:
    """Read one message. Never raises anything but DecodeError."""
    found = _parse_object(text)
    version = found.get("v")
    if type(version) is not int or version != VERSION:  # true and 1.0 would be equal to 1
        raise DecodeError(f"version is not {VERSION}", RefusalKind.UNSUPPORTED)
    name = found.get("type")
    if not isinstance(name, str) or name not in MESSAGE_TYPES:
        raise DecodeError("no message of a known type", RefusalKind.UNSUPPORTED)
    message: Message = _form(name).from_json(found)
    return message


def schema() -> JsonObject:
    """The JSON Schema (draft 2020-12) of every message and of a reading."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Meterside wire messages, version 1",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in MESSAGE_TYPES],
        "$defs": {
            **{name: _message_schema(name) for name in MESSAGE_TYPES},
            "reading": {**dataclass_form(ReadingOnTheWire).schema, "title": "Reading"},
        },
    }


def _form(name: str) -> Form:
    return form_of(MESSAGE_TYPES[name])


def _message_schema(name: str) -> JsonObject:
    body = _form(name).schema
    envelope = {"v": {"const": VERSION}, "type": {"const": name}}
    return {
        **body,
        "properties": {**envelope, **body["properties"]},
        "required": ["v", "type", *body["required"]],
    }


def _parse_object(text: str) -> dict[str, Any]:
    if len(text) > MAX_MESSAGE_CHARS:
        raise DecodeError(f"message of {len(text)} characters, at most {MAX_MESSAGE_CHARS} are read")
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DecodeError("no JSON") from error
    if not isinstance(found, dict):
        raise DecodeError("a message is a JSON object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


if __name__ == "__main__":  # python -m consumerapp.wire > docs/wire.schema.json
    sys.stdout.write(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n")
