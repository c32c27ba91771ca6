"""Map recorded MQTT payloads of a dialect into JSON Lines, one object per telegram.

FILE is one payload as it was published, a JSON list of {"topic", "payload"}, or what `mosquitto_sub -F %j`
prints. A telegram is printed as `decode` prints it, with `unmapped` where values are not known; a refused
payload as error, offset, detail, the offset being the number of the message. Exit status 0 if there was a
telegram, 1 if there was none, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from consumerapp.commands.decode import as_object, key_from_text
from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.h1.decoder import Refused
from consumerapp.h2.dialects import Dialect, DialectOptions, available_dialects, open_dialect
from consumerapp.h2.message import Description, Mapped, Message, Outcome, Presence
from consumerapp.readings import Unit

NO_TELEGRAM = 1
WRONG_USAGE = 2
MAX_FILE_BYTES = 64 << 20
RATES = (Unit.M3_PER_H.value,)
"""Units beyond those that `decode` prints; their values stand in a list of their own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `map` can be told."""
    parser.add_argument("file", metavar="FILE", help="a payload or recorded messages; - reads standard input")
    parser.add_argument("--dialect", choices=available_dialects(), required=True, help="who published it")
    parser.add_argument("--topic", default="", help="on which topic a single payload was published")
    parser.add_argument("--zone", type=_zone, metavar="IANA", help="of times without an offset")
    parser.add_argument("--rules", type=Path, metavar="RULES", help="a file with rules, one in a line")
    parser.add_argument("--key", type=key_from_text, metavar="HEX", help="encryption key of raw telegrams")
    parser.add_argument("--auth-key", type=key_from_text, metavar="HEX", help="authentication key")


def run(arguments: argparse.Namespace) -> int:
    """Map, print, answer the exit status."""
    try:
        rules = arguments.rules.read_text(encoding="utf-8") if arguments.rules else ""
        dialect = open_dialect(
            arguments.dialect,
            DialectOptions(zone=arguments.zone, rules=rules, key=arguments.key, auth_key=arguments.auth_key),
        )
        if arguments.file == "-":
            return _map(dialect, sys.stdin.buffer.read(MAX_FILE_BYTES), arguments.topic)
        with Path(arguments.file).open("rb") as recording:
            return _map(dialect, recording.read(MAX_FILE_BYTES), arguments.topic)
    except BrokenPipeError:
        # The reader of our output has seen enough.
        sys.stderr.close()
        return 0
    except (OSError, UnicodeDecodeError) as error:
        return _complain(f"{arguments.file}: {getattr(error, 'strerror', None) or error}")
    except ConsumerAppError as error:
        return _complain(str(error))


def messages_in(content: bytes, topic: str = "") -> Iterator[Message]:
    """The messages of a recording; what is no recording is one payload."""
    recorded = _recorded(content)
    if recorded is None:
        yield Message(topic, content)
        return
    for item in recorded:
        payload = item["payload"]
        if not isinstance(payload, str):
            payload = json.dumps(payload, default=_exact)
        received_at = item.get("tst")
        yield Message(
            str(item["topic"]),
            payload.encode(),
            _instant(received_at) if isinstance(received_at, str) else None,
            is_retained=item.get("retain") in (1, True),
        )


def _map(dialect: Dialect, content: bytes, topic: str) -> int:
    telegrams = printed = 0
    for number, message in enumerate(messages_in(content, topic)):
        try:
            outcomes = dialect.receive_message(message)
        except DecodeError as error:
            outcomes = (Refused(error.kind, number, error.detail),)
        for outcome in outcomes:
            told = told_of(outcome)
            if "offset" in told and not isinstance(outcome, Refused):
                told["offset"] = number
            telegrams += isinstance(outcome, Mapped)
            printed += 1
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    if not printed:
        sys.stdout.write('{"error": "unsupported", "offset": 0, "detail": "nothing of this dialect"}\n')
    sys.stdout.flush()
    return 0 if telegrams else NO_TELEGRAM


def told_of(outcome: Outcome) -> dict[str, object]:
    """The outcome as the command prints it."""
    match outcome:
        case Refused():
            return as_object(outcome)
        case Mapped():
            told = as_object(outcome.telegram)
            readings = told["readings"]
            assert isinstance(readings, list)
            told["readings"] = [one for one in readings if one["unit"] not in RATES]
            if rates := [one for one in readings if one["unit"] in RATES]:
                told["rates"] = rates
            if outcome.unmapped:
                told["unmapped"] = [{"path": one.path, "value": one.value} for one in outcome.unmapped]
            return told
        case Presence():
            return {"presence": outcome.device, "online": outcome.is_online}
        case Description():
            return {"described": outcome.topic, "title": outcome.title, "obis": outcome.code or None}


def _recorded(content: bytes) -> list[dict[str, Any]] | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    for candidate in (_json_list(text), _json_lines(text)):
        if candidate and all(
            isinstance(item, dict) and isinstance(item.get("topic"), str) and "payload" in item
            for item in candidate
        ):
            return candidate
    return None


def _json_list(text: str) -> list[Any] | None:
    try:
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else [found]


def _json_lines(text: str) -> list[Any] | None:
    try:
        return [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


class _Exact(float):
    """A number that is printed with the digits it was read with."""

    def __new__(cls, digits: str) -> _Exact:
        exact = super().__new__(cls, digits)
        exact.digits = digits
        return exact

    digits: str

    def __repr__(self) -> str:
        return self.digits


def _exact(found: object) -> object:
    return _Exact(str(found)) if isinstance(found, Decimal) else str(found)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise argparse.ArgumentTypeError(f"There is no time zone {name[:40]!r}.") from error


def _complain(message: str) -> int:
    sys.stderr.write(f"map: {message}\n")
    return WRONG_USAGE
