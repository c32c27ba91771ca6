"""The household's meters on a real bus (knxd), heard by the source that reads buses."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from consumerapp.errors import TransportError
from consumerapp.normalise import normalise
from consumerapp.readings import MeterId, Obis, Quantity, Reading
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.knx import BusMeters, BusPusher
from consumerapp.sources import open_source
from tests.consumerapp.sources.knxd import Knxd, free_udp_port, missing_programs

MISSING = missing_programs()
INSTALLED = date(2026, 3, 1)
AT = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)


def meters(home: str) -> BusMeters:
    return BusMeters(Household(replace(HOMES[home], seed=1), INSTALLED), INSTALLED)


@pytest.mark.parametrize("home", sorted(HOMES))
def test_every_meter_of_a_home_has_its_groups(home):
    told = dict(meters(home).octets_at(AT))
    assert len({row.group for row in told}) == len(told) >= 7
    assert all(len(octets) == row.datapoint.octets for row, octets in told.items())


def test_the_same_seed_and_time_say_the_same():
    assert list(meters("house").octets_at(AT)) == list(meters("house").octets_at(AT))


@pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)} (Debian: knxd, knxd-tools)")
@pytest.mark.parametrize("home", sorted(HOMES))
async def test_what_the_meters_write_arrives_as_readings(home, tmp_path: Path, clock, at_work):
    server = Knxd(tmp_path)
    server.start()
    simulated = meters(home)
    pusher = BusPusher(
        simulated, "127.0.0.1", server.port, interval_s=0.05, local_ip="127.0.0.1", clock=lambda: AT
    )
    settings = {
        "name": "Bus",
        "url": f"knx://127.0.0.1:{server.port}",
        "interface": "127.0.0.1",
        "table": str(simulated.table),
    }
    writing = threading.Thread(target=pusher.run)
    heard: dict[tuple[MeterId, Obis], Reading] = {}
    try:
        async with at_work(open_source("knx", settings, now=clock)) as deliveries:
            writing.start()
            while len(heard) < len(simulated.table.rows):
                arrived = await deliveries.telegram()
                for reading in normalise(arrived.telegram, received_at=AT, source="Bus").readings:
                    heard[(reading.meter_id, reading.obis)] = reading
    finally:
        pusher.stop()
        await asyncio.to_thread(writing.join)
        server.stop()
    energy = next(one for one in heard.values() if one.quantity is Quantity.ACTIVE_ENERGY_IMPORT)
    assert energy.value == int.from_bytes(next(iter(simulated.octets_at(AT)))[1], "big")


def test_a_gateway_that_is_not_there_is_told():
    pusher = BusPusher(meters("house"), "127.0.0.1", free_udp_port(), local_ip="127.0.0.1")
    with pytest.raises(TransportError, match="KNX gateway"):
        pusher.run()
