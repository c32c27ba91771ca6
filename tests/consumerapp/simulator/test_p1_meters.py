"""The synthetic P1 meter: what it prints is what the household did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.normalise import normalise
from consumerapp.readings import Quantity
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import Measure
from consumerapp.simulator.meters import METER_TYPES, meter_type
from consumerapp.simulator.p1_meters import P1Meter

INSTALLED = date(2026, 3, 20)
METER = P1Meter(Household(HOMES["row-house"], INSTALLED), INSTALLED)
NOON = datetime(2026, 4, 11, 10, 0, tzinfo=UTC)


def decoded(octets: bytes) -> Telegram:
    decoder = decoder_for(Protocol.P1)
    decoder.receive_data(octets)
    event = decoder.next_event()
    assert isinstance(event, Telegram), event
    return event


@pytest.mark.parametrize("hours", range(-12, 12, 3))
def test_the_telegram_says_what_the_household_did(hours: int) -> None:
    at = NOON + timedelta(hours=hours, seconds=17)
    sample = METER.sample(at)
    telegram = decoded(METER.telegram(at))
    said = {value.obis.short: value.value for value in telegram.values if value.obis.a == 1}
    for code, measure in {
        "1.8.1": Measure.IMPORT_LOW,
        "1.8.2": Measure.IMPORT_HIGH,
        "2.8.2": Measure.EXPORT_HIGH,
        "1.7.0": Measure.IMPORT_POWER,
        "2.7.0": Measure.EXPORT_POWER,
    }.items():
        assert said[code] == sample.raw(measure, 0)
    assert said["32.7.0"] == Decimal(sample.raw(Measure.VOLTAGE_L1, -1)).scaleb(-1)
    assert said["31.7.0"] == sample.raw(Measure.AMPERAGE_L1, 0)
    assert telegram.measured_at == at.replace(microsecond=0)


def test_both_directions_and_both_tariffs_occur() -> None:
    samples = [METER.sample(NOON + timedelta(hours=hours)) for hours in range(-12, 12)]
    assert {sample.power.total_mw > 0 for sample in samples} == {True, False}
    assert {sample.power.low_tariff for sample in samples} == {True, False}


def test_gas_comes_with_the_time_at_which_it_was_read() -> None:
    at = NOON + timedelta(minutes=3)
    gas = METER.gas_sample(at)
    assert gas is not None
    assert gas.at == NOON
    readings = normalise(decoded(METER.telegram(at)), received_at=at, source="p1").readings
    reading = next(one for one in readings if one.quantity is Quantity.GAS_VOLUME)
    assert (reading.at, reading.value) == (NOON, Decimal(gas.volume_ml // 1000).scaleb(-3))
    assert reading.value > 1


def test_a_home_without_gas_has_no_gas_meter() -> None:
    house = P1Meter(Household(HOMES["house"], INSTALLED), INSTALLED)
    assert house.gas_sample(NOON) is None
    assert b"24.2.1" not in house.telegram(NOON)


def test_every_type_makes_a_meter_that_pushes() -> None:
    household = Household(HOMES["flat"], date(2026, 4, 10))
    for kind in METER_TYPES.values():
        assert len(kind.make(household, date(2026, 4, 10)).telegram(NOON)) > 100
    with pytest.raises(ConsumerAppError, match="dsmr5"):
        meter_type("abacus")
