"""The past of a synthetic meter is the series that its telegrams go on with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.normalise import normalise
from consumerapp.readings import Kind, Obis, Reading
from consumerapp.simulator.history import MeterHistory, every, quarter_hours
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.sml_meters import SML_PROFILES, SmlMeter, sml_profile

BEGINNING = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUSE = Household(HOMES["house"], date(2026, 6, 10))


def pushed(meter: SmlMeter, at: datetime) -> dict[Obis, Reading]:
    """What the meter's own telegram gives at an instant, the whole way."""
    decoder = decoder_for(Protocol.SML)
    decoder.receive_data(meter.telegram(at))
    telegram = decoder.next_event()
    assert isinstance(telegram, Telegram)
    return {one.obis: one for one in normalise(telegram, received_at=at, source="head").readings}


@pytest.mark.parametrize("name", SML_PROFILES)
def test_the_past_says_what_the_telegram_would_have_said(name: str) -> None:
    meter = SmlMeter(sml_profile(name), HOUSE)
    history = MeterHistory(meter, source="head", at=BEGINNING)
    instants = [BEGINNING + timedelta(minutes=37 * number) for number in range(60)]
    samples = list(history.samples(instants))
    for at in instants:
        told = pushed(meter, at)
        past = [reading for reading in samples if reading.received_at == at]
        assert past
        for reading in past:
            assert told[reading.obis] == reading
    assert list(history.totals(instants)) == [
        reading for reading in samples if reading.quantity.kind is Kind.REGISTER
    ]


def test_totals_are_the_registers_over_all_tariffs() -> None:
    history = MeterHistory(SmlMeter(sml_profile("emh-ed300l"), HOUSE), source="head", at=BEGINNING)
    assert [str(reading.obis) for reading in history.totals([BEGINNING])] == [
        "1-0:1.8.0*255",
        "1-0:2.8.0*255",
    ]


def test_quarter_hours_lie_on_the_grid_and_leave_the_end_out() -> None:
    start, end = BEGINNING + timedelta(minutes=1), BEGINNING + timedelta(hours=1)
    assert [at.minute for at in quarter_hours(start, end)] == [15, 30, 45]
    assert next(quarter_hours(BEGINNING, end)) == BEGINNING
    assert not list(every(timedelta(seconds=10), end, end))
