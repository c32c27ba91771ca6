"""A learned readout: a P1 meter sends the same lines telegram after telegram, and only digits differ.

Everything that is no number and no time is compared in one step, as one big integer under a mask; the digits
are cut out with one precompiled `struct`, and nothing is parsed again. Any surprise goes the general way
(`readout_content`), and a property test proves that both always agree.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from consumerapp.h1.checksums import ArcOfLength
from consumerapp.h1.data_sets import Number, Stamp, stamp_utc
from consumerapp.h1.decoder import Telegram

_NOT_DIGITS: Final = bytes(octet for octet in range(256) if not 48 <= octet <= 57)
_SECONDS: Final = {b"%02d" % second: timedelta(seconds=second) for second in range(60)}
_ANY_DIGIT: Final = 0xF0
"""Mask of a digit that may change: 0 to 9 share their high half; : to ? fail at the digit count."""


class ReadoutStructure:
    """Where the changing digits of one list stand, and what they mean."""

    def __init__(
        self,
        body: bytes,
        telegram: Telegram,
        numbers: Sequence[Number],
        own_stamps: Sequence[tuple[int, Stamp]],
        clock: Stamp | None,
        standard_offset_min: int,
    ) -> None:
        self.length = len(body)
        """Bytes from `/` to `!`."""
        self._model = telegram
        self._offset_min = standard_offset_min
        self._negative = frozenset(
            index for index, number in enumerate(numbers) if body[number.start] == ord("-")
        )
        timed: list[tuple[int | None, Stamp]] = [*own_stamps, *([(None, clock)] if clock else [])]
        timed.sort(key=lambda pair: pair[1].start)
        self._timed_columns = tuple(column for column, _ in timed)
        """Column each stamp belongs to; None: it is the telegram's clock."""
        self._seasons = tuple(stamp.text[12:] for _, stamp in timed)
        numbers_at = [(number.start, number.length) for number in numbers]
        stamps_at = [(stamp.start, 12) for _, stamp in timed]
        mask = bytearray(b"\xff" * len(body))
        for start, length in [*numbers_at, *stamps_at]:
            for place in range(start, start + length):
                if 48 <= body[place] <= 57:
                    mask[place] = _ANY_DIGIT
        self._mask = int.from_bytes(mask, "little")
        self._key = int.from_bytes(body, "little") & self._mask
        self._cut_numbers = _cutter(body, numbers_at)
        self._cut_stamps = _cutter(body, stamps_at)
        self._checksum = ArcOfLength(len(body))
        self._last_stamps: tuple[bytes, ...] = (b"",) * len(timed)
        self._minutes: list[tuple[bytes, datetime | None]] = [(b"", None)] * len(timed)
        """The minute that each stamp showed last, in digits and in UTC."""
        self._measured_at: datetime | None = None
        self._value_times: tuple[tuple[int, datetime], ...] = ()

    def telegram(self, body: bytes, printed: bytes, offset: int) -> Telegram | None:
        """The telegram, if only numbers and times changed and its CRC holds; None: go the general way.

        `printed`: what stands behind the body, the CRC and the end of its line.
        """
        number = int.from_bytes(body, "little")
        if number & self._mask != self._key or b"%04X\r\n" % self._checksum(number) != printed.upper():
            return None
        digits = body.translate(None, _NOT_DIGITS)
        try:
            raw = tuple(map(int, self._cut_numbers.unpack(digits)))
            stamps = self._cut_stamps.unpack(digits)
        except struct.error:
            # A character of the digits' half of the table that is none has taken the place of one.
            return None
        if self._negative:
            raw = tuple(-value if index in self._negative else value for index, value in enumerate(raw))
        if stamps != self._last_stamps:
            self._read_stamps(stamps)
        model = self._model
        return Telegram(
            protocol=model.protocol,
            offset=offset,
            meter_id=model.meter_id,
            measured_at=self._measured_at,
            authenticity=model.authenticity,
            columns=model.columns,
            raw=raw,
            texts=model.texts,
            value_times=self._value_times,
        )

    def _read_stamps(self, stamps: tuple[bytes, ...]) -> None:
        own_times: list[tuple[int, datetime]] = []
        for place, (column, digits) in enumerate(zip(self._timed_columns, stamps, strict=True)):
            if column is None:
                self._measured_at = self._instant(place, digits)
            elif (instant := self._instant(place, digits)) is not None:
                own_times.append((column, instant))
        self._value_times = tuple(own_times)
        self._last_stamps = stamps

    def _instant(self, place: int, digits: bytes) -> datetime | None:
        """A stamp in UTC; only its second changes from telegram to telegram, mostly."""
        minute, begin = self._minutes[place]
        if digits[:10] != minute:
            minute = digits[:10]
            begin = stamp_utc(f"{minute.decode('ascii')}00{self._seasons[place]}", self._offset_min)
            self._minutes[place] = minute, begin
        second = _SECONDS.get(digits[10:])
        return None if begin is None or second is None else begin + second


def _cutter(body: bytes, spans: Sequence[tuple[int, int]]) -> struct.Struct:
    """A `struct` that cuts the digits of these spans out of all the text's digits, in the spans' order.

    The spans are in ascending order, as the lines of the text are.
    """
    layout: list[str] = ["="]
    position = 0
    for start, length in spans:
        layout.append(f"{_digits(body, position, start)}x{_digits(body, start, start + length)}s")
        position = start + length
    layout.append(f"{_digits(body, position, len(body))}x")
    return struct.Struct("".join(layout))


def _digits(body: bytes, start: int, end: int) -> int:
    return len(body[start:end].translate(None, _NOT_DIGITS))
