"""Where the numbers of an SML frame stand, for the learned way.

Variable are: values that are integers, times, transaction and file ids, checksums. All else is the skeleton:
types, lengths, codes, units, scalers, texts, the server id, and the status word, which changes seldom.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumerapp.errors import ApduError
from consumerapp.h1.sml_elements import (
    ABSENT,
    LIST,
    MAX_INTEGER_BYTES,
    OCTET_STRING,
    SIGNED,
    UNSIGNED,
    Number,
    read_list,
    read_octets,
    read_tl,
    read_unsigned,
    read_value,
    skip,
)
from consumerapp.h1.sml_file import LIST_RESPONSE, MESSAGE_TL, OPEN_RESPONSE
from consumerapp.h1.sml_rows import column_of
from consumerapp.h1.sml_transport import END_BYTES, START

_SUM_WIDTHS = {0x63: 2, 0x62: 1}
"""TL byte of a checksum → its bytes; one where the leading zero was trimmed."""
_SUM_BYTES = 2


MAX_VARIABLE_BYTES: Final = 4
"""Of a number. Four 1B in more than that could not be told from an escape by what follows them."""

_WH: Final = 30
"""COSEM's code of the watt-hour."""


class Unlearnable(Exception):
    """The frame is sound, but has something that is not learned."""


class Field(NamedTuple):
    """An integer in the frame, high byte first, of which at most the low four bytes may differ."""

    start: int
    width: int
    """1 to 4: of the part that may differ."""
    is_signed: bool
    surplus: int = 0
    """To be added: the value of the high bytes, which are skeleton."""


class MessageSpan(NamedTuple):
    """Where a message begins, where the TL byte of its checksum stands, and how wide that is."""

    begin: int
    sum_at: int
    sum_width: int


class Layout:
    """What was found."""

    __slots__ = ("messages", "numbers", "variable", "wall_clock")

    def __init__(self) -> None:
        self.variable: list[tuple[int, int]] = []
        """(start, end) of what may differ."""
        self.messages: list[MessageSpan] = []
        self.numbers: list[Field] = []
        """One for each column, in order."""
        self.wall_clock: Field | None = None
        """Seconds since 1970 of the list; None: it has no wall clock."""


def layout_of(octets: bytes, moved: bytes) -> Layout:
    """The layout of a frame that the general way has decoded. Raises Unlearnable.

    `moved` is not zero where frames of this length have been seen to differ: ids, times and registers of
    energy count, so that of their bytes only those differ that did before, for hours at least.
    """
    try:
        return _Surveyor(octets, moved).layout
    except (ApduError, IndexError) as error:
        raise Unlearnable from error


class _Surveyor:
    def __init__(self, octets: bytes, moved: bytes) -> None:
        self._octets = octets
        self._moved = moved
        self.layout = Layout()
        stop = len(octets) - END_BYTES
        place = len(START)
        while place < stop and octets[place] == MESSAGE_TL:
            place = self._message(place)
        self.layout.variable.append((len(octets) - _SUM_BYTES, len(octets)))
        if not self.layout.messages:
            raise Unlearnable

    def _message(self, begin: int) -> int:
        octets = self._octets
        place = self._octet_string(begin + 1)
        place = skip(octets, skip(octets, place))
        _, place = read_list(octets, place, 2)
        tag, place = read_unsigned(octets, place)
        if tag == OPEN_RESPONSE:
            place = self._open(place)
        elif tag == LIST_RESPONSE:
            place = self._list(place)
        else:
            place = skip(octets, place)
        width = _SUM_WIDTHS.get(octets[place])
        if width is None:
            raise Unlearnable
        self.layout.messages.append(MessageSpan(begin, place, width))
        self.layout.variable.append((place + 1, place + 1 + width))
        return place + 1 + width + 1

    def _open(self, place: int) -> int:
        _, place = read_list(self._octets, place, 6)
        place = skip(self._octets, skip(self._octets, place))
        place = self._octet_string(place)
        place = skip(self._octets, place)
        _, _, place = self._time(place)
        return skip(self._octets, place)

    def _list(self, place: int) -> int:
        octets = self._octets
        _, place = read_list(octets, place, 7)
        for _ in range(3):
            place = skip(octets, place)
        sensor_time, is_wall_clock, place = self._time(place)
        count, place = read_list(octets, place)
        for _ in range(count):
            place = self._row(place)
        place = skip(octets, place)
        gateway_time, is_gateway_wall_clock, place = self._time(place)
        if sensor_time is None:
            sensor_time, is_wall_clock = gateway_time, is_gateway_wall_clock
        if is_wall_clock:
            self.layout.wall_clock = sensor_time
        return place

    def _row(self, place: int) -> int:
        octets = self._octets
        _, place = read_list(octets, place, 7)
        code, place = read_octets(octets, place)
        place = skip(octets, place)
        _, is_wall_clock, place = self._time(place)
        if is_wall_clock:
            raise Unlearnable
        unit, place = read_unsigned(octets, place)
        scaler, place = read_value(octets, place)
        if octets[place] & 0x70 in (SIGNED, UNSIGNED):
            field, place = self._integer(place, counts=unit == _WH)
            exponent = scaler.value if isinstance(scaler, Number) else None
            if code is not None and len(code) == 6 and column_of(code, unit, exponent) is not None:
                self.layout.numbers.append(field)
        else:
            content, place = read_value(octets, place)
            if isinstance(content, Number):
                raise Unlearnable
        return skip(octets, place)

    def _octet_string(self, place: int) -> int:
        kind, length, count = read_tl(self._octets, place)
        if kind != OCTET_STRING:
            raise Unlearnable
        start, end = place + count, place + count + length
        if span := self._moved_span(start, end):
            # It may count from either end, and the next byte is where it carries to.
            self.layout.variable.append((max(span[0] - 1, start), min(span[1] + 1, end)))
        return end

    def _moved_span(self, start: int, end: int) -> tuple[int, int] | None:
        places = [place for place in range(start, end) if self._moved[place]]
        return (places[0], places[-1] + 1) if places else None

    def _integer(self, place: int, *, counts: bool) -> tuple[Field, int]:
        """An integer; of one that `counts` up only the bytes that have moved are variable, and the next."""
        kind, width, count = read_tl(self._octets, place)
        if kind not in (SIGNED, UNSIGNED) or not 1 <= width <= MAX_INTEGER_BYTES:
            raise Unlearnable
        end = place + count + width
        start = max(place + count, end - MAX_VARIABLE_BYTES)
        if not counts:
            self.layout.variable.append((start, end))
        elif span := self._moved_span(start, end):
            self.layout.variable.append((max(span[0] - 1, start), end))
        if width <= MAX_VARIABLE_BYTES:
            return Field(start, width, kind == SIGNED), end
        # Meters send eight bytes where four would do; what is above them hardly ever changes.
        high = int.from_bytes(self._octets[place + count : start], signed=kind == SIGNED)
        return Field(start, end - start, False, high << 8 * MAX_VARIABLE_BYTES), end

    def _time(self, place: int) -> tuple[Field | None, bool, int]:
        """Where the seconds stand, whether they are a wall clock, and where the time ends."""
        octets = self._octets
        if octets[place] == ABSENT:
            return None, False, place + 1
        if octets[place] & 0x70 == UNSIGNED:
            seconds, end = self._integer(place, counts=True)
            return seconds, False, end
        end = skip(octets, place)
        _, place = read_list(octets, place, 2)
        choice, place = read_unsigned(octets, place)
        if choice not in (1, 2, 3):
            return None, False, end
        if octets[place] & 0x70 == LIST:
            _, place = read_list(octets, place, 3)
        seconds, _ = self._integer(place, counts=True)
        return seconds, choice != 1, end
