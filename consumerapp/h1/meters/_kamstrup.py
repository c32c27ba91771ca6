"""What all Kamstrup lists have in common: codes and values in turn behind the list's name, no scalers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from consumerapp.h1.profile import Exponents, Measure

IDENTITY: Final = ("1-*:0.0.5", "1-*:0.0.0", "0-*:96.1.0")
"""The number on the meter's face, then the serial number."""

EXPONENTS: Final[Mapping[Measure, Exponents]] = MappingProxyType(
    {
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.APPARENT_POWER: (0,),
        Measure.AMPERAGE: (-2, -3),
        Measure.VOLTAGE: (0,),
        Measure.POWER_FACTOR: (-2,),
        Measure.ACTIVE_ENERGY: (0, 1),
        Measure.REACTIVE_ENERGY: (0, 1),
        Measure.APPARENT_ENERGY: (0, 1),
    }
)
"""Energy in Wh or in 10 Wh, by country: nothing in a telegram decides it."""
