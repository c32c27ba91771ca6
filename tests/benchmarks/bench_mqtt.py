"""MQTT messages from a real Mosquitto into the database, against paho that receives and discards them.

Both have a session with QoS 1 in which the same messages wait, and take them as fast as they can: paho
acknowledges each at once, the portal when its reading is committed. Wall time counts, because the portal
waits for the disk; CPU time is told too. The broker may have 500 messages on the way, as docs/mqtt.md says.

    python tests/benchmarks/bench_mqtt.py
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness import ROOT, Contender, Skipped, Target, main, race, report
from portal_at_home import django_in, new_home
from results import Measured, keep

sys.path.insert(0, str(ROOT))

MESSAGES = 10_000
WINDOW = 500
TOPIC = "wmbusmeters/11223344"
PAHO, OURS = "paho receives and discards", "published to committed, SQLite"
PATIENCE_S = 120.0


def payloads(begin: datetime, first: int) -> list[tuple[str, str]]:
    """One telegram a second of a water meter, each with a litre more."""
    meter = {"_": "telegram", "media": "cold water", "meter": "made", "name": "made", "id": "11223344"}
    return [
        (
            TOPIC,
            json.dumps(
                {
                    **meter,
                    "total_m3": (first + number) / 1000,
                    "timestamp": (begin + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            ),
        )
        for number in range(MESSAGES)
    ]


def session(port: int, client_id: str, on_message: Callable[..., None] | None) -> Any:
    """A paho client with a lasting session; None: it subscribes and leaves."""
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # of paho
    properties.SessionExpiryInterval = 3600
    properties.ReceiveMaximum = WINDOW
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5)
    ready = threading.Event()
    client.on_subscribe = lambda *_: ready.set()
    client.on_connect = lambda client, *_: client.subscribe("wmbusmeters/+", 1)
    client.on_message = on_message
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    client.loop_start()
    if on_message is None:
        assert ready.wait(10)
        client.disconnect()
        client.loop_stop()
    return client


def paho_takes(port: int) -> None:
    """Receive all that waits."""
    done, count = threading.Event(), 0

    def on_message(*_: object) -> None:
        nonlocal count
        count += 1
        if count >= MESSAGES:
            done.set()

    client = session(port, "paho", on_message)
    assert done.wait(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


async def portal_takes(household_id: int, spill: Path, last: Decimal) -> None:
    """Run the ingest worker until the last reading is in the database."""
    from portal.ingest.worker import IngestWorker
    from portal.metering import store

    stop = asyncio.Event()
    worker = asyncio.create_task(IngestWorker(spill).run(stop))
    deadline = time.monotonic() + PATIENCE_S

    def is_there() -> bool:
        return any(one.value >= last for one in store.latest(household_id))

    while not await asyncio.to_thread(is_there):
        assert time.monotonic() < deadline, "not all readings came"
        await asyncio.sleep(0.02)
    stop.set()
    await worker


def bench() -> bool:
    """In turns, each with the same number of messages waiting for it."""
    from tests.broker import MOSQUITTO, Mosquitto, free_port

    if MOSQUITTO is None:
        raise Skipped("Mosquitto is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        django_in(folder / "var")
        from portal.pairing.links import add_link

        open_to_all = ("allow_anonymous true", "max_inflight_messages 0")
        broker = Mosquitto(folder / "broker", free_port(), open_to_all)
        broker.start()
        try:
            home = new_home()
            settings = {
                "host": "127.0.0.1", "port": broker.port, "tls": False, "topics": "wmbusmeters/+",
                "dialect": "wmbusmeters", "client_id": "portal",
            }  # fmt: skip
            add_link(home.household, kind="mqtt", name="Radio", settings=settings)
            return _race(broker, home.household.pk, folder)
        finally:
            broker.stop()


def _race(broker: Any, household_id: int, folder: Path) -> bool:
    rounds = 3
    begin = datetime.now(UTC) - timedelta(seconds=(2 * rounds + 4) * MESSAGES)
    published = 0
    cpu_us: dict[str, list[float]] = {PAHO: [], OURS: []}

    def measured(name: str, client_id: str, take: Callable[[Decimal], None]) -> float:
        nonlocal published
        session(broker.port, client_id, None)
        with broker.publisher() as publisher:
            publisher.publish_all(payloads(begin + timedelta(seconds=published), published + 1))
        published += MESSAGES
        wall, cpu = time.perf_counter(), time.process_time()
        take(Decimal(published) / 1000)
        cpu_us[name].append((time.process_time() - cpu) * 1e6 / MESSAGES)
        spent = time.perf_counter() - wall
        _forget(broker.port, client_id)
        return spent * 1e6 / MESSAGES

    timings = race(
        [
            Contender(PAHO, lambda: measured(PAHO, "paho", lambda _: paho_takes(broker.port))),
            Contender(
                OURS,
                lambda: measured(
                    OURS,
                    "portal",
                    lambda last: asyncio.run(portal_takes(household_id, folder / "spill", last)),
                ),
            ),
        ],
        rounds=rounds,
    )
    title = "MQTT, QoS 1, 160 octets a message"
    reached = report(title, timings, [Target(PAHO, OURS, 0.5)])
    for name, spent in cpu_us.items():
        middle = sorted(spent)[len(spent) // 2]
        print(f"{name}: {1e6 / timings[name].median_us:,.0f} messages/s, {middle:.0f} µs CPU each")
        keep("measured", asdict(Measured(title, f"{name}, CPU", middle, "µs")))
    return reached


def _forget(port: int, client_id: str) -> None:
    """End the session, so that the next round's messages do not wait in it too."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(10)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    sys.exit(main(bench))
