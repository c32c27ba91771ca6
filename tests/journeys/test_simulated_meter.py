"""The simulated meter of the journeys, seen from the reader's end of the line."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest

from consumerapp.h1.decoder import NEED_DATA, Event, Protocol, Refused, Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.readings import Obis
from consumerapp.simulator.meter import Measure
from tests.journeys.simulated_meter import Pace, SimulatedMeter

POWER = Obis.parse("1-0:16.7.0")


def read_events(meter: SimulatedMeter, count: int) -> list[Event]:
    decoder = decoder_for(Protocol.SML)
    port = os.open(meter.port, os.O_RDONLY | os.O_NOCTTY)
    events: list[Event] = []
    try:
        while len(events) < count:
            decoder.receive_data(os.read(port, 4096))
            while (event := decoder.next_event()) is not NEED_DATA:
                events.append(event)
    finally:
        os.close(port)
    return events


@pytest.mark.journey
@pytest.mark.parametrize("pace", [Pace.QUICK, Pace.FLOOD])
def test_what_is_read_is_what_was_sent(simulated_meter, pace: Pace) -> None:
    meter = simulated_meter(pace=pace)
    telegrams = [event for event in read_events(meter, 5) if isinstance(event, Telegram)]
    powers = [next(value.value for value in telegram.values if value.obis == POWER) for telegram in telegrams]
    sent = [Decimal(one.sample.raw(Measure.NET_POWER, -1)).scaleb(-1) for one in meter.sent]
    first = sent.index(powers[0])
    assert powers == sent[first : first + len(powers)]


@pytest.mark.journey
def test_faults_are_seen_and_heal(simulated_meter) -> None:
    meter = simulated_meter(pace=Pace.QUICK)
    meter.faults.garbage = True
    meter.wait_for_telegrams(2)
    assert any(isinstance(event, Refused) for event in read_events(meter, 3))
    meter.faults.garbage = False
    meter.unplug()
    meter.plug()
    meter.faults.locked = True
    meter.wait_for_telegrams(2)
    events = [event for event in read_events(meter, 3) if isinstance(event, Telegram)]
    assert events[-1].locked
