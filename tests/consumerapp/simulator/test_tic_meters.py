"""Synthetic French meters: what they print says, decoded, what they measured."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.readings import Obis
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import Measure
from consumerapp.simulator.tic_meters import TicMeter

HOUSEHOLD = Household(HOMES["house"], date(2026, 4, 10))


@pytest.mark.parametrize("is_standard", [True, False])
@pytest.mark.parametrize("hour", [2, 11])
def test_a_french_meter_says_what_it_measured(is_standard, hour):
    at = datetime(2026, 6, 1, hour, 0, tzinfo=UTC)
    meter = TicMeter(HOUSEHOLD, is_standard=is_standard)
    decoder = decoder_for(Protocol.TIC)
    decoder.receive_data(meter.telegram(at))
    telegram = decoder.next_event()
    assert isinstance(telegram, Telegram)
    assert telegram.meter_id == meter.ident
    assert telegram.measured_at == (at if is_standard else None)
    values = {value.obis: value.value for value in telegram.values}
    sample = meter.sample(at)
    assert values[Obis.parse("1-0:1.8.0")] == sample.raw(Measure.IMPORT, 0)
    code = "1-0:9.7.0"
    if is_standard:
        assert values[Obis.parse("1-0:2.8.0")] == sample.raw(Measure.EXPORT, 0)
        code = "1-0:10.7.0" if sample.power.total_mw < 0 else code
    watts = sample.raw(Measure.ABSOLUTE_POWER, 0)
    assert values[Obis.parse(code)] >= watts // 10 * 10
