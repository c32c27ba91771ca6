"""Every type of synthetic meter, whatever it speaks, by name: what `simulate --meter` offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from consumerapp.errors import ConsumerAppError
from consumerapp.simulator.dlms_meters import DLMS_PROFILES, DlmsMeter, DlmsProfile
from consumerapp.simulator.household import Household
from consumerapp.simulator.p1_meters import P1Meter
from consumerapp.simulator.push import PushingMeter
from consumerapp.simulator.sml_meters import SML_PROFILES, SmlMeter, SmlProfile
from consumerapp.simulator.tic_meters import TicMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterType:
    """A type of meter: how its line is set, and how one is made for a household."""

    name: str
    title: str
    make: Callable[[Household, date], PushingMeter]
    """From a household and the day on which its meters were installed."""
    baudrate: int = 9600
    interval_s: float = 1.0
    """Between telegrams, as the type comes from the factory."""


def _sml_type(profile: SmlProfile) -> MeterType:
    return MeterType(
        name=profile.name,
        title=profile.title,
        make=lambda household, installed: SmlMeter(profile, household),
    )


def _dlms_type(profile: DlmsProfile) -> MeterType:
    return MeterType(
        name=profile.name,
        title=profile.title,
        make=lambda household, installed: DlmsMeter(profile, household),
        baudrate=profile.baudrate,
        interval_s=profile.interval_s,
    )


def _tic_type(name: str, title: str, baudrate: int, *, is_standard: bool) -> MeterType:
    return MeterType(
        name=name,
        title=title,
        make=lambda household, installed: TicMeter(household, is_standard=is_standard),
        baudrate=baudrate,
        interval_s=2.0,
    )


_TYPES = (
    _tic_type("tic-historique", "TIC of a French meter, historique", 1200, is_standard=False),
    _tic_type("tic-standard", "TIC of a French meter, standard", 9600, is_standard=True),
    *(_sml_type(profile) for profile in SML_PROFILES.values()),
    MeterType(name="dsmr5", title="P1 port, DSMR 5, gas behind it", make=P1Meter, baudrate=115_200),
    *(_dlms_type(profile) for profile in DLMS_PROFILES.values()),
)

METER_TYPES: dict[str, MeterType] = {kind.name: kind for kind in _TYPES}


def meter_type(name: str) -> MeterType:
    """The type of that name."""
    try:
        return METER_TYPES[name]
    except KeyError as error:
        known = ", ".join(METER_TYPES)
        raise ConsumerAppError(f"no meter type is called {name!r}; there are {known}") from error
