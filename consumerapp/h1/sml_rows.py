"""The rows of a GetList response: SML_ListEntry (SML 1.04 - §?).

    77 { objName octets, status, valTime, unit u8, scaler i8, value, valueSignature }

`RowReader` reads the usual row in one go and remembers what its register and unit mean; everything unusual
goes through `read_row`, which knows every form. Tests hold the two together.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumerapp.codes import Obis, Unit
from consumerapp.errors import ApduError
from consumerapp.h1.decoder import Column, Text
from consumerapp.h1.sml_elements import (
    ABSENT,
    SIGNED,
    SIMPLE_LENGTH,
    UNPACKERS,
    UNSIGNED,
    Content,
    Number,
    SmlTime,
    read_list,
    read_octets,
    read_time,
    read_unsigned,
    read_value,
    skip,
)
from consumerapp.units import cosem_unit

ROW_TL: Final = 0x77
_OBIS_TL = 0x07
_TIME_TL = 0x72
_UNIT_TL = 0x62
_SCALER_TL = 0x52
_SECONDS_INDEX = b"\x62\x01"
_NO_UNIT = 0

MAX_EXPONENT: Final = 18
"""Beyond a trillion base units per step, or a trillionth, a scaler is damage."""
MAX_REMEMBERED: Final = 512
"""Meanings kept; the longest list seen has 43 rows, and one reading head sees one meter."""


class Row(NamedTuple):
    """One row as it was sent."""

    code: bytes
    """OBIS code, six octets, A first; empty if the row names no register."""
    status: int | None
    time: SmlTime | None
    unit: int | None
    """COSEM unit code."""
    scaler: int | None
    content: Content
    end: int
    """Index behind the row."""


def read_row(octets: bytes, place: int) -> Row:
    """The row at `place`, in any form. Raises ApduError or IndexError if it is none."""
    _, place = read_list(octets, place, 7)
    code, place = read_octets(octets, place)
    status, place = read_unsigned(octets, place)
    time, place = read_time(octets, place)
    unit, place = read_unsigned(octets, place)
    scaler, place = read_value(octets, place)
    content, place = read_value(octets, place)
    return Row(
        code if code is not None and len(code) == 6 else b"",
        status,
        time,
        unit,
        scaler.value if isinstance(scaler, Number) else None,
        content,
        skip(octets, place),
    )


def meaning(code: bytes, unit: int | None, scaler: int | None) -> Column | None:
    """What a number of this row means; None: its unit is none of ours, or its scaler is absurd."""
    base_unit, shift = Unit.NONE, 0
    # Some meters write 0 where a row has no unit.
    if unit is not None and unit != _NO_UNIT:
        known = cosem_unit(unit)
        if known is None:
            return None
        base_unit, shift = known
    exponent = (scaler or 0) + shift
    return Column(Obis.from_bytes(code), base_unit, exponent) if abs(exponent) <= MAX_EXPONENT else None


def as_text(code: bytes, content: bytes) -> Text:
    """Octets as people read them: printable ones as they are, others in hexadecimal."""
    printable = all(0x20 <= octet < 0x7F for octet in content)
    return Text(Obis.from_bytes(code), content.decode("ascii") if printable else content.hex())


class Rows:
    """What the rows of one list say."""

    __slots__ = ("begin", "columns", "end", "keys", "raw", "status", "texts", "times")

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        """What makes the column of each number: code, 62, unit, 52, scaler."""
        self.columns: list[Column] = []
        self.raw: list[int] = []
        self.texts: list[Text] = []
        self.status: int | None = None
        """The first status word of the list."""
        self.times: list[tuple[int, SmlTime]] = []
        """(column number, wall-clock time) of the rows that have one of their own."""
        self.begin = 0
        self.end = 0
        """Where the rows stand in the frame."""

    def number_of(self, obis: Obis, octets: bytes) -> Number:
        """The first number of that register as it was sent. Raises ApduError if there is none."""
        place, code = self.begin, obis.to_bytes()
        while place < self.end:
            row = read_row(octets, place)
            if row.code == code and isinstance(row.content, Number):
                return row.content
            place = row.end
        raise ApduError(f"no number for {obis}")


class RowReader:
    """Reads rows and remembers what they mean."""

    __slots__ = ("_columns", "_texts")

    def __init__(self) -> None:
        self._columns: dict[bytes, Column] = {}
        """Code, 62, unit, 52, scaler → meaning."""
        self._texts: dict[bytes, tuple[bytes, Text]] = {}
        """Code → the whole row as sent last, and its text."""

    def read(self, octets: bytes, place: int, count: int) -> Rows:  # noqa: C901 - no calls in the hot loop
        """The `count` rows from `place` on."""
        rows = Rows()
        rows.begin = place
        known_columns, known_texts = self._columns, self._texts
        keys, columns, raw = rows.keys, rows.columns, rows.raw
        for _ in range(count):
            code = octets[place + 2 : place + 8]
            if code in known_texts:
                sent, text = known_texts[code]
                if octets.startswith(sent, place):
                    rows.texts.append(text)
                    place += len(sent)
                    continue
            at = place + 8
            status = None
            tl = octets[at]
            if tl == ABSENT:
                at += 1
            elif UNSIGNED + 1 < tl <= UNSIGNED + 9:
                length = tl - UNSIGNED
                status = int.from_bytes(octets[at + 1 : at + length])
                at += length
            tl = octets[at]
            if tl == ABSENT:
                at += 1
            elif UNSIGNED + 1 < tl <= UNSIGNED + 9:
                at += tl - UNSIGNED
            elif tl == _TIME_TL and octets[at + 1 : at + 3] == _SECONDS_INDEX:
                length = octets[at + 3] - UNSIGNED
                at += 3 + length if 1 < length < 10 else 0
            key = code + octets[at : at + 4]
            column = known_columns.get(key)
            if column is None or octets[place] != ROW_TL or octets[place + 1] != _OBIS_TL:
                place = self._unusual(octets, place, rows)
                continue
            tl = octets[at + 4]
            unpack = UNPACKERS[tl]
            if unpack is not None:
                number = unpack(octets, at + 5)[0]
                at += 4 + SIMPLE_LENGTH[tl]
            elif SIGNED + 1 < tl <= SIGNED + 9 or UNSIGNED + 1 < tl <= UNSIGNED + 9:
                length = tl & 0x0F
                number = int.from_bytes(octets[at + 5 : at + 4 + length], signed=tl < UNSIGNED)
                at += 4 + length
            else:
                place = self._unusual(octets, place, rows)
                continue
            if octets[at] != ABSENT:
                place = self._unusual(octets, place, rows)
                continue
            if status is not None and rows.status is None:
                rows.status = status
            keys.append(key)
            columns.append(column)
            raw.append(number)
            place = at + 1
        rows.end = place
        return rows

    def _unusual(self, octets: bytes, place: int, rows: Rows) -> int:
        row = read_row(octets, place)
        if row.status is not None and rows.status is None:
            rows.status = row.status
        if not row.code or row.content is None:
            return row.end
        if not isinstance(row.content, Number):
            text = as_text(row.code, row.content)
            rows.texts.append(text)
            if row.status is None and (row.time is None or not row.time.is_wall_clock):
                _make_room(self._texts)
                self._texts[row.code] = (octets[place : row.end], text)
            return row.end
        column = meaning(row.code, row.unit, row.scaler)
        if column is None:
            return row.end
        key = row.code + bytes((_UNIT_TL, row.unit or 0, _SCALER_TL, (row.scaler or 0) & 0xFF))
        if key not in self._columns:
            _make_room(self._columns)
            self._columns[key] = column
        column = self._columns[key]
        if row.time is not None and row.time.is_wall_clock:
            rows.times.append((len(rows.raw), row.time))
        rows.keys.append(key)
        rows.columns.append(column)
        rows.raw.append(row.content.value)
        return row.end


def _make_room[Key, Meaning](known: dict[Key, Meaning]) -> None:
    if len(known) >= MAX_REMEMBERED:
        known.clear()
