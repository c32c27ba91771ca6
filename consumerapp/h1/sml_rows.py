"""The rows of a GetList response: SML_ListEntry (SML 1.04 - §?).

    77 { objName octets, status, valTime, unit u8, scaler i8, value, valueSignature }

`read_row` knows every form of a row. `RowReader` remembers the forms it has met: a row that begins alike is
read with one precompiled `struct` and compared with what it was; where anything but its number, status or
seconds differs, `read_row` is asked again. Tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, Final, NamedTuple

from consumerapp.codes import Obis, Unit
from consumerapp.errors import ApduError
from consumerapp.h1.decoder import Column, Text
from consumerapp.h1.sml_elements import (
    ABSENT,
    BOOLEAN,
    LIST,
    SIMPLE_LENGTH,
    UNSIGNED,
    Content,
    Number,
    SmlTime,
    read_list,
    read_octets,
    read_time,
    read_tl,
    read_unsigned,
    read_value,
    skip,
)
from consumerapp.units import cosem_unit

_NO_UNIT = 0
_OBIS_BYTES = 6
_SECONDS_INDEX = b"\x72\x62\x01"
_HEAD_BYTES = 9
"""77 07, the code, and the TL byte of the status word: what tells forms apart."""

MAX_EXPONENT: Final = 18
"""Beyond a trillion base units per step, or a trillionth, a scaler is damage."""
MAX_REMEMBERED: Final = 512
"""Forms kept; the longest list seen has 43 rows, and one reading head sees one meter."""


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
    places: tuple[int, ...]
    """Where its seven elements begin and where the last one ends."""

    @property
    def end(self) -> int:
        """Index behind the row."""
        return self.places[-1]


def read_row(octets: bytes, place: int) -> Row:
    """The row at `place`, in any form. Raises ApduError or IndexError if it is none."""
    _, at_code = read_list(octets, place, 7)
    code, at_status = read_octets(octets, at_code)
    status, at_time = read_unsigned(octets, at_status)
    time, at_unit = read_time(octets, at_time)
    unit, at_scaler = read_unsigned(octets, at_unit)
    scaler, at_value = read_value(octets, at_scaler)
    content, at_signature = read_value(octets, at_value)
    end = skip(octets, at_signature)
    return Row(
        code if code is not None and len(code) == _OBIS_BYTES else b"",
        status,
        time,
        unit,
        scaler.value if isinstance(scaler, Number) else None,
        content,
        (at_code, at_status, at_time, at_unit, at_scaler, at_value, at_signature, end),
    )


def column_of(code: bytes, unit: int | None, scaler: int | None) -> Column | None:
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


class Meaning:
    """The column of a row. One object per meaning, so that lists of them compare by identity, in C."""

    __slots__ = ("column",)

    def __init__(self, column: Column) -> None:
        self.column = column


class Rows:
    """What the rows of one list say."""

    __slots__ = ("begin", "end", "meanings", "raw", "status", "texts", "times")

    def __init__(self, begin: int) -> None:
        self.begin = self.end = begin
        """Where the rows stand in the frame."""
        self.meanings: list[Meaning] = []
        """Of each number."""
        self.raw: list[int] = []
        self.texts: list[Text] = []
        self.status: int | None = None
        """The first status word of the list."""
        self.times: list[tuple[int, SmlTime]] = []
        """(number of the value, wall-clock time) of the rows that have one of their own."""

    def number_of(self, obis: Obis, octets: bytes) -> Number:
        """The first number of that register as it was sent. Raises ApduError if there is none."""
        place, code = self.begin, obis.to_bytes()
        while place < self.end:
            row = read_row(octets, place)
            if row.code == code and isinstance(row.content, Number):
                return row.content
            place = row.end
        raise ApduError(f"no number for {obis}")


class _Form:
    """How a row of this beginning looked the last time."""

    __slots__ = (
        "content",
        "follower",
        "has_status",
        "head",
        "is_octets",
        "is_signed",
        "length",
        "meaning",
        "mid",
        "rest",
        "sent",
        "text",
        "unpack",
    )

    def __init__(self, length: int) -> None:
        self.length = length
        self.head = b""
        """What the row begins with."""
        self.follower: _Form | None = None
        """The form of the row that came behind it the last time."""
        self.unpack: Callable[[bytes, int], tuple[Any, ...]] | None = None
        """Gives status word, mid, rest, content, TL of the signature. None: the whole row is constant."""
        self.mid = self.rest = b""
        """What stands between status word and seconds, and between those and the content."""
        self.has_status = False
        self.is_octets = self.is_signed = False
        """Whether the number comes out of `struct` as octets, and what they are then."""
        self.meaning: Meaning | None = None
        """Of the number. None: the row holds a text or nothing."""
        self.content = self.sent = b""
        """The octets of the text, and the whole row if it is constant."""
        self.text: Text | None = None


_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}


def _code(width: int, *, is_signed: bool) -> str:
    """`struct` code of an integer; octets where there is none of that width."""
    code = _CODES.get(width)
    if code is None:
        return f"{width}s"
    return code if is_signed else code.upper()


def _form_of(octets: bytes, place: int, row: Row) -> _Form | None:
    """The form of a row; None: it is too unusual to have one."""
    at_code, at_status, at_time, at_unit, _, at_value, at_signature, end = row.places
    seconds_at = _seconds_at(octets, at_time, at_unit)
    content_at = at_value + read_tl(octets, at_value)[2]
    is_number = isinstance(row.content, Number)
    simple = (
        at_code == place + 1
        and at_status == place + _HEAD_BYTES - 1
        and SIMPLE_LENGTH[octets[at_status]] == at_time - at_status
        and octets[at_value] & 0xF0 not in (BOOLEAN, LIST)
        and octets[at_signature] == ABSENT
        and (content_at == at_value + 1 or not is_number)
    )
    if not simple or seconds_at is None:
        return None
    form = _Form(end - place)
    if isinstance(row.content, Number):
        form.is_signed = row.content.is_signed
        content_code = _code(row.content.width, is_signed=form.is_signed)
        form.is_octets = content_code.endswith("s")
    else:
        form.content = octets[content_at:at_signature]
        form.text = None if row.content is None else as_text(row.code, row.content)
        content_code = f"{len(form.content)}s"
        if octets[at_status] == octets[at_time] == ABSENT:
            form.sent = octets[place:end]
            return form
    form.has_status = row.status is not None
    form.mid = octets[at_time:seconds_at]
    form.rest = octets[at_unit:content_at]
    form.unpack = Struct(
        f">{_HEAD_BYTES}x{_code(at_time - at_status - 1, is_signed=False)}{len(form.mid)}s"
        f"{at_unit - seconds_at}x{len(form.rest)}s{content_code}B"
    ).unpack_from
    return form


def _seconds_at(octets: bytes, at_time: int, at_unit: int) -> int | None:
    """Where the seconds of a row's time begin (at its end: there is none); None: they are no bare seconds."""
    if octets[at_time] == ABSENT:
        return at_unit
    if octets[at_time] & 0xF0 == UNSIGNED:
        seconds_at = at_time + 1
    elif octets[at_time : at_time + 3] == _SECONDS_INDEX and octets[at_time + 3] & 0xF0 == UNSIGNED:
        seconds_at = at_time + 4
    else:
        return None
    return seconds_at if SIMPLE_LENGTH[octets[seconds_at - 1]] == at_unit - seconds_at + 1 else None


class RowReader:
    """Reads rows and remembers their forms."""

    __slots__ = ("_first", "_forms", "_meanings")

    def __init__(self) -> None:
        self._forms: dict[bytes, _Form] = {}
        """Beginning of a row → its form."""
        self._first = _Form(0)
        """Stands before the first row of a list."""
        self._meanings: dict[Column, Meaning] = {}

    def read(self, octets: bytes, place: int, count: int) -> Rows:
        """The `count` rows from `place` on. Raises ApduError, IndexError or struct.error if they are none."""
        rows = Rows(place)
        forms = self._forms
        meanings, raw = rows.meanings, rows.raw
        before = self._first
        for _ in range(count):
            # Rows come in the order of the last list, so that the next form is mostly known.
            form = before.follower
            if form is None or not octets.startswith(form.head, place):
                form = forms.get(octets[place : place + _HEAD_BYTES])
                if form is None:
                    place = self._read_anew(octets, place, rows, before)
                    continue
                before.follower = form
            if form.unpack is None:
                if not octets.startswith(form.sent, place):
                    place = self._read_anew(octets, place, rows, before)
                    continue
                if form.text is not None:
                    rows.texts.append(form.text)
                place += form.length
                before = form
                continue
            status, mid, rest, content, signature = form.unpack(octets, place)
            if rest != form.rest or mid != form.mid or signature != ABSENT:
                place = self._read_anew(octets, place, rows, before)
                continue
            meaning = form.meaning
            if meaning is not None:
                meanings.append(meaning)
                raw.append(int.from_bytes(content, signed=form.is_signed) if form.is_octets else content)
            elif content != form.content:
                place = self._read_anew(octets, place, rows, before)
                continue
            elif form.text is not None:
                rows.texts.append(form.text)
            if form.has_status and rows.status is None:
                rows.status = status if type(status) is int else int.from_bytes(status)
            place += form.length
            before = form
        rows.end = place
        return rows

    def _read_anew(self, octets: bytes, place: int, rows: Rows, before: _Form) -> int:
        # A form that no longer fits must not be expected again.
        before.follower = None
        row = read_row(octets, place)
        if row.status is not None and rows.status is None:
            rows.status = row.status
        meaning = None
        if isinstance(row.content, Number):
            meaning = self._meaning_of(row)
        form = _form_of(octets, place, row) if row.code else None
        if meaning is not None and isinstance(row.content, Number):
            if row.time is not None and row.time.is_wall_clock:
                rows.times.append((len(rows.raw), row.time))
            rows.meanings.append(meaning)
            rows.raw.append(row.content.value)
        elif row.code and isinstance(row.content, bytes):
            rows.texts.append(as_text(row.code, row.content))
        elif row.content is not None:
            # A number that means nothing to us is no constant.
            form = None
        if form is not None:
            form.meaning = meaning
            if len(self._forms) >= MAX_REMEMBERED:
                self._forms.clear()
                self._first = _Form(0)
            form.head = octets[place : place + _HEAD_BYTES]
            self._forms[form.head] = form
        return row.end

    def _meaning_of(self, row: Row) -> Meaning | None:
        column = column_of(row.code, row.unit, row.scaler) if row.code else None
        if column is None:
            return None
        meaning = self._meanings.get(column)
        if meaning is None:
            if len(self._meanings) >= MAX_REMEMBERED:
                self._meanings.clear()
            meaning = self._meanings[column] = Meaning(column)
        return meaning
