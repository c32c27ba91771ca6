"""Learned structures: a meter's telegrams differ in their numbers only.

A telegram that was read the general way leaves a structure behind: which octets never change (compared in one
step), where the numbers stand (unpacked in one step), what they mean. The next telegram that agrees in every
fixed octet is read by it; any other goes the general way again. Both give the same: a test holds them
against each other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from consumerapp.h1.axdr import Tag
from consumerapp.h1.decoder import Column, Protocol, Telegram, Text
from consumerapp.h1.dlms_plausible import quick_guard
from consumerapp.h1.dlms_time import DATE_TIME_OCTETS, to_utc
from consumerapp.h1.dlms_values import CLOCK_WITHOUT_DEVIATION, Content, Setting
from consumerapp.readings import Authenticity, MeterId

MOST_STRUCTURES: Final = 16
"""A meter has three or four lists; a stream of ever new structures must not grow the memory."""

_FORMAT_OF: Final[dict[int, str]] = {
    int(Tag.INT8): "b",
    int(Tag.INT16): "h",
    int(Tag.INT32): "i",
    int(Tag.INT64): "q",
    int(Tag.UINT8): "B",
    int(Tag.UINT16): "H",
    int(Tag.UINT32): "I",
    int(Tag.UINT64): "Q",
    int(Tag.ENUM): "B",
    int(Tag.BOOLEAN): "B",
}
_CLOCK_OCTETS: Final[dict[int, int]] = {
    int(Tag.DATE_TIME): DATE_TIME_OCTETS,
    int(Tag.DATE): 5,
    int(Tag.TIME): 4,
    CLOCK_WITHOUT_DEVIATION: 9,
}
_INVOKE_ID_AT: Final = 1
_INVOKE_ID_OCTETS: Final = 4

_MINUTE_AT: Final = 6
_SAME_FOR_AN_HOUR: Final = b"\xff\xff\xff\xff\xff\xff\x00\x00\x00\xff\xff\xff"
"""Of a date-time: everything but minute, second and hundredths."""

_new_telegram: Callable[..., Telegram] = tuple.__new__
_from_octets = int.from_bytes


class Structure:
    """One telegram form of one meter."""

    __slots__ = (
        "_clock_at",
        "_columns",
        "_guard",
        "_hour",
        "_inverted",
        "_key",
        "_loose_key",
        "_loose_mask",
        "_mask",
        "_meter_id",
        "_texts",
        "_unpack",
        "_zone",
        "length",
        "system_title",
    )

    def __init__(self, apdu: bytes, content: Content, setting: Setting, system_title: bytes | None) -> None:
        self.length = len(apdu)
        self.system_title = system_title
        fixed = bytearray(b"\xff" * len(apdu))
        fixed[_INVOKE_ID_AT : _INVOKE_ID_AT + _INVOKE_ID_OCTETS] = bytes(_INVOKE_ID_OCTETS)
        for place in content.places + content.other_places:
            width = _CLOCK_OCTETS.get(place.tag) or struct.calcsize(_FORMAT_OF[place.tag])
            fixed[place.at : place.at + width] = bytes(width)
        self._loose_mask = _from_octets(fixed, "little")
        self._loose_key = _from_octets(apdu, "little") & self._loose_mask
        self._unpack: Callable[[bytes], tuple[Any, ...]] = struct.Struct(_layout(content)).unpack_from
        self._columns: tuple[Column, ...] = content.columns
        self._texts: tuple[Text, ...] = content.texts
        self._meter_id: MeterId | None = content.meter_id
        profile = content.found.profile if content.found else None
        self._inverted = profile is not None and profile.deviation_is_local_minus_utc
        self._zone = setting.zone
        self._guard: Callable[[tuple[int, ...]], bool] | None = None
        if content.assumed:
            self._guard = quick_guard(content.columns, profile.firm if profile else frozenset())
        self._clock_at = content.clock_at
        self._hour: datetime | None = None
        """The full hour that the key stands for; None: the clock is read anew each time."""
        self._mask, self._key = self._loose_mask, self._loose_key
        if content.clock_at is not None and self._zone is None:
            fixed[content.clock_at : content.clock_at + DATE_TIME_OCTETS] = _SAME_FOR_AN_HOUR
            self._mask = _from_octets(fixed, "little")
            self._move_hour(apdu)

    def _move_hour(self, apdu: bytes) -> bool:
        """Let the key stand for the hour of this telegram; False: its clock says no time."""
        assert self._clock_at is not None
        octets = apdu[self._clock_at : self._clock_at + DATE_TIME_OCTETS]
        hour = octets[:_MINUTE_AT] + b"\x00\x00\xff" + octets[_MINUTE_AT + 3 :]
        self._hour = to_utc(hour, deviation_is_local_minus_utc=self._inverted)
        self._key = _from_octets(apdu, "little") & self._mask
        return self._hour is not None

    def read(self, apdu: bytes, offset: int, authenticity: Authenticity) -> Telegram | None:
        """The telegram, when only its numbers differ from the learned one; else None."""
        number = _from_octets(apdu, "little")
        if number & self._mask != self._key and (
            number & self._loose_mask != self._loose_key or not self._move_hour(apdu)
        ):
            return None
        raw = self._unpack(apdu)
        if self._guard is not None and not self._guard(raw):
            return None
        at = self._clock_at
        measured_at: datetime | None = None
        if at is not None:
            minute, second = apdu[at + _MINUTE_AT], apdu[at + _MINUTE_AT + 1]
            if self._hour is not None and minute < 60 and second < 60:
                measured_at = self._hour + timedelta(0, 60 * minute + second)
            else:
                octets = apdu[at : at + DATE_TIME_OCTETS]
                measured_at = to_utc(octets, zone=self._zone, deviation_is_local_minus_utc=self._inverted)
                if measured_at is None:
                    return None
        return _new_telegram(
            Telegram,
            (
                Protocol.DLMS,
                offset,
                self._meter_id,
                measured_at,
                authenticity,
                self._columns,
                raw,
                self._texts,
                (),
                None,
                False,
            ),
        )


def _layout(content: Content) -> str:
    """The `struct` format of the numbers, from the beginning of the APDU."""
    layout = ">"
    at = 0
    for place in content.places:
        letter = _FORMAT_OF[place.tag]
        layout += f"{place.at - at}x{letter}"
        at = place.at + struct.calcsize(letter)
    return layout


class Learned:
    """The structures of one link, by length; the one that fitted last is tried first."""

    def __init__(self) -> None:
        self._structures: dict[tuple[int, bytes | None], list[Structure]] = {}
        self._count = 0
        self._recent: Structure | None = None

    def read(
        self, apdu: bytes, offset: int, authenticity: Authenticity, system_title: bytes | None
    ) -> Telegram | None:
        """The telegram, where a structure fits it."""
        recent = self._recent
        if recent is not None and recent.length == len(apdu) and recent.system_title == system_title:
            telegram = recent.read(apdu, offset, authenticity)
            if telegram is not None:
                return telegram
        for structure in self._structures.get((len(apdu), system_title), ()):
            telegram = structure.read(apdu, offset, authenticity)
            if telegram is not None:
                self._recent = structure
                return telegram
        return None

    def learn(self, apdu: bytes, content: Content, setting: Setting, system_title: bytes | None) -> None:
        """Remember the form of a telegram that was read the general way."""
        if not content.places or not _ascending(content):
            return
        if self._count >= MOST_STRUCTURES:
            self._structures.clear()
            self._count = 0
        structures = self._structures.setdefault((len(apdu), system_title), [])
        structures.insert(0, Structure(apdu, content, setting, system_title))
        self._count += 1


def _ascending(content: Content) -> bool:
    """Whether the columns stand in the order of their places, as `struct` needs them."""
    positions = [place.at for place in content.places]
    return positions == sorted(positions)
