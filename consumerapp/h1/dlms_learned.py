"""Learned structures: a meter's telegrams differ in their numbers only.

A telegram that was read the general way leaves a structure behind: which octets never change (compared in one
step), where the numbers stand (unpacked in one step), what they mean. The next telegram that agrees in every
fixed octet is read by it; any other goes the general way again. Both give the same: a test holds them
against each other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from consumerapp.h1.axdr import Tag
from consumerapp.h1.decoder import Column, Protocol, Telegram, Text
from consumerapp.h1.dlms_time import DATE_TIME_OCTETS, to_utc
from consumerapp.h1.dlms_values import Content, Setting, confirm
from consumerapp.h1.profile import Measure
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
}
_INVOKE_ID_AT: Final = 1
_INVOKE_ID_OCTETS: Final = 4

_new_telegram: Callable[..., Telegram] = tuple.__new__
_from_octets = int.from_bytes


class Structure:
    """One telegram form of one meter."""

    __slots__ = (
        "_assumed",
        "_clock_at",
        "_clock_octets",
        "_columns",
        "_firm",
        "_inverted",
        "_key",
        "_mask",
        "_measured_at",
        "_meter_id",
        "_texts",
        "_unpack",
        "_zone",
    )

    def __init__(self, apdu: bytes, content: Content, setting: Setting) -> None:
        fixed = bytearray(b"\xff" * len(apdu))
        fixed[_INVOKE_ID_AT : _INVOKE_ID_AT + _INVOKE_ID_OCTETS] = bytes(_INVOKE_ID_OCTETS)
        for place in content.places + content.other_places:
            width = _CLOCK_OCTETS.get(place.tag) or struct.calcsize(_FORMAT_OF[place.tag])
            fixed[place.at : place.at + width] = bytes(width)
        self._mask = _from_octets(fixed, "little")
        self._key = _from_octets(apdu, "little") & self._mask
        layout = ">"
        at = 0
        for place in content.places:
            letter = _FORMAT_OF[place.tag]
            layout += f"{place.at - at}x{letter}"
            at = place.at + struct.calcsize(letter)
        self._unpack: Callable[[bytes], tuple[Any, ...]] = struct.Struct(layout).unpack_from
        self._columns: tuple[Column, ...] = content.columns
        self._texts: tuple[Text, ...] = content.texts
        self._meter_id: MeterId | None = content.meter_id
        self._clock_at = content.clock_at
        self._clock_octets = b""
        self._measured_at: datetime | None = None
        profile = content.found.profile if content.found else None
        self._inverted = profile is not None and profile.deviation_is_local_minus_utc
        self._firm = profile.firm if profile else frozenset[Measure]()
        self._zone = setting.zone
        self._assumed = content.assumed

    def read(self, apdu: bytes, offset: int, authenticity: Authenticity) -> Telegram | None:
        """The telegram, when only its numbers differ from the learned one; else None."""
        if _from_octets(apdu, "little") & self._mask != self._key:
            return None
        raw = self._unpack(apdu)
        if self._assumed and not confirm(self._columns, raw, self._firm):
            return None
        at = self._clock_at
        measured_at = None
        if at is not None:
            octets = apdu[at : at + DATE_TIME_OCTETS]
            if octets != self._clock_octets:
                measured_at = to_utc(octets, zone=self._zone, deviation_is_local_minus_utc=self._inverted)
                if measured_at is None:
                    return None
                self._clock_octets, self._measured_at = octets, measured_at
            else:
                measured_at = self._measured_at
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


class Learned:
    """The structures of one link, by length; the one that fitted last is tried first."""

    def __init__(self) -> None:
        self._structures: dict[tuple[int, bytes | None], list[Structure]] = {}
        self._count = 0

    def read(
        self, apdu: bytes, offset: int, authenticity: Authenticity, system_title: bytes | None
    ) -> Telegram | None:
        """The telegram, where a structure fits it."""
        structures = self._structures.get((len(apdu), system_title))
        if structures is not None:
            for structure in structures:
                telegram = structure.read(apdu, offset, authenticity)
                if telegram is not None:
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
        structures.insert(0, Structure(apdu, content, setting))
        self._count += 1


def _ascending(content: Content) -> bool:
    """Whether the columns stand in the order of their places, as `struct` needs them."""
    positions = [place.at for place in content.places]
    return positions == sorted(positions)
