"""JSON payloads with exact numbers, and what stands at a path in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h2.message import MAX_PAYLOAD_BYTES, MAX_TOPIC_CHARS, Message

MAX_DEPTH = 8
MAX_VALUES = 512
"""Values of one payload that are looked at; a gateway with more is none of a household."""
MAX_DIGITS = 28
MAX_EXPONENT = 15
"""A register of 10^15 Wh would serve a country for a year."""

Json = dict[str, object]

_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,15})?", re.ASCII)


def parse_json(payload: bytes) -> object:
    """The payload as JSON, every number a Decimal. Never raises anything but DecodeError."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise DecodeError(f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read")
    try:
        found: object = json.loads(
            payload.decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number
        )
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise DecodeError("no JSON") from error
    return found


def parse_object(payload: bytes) -> Json:
    """The payload as a JSON object. Never raises anything but DecodeError."""
    found = parse_json(payload)
    if not isinstance(found, dict):
        raise DecodeError("not a JSON object", RefusalKind.UNSUPPORTED)
    return found


def text_of(payload: bytes) -> str:
    """The payload as text. Never raises anything but DecodeError."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise DecodeError(f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("no text") from error


def levels_of(message: Message) -> list[str]:
    """The levels of the topic."""
    return message.topic[:MAX_TOPIC_CHARS].split("/")


def number_of(found: object) -> Decimal | None:
    """The exact number, also where it is sent as text; None: it is none, or none that a meter has."""
    if isinstance(found, str):
        stripped = found.strip()
        found = Decimal(stripped) if _NUMBER.fullmatch(stripped) else None
    if isinstance(found, int) and not isinstance(found, bool):
        found = Decimal(found)
    if not isinstance(found, Decimal) or not found.is_finite():
        return None
    digits = found.as_tuple()
    exponent = digits.exponent
    assert isinstance(exponent, int)
    if len(digits.digits) > MAX_DIGITS or not -MAX_DIGITS <= exponent <= MAX_EXPONENT:
        return None
    if found and found.adjusted() > MAX_EXPONENT:
        return None
    return found


def child(found: object, name: str) -> Json:
    """The object of that name; empty where there is none."""
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, dict) else {}


def text_in(found: Json, *names: str) -> str:
    """The first of these members that is a text with something in it; empty where there is none."""
    for name in names:
        value = found.get(name)
        if isinstance(value, Decimal):
            value = f"{value:f}" if abs(value.adjusted()) <= MAX_DIGITS else ""
        if isinstance(value, str) and value.strip():
            return value.strip()[:128]
    return ""


def at_path(found: object, path: str) -> object:
    """What stands at a dotted path (`data.P`, `ENERGY.Power.0`); None: nothing. Empty: all of it."""
    for step in path.split(".") if path else ():
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isascii() and step.isdecimal() and int(step[:6]) < len(found):
            found = found[int(step[:6])]
        else:
            return None
    return found


def values_in(found: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """Every value with its dotted path, in the order of the payload."""
    if isinstance(found, dict | list) and depth < MAX_DEPTH:
        items = found.items() if isinstance(found, dict) else enumerate(found)
        for name, value in items:
            yield from values_in(value, f"{path}.{name}" if path else str(name), depth + 1)
    else:
        yield path, found


def _no_number(_name: str) -> None:
    """NaN and Infinity say that there is no value."""
