"""Synthetic SML meters: what their telegrams say is what the household did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import NEED_DATA, Protocol, Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.readings import Obis
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import UJ_PER_WH, Household
from consumerapp.simulator.meter import Measure
from consumerapp.simulator.sml_meters import SML_PROFILES, SmlMeter, sml_profile

HOUSE = Household(HOMES["house"], date(2026, 6, 10))
NOON = datetime(2026, 6, 13, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 6, 12, 1, 0, tzinfo=UTC)


def decoded(octets: bytes) -> Telegram:
    decoder = decoder_for(Protocol.SML)
    decoder.receive_data(octets)
    event = decoder.next_event()
    assert isinstance(event, Telegram), event
    assert decoder.next_event() is NEED_DATA
    return event


def numbers(telegram: Telegram) -> dict[str, Decimal]:
    return {value.obis.short: value.value for value in telegram.values}


@pytest.mark.parametrize("name", SML_PROFILES)
def test_every_profile_says_what_the_household_did(name: str) -> None:
    meter = SmlMeter(sml_profile(name), HOUSE)
    signs = set()
    for second in range(0, 14_400, 97):
        at = (NOON if second % 2 else NIGHT) + timedelta(seconds=second)
        sample = meter.sample(at)
        said = numbers(decoded(meter.telegram(at)))
        for row in meter.profile.rows:
            measure = Measure.NET_POWER if row.measure is Measure.ABSOLUTE_POWER else row.measure
            want = Decimal(sample.raw(measure, row.exponent)).scaleb(row.exponent)
            assert said[Obis.parse(row.obis).short] == want
        signs.add(sample.power.total_mw > 0)
    assert signs == {True, False}


def test_a_locked_meter_says_only_kilowatt_hours_and_is_recognised() -> None:
    meter = SmlMeter(sml_profile("emh-ed300l"), HOUSE)
    telegram = decoded(meter.telegram(NOON, locked=True))
    assert telegram.locked
    assert "16.7.0" not in numbers(telegram)
    whole_kwh = meter.sample(NOON).registers.import_uj // (1000 * UJ_PER_WH) * 1000
    assert numbers(telegram)["1.8.0"] == whole_kwh
    assert not decoded(meter.telegram(NOON)).locked


def test_serial_numbers_come_from_the_seed_and_lie_in_the_types_range() -> None:
    profile = sml_profile("dzg-dvs74")
    first, again = SmlMeter(profile, HOUSE), SmlMeter(profile, HOUSE)
    assert first.server_id == again.server_id
    assert profile.serials[0] <= int.from_bytes(first.server_id[-4:]) <= profile.serials[1]


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConsumerAppError, match="emh-ed300l"):
        sml_profile("emh")


def test_mains_values_fit_together() -> None:
    meter = SmlMeter(sml_profile("ebz-dd3"), HOUSE)
    for minute in range(0, 1440, 17):
        sample = meter.sample(NIGHT + timedelta(minutes=minute))
        for phase in range(3):
            apparent_mva = sample.mains.voltage_mv[phase] * sample.mains.amperage_ma[phase] // 1000
            assert 215_000 < sample.mains.voltage_mv[phase] < 245_000
            assert abs(apparent_mva - sample.mains.apparent_mva[phase]) < 500
            assert apparent_mva + 500 > abs(sample.power.net_mw[phase])
        assert 49_900 < sample.mains.frequency_mhz < 50_100
        assert 0 <= sample.mains.power_factor_thousandths <= 1000
