"""The household's gas, water and heat meters behind a gateway that publishes in the form of wmbusmeters.

A test tool: it publishes, which Meterside itself never does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from consumerapp.errors import TransportError
from consumerapp.readings import Commodity
from consumerapp.simulator.household import Household
from consumerapp.simulator.pipes import HeatMeter, VolumeMeter, pipe_meters
from consumerapp.simulator.push import Faults

INTERVAL_S = 15.0
"""Radio meters of a home send every 15 to 60 s."""
PUBLISH_TIMEOUT_S = 10.0
_MEDIA = {
    Commodity.GAS: ("gas", "1"),
    Commodity.COLD_WATER: ("cold water", "2"),
    Commodity.HOT_WATER: ("warm water", "3"),
    Commodity.HEAT: ("heat", "4"),
}
"""Name of the medium, as wmbusmeters prints it, and the digit that sets the numbers of meters apart."""


class RadioMeters:
    """What a gateway hears of the home's meters."""

    def __init__(self, household: Household, installed: date) -> None:
        self._meters = pipe_meters(household, installed)
        self._seed = household.home.seed

    def messages_at(self, at: datetime) -> Iterator[tuple[str, str]]:
        """Topic and payload of each meter's telegram."""
        for commodity, meter in self._meters.items():
            medium, digit = _MEDIA[commodity]
            number = f"{digit}{self._seed % 10**7:07}"
            said: dict[str, object] = {
                "_": "telegram",
                "media": medium,
                "meter": "synthetic",
                "name": medium.replace(" ", "_"),
                "id": number,
                **_values(meter, at),
                "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            yield f"wmbusmeters/{number}", json.dumps(said)


def _values(meter: VolumeMeter | HeatMeter, at: datetime) -> dict[str, object]:
    """A meter shows whole litres and whole kilowatt-hours."""
    if isinstance(meter, VolumeMeter):
        volume = meter.sample(at)
        return {"total_m3": volume.volume_ml // 1000 / 1000, "flow_m3h": volume.flow_ml_per_h / 1_000_000}
    heat = meter.sample(at)
    return {
        "total_energy_consumption_kwh": heat.energy_wh // 1000,
        "total_volume_m3": heat.volume_ml // 1000 / 1000,
        "power_kw": heat.power_w / 1000,
        "volume_flow_m3h": heat.flow_ml_per_h / 1_000_000,
        "flow_temperature_c": heat.supply_tenths_c / 10,
        "return_temperature_c": heat.return_tenths_c / 10,
    }


class GatewayPusher:
    """Publishes what the meters say, with QoS 1, until it is told to stop."""

    def __init__(
        self,
        meters: RadioMeters,
        host: str,
        port: int,
        *,
        interval_s: float = INTERVAL_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._meters = meters
        self._address = (host, port)
        self._interval_s = interval_s
        self._clock = clock
        self._stopping = threading.Event()
        self.faults = Faults()
        """Of these only `unplugged` means something here: nothing is published."""

    def stop(self) -> None:
        """Come to an end. May be called from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Publish until stopped. Raises TransportError where the broker cannot be reached."""
        from paho.mqtt.client import Client  # noqa: PLC0415 - the other ways do not wait for it
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        client = Client(CallbackAPIVersion.VERSION2)
        host, port = self._address
        try:
            client.connect(host, port)
            client.loop_start()
            while not self._stopping.is_set():
                for topic, payload in (
                    () if self.faults.unplugged else self._meters.messages_at(self._clock())
                ):
                    client.publish(topic, payload, qos=1).wait_for_publish(PUBLISH_TIMEOUT_S)
                self._stopping.wait(self._interval_s)
        except (OSError, ValueError, RuntimeError) as error:
            raise TransportError(f"the MQTT broker {host}:{port}: {error}") from error
        finally:
            client.disconnect()
            client.loop_stop()
