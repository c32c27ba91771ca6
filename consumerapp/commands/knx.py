"""Tell the group telegrams of recorded KNXnet/IP frames as JSON Lines.

FILE holds frames as they were, or lines of hexadecimal, or JSON: a list of such texts or of objects with
`hex`. With --table, also the readings that the table makes of them. Exit status 0 if there was a group
telegram, 1 if there was none, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from consumerapp.errors import ConsumerAppError, DecodeError, RefusalKind
from consumerapp.h1.decoder import Refused
from consumerapp.h2.knx import GroupTelegram, SecuredTelegram, frames_in, parse_frame, split_frames

NO_TELEGRAM = 1
WRONG_USAGE = 2
MAX_FILE_OCTETS = 64 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `knx` can be told."""
    parser.add_argument("file", type=Path, metavar="FILE", help="recorded frames")
    parser.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="group addresses and their registers, one a line: 1/2/3; 1-0:1.8.0; 13.010",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each group telegram and each broken frame."""
    try:
        if arguments.file.stat().st_size > MAX_FILE_OCTETS:
            raise ConsumerAppError(f"{arguments.file}: more than {MAX_FILE_OCTETS} octets")
        readings = _Readings(arguments.table)
        told = 0
        for offset, frame in _frames(arguments.file.read_bytes()):
            told += _tell(offset, frame, readings)
    except OSError as error:
        sys.stderr.write(f"knx: {arguments.file}: {error.strerror or error}\n")
        return WRONG_USAGE
    except ConsumerAppError as error:
        sys.stderr.write(f"knx: {error}\n")
        return WRONG_USAGE
    return 0 if told else NO_TELEGRAM


class _Readings:
    """What a table makes of telegrams; nothing without one."""

    def __init__(self, path: Path | None) -> None:
        self._table = None
        if path is not None:
            from consumerapp.h2.knx_table import GroupTable  # noqa: PLC0415 - only with --table

            self._table = GroupTable.parse(path.read_text(encoding="utf-8-sig"))

    def of(self, telegram: GroupTelegram) -> dict[str, object]:
        if self._table is None:
            return {}
        made = self._table.receive_telegram(telegram)
        if made is None:
            return {}
        if isinstance(made, Refused):
            return {"error": made.kind.value, "detail": made.detail}
        return {
            "meter_id": made.meter_id,
            "readings": [
                {"obis": str(value.obis), "value": f"{value.value:f}", "unit": value.unit.value or None}
                for value in made.values
            ],
        }


def _frames(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames of a file: JSON, hexadecimal lines, or the octets themselves."""
    lines = _hexadecimal(content)
    if lines is None:
        yield from frames_in(content)
        return
    for number, line in enumerate(lines):
        try:
            octets = bytes.fromhex(line)
        except ValueError:
            octets = b""
        yield from ((number, frame) for frame in split_frames(octets))


def _hexadecimal(content: bytes) -> list[str] | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "\x00" in text:
        return None
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConsumerAppError("no JSON") from error
        found = [item.get("hex") if isinstance(item, dict) else item for item in listed]
        return [item for item in found if isinstance(item, str)]
    return [line for line in text.splitlines() if line.strip()]


def _tell(offset: int, frame: bytes, readings: _Readings) -> bool:
    try:
        telegram = parse_frame(frame)
    except DecodeError as error:
        _print({"error": error.kind.value, "offset": offset, "detail": error.detail})
        return False
    if telegram is None:
        return False
    if isinstance(telegram, SecuredTelegram):
        detail = f"KNX Data Secure from {telegram.source} to {telegram.group}"
        _print({"error": RefusalKind.NEEDS_KEY.value, "offset": offset, "detail": detail})
        return False
    told: dict[str, object] = {
        "offset": offset,
        "group": str(telegram.group),
        "source": str(telegram.source),
        "service": telegram.service.value,
    }
    if telegram.small is not None:
        told["small"] = telegram.small
    elif telegram.data:
        told["data"] = telegram.data.hex()
    _print(told | readings.of(telegram))
    return True


def _print(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
