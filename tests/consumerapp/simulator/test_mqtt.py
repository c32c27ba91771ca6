"""The synthetic gateway: what it publishes is what the household did, read by our own dialect."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.errors import TransportError
from consumerapp.h2.dialects import open_dialect
from consumerapp.h2.message import Mapped, Message
from consumerapp.normalise import normalise
from consumerapp.readings import Kind, Quantity
from consumerapp.simulator.home import HOMES, Heating
from consumerapp.simulator.household import Household
from consumerapp.simulator.mqtt import GatewayPusher, RadioMeters
from tests.broker import Mosquitto, free_port, mosquitto

__all__ = ["mosquitto"]

INSTALLED = date(2026, 10, 1)
NOON = datetime(2026, 11, 3, 12, 0, 7, tzinfo=UTC)


def meters(heating: Heating) -> RadioMeters:
    return RadioMeters(Household(replace(HOMES["house"], heating=heating), INSTALLED), INSTALLED)


def registers(radio: RadioMeters, at: datetime) -> dict[Quantity, Decimal]:
    dialect = open_dialect("wmbusmeters")
    found: dict[Quantity, Decimal] = {}
    for topic, payload in radio.messages_at(at):
        for outcome in dialect.receive_message(Message(topic, payload.encode(), at)):
            assert isinstance(outcome, Mapped)
            assert outcome.unmapped == ()
            for reading in normalise(outcome.telegram, received_at=at, source="radio").readings:
                assert reading.at == at
                if reading.quantity.kind is Kind.REGISTER:
                    found[reading.quantity] = reading.value
    return found


@pytest.mark.parametrize(
    ("heating", "wanted"),
    [
        (Heating.GAS, {Quantity.COLD_WATER_VOLUME, Quantity.GAS_VOLUME}),
        (Heating.HEAT_PUMP, {Quantity.COLD_WATER_VOLUME}),
        (
            Heating.DISTRICT,
            {
                Quantity.COLD_WATER_VOLUME,
                Quantity.HOT_WATER_VOLUME,
                Quantity.HEAT_ENERGY,
                Quantity.HEAT_VOLUME,
            },
        ),
    ],
)
def test_every_meter_of_the_home_is_heard_and_grows(heating, wanted):
    radio = meters(heating)
    now, later = registers(radio, NOON), registers(radio, NOON + timedelta(days=1))
    assert set(now) == wanted
    assert all(now[quantity] < later[quantity] for quantity in wanted)


def test_it_publishes_until_it_is_stopped(mosquitto: Mosquitto):
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    heard, enough = [], threading.Event()

    def on_message(_client, _userdata, message):
        heard.append(message.topic)
        if len(heard) >= 4:
            enough.set()

    listener = Client(CallbackAPIVersion.VERSION2)
    listener.on_message = on_message
    listener.on_connect = lambda client, *_: client.subscribe("wmbusmeters/+", 1)
    listener.connect("127.0.0.1", mosquitto.port)
    listener.loop_start()
    pusher = GatewayPusher(meters(Heating.GAS), "127.0.0.1", mosquitto.port, interval_s=0.05)
    running = threading.Thread(target=pusher.run)
    running.start()
    assert enough.wait(10)
    pusher.stop()
    running.join(10)
    listener.disconnect()
    listener.loop_stop()
    assert len(set(heard)) == 2


def test_no_broker_is_said():
    with pytest.raises(TransportError, match="the MQTT broker"):
        GatewayPusher(meters(Heating.GAS), "127.0.0.1", free_port()).run()
