"""Habits of SML meters that the standard does not know, each as data, none as a branch of the decoder.

A profile is named (`--profile`) or found by the server id. What it may change is how power gets its sign.
Each lives in a file of its own in `meters/`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from typing import Final, NamedTuple

from consumerapp.codes import MeterId, Obis, Unit
from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Column
from consumerapp.h1.meters import modules
from consumerapp.h1.sml_elements import Number

NET_POWER: Final = Obis(1, 0, 16, 7, 0)

LOCKED_EXPLANATION: Final = (
    "The meter shows whole kilowatt-hours and no power until its PIN is entered. The metering operator sends "
    "the PIN on request; enter it with the meter's button or a torch, then switch its extended data set "
    "(InF) on."
)

# ---------------------------------------------------------------- status word

_FNN_FIXED_BITS = 0xFF
_FNN_FIXED_VALUE = 0x04
EXPORT_BIT: Final = 11


def exports(status: int) -> bool | None:
    """Whether the sum of all phases flows into the grid, by the status word; None: the word does not say.

    FNN Lastenheft Basiszähler - §?: bit 2 is always 1, bits 0, 1 and 3 to 7 are always 0, bit 11 is the
    direction. EDL21 meters send one or two bytes of another layout.
    """
    if status & _FNN_FIXED_BITS != _FNN_FIXED_VALUE:
        return None
    return bool(status >> EXPORT_BIT & 1)


# ---------------------------------------------------------------- profiles


class PowerSign(StrEnum):
    """Where the sign of 16.7.0 comes from."""

    AS_SENT = "as_sent"
    """The number has it. An unsigned number takes it from the status word."""
    STATUS_BIT = "status_bit"
    """The number is an amount, whatever its type; the status word has the direction."""
    SHORT_IS_UNSIGNED = "short_is_unsigned"
    """A number of 1 to 3 bytes that says negative while the status word says import is unsigned."""


class SmlProfile(NamedTuple):
    """What is special about one family of SML meters."""

    name: str
    power_sign: PowerSign
    manufacturer: bytes = b""
    """FLAG code in the server id; empty: never found by itself."""
    serials: tuple[range, ...] = ()
    """Serial numbers that have the habit; none: all of this manufacturer."""


STANDARD: Final = SmlProfile("sml", PowerSign.AS_SENT)


@lru_cache(maxsize=64)
def _habits(maker: str = "") -> tuple[SmlProfile, ...]:
    """Those of the files `sml_MAKER_….py`: reading the others would take longer than many telegrams."""
    beginning = f"sml_{maker.lower()}_" if maker else "sml_"
    return tuple(import_module(module).PROFILE.habit for module in modules(beginning))


def profile_named(name: str) -> SmlProfile:
    """The profile of that name. Raises ConsumerAppError if there is none."""
    known = (STANDARD, *_habits())
    for profile in known:
        if profile.name == name:
            return profile
    names = ", ".join(profile.name for profile in known)
    raise ConsumerAppError(f"there is no SML profile {name!r}; there are {names}")


def profile_of(server_id: bytes | None) -> SmlProfile:
    """The profile that fits a server id."""
    if server_id is None or not _is_din_43863_5(server_id):
        return STANDARD
    manufacturer, serial = server_id[2:5], int.from_bytes(server_id[6:])
    for profile in _habits(manufacturer.decode("ascii")):
        if profile.manufacturer == manufacturer and (
            not profile.serials or any(serial in numbers for numbers in profile.serials)
        ):
            return profile
    return STANDARD


def signed_power(rule: PowerSign, sent: Number, status: int) -> int:
    """Net power with its sign: positive import, negative export."""
    export = exports(status)
    raw = sent.value
    if export is None or export == (raw < 0):
        return raw
    if export:
        return -raw if rule is PowerSign.STATUS_BIT or not sent.is_signed else raw
    if rule is PowerSign.SHORT_IS_UNSIGNED and sent.width < 4:
        return raw + (1 << 8 * sent.width)
    return raw


# ---------------------------------------------------------------- identity

_DIN_LENGTH = 10
_MAX_SERIAL = 99_999_999


def _is_din_43863_5(server_id: bytes) -> bool:
    """09 or 0A, medium, three capitals, manufacturing block, serial number in four bytes."""
    return (
        len(server_id) == _DIN_LENGTH
        and server_id[0] in (0x09, 0x0A)
        and server_id[1] < 10
        and server_id[2:5].isalpha()
        and server_id[2:5].isupper()
        and int.from_bytes(server_id[6:]) <= _MAX_SERIAL
    )


def meter_id_of(server_id: bytes) -> MeterId:
    """The identification as it is printed on the meter (DIN 43863-5 - §?), else the octets in hexadecimal."""
    if not _is_din_43863_5(server_id):
        return MeterId(server_id.hex())
    return MeterId(
        f"{server_id[1]}{server_id[2:5].decode('ascii')}{server_id[5]:02x}{int.from_bytes(server_id[6:]):08d}"
    )


# ---------------------------------------------------------------- what a list of columns means


class Shape:
    """What can be said of a list by its columns alone, once for all telegrams that have them."""

    __slots__ = ("_energies", "columns", "has_power", "net_power")

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self.net_power = next((place for place, column in enumerate(columns) if column.obis == NET_POWER), -1)
        """Column number of 16.7.0; -1: not there."""
        self.has_power = any(column.unit is Unit.W for column in columns)
        self._energies = tuple(
            (place, column.exponent) for place, column in enumerate(columns) if column.unit is Unit.WH
        )

    @property
    def always_locked(self) -> bool:
        """Locked whatever the values are: no power, and no energy finer than a kilowatt-hour."""
        return (
            not self.has_power
            and bool(self._energies)
            and all(exponent >= 3 for _, exponent in self._energies)
        )

    @property
    def never_locked(self) -> bool:
        """Open whatever the values are: power is there, or no energy is."""
        return self.has_power or not self._energies

    def is_locked(self, raw: tuple[int, ...]) -> bool:
        """Whether the meter withholds power and resolution until its PIN is entered.

        Some meters keep their scaler and send zeros for the digits that they withhold.
        """
        if self.never_locked or self.always_locked:
            return self.always_locked
        amounts = [(raw[place], 10 ** max(3 - exponent, 0)) for place, exponent in self._energies]
        return any(number for number, _ in amounts) and all(number % step == 0 for number, step in amounts)
