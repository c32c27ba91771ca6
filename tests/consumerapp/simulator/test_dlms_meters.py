"""Synthetic DLMS meters against the decoder: what the household used is what the telegram says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.h1.cipher import MeterKeys
from consumerapp.h1.decoder import NEED_DATA, Telegram
from consumerapp.h1.dlms import DlmsDecoder
from consumerapp.readings import Authenticity
from consumerapp.simulator.dlms_meters import DLMS_PROFILES, SIMULATED_AUTH_KEY, SIMULATED_KEY, DlmsMeter
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import Measure

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
WANTED = {
    0x20: Authenticity.ENCRYPTED,
    0x30: Authenticity.AUTHENTICATED,
    None: Authenticity.PLAIN,
}


@pytest.fixture(scope="module")
def household() -> Household:
    return Household(HOMES["house"], date(2026, 5, 1))


@pytest.mark.parametrize("name", DLMS_PROFILES)
def test_the_decoder_reads_what_the_household_used(name: str, household: Household) -> None:
    profile = DLMS_PROFILES[name]
    meter = DlmsMeter(profile, household)
    reader = DlmsDecoder(keys=(MeterKeys(SIMULATED_KEY, SIMULATED_AUTH_KEY),), zone=meter.zone)
    for step in range(3):
        at = NOON + timedelta(seconds=10 * step)
        sample = meter.sample(at)
        reader.receive_data(meter.telegram(at))
        event = reader.next_event()
        assert isinstance(event, Telegram), event
        assert reader.next_event() is NEED_DATA
        values = {(value.obis.c, value.obis.d): value.value for value in event.values}
        assert values[1, 7] == sample.raw(Measure.IMPORT_POWER, 0)
        assert values[2, 7] == sample.raw(Measure.EXPORT_POWER, 0)
        assert values[52, 7] == Decimal(sample.raw(Measure.VOLTAGE_L2, -1)).scaleb(-1).quantize(values[52, 7])
        if (1, 8) in values:
            assert values[1, 8] == sample.raw(Measure.IMPORT, 0)
        assert event.authenticity is WANTED[profile.security]
        assert event.measured_at in {at, None}
        assert event.meter_id
    assert reader.found is not None


def test_counters_grow_and_a_repeated_telegram_is_refused(household: Household) -> None:
    meter = DlmsMeter(DLMS_PROFILES["kaifa-ma309m"], household)
    reader = DlmsDecoder(keys=(MeterKeys(SIMULATED_KEY),))
    kinds = []
    for at in (NOON, NOON, NOON + timedelta(seconds=5)):
        reader.receive_data(meter.telegram(at))
        kinds.append(type(reader.next_event()).__name__)
    assert kinds == ["Telegram", "Refused", "Telegram"]
