"""The MQTT source at a real Mosquitto: what is kept is forgotten there, what is old is never live."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.normalise import normalise
from consumerapp.sources import open_source
from consumerapp.sources.link import FrameRefused, LinkChanged, LinkDetail, LinkState, TelegramArrived
from tests.broker import KEPT_AT_ONCE, Mosquitto, free_port, mosquitto
from tests.certificates import identity

__all__ = ["mosquitto"]

TOPIC = "wmbusmeters/water"


def water(total_m3: float = 1.5, at: datetime | None = None) -> dict[str, Any]:
    stamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    meter = {"_": "telegram", "media": "cold water", "id": "11223344"}
    return {**meter, "total_m3": total_m3, "timestamp": stamp}


def settings(port: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "Broker", "host": "127.0.0.1", "port": port, "tls": False, "topics": "wmbusmeters/+",
        "dialect": "wmbusmeters", "client_id": "meterside-test", **more,
    }  # fmt: skip


def values(found: TelegramArrived) -> list[Decimal]:
    return [value.value for value in found.telegram.values]


async def arrived(deliveries: Any, *, commit: bool = True) -> TelegramArrived:
    """The next telegram, whose readings are kept at once."""
    telegram: TelegramArrived = await deliveries.telegram()
    if commit and telegram.committed is not None:
        telegram.committed()
    return telegram


@contextlib.contextmanager
def published(broker: Mosquitto, **options: Any):
    """A publisher, off the event loop."""
    with broker.publisher(**options) as publisher:
        yield lambda *words, **more: asyncio.to_thread(publisher.publish, *words, **more)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_message_is_a_telegram(mosquitto, at_work, version):
    source = open_source("mqtt", settings(mosquitto.port, version=version))
    async with at_work(source) as deliveries:
        with published(mosquitto) as publish:
            while not any(isinstance(found, TelegramArrived) for found in deliveries.all):
                await publish(TOPIC, water(12.25))
        telegram = await arrived(deliveries)
        assert values(telegram) == [Decimal("12.25")]
        assert telegram.source == "Broker"
        await deliveries.state(LinkState.LIVE)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_what_is_not_kept_comes_again_and_what_is_kept_does_not(mosquitto, at_work, version):
    made = settings(mosquitto.port, version=version)
    async with at_work(open_source("mqtt", made)) as deliveries:
        await subscribed(mosquitto, deliveries)
        with published(mosquitto) as publish:
            await publish(TOPIC, water(1))
            await publish(TOPIC, water(2))
        assert values(await arrived(deliveries)) == [1]
        assert values(await arrived(deliveries, commit=False)) == [2]
    with published(mosquitto) as publish:
        await publish(TOPIC, water(3))
    async with at_work(open_source("mqtt", made)) as deliveries:
        assert values(await arrived(deliveries)) == [2]
        assert values(await arrived(deliveries)) == [3]
    async with at_work(open_source("mqtt", made)) as deliveries:
        with published(mosquitto) as publish:
            await publish(TOPIC, water(4))
        assert values(await arrived(deliveries)) == [4]


async def subscribed(broker: Mosquitto, deliveries: Any) -> None:
    """Publish until something arrives, then take all of it."""
    with published(broker) as publish:
        while not any(isinstance(found, TelegramArrived) for found in deliveries.all):
            await publish("wmbusmeters/first", water(99))
        await publish("wmbusmeters/last", water(0))
    while values(await arrived(deliveries)) != [0]:
        pass


async def test_the_broker_dies_and_comes_back_with_what_it_had(mosquitto, at_work):
    mosquitto.stop()
    mosquitto.settings += KEPT_AT_ONCE
    mosquitto.start()
    async with at_work(open_source("mqtt", settings(mosquitto.port))) as deliveries:
        await subscribed(mosquitto, deliveries)
        with published(mosquitto) as publish:
            for number in range(7, 12):  # it saves when it has seen more than one change
                await publish(TOPIC, water(number))
        assert values(await arrived(deliveries, commit=False)) == [7]
        mosquitto.stop(kill=True)
        await deliveries.state(LinkState.LOST)
        mosquitto.start()
        while values(await arrived(deliveries)) != [7]:
            pass  # of those before, the broker may have heard too late that they were kept


async def test_a_retained_value_is_never_taken(mosquitto, at_work):
    with published(mosquitto) as publish:
        await publish(TOPIC, water(5), retain=True)
    async with at_work(open_source("mqtt", settings(mosquitto.port))) as deliveries:
        await subscribed(mosquitto, deliveries)
    taken = [values(found) for found in deliveries.all if isinstance(found, TelegramArrived)]
    assert [Decimal(5)] not in taken


async def test_what_waited_belongs_to_its_own_time(mosquitto, at_work):
    made = settings(mosquitto.port)
    async with at_work(open_source("mqtt", made)) as deliveries:
        await subscribed(mosquitto, deliveries)
    measured_at = (datetime.now(UTC) - timedelta(hours=5)).replace(microsecond=0)
    with published(mosquitto) as publish:
        await publish(TOPIC, water(6, measured_at))
    async with at_work(open_source("mqtt", made)) as deliveries:
        telegram = await arrived(deliveries)
    assert telegram.is_late
    found = normalise(telegram.telegram, received_at=telegram.received_at, source="Broker")
    assert [reading.at for reading in found.readings] == [measured_at]


async def test_power_that_waited_without_a_time_is_no_power_of_now(mosquitto, at_work):
    rules = "plug/1 | P | 1-0:1.7.0 | W\nplug/1 | E | 1-0:1.8.0 | kWh"
    made = settings(mosquitto.port, dialect="declared", topics="plug/1 wmbusmeters/+", rules=rules)
    async with at_work(open_source("mqtt", made)) as deliveries:
        with published(mosquitto) as publish:
            while not any(isinstance(found, TelegramArrived) for found in deliveries.all):
                await publish("plug/1", {"P": 1, "E": 1})
        while deliveries._queue.qsize():
            found = deliveries._queue.get_nowait()
            if isinstance(found, TelegramArrived) and found.committed:
                found.committed()
    with published(mosquitto) as publish:
        await publish("plug/1", {"P": 800, "E": 2})
    async with at_work(open_source("mqtt", made)) as deliveries:
        telegram = await arrived(deliveries)
        while values(telegram) in ([1, 1000], [1000]):
            telegram = await arrived(deliveries)
        assert values(telegram) == [2000]
        assert telegram.is_late
        with published(mosquitto) as publish:
            telegram = await until_live(publish, deliveries)
        assert values(telegram) == [900, 3000]


async def until_live(publish: Any, deliveries: Any) -> TelegramArrived:
    """Publish now and then, as a gateway does, until it counts as of now."""
    telegram = None
    while telegram is None or telegram.is_late:
        await asyncio.sleep(0.4)
        await publish("plug/1", {"P": 900, "E": 3})
        telegram = await arrived(deliveries)
    return telegram


async def test_a_broken_payload_is_counted_and_forgotten(mosquitto, at_work):
    async with at_work(open_source("mqtt", settings(mosquitto.port))) as deliveries:
        await subscribed(mosquitto, deliveries)
        with published(mosquitto) as publish:
            await publish(TOPIC, "{ cut")
            await publish(TOPIC, water(8))
        assert values(await arrived(deliveries)) == [8]
        assert any(isinstance(found, FrameRefused) for found in deliveries.all)


async def test_the_last_will_says_that_the_gateway_is_gone(mosquitto, at_work):
    made = settings(mosquitto.port, dialect="tasmota", topics="tele/hall/+")
    async with at_work(open_source("mqtt", made)) as deliveries:
        with published(mosquitto) as publish:
            while not any(isinstance(found, TelegramArrived) for found in deliveries.all):
                await publish("tele/hall/SENSOR", {"Time": "2026-11-03T12:00:00", "SML": {"Total_in": 1}})
            await publish("tele/hall/LWT", "Offline", retain=True)
        changed = await deliveries.state(LinkState.SILENT)
        assert changed.status.detail is LinkDetail.DEVICE_OFFLINE


async def test_nobody_there_is_tried_again(at_work):
    port = free_port()
    async with at_work(open_source("mqtt", settings(port))) as deliveries:
        changed = await deliveries.state(LinkState.LOST)
        assert changed.status.detail is LinkDetail.CONNECTION_REFUSED


async def test_a_wrong_password_says_so(tmp_path, mosquitto, at_work):
    mosquitto.stop()
    mosquitto.settings = ("allow_anonymous false",)
    mosquitto.start()
    source = open_source("mqtt", settings(mosquitto.port, username="portal", password="wrong"))
    async with at_work(source) as deliveries:
        changed = await deliveries.state(LinkState.LOST)
        assert changed.status.detail is LinkDetail.BROKER_DENIED


def encrypted(broker: Mosquitto, folder: Any, *, wants_client: bool = False):
    """Begin again with TLS; the authority, the server's and the client's identity."""
    authority = identity("authority")
    server, client = identity("server", authority), identity("portal", authority)
    certificate, key = server.write(folder, "server")
    ca, _ = authority.write(folder, "ca")
    broker.stop()
    broker.listener = (f"cafile {ca}", f"certfile {certificate}", f"keyfile {key}")
    if wants_client:
        broker.listener += ("require_certificate true", "use_identity_as_username true")
    for path in folder.glob("*.key"):
        path.chmod(0o644)
    broker.start()
    return authority, server, client


async def test_tls_with_the_authority_a_pin_and_a_client_certificate(tmp_path, mosquitto, at_work):
    authority, server, client = encrypted(mosquitto, tmp_path, wants_client=True)
    ours = {"tls": True, "client_certificate": client.pem, "client_key": client.key_pem}
    for trust in ({"ca_certificate": authority.pem}, {"pinned_sha256": server.sha256}):
        quick = settings(mosquitto.port, **ours, **trust, silent_after_s=0.3)
        async with at_work(open_source("mqtt", quick)) as deliveries:
            connected = await connected_or_lost(deliveries)
            assert connected is None
    async with at_work(open_source("mqtt", settings(mosquitto.port, tls=True, **trust))) as deliveries:
        assert await connected_or_lost(deliveries) is not None


async def connected_or_lost(deliveries: Any) -> LinkDetail | None:
    """None: it stayed connected until silence was due; else why it was lost."""
    async with asyncio.timeout(10):
        while True:
            found = await deliveries._queue.get()
            if isinstance(found, LinkChanged) and found.status.state is LinkState.LOST:
                return found.status.detail
            if isinstance(found, LinkChanged) and found.status.state is LinkState.SILENT:
                return None


@pytest.mark.parametrize("trust", ["another authority", "another pin", "nothing"])
async def test_a_certificate_that_is_not_trusted_ends_it_before_anything_is_said(
    tmp_path, mosquitto, at_work, trust
):
    encrypted(mosquitto, tmp_path)
    other = identity("other")
    wanted = {
        "another authority": {"ca_certificate": other.pem},
        "another pin": {"pinned_sha256": other.sha256},
        "nothing": {},
    }[trust]
    source = open_source("mqtt", settings(mosquitto.port, tls=True, username="u", password="p", **wanted))
    async with at_work(source) as deliveries:
        changed = await deliveries.state(LinkState.LOST)
        assert changed.status.detail is LinkDetail.CERTIFICATE_REFUSED


async def test_a_flood_is_held_at_the_broker(mosquitto, at_work):
    """The broker sends no more than may wait; the rest stays with it until some are kept."""
    mosquitto.stop()
    mosquitto.settings = ("allow_anonymous true", "max_inflight_messages 0")
    mosquitto.start()
    async with at_work(open_source("mqtt", settings(mosquitto.port))) as deliveries:
        await subscribed(mosquitto, deliveries)
        many = [(TOPIC, f'{{"media":"gas","id":"1","total_m3":{number}}}') for number in range(1200)]
        with mosquitto.publisher() as publisher:
            await asyncio.to_thread(publisher.publish_all, many)
        waiting = [await arrived(deliveries, commit=False) for _ in range(500)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await arrived(deliveries, commit=False)
        for telegram in waiting:
            assert telegram.committed is not None
            telegram.committed()
        rest = [await arrived(deliveries) for _ in range(700)]
        assert [values(found)[0] for found in (*waiting, *rest)] == list(range(1200))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"topics": "#"}, "more than one gateway"),
        ({"topics": ""}, "want 1 to"),
        ({"topics": "a/#/b"}, "no topic filter"),
        ({"topics": "$SYS/broker"}, "more than one gateway"),
        ({"dialect": "klingon"}, "there is no dialect"),
        ({"dialect": "declared"}, "at least one line"),
        ({"host": ""}, "a host and a port"),
        ({"version": "4"}, "the version is"),
        ({"pinned_sha256": "12"}, "64 hexadecimal"),
        ({"client_certificate": "x"}, "come together"),
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"tls": "yes"}, "is bool"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_words(wrong, said):
    with pytest.raises(ConsumerAppError, match=said):
        open_source("mqtt", settings(1883, **wrong))


def test_nothing_here_can_publish():
    """Neither the transport nor the source has a word for sending, and no last will is left."""
    from pathlib import Path

    import consumerapp

    folder = Path(consumerapp.__file__).parent
    for path in (folder / "transports" / "mqtt.py", folder / "sources" / "mqtt.py"):
        text = path.read_text()
        assert ".publish(" not in text
        assert "will_set" not in text
