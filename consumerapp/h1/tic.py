"""TIC, the customer port of French meters: frames of labelled groups, each with a checksum of its own.

Enedis-NOI-CPT_54E - §? (historique and standard modes).

    STX  LF label SP data SP checksum CR  …  ETX                  historique, 1200 baud 7E1
    STX  LF label HT [horodate HT] data HT checksum CR  …  ETX    standard, 9600 baud 7E1

The checksum is a sum of six bits, so it misses a change of bit 6 or 7. Labels, numbers and identifications
have alphabets that such a change leaves, so they are held to them; the text of a message has none.
One broken group refuses the whole frame, for the next one comes within two seconds.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final

from consumerapp.errors import ApduError, ConsumerAppError, DecodeError, FrameError, RefusalKind
from consumerapp.h1.decoder import NEED_DATA, Column, NextEvent, Protocol, Refused, Telegram, Text
from consumerapp.h1.receive_buffer import ReceiveBuffer
from consumerapp.readings import MeterId, Obis, Unit

MAX_FRAME_BYTES: Final = 4096
"""A three-phase standard frame has 1100 bytes; three times that is no meter's."""

_STX, _ETX, _EOT = b"\x02", b"\x03", b"\x04"
_FRAME_MARK = re.compile(rb"[\x02\x03\x04]")
_HORODATE = re.compile(r"([HEhe ])(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_LABEL = re.compile(rb"[A-Z0-9+-]{1,9}")
_WORD = re.compile(r"[A-Z0-9.() ]*")
_OFFSET_FROM_UTC = {"H": timedelta(hours=1), "E": timedelta(hours=2)}
_IDENTIFICATION = Obis(0, 0, 96, 1, 0)


def _columns() -> dict[str, Column]:
    """Label → register. TIC has no OBIS codes; the tariff index follows the order of the labels."""
    table: dict[str, tuple[str, Unit, int]] = {
        "BASE": ("1-0:1.8.0", Unit.WH, 0), "EAST": ("1-0:1.8.0", Unit.WH, 0),
        "EAIT": ("1-0:2.8.0", Unit.WH, 0),
        "HCHC": ("1-0:1.8.1", Unit.WH, 0), "HCHP": ("1-0:1.8.2", Unit.WH, 0),
        "EJPHN": ("1-0:1.8.1", Unit.WH, 0), "EJPHPM": ("1-0:1.8.2", Unit.WH, 0),
        "BBRHCJB": ("1-0:1.8.1", Unit.WH, 0), "BBRHPJB": ("1-0:1.8.2", Unit.WH, 0),
        "BBRHCJW": ("1-0:1.8.3", Unit.WH, 0), "BBRHPJW": ("1-0:1.8.4", Unit.WH, 0),
        "BBRHCJR": ("1-0:1.8.5", Unit.WH, 0), "BBRHPJR": ("1-0:1.8.6", Unit.WH, 0),
        "ERQ1": ("1-0:5.8.0", Unit.VARH, 0), "ERQ2": ("1-0:6.8.0", Unit.VARH, 0),
        "ERQ3": ("1-0:7.8.0", Unit.VARH, 0), "ERQ4": ("1-0:8.8.0", Unit.VARH, 0),
        "IINST": ("1-0:31.7.0", Unit.A, 0), "PAPP": ("1-0:9.7.0", Unit.VA, 0),
        "SINSTS": ("1-0:9.7.0", Unit.VA, 0), "SINSTI": ("1-0:10.7.0", Unit.VA, 0),
        "NTARF": ("0-0:96.14.0", Unit.NONE, 0),
    }  # fmt: skip
    for tariff in range(1, 11):
        table[f"EASF{tariff:02}"] = (f"1-0:1.8.{tariff}", Unit.WH, 0)
    for phase in (1, 2, 3):
        group = 20 * phase
        table[f"IINST{phase}"] = table[f"IRMS{phase}"] = (f"1-0:{group + 11}.7.0", Unit.A, 0)
        table[f"URMS{phase}"] = (f"1-0:{group + 12}.7.0", Unit.V, 0)
        table[f"SINSTS{phase}"] = (f"1-0:{group + 9}.7.0", Unit.VA, 0)
    return {
        label: Column(Obis.parse(code), unit, exponent) for label, (code, unit, exponent) in table.items()
    }


COLUMNS: Final = _columns()
TEXTS: Final = {
    "ADCO": _IDENTIFICATION, "ADSC": _IDENTIFICATION,
    "PTEC": Obis(0, 0, 96, 14, 0),
    "MSG1": Obis(0, 0, 96, 13, 0), "MSG2": Obis(0, 0, 96, 13, 1),
}  # fmt: skip


def decoder(
    *, key: bytes | None = None, auth_key: bytes | None = None, profile: str | None = None
) -> TicDecoder:
    """A fresh decoder of TIC frames of both modes. Keys are of no use here and are ignored."""
    if profile is not None:
        raise ConsumerAppError(f"no profile {profile!r} for TIC: the frame names its own mode")
    return TicDecoder()


class TicDecoder:
    """Sans-IO decoder of TIC frames. Obeys the laws of `decoder`."""

    def __init__(self) -> None:
        self._buffer = ReceiveBuffer()
        self._searched = 1
        self._ended = False
        self._events: deque[Telegram | Refused] = deque()

    def receive_data(self, data: bytes) -> None:
        """Take in the next bytes of the stream, in any chunking."""
        self._buffer.append(data)

    def receive_eof(self) -> None:
        """No more bytes will come: an open frame is refused."""
        self._ended = True

    def next_event(self) -> NextEvent:
        """The next telegram or refusal, or NEED_DATA. Raises nothing."""
        while not self._events:
            if not self._advance():
                return NEED_DATA
        return self._events.popleft()

    def _advance(self) -> bool:
        data = self._buffer.data
        if data[:1] != _STX:
            start = data.find(_STX)
            self._buffer.discard(len(data) if start < 0 else start)
            return start >= 0
        mark = _FRAME_MARK.search(data, self._searched, MAX_FRAME_BYTES)
        if mark is None:
            if len(data) < MAX_FRAME_BYTES:
                self._searched = max(len(data), 1)
                if not self._ended:
                    return False
                return self._refuse(RefusalKind.TRUNCATED, "the input ends inside a frame", len(data))
            return self._refuse(RefusalKind.MALFORMED, f"no end within {MAX_FRAME_BYTES} bytes", 1)
        if mark[0] == _STX:
            return self._refuse(
                RefusalKind.TRUNCATED, "a new frame began before this one ended", mark.start()
            )
        if mark[0] == _EOT:
            return self._refuse(RefusalKind.TRUNCATED, "the meter interrupted its frame", mark.end())
        offset = self._buffer.offset
        try:
            self._events.append(_telegram(data[1 : mark.start()], offset))
        except DecodeError as error:
            self._events.append(Refused(error.kind, offset, error.detail))
        self._leave(mark.end())
        return True

    def _refuse(self, kind: RefusalKind, detail: str, consumed: int) -> bool:
        self._events.append(Refused(kind, self._buffer.offset, detail))
        self._leave(consumed)
        return True

    def _leave(self, consumed: int) -> None:
        self._buffer.discard(consumed)
        self._searched = 1


def _telegram(body: bytes, offset: int) -> Telegram:
    """One whole frame. Raises DecodeError."""
    columns: list[Column] = []
    raw: list[int] = []
    texts: list[Text] = []
    measured_at: datetime | None = None
    status: int | None = None
    if body[:1] not in (b"\n", b"\r"):
        # A line feed that lost a bit looks like the start of a frame, and would hide the groups before it.
        raise ApduError("no group follows the start of the frame")
    for line in re.split(rb"[\r\n]+", body):
        if not line:
            continue
        label, horodate, data = _group(line)
        if (column := COLUMNS.get(label)) is not None:
            if not data.isdecimal():
                raise ApduError(f"{label} is no number")
            columns.append(column)
            raw.append(int(data))
        elif label in TEXTS:
            if not label.startswith("MSG") and not _WORD.fullmatch(data):
                raise ApduError(f"{label} holds characters that it never has")
            texts.append(Text(TEXTS[label], " ".join(data.split())))
        elif label == "DATE":
            measured_at = _instant(horodate)
        elif label == "STGE":
            if not re.fullmatch(r"[0-9A-F]{8}", data):
                raise ApduError("the status register is no hexadecimal number")
            status = int(data, 16)
    if not columns:
        raise ApduError("the frame has no group that we know")
    identification = next((text.value for text in texts if text.obis == _IDENTIFICATION), None)
    return Telegram(
        protocol=Protocol.TIC,
        offset=offset,
        meter_id=MeterId(identification) if identification else None,
        measured_at=measured_at,
        columns=tuple(columns),
        raw=tuple(raw),
        texts=tuple(texts),
        status=status,
    )


def _group(line: bytes) -> tuple[str, str, str]:
    """Label, horodate and data of one group whose checksum is right. Raises FrameError."""
    checksum = line[-1]
    if b"\t" in line:
        summed, fields = line[:-1], line[:-1].split(b"\t")
        if len(fields) not in (3, 4) or fields[-1]:
            raise FrameError("a group has no checksum field", RefusalKind.MALFORMED)
        label, horodate, data = fields[0], fields[1] if len(fields) == 4 else b"", fields[-2]
    else:
        summed = line[:-2]
        label, separator, data = summed.partition(b" ")
        horodate = b""
        if not separator or line[-2:-1] != b" ":
            raise FrameError("a group has no checksum field", RefusalKind.MALFORMED)
    wanted = (sum(summed) & 0x3F) + 0x20
    if wanted != checksum:
        raise FrameError(f"group checksum {wanted:02X}, frame says {checksum:02X}")
    if not line.isascii() or not _LABEL.fullmatch(label):
        raise FrameError("a group holds characters that no meter sends", RefusalKind.MALFORMED)
    return label.decode(), horodate.decode(), data.decode()


def _instant(horodate: str) -> datetime | None:
    """SAAMMJJhhmmss in UTC. None: the season is not sent, or small because the meter's clock is not kept."""
    found = _HORODATE.fullmatch(horodate)
    if found is None:
        raise ApduError("the date is no horodate")
    offset = _OFFSET_FROM_UTC.get(found[1])
    if offset is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[1:])
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC) - offset
    except ValueError as error:
        raise ApduError("the date is none of the calendar") from error
