"""A synthetic meter with a customer port P1, and a gas meter behind it where the home burns gas.

Rows and formats after DSMR P1 Companion Standard v5.0.2 - §?: two tariffs (1 is the low one in the
Netherlands), phases, counters of failures, and the gas meter's register with a time of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from consumerapp.readings import Commodity
from consumerapp.simulator.chance import draws
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import HouseholdMeter, Measure, Sample
from consumerapp.simulator.p1 import Line, fixed, octet_text, p1_telegram, stamp
from consumerapp.simulator.pipes import VolumeMeter, VolumeSample, pipe_meters

_GAS_EVERY_S = 300
"""A gas meter reports to its electricity meter every five minutes (DSMR 5; older ones by the hour)."""

_REGISTERS = (
    ("1-0:1.8.1", Measure.IMPORT_LOW),
    ("1-0:1.8.2", Measure.IMPORT_HIGH),
    ("1-0:2.8.1", Measure.EXPORT_LOW),
    ("1-0:2.8.2", Measure.EXPORT_HIGH),
)
_POWERS = (("1-0:1.7.0", Measure.IMPORT_POWER), ("1-0:2.7.0", Measure.EXPORT_POWER))
_VOLTAGES = (
    ("1-0:32.7.0", Measure.VOLTAGE_L1),
    ("1-0:52.7.0", Measure.VOLTAGE_L2),
    ("1-0:72.7.0", Measure.VOLTAGE_L3),
)
_AMPERAGES = (
    ("1-0:31.7.0", Measure.AMPERAGE_L1),
    ("1-0:51.7.0", Measure.AMPERAGE_L2),
    ("1-0:71.7.0", Measure.AMPERAGE_L3),
)
_PHASE_POWERS = (("21", "22", 0), ("41", "42", 1), ("61", "62", 2))


class P1Meter:
    """A household's meter that prints a telegram a second."""

    def __init__(self, household: Household, installed: date) -> None:
        """`installed`: when the gas meter began to count."""
        self._zone = household.home.zone
        self._meter = HouseholdMeter(household)
        gas = pipe_meters(household, installed).get(Commodity.GAS)
        self._gas = gas if isinstance(gas, VolumeMeter) else None
        chance = draws(household.home.seed, "serial", "p1")
        self.equipment = f"E0047{chance.whole(10**11, 10**12 - 1)}"
        self.gas_equipment = f"G0041{chance.whole(10**11, 10**12 - 1)}"

    def sample(self, at: datetime) -> Sample:
        """What the meter measured at an instant, exactly; a telegram shows it in steps."""
        return self._meter.sample(at)

    def gas_sample(self, at: datetime) -> VolumeSample | None:
        """What the gas meter last reported; None: this home burns none."""
        if self._gas is None:
            return None
        reported_s = int(at.timestamp()) // _GAS_EVERY_S * _GAS_EVERY_S
        return self._gas.sample(datetime.fromtimestamp(reported_s, UTC))

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """The telegram it prints at an instant. A P1 port knows no PIN: `locked` changes nothing."""
        sample = self.sample(at)
        head = (
            Line("1-3:0.2.8", ("50",)),
            Line("0-0:1.0.0", (stamp(at, self._zone),)),
            Line("0-0:96.1.1", (octet_text(self.equipment),)),
        )
        lines = (*head, *_electricity(sample), *self._gas_lines(at))
        return p1_telegram("MSD5\\2SYNTHETIC", lines)

    def _gas_lines(self, at: datetime) -> Iterator[Line]:
        gas = self.gas_sample(at)
        if gas is None:
            return
        yield Line("0-1:24.1.0", ("003",))
        yield Line("0-1:96.1.0", (octet_text(self.gas_equipment),))
        cubic_metres = Decimal(gas.volume_ml // 1000).scaleb(-3)
        yield Line("0-1:24.2.1", (stamp(gas.at, self._zone), fixed(cubic_metres, 5, 3, "m3")))


def _electricity(sample: Sample) -> Iterator[Line]:
    for code, measure in _REGISTERS:
        yield Line(code, (fixed(Decimal(sample.raw(measure, 0)).scaleb(-3), 6, 3, "kWh"),))
    yield Line("0-0:96.14.0", ("0001" if sample.power.low_tariff else "0002",))
    for code, measure in _POWERS:
        yield Line(code, (fixed(Decimal(sample.raw(measure, 0)).scaleb(-3), 2, 3, "kW"),))
    yield Line("0-0:96.7.21", ("00004",))
    yield Line("0-0:96.7.9", ("00001",))
    yield Line("0-0:96.13.0", ("",))
    for code, measure in _VOLTAGES:
        yield Line(code, (fixed(Decimal(sample.raw(measure, -1)).scaleb(-1), 3, 1, "V"),))
    for code, measure in _AMPERAGES:
        yield Line(code, (fixed(Decimal(sample.raw(measure, 0)), 3, 0, "A"),))
    for bought, fed_in, phase in _PHASE_POWERS:
        watts = Decimal(sample.power.net_mw[phase] // 1000).scaleb(-3)
        yield Line(f"1-0:{bought}.7.0", (fixed(max(watts, Decimal(0)), 2, 3, "kW"),))
        yield Line(f"1-0:{fed_in}.7.0", (fixed(max(-watts, Decimal(0)), 2, 3, "kW"),))
