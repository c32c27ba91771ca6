"""What a readout says: its data sets become the numbers and texts of a telegram.

This is the general way; `readout_structure` is the fast one for what a meter sends again and again.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.data_sets import (
    CENTRAL_EUROPE_MIN,
    DATA_SET,
    DataSet,
    Number,
    Stamp,
    code,
    data_sets,
    stamp_utc,
)
from consumerapp.h1.decoder import Column, Protocol, Refused, Telegram, Text
from consumerapp.h1.readout_structure import ReadoutStructure
from consumerapp.readings import Authenticity, MeterId, Obis

_P1_MARKS = (b"\n0-0:96.1.1(", b"\n0-0:96.14.0(", b"\n1-3:0.2.8(", b":24.2.1(", b":24.3.0(", b"\n0-0:1.0.0(")
CRC_LINE_BYTES: Final = 6
"""Four hexadecimal digits, CR and LF behind the end mark."""
_HEX_TEXT = re.compile(r"(?:[0-9A-Fa-f]{2}){2,1024}")
_CLOCK = Obis(0, 0, 1, 0, 0)
_IDENTIFICATIONS = tuple(
    Obis.parse(text)
    for text in (
        "0-0:96.1.1",
        "0-0:96.1.0",
        "0-0:42.0.0",
        "0-0:96.1.255",
        "1-0:0.0.0",
        "0-0:0.0.0",
        "1-0:96.1.0",
    )
)
"""Where meters print who they are, best first."""


def is_pure_number(obis: Obis) -> bool:
    """Registers that are numbers without a unit: counters, states, power factors. Never energy or power."""
    if obis.a == 1 and obis.c in (13, 33, 53, 73):
        return obis.d == 7
    if obis.c in (32, 52, 72):
        return obis.d in (32, 36)
    if obis.c == 96:
        return obis.d in (3, 7, 14)
    return obis.a == 0 and obis.c == 24 and obis.d in (1, 4)


def plain_text(group: str) -> str:
    """The text of an octet string: hexadecimal digits become the characters they stand for, if they do."""
    if not _HEX_TEXT.fullmatch(group):
        return group
    octets = bytes.fromhex(group)
    return octets.decode() if all(32 <= octet < 127 for octet in octets) else group


class ReadoutContent:
    """Builds telegrams out of whole, guarded readouts; remembers the last structures it has seen."""

    MAX_STRUCTURES: Final = 4
    """A port has one meter with one to three alternating lists."""

    def __init__(
        self,
        *,
        standard_offset_min: int = CENTRAL_EUROPE_MIN,
        authenticity: Authenticity = Authenticity.PLAIN,
    ) -> None:
        self._standard_offset_min = standard_offset_min
        self._authenticity = authenticity
        self._structures: deque[ReadoutStructure] = deque(maxlen=self.MAX_STRUCTURES)

    @staticmethod
    def looks_like_p1(body: bytes) -> bool:
        """Registers that only P1 telegrams have."""
        return any(mark in body for mark in _P1_MARKS)

    def telegram(self, body: bytes, protocol: Protocol, offset: int, *, strict: bool) -> Telegram | Refused:
        """The telegram in `body`, from `/` to `!`. `strict`: nothing guards it, each line must be sound."""
        text = body.decode("latin-1")
        if strict and (odd := _odd_line(text)) is not None:
            return Refused(
                RefusalKind.MALFORMED, offset, f"nothing guards this telegram, and {odd!r} is no data set"
            )
        reader = _Reader(text, self._standard_offset_min, hex_texts=protocol is Protocol.P1)
        telegram = reader.telegram(protocol, offset, self._authenticity)
        if protocol is Protocol.P1 and not strict and telegram.columns:
            self._structures.appendleft(
                ReadoutStructure(
                    body, telegram, reader.numbers, reader.own_stamps, reader.clock, self._standard_offset_min
                )
            )
        return telegram

    def known(self, buffer: bytearray, offset: int) -> tuple[Telegram, int] | None:
        """The P1 telegram at the front of `buffer` and its length, if it has a structure seen before.

        None: not whole, its CRC wrong or printed in another way, or something else.
        """
        for structure in self._structures:
            body_ends, ends = structure.length, structure.length + CRC_LINE_BYTES
            if len(buffer) < ends:
                continue
            printed = bytes(buffer[body_ends:ends])
            if (telegram := structure.telegram(bytes(buffer[:body_ends]), printed, offset)) is not None:
                return telegram, ends
        return None


def _odd_line(text: str) -> str | None:
    """The first thing after the header that is no data set; None: all of it is sound."""
    block = text.partition("\n")[2][:-1]
    left = DATA_SET.sub(lambda match: "" if _has_code(match["code"]) else match[0], block)
    odd = left.strip("\r\n\x02 ")
    return odd.split("\n")[0][:24] if odd else None


def _has_code(text: str) -> bool:
    try:
        code(text)
    except ConsumerAppError:
        return False
    return True


class _Reader:
    """One pass over a readout's data sets, in the general way."""

    def __init__(self, text: str, standard_offset_min: int, *, hex_texts: bool) -> None:
        self._standard_offset_min = standard_offset_min
        self._hex_texts = hex_texts
        self._columns: list[Column] = []
        self.numbers: list[Number] = []
        self._texts: list[Text] = []
        self.own_stamps: list[tuple[int, Stamp]] = []
        self.clock: Stamp | None = None
        header = text.index("\n")
        self._identification = text[1:header].strip()
        seen: set[Obis] = set()
        for data_set in data_sets(text, header):
            # The same register twice in one telegram: the first is the register, what follows is history.
            if data_set.obis not in seen:
                seen.add(data_set.obis)
                self._take(data_set)

    def _take(self, data_set: DataSet) -> None:
        obis = data_set.obis
        if obis == _CLOCK:
            self.clock = data_set.stamp
            return
        number = data_set.number if obis.c not in (98, 99) else None
        if number is None and is_pure_number(obis):
            number = data_set.bare_number
        if number is not None:
            if (stamp := data_set.stamp) is not None:
                self.own_stamps.append((len(self._columns), stamp))
            self._columns.append(Column(obis, number.unit, number.exponent))
            self.numbers.append(number)
        elif not _is_measurement(obis) and data_set.groups[0] != "":
            readable = self._hex_texts and len(data_set.groups) == 1
            self._texts.append(Text(obis, plain_text(data_set.text) if readable else data_set.text))

    def telegram(self, protocol: Protocol, offset: int, authenticity: Authenticity) -> Telegram:
        """What was read."""
        own_times = (
            (column, stamp_utc(stamp.text, self._standard_offset_min)) for column, stamp in self.own_stamps
        )
        return Telegram(
            protocol=protocol,
            offset=offset,
            meter_id=self._meter_id(),
            measured_at=stamp_utc(self.clock.text, self._standard_offset_min) if self.clock else None,
            authenticity=authenticity,
            columns=tuple(self._columns),
            raw=tuple(number.raw for number in self.numbers),
            texts=tuple(self._texts),
            value_times=tuple((column, instant) for column, instant in own_times if instant is not None),
        )

    def _meter_id(self) -> MeterId | None:
        by_code = {text.obis: text.value for text in self._texts}
        for obis in _IDENTIFICATIONS:
            if by_code.get(obis):
                return MeterId(by_code[obis])
        return MeterId(self._identification) if self._identification else None


def _is_measurement(obis: Obis) -> bool:
    """Energy, power and volume codes: without a unit their number says nothing and is left out."""
    if obis.a == 0:
        return obis.c in (24, 17) and obis.d not in (1, 4)
    return obis.c not in (0, 96, 97, 98, 99) and obis.d in (4, 5, 6, 7, 8, 9)
