"""The one vocabulary: what every interface produces and every page and screen shows.

A `Reading` is one exact value of one register at one instant. Its quantity owns the unit, so the
two can never disagree; numbers are `Decimal` in base units in memory and integer thousandths of the
base unit at rest, never floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, Flag, StrEnum

from consumerapp.codes import Authenticity, MeterId, Obis, Unit
from consumerapp.errors import UnitMismatch

__all__ = [
    "THOUSAND",
    "Authenticity",
    "Commodity",
    "Kind",
    "MeterId",
    "Obis",
    "Quality",
    "Quantity",
    "Reading",
    "Unit",
    "from_thousandths",
    "require_unit",
    "to_thousandths",
]


class Commodity(StrEnum):
    """What a meter measures. The OBIS group A names it (Blue Book 13 - §?)."""

    ABSTRACT = "abstract"
    ELECTRICITY = "electricity"
    GAS = "gas"
    HEAT = "heat"
    COOLING = "cooling"
    COLD_WATER = "cold_water"
    HOT_WATER = "hot_water"
    HEAT_COST_ALLOCATION = "heat_cost_allocation"


class Kind(StrEnum):
    """How a quantity behaves in time, which decides what may be derived from it."""

    REGISTER = "register"
    """A counter that only grows: energy or volume. Its differences are consumption."""

    INSTANT = "instant"
    """A value that holds at its instant: power, voltage, temperature."""

    DEMAND = "demand"
    """A mean or maximum over a demand period."""

    COUNT = "count"
    """A number of events."""

    STATE = "state"
    """A code from a list: tariff, breaker, status word."""


class Quantity(Enum):
    """A physical quantity; it owns its unit, its commodity and its behaviour in time."""

    unit: Unit
    commodity: Commodity
    kind: Kind

    def __new__(cls, slug: str, unit: Unit, commodity: Commodity, kind: Kind) -> Quantity:
        member = object.__new__(cls)
        member._value_ = slug
        member.unit = unit
        member.commodity = commodity
        member.kind = kind
        return member

    ACTIVE_ENERGY_IMPORT = ("active_energy_import", Unit.WH, Commodity.ELECTRICITY, Kind.REGISTER)
    ACTIVE_ENERGY_EXPORT = ("active_energy_export", Unit.WH, Commodity.ELECTRICITY, Kind.REGISTER)
    ACTIVE_ENERGY_ABSOLUTE = ("active_energy_absolute", Unit.WH, Commodity.ELECTRICITY, Kind.REGISTER)
    ACTIVE_ENERGY_NET = ("active_energy_net", Unit.WH, Commodity.ELECTRICITY, Kind.INSTANT)
    """Import minus export; it may fall, so its differences are no consumption."""
    REACTIVE_ENERGY_IMPORT = ("reactive_energy_import", Unit.VARH, Commodity.ELECTRICITY, Kind.REGISTER)
    REACTIVE_ENERGY_EXPORT = ("reactive_energy_export", Unit.VARH, Commodity.ELECTRICITY, Kind.REGISTER)
    REACTIVE_ENERGY_Q1 = ("reactive_energy_q1", Unit.VARH, Commodity.ELECTRICITY, Kind.REGISTER)
    REACTIVE_ENERGY_Q2 = ("reactive_energy_q2", Unit.VARH, Commodity.ELECTRICITY, Kind.REGISTER)
    REACTIVE_ENERGY_Q3 = ("reactive_energy_q3", Unit.VARH, Commodity.ELECTRICITY, Kind.REGISTER)
    REACTIVE_ENERGY_Q4 = ("reactive_energy_q4", Unit.VARH, Commodity.ELECTRICITY, Kind.REGISTER)
    APPARENT_ENERGY_IMPORT = ("apparent_energy_import", Unit.VAH, Commodity.ELECTRICITY, Kind.REGISTER)
    APPARENT_ENERGY_EXPORT = ("apparent_energy_export", Unit.VAH, Commodity.ELECTRICITY, Kind.REGISTER)
    ACTIVE_POWER_IMPORT = ("active_power_import", Unit.W, Commodity.ELECTRICITY, Kind.INSTANT)
    ACTIVE_POWER_EXPORT = ("active_power_export", Unit.W, Commodity.ELECTRICITY, Kind.INSTANT)
    ACTIVE_POWER_NET = ("active_power_net", Unit.W, Commodity.ELECTRICITY, Kind.INSTANT)
    """Signed: positive is import, negative is export."""
    ACTIVE_POWER_ABSOLUTE = ("active_power_absolute", Unit.W, Commodity.ELECTRICITY, Kind.INSTANT)
    REACTIVE_POWER_IMPORT = ("reactive_power_import", Unit.VAR, Commodity.ELECTRICITY, Kind.INSTANT)
    REACTIVE_POWER_EXPORT = ("reactive_power_export", Unit.VAR, Commodity.ELECTRICITY, Kind.INSTANT)
    REACTIVE_POWER_Q1 = ("reactive_power_q1", Unit.VAR, Commodity.ELECTRICITY, Kind.INSTANT)
    REACTIVE_POWER_Q2 = ("reactive_power_q2", Unit.VAR, Commodity.ELECTRICITY, Kind.INSTANT)
    REACTIVE_POWER_Q3 = ("reactive_power_q3", Unit.VAR, Commodity.ELECTRICITY, Kind.INSTANT)
    REACTIVE_POWER_Q4 = ("reactive_power_q4", Unit.VAR, Commodity.ELECTRICITY, Kind.INSTANT)
    APPARENT_POWER_IMPORT = ("apparent_power_import", Unit.VA, Commodity.ELECTRICITY, Kind.INSTANT)
    APPARENT_POWER_EXPORT = ("apparent_power_export", Unit.VA, Commodity.ELECTRICITY, Kind.INSTANT)
    DEMAND_IMPORT = ("demand_import", Unit.W, Commodity.ELECTRICITY, Kind.DEMAND)
    DEMAND_EXPORT = ("demand_export", Unit.W, Commodity.ELECTRICITY, Kind.DEMAND)
    DEMAND_MAXIMUM_IMPORT = ("demand_maximum_import", Unit.W, Commodity.ELECTRICITY, Kind.DEMAND)
    DEMAND_MAXIMUM_EXPORT = ("demand_maximum_export", Unit.W, Commodity.ELECTRICITY, Kind.DEMAND)
    VOLTAGE = ("voltage", Unit.V, Commodity.ELECTRICITY, Kind.INSTANT)
    AMPERAGE = ("amperage", Unit.A, Commodity.ELECTRICITY, Kind.INSTANT)
    POWER_FACTOR = ("power_factor", Unit.NONE, Commodity.ELECTRICITY, Kind.INSTANT)
    FREQUENCY = ("frequency", Unit.HZ, Commodity.ELECTRICITY, Kind.INSTANT)
    PHASE_ANGLE = ("phase_angle", Unit.DEG, Commodity.ELECTRICITY, Kind.INSTANT)
    POWER_LIMIT = ("power_limit", Unit.W, Commodity.ELECTRICITY, Kind.STATE)
    FUSE_LIMIT = ("fuse_limit", Unit.A, Commodity.ELECTRICITY, Kind.STATE)
    VOLTAGE_SAGS = ("voltage_sags", Unit.NONE, Commodity.ELECTRICITY, Kind.COUNT)
    VOLTAGE_SWELLS = ("voltage_swells", Unit.NONE, Commodity.ELECTRICITY, Kind.COUNT)
    POWER_FAILURES = ("power_failures", Unit.NONE, Commodity.ELECTRICITY, Kind.COUNT)
    LONG_POWER_FAILURES = ("long_power_failures", Unit.NONE, Commodity.ELECTRICITY, Kind.COUNT)

    GAS_VOLUME = ("gas_volume", Unit.M3, Commodity.GAS, Kind.REGISTER)
    GAS_VOLUME_UNCORRECTED = ("gas_volume_uncorrected", Unit.M3, Commodity.GAS, Kind.REGISTER)
    GAS_ENERGY = ("gas_energy", Unit.WH, Commodity.GAS, Kind.REGISTER)
    GAS_FLOW = ("gas_flow", Unit.M3_PER_H, Commodity.GAS, Kind.INSTANT)
    HEAT_ENERGY = ("heat_energy", Unit.WH, Commodity.HEAT, Kind.REGISTER)
    HEAT_VOLUME = ("heat_volume", Unit.M3, Commodity.HEAT, Kind.REGISTER)
    HEAT_POWER = ("heat_power", Unit.W, Commodity.HEAT, Kind.INSTANT)
    HEAT_FLOW = ("heat_flow", Unit.M3_PER_H, Commodity.HEAT, Kind.INSTANT)
    HEAT_FLOW_TEMPERATURE = ("heat_flow_temperature", Unit.DEG_C, Commodity.HEAT, Kind.INSTANT)
    HEAT_RETURN_TEMPERATURE = ("heat_return_temperature", Unit.DEG_C, Commodity.HEAT, Kind.INSTANT)
    HEAT_TEMPERATURE_DIFFERENCE = ("heat_temperature_difference", Unit.K, Commodity.HEAT, Kind.INSTANT)
    COOLING_ENERGY = ("cooling_energy", Unit.WH, Commodity.COOLING, Kind.REGISTER)
    COOLING_VOLUME = ("cooling_volume", Unit.M3, Commodity.COOLING, Kind.REGISTER)
    COOLING_POWER = ("cooling_power", Unit.W, Commodity.COOLING, Kind.INSTANT)
    COLD_WATER_VOLUME = ("cold_water_volume", Unit.M3, Commodity.COLD_WATER, Kind.REGISTER)
    COLD_WATER_FLOW = ("cold_water_flow", Unit.M3_PER_H, Commodity.COLD_WATER, Kind.INSTANT)
    HOT_WATER_VOLUME = ("hot_water_volume", Unit.M3, Commodity.HOT_WATER, Kind.REGISTER)
    HOT_WATER_FLOW = ("hot_water_flow", Unit.M3_PER_H, Commodity.HOT_WATER, Kind.INSTANT)
    HEAT_COST_UNITS = ("heat_cost_units", Unit.NONE, Commodity.HEAT_COST_ALLOCATION, Kind.REGISTER)

    TARIFF_INDICATOR = ("tariff_indicator", Unit.NONE, Commodity.ABSTRACT, Kind.STATE)
    BREAKER_STATE = ("breaker_state", Unit.NONE, Commodity.ABSTRACT, Kind.STATE)
    VALVE_STATE = ("valve_state", Unit.NONE, Commodity.ABSTRACT, Kind.STATE)
    STATUS_WORD = ("status_word", Unit.NONE, Commodity.ABSTRACT, Kind.STATE)


class Quality(Flag):
    """What is special about a value; no flag at all means measured and sound."""

    MEASURED = 0
    ESTIMATED = 1
    """Interpolated across a gap, by us or by the meter."""
    CORRECTED = 2
    """It replaced an earlier value of the same instant."""
    LATE = 4
    """It arrived after the day it belongs to had been closed."""
    CLOCK_DOUBTFUL = 8
    """The meter itself calls its clock doubtful, or it differs from ours beyond tolerance."""
    COARSE = 16
    """The register's step is too wide for its interval (a meter without its PIN)."""
    RESET = 32
    """The register went backwards: a new series begins here."""
    SENTINEL = 64
    """A number that stands for "no value" (4294967.295 and its kin)."""


THOUSAND = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One exact value of one register at one instant."""

    meter_id: MeterId
    obis: Obis
    quantity: Quantity
    value: Decimal
    """In `quantity.unit`: Wh, W, m³ …"""
    at: datetime | None
    """The meter's own clock, aware UTC; None: this meter sends no trustworthy time."""
    received_at: datetime
    """Our clock when the last byte arrived, aware UTC."""
    resolution: Decimal | None = None
    """Step of the register in `quantity.unit` (0.1 Wh, 1 kWh …); None: not known."""
    quality: Quality = Quality.MEASURED
    authenticity: Authenticity = Authenticity.PLAIN
    source: str = ""
    """Name of the interface it came through, as the Devices page shows it."""

    @property
    def unit(self) -> Unit:
        """The quantity's unit."""
        return self.quantity.unit

    @property
    def instant(self) -> datetime:
        """When the value held: the meter's time where there is one, else the time of arrival."""
        return self.at or self.received_at

    def to_thousandths(self) -> int:
        """The value in integer thousandths of the base unit, as it is kept at rest."""
        return to_thousandths(self.value)


def to_thousandths(value: Decimal) -> int:
    """An exact value in integer thousandths; a finer value is rounded half to even."""
    return int((value * THOUSAND).to_integral_value())


def from_thousandths(thousandths: int) -> Decimal:
    """The exact value of integer thousandths."""
    return Decimal(thousandths).scaleb(-3)


def require_unit(quantity: Quantity, unit: Unit) -> None:
    """Refuse a value whose unit is not its quantity's."""
    if unit is not quantity.unit:
        raise UnitMismatch(f"{quantity.value} is in {quantity.unit}, not in {unit or 'a bare number'}")
