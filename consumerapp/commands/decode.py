"""Decode recorded or live bytes of a meter into JSON Lines, one object per telegram.

A telegram: protocol, offset, meter_id, measured_at, authenticity, readings, texts; status and locked where
they say something. A refused frame: error, offset, detail. Exit status 0 if there was a telegram, 1 if there
was none, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import NEED_DATA, Decoder, Event, Protocol, Refused, Telegram
from consumerapp.h1.registry import Auto, decoder_for
from consumerapp.h1.sml_quirks import LOCKED_EXPLANATION

NO_TELEGRAM = 1
WRONG_USAGE = 2
CHUNK_BYTES = 64 * 1024
KEY_BYTES = (16, 32)
"""AES-128 for security suites 0 and 1, AES-256 for suite 2."""


def key_from_text(text: str) -> bytes:
    """A key as people paste it: hexadecimal, with spaces, colons, dashes or 0x."""
    digits = text.strip().lower().removeprefix("0x").translate({ord(sign): None for sign in " :-\t"})
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) not in KEY_BYTES:
        detail = "has other characters than 0-9 and A-F"
        if not set(digits) - set("0123456789abcdef"):
            detail = f"has {len(digits)} hexadecimal digits, it needs {2 * KEY_BYTES[0]}"
        raise argparse.ArgumentTypeError(f"The key {detail}.")
    return key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `decode` can be told."""
    parser.add_argument("file", metavar="FILE", help="a recording; - reads standard input as it comes")
    parser.add_argument(
        "--protocol",
        choices=["auto", *(protocol.value for protocol in Protocol)],
        default="auto",
        help="the family the meter speaks; auto finds out",
    )
    parser.add_argument("--key", type=key_from_text, metavar="HEX", help="encryption key of the meter")
    parser.add_argument("--auth-key", type=key_from_text, metavar="HEX", help="authentication key")
    parser.add_argument("--profile", metavar="NAME", help="the meter type, where it cannot be found out")


def run(arguments: argparse.Namespace) -> int:
    """Decode, print, answer the exit status."""
    protocol: Protocol | Auto = "auto" if arguments.protocol == "auto" else Protocol(arguments.protocol)
    try:
        decoder = decoder_for(
            protocol, key=arguments.key, auth_key=arguments.auth_key, profile=arguments.profile
        )
        if arguments.file == "-":
            return _decode(decoder, sys.stdin.buffer, live=True)
        with Path(arguments.file).open("rb") as recording:
            return _decode(decoder, recording, live=False)
    except BrokenPipeError:
        # The reader of our output has seen enough.
        sys.stderr.close()
        return 0
    except OSError as error:
        return _complain(f"{arguments.file}: {error.strerror or error}")
    except ConsumerAppError as error:
        return _complain(str(error))


def _complain(message: str) -> int:
    sys.stderr.write(f"decode: {message}\n")
    return WRONG_USAGE


def _decode(decoder: Decoder, stream: BinaryIO, *, live: bool) -> int:
    telegrams = events = size = 0
    for chunk in _chunks(stream, live=live):
        size += len(chunk)
        if chunk:
            decoder.receive_data(chunk)
        else:
            decoder.receive_eof()
        while (event := decoder.next_event()) is not NEED_DATA:
            events += 1
            telegrams += isinstance(event, Telegram)
            _print(event)
        if live:
            sys.stdout.flush()
    if not events:
        _print(Refused(RefusalKind.MALFORMED, 0, f"no frame in {size} bytes"))
    sys.stdout.flush()
    return 0 if telegrams else NO_TELEGRAM


def _chunks(stream: BinaryIO, *, live: bool) -> Iterator[bytes]:
    """The stream in pieces, as they arrive if it is live, and an empty one at its end."""
    read = getattr(stream, "read1", stream.read) if live else stream.read
    while chunk := read(CHUNK_BYTES):
        yield chunk
    yield b""


def _print(event: Event) -> None:
    sys.stdout.write(json.dumps(as_object(event), ensure_ascii=False) + "\n")


def as_object(event: Event) -> dict[str, object]:
    """The event as the command prints it."""
    if isinstance(event, Refused):
        return {"error": event.kind.value, "offset": event.offset, "detail": event.detail}
    told: dict[str, object] = {
        "protocol": event.protocol.value,
        "offset": event.offset,
        "meter_id": event.meter_id,
        "measured_at": None if event.measured_at is None else _utc(event.measured_at),
        "authenticity": event.authenticity.value,
        "readings": _readings(event),
        "texts": [{"obis": str(text.obis), "value": text.value} for text in event.texts],
    }
    if event.status is not None:
        told["status"] = event.status
    if event.locked:
        told["locked"] = True
        told["note"] = LOCKED_EXPLANATION
    return told


def _readings(telegram: Telegram) -> list[dict[str, object]]:
    times = dict(telegram.value_times)
    readings: list[dict[str, object]] = []
    for number, value in enumerate(telegram.values):
        reading: dict[str, object] = {
            "obis": str(value.obis),
            "value": f"{value.value:f}",
            "unit": value.unit.value or None,
        }
        if number in times:
            reading["at"] = _utc(times[number])
        readings.append(reading)
    return readings


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
