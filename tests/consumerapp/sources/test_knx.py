"""The KNX source against a real KNXnet/IP server (knxd), with knxtool as the devices on the bus."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.normalise import normalise
from consumerapp.readings import Authenticity, Quantity
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkDetail, LinkState, TelegramArrived
from tests.consumerapp.sources.knxd import Knxd, free_udp_port, missing_programs

ROOT = Path(__file__).parents[3]
MISSING = missing_programs()
needs_knxd = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {' and '.join(MISSING)} (Debian: knxd, knxd-tools)"
)
TABLE = """
1/2/3; 1-0:1.8.0; 13.010; ; ; Main
1/2/4; 1-0:16.7.0; 14.056; ; ; Main
1/2/5; 1-0:16.7.0; 9.024; ; ; Roof
1/2/6; 1-0:2.8.0; 235.001; ; ; Main
1/2/7; 7-0:3.0.0; 229.001; ; ; Gas
1/2/8; 0-0:96.14.0; 1.1201; ; ; Main
"""


@pytest.fixture
def knxd(tmp_path: Path) -> Iterator[Knxd]:
    server = Knxd(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bus(knxd: Knxd, clock):
    """A source that has a tunnel to knxd."""

    def made(**more):
        settings = {
            "name": "Bus",
            "url": f"knx://127.0.0.1:{knxd.port}",
            "interface": "127.0.0.1",
            "table": TABLE,
            "probe_every_s": 0.2,
        }
        return open_source("knx", settings | more, now=clock)

    return made


async def telegram(deliveries, knxd: Knxd, group: str, data: str) -> TelegramArrived:
    """Let a device write until the source has heard it: it is deaf until its tunnel is open."""
    arriving = asyncio.ensure_future(deliveries.telegram())
    while not arriving.done():
        await asyncio.to_thread(knxd.write, group, data)
        await asyncio.wait((arriving,), timeout=0.1)
    return arriving.result()


@needs_knxd
@pytest.mark.parametrize(
    ("group", "data", "quantity", "value"),
    [
        ("1/2/3", "00 12 D6 87", Quantity.ACTIVE_ENERGY_IMPORT, "1234567"),
        ("1/2/4", "C4 BB 80 00", Quantity.ACTIVE_POWER_NET, "-1500"),
        ("1/2/5", "00 FA", Quantity.ACTIVE_POWER_NET, "2500"),
        ("1/2/6", "00 00 30 39 02 00", Quantity.ACTIVE_ENERGY_EXPORT, "12345"),
        ("1/2/7", "00 00 30 39 13 00", Quantity.GAS_VOLUME, "12.345"),
    ],
)
async def test_what_a_device_writes_arrives_as_a_reading(knxd, bus, at_work, group, data, quantity, value):
    before = datetime.now(UTC)
    async with at_work(bus()) as deliveries:
        arrived = await telegram(deliveries, knxd, group, data)
        await deliveries.state(LinkState.LIVE)
    (reading,) = normalise(arrived.telegram, received_at=arrived.received_at, source="Bus").readings
    assert (reading.quantity, reading.value) == (quantity, Decimal(value))
    assert reading.authenticity is Authenticity.PLAIN
    assert before <= reading.received_at <= datetime.now(UTC)


@needs_knxd
async def test_a_small_value_arrives(knxd, bus, at_work):
    async with at_work(bus()) as deliveries:
        await telegram(deliveries, knxd, "1/2/3", "00 00 00 01")
        await asyncio.to_thread(knxd.write_small, "1/2/8", 1)
        while (arrived := await deliveries.telegram()).telegram.columns[0].obis.c != 96:
            pass
    assert arrived.telegram.raw == (1,)


@needs_knxd
async def test_a_value_that_is_none_is_no_reading(knxd, bus, at_work):
    async with at_work(bus()) as deliveries:
        arrived = await telegram(deliveries, knxd, "1/2/5", "7F FF")
    assert arrived.telegram.raw == ()


@needs_knxd
async def test_another_length_is_refused_and_the_next_telegram_arrives(knxd, bus, at_work):
    async with at_work(bus()) as deliveries:
        await telegram(deliveries, knxd, "1/2/3", "00 00 00 01")
        await asyncio.to_thread(knxd.write, "1/2/3", "00 01")
        refusal = await deliveries.refusal()
        assert refusal.refused.kind is RefusalKind.MALFORMED
        arrived = await telegram(deliveries, knxd, "1/2/3", "00 00 00 02")
        assert arrived.telegram.raw == (2,)


@needs_knxd
async def test_other_groups_are_passed_by(knxd, bus, at_work):
    async with at_work(bus()) as deliveries:
        await telegram(deliveries, knxd, "1/2/3", "00 00 00 01")
        await asyncio.to_thread(knxd.write, "3/3/3", "00 00 00 09")
        await telegram(deliveries, knxd, "1/2/4", "00 00 00 00")
        raws = [found.telegram.raw for found in deliveries.all if isinstance(found, TelegramArrived)]
    assert (9,) not in raws


@needs_knxd
async def test_a_sender_that_is_not_listed_is_refused(knxd, bus, at_work):
    async with at_work(bus(senders="1.1.22, 1.1.23")) as deliveries:
        refused = asyncio.ensure_future(deliveries.refusal())
        while not refused.done():
            await asyncio.to_thread(knxd.write, "1/2/3", "00 00 00 01")
            await asyncio.wait((refused,), timeout=0.1)
        assert refused.result().refused.kind is RefusalKind.UNSUPPORTED
        assert re.search(r"0\.0\.\d+ is not among the senders", refused.result().refused.detail)
        assert not [found for found in deliveries.all if isinstance(found, TelegramArrived)]
        assert LinkState.GARBAGE not in states(deliveries)


def states(deliveries) -> list[LinkState]:
    return [found.status.state for found in deliveries.all if hasattr(found, "status")]


@needs_knxd
async def test_a_gateway_that_dies_without_a_word_is_found_again(knxd, bus, at_work):
    async with at_work(bus()) as deliveries:
        await telegram(deliveries, knxd, "1/2/3", "00 00 00 01")
        for restart in range(2):
            await deliveries.state(LinkState.LIVE)
            await asyncio.to_thread(knxd.kill)
            await asyncio.to_thread(knxd.start)
            await deliveries.state(LinkState.LOST)
            arrived = await telegram(deliveries, knxd, "1/2/3", f"00 00 00 0{restart + 2}")
            assert arrived.telegram.raw == (restart + 2,)


async def test_a_gateway_that_is_not_there_is_lost_and_tried_again(tmp_path, clock, at_work):
    settings = {
        "name": "Bus",
        "url": f"knx://127.0.0.1:{free_udp_port()}",
        "interface": "127.0.0.1",
        "table": TABLE,
    }
    async with at_work(open_source("knx", settings, now=clock)) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.UNREACHABLE)


@needs_knxd
async def test_cancelling_gives_the_tunnel_back(knxd, bus, at_work):
    # knxd has eight tunnels here; the tenth would be refused.
    for _ in range(10):
        async with at_work(bus()) as deliveries:
            await telegram(deliveries, knxd, "1/2/3", "00 00 00 01")


@needs_knxd
async def test_nothing_is_written_to_the_bus_and_nothing_asked(knxd, bus, at_work):
    heard = await heard_on_the_bus(knxd, bus(), at_work, lambda lines: len(lines) >= 15)
    assert not [line for line in heard if not is_the_devices(line)]


@needs_knxd
async def test_values_are_asked_for_where_that_was_chosen_and_nothing_is_written(knxd, bus, at_work):
    groups = {f"1/2/{number}" for number in range(3, 9)}
    heard = await heard_on_the_bus(knxd, bus(ask=True), at_work, lambda lines: groups <= asked(lines))
    assert asked(heard) == groups
    assert not [line for line in heard if not is_the_devices(line) and not line.startswith("Read")]


def asked(heard: list[str]) -> set[str]:
    return {line.split()[-1] for line in heard if line.startswith("Read")}


def is_the_devices(line: str) -> bool:
    return re.fullmatch(r"Write from \S+ to 1/2/3: 00 00 00 01", line) is not None


async def heard_on_the_bus(knxd: Knxd, source, at_work, is_enough) -> list[str]:
    """What another device hears while the source is at work: the writes of the test's device among it."""
    with knxd.listening() as heard:
        while not heard():
            # The other device takes a moment to be on the bus, and each question is asked only once.
            await asyncio.to_thread(knxd.write, "1/2/3", "00 00 00 01")
        async with at_work(source) as deliveries, asyncio.timeout(20):
            await telegram(deliveries, knxd, "1/2/3", "00 00 00 01")
            while not is_enough(heard()):
                await asyncio.to_thread(knxd.write, "1/2/3", "00 00 00 01")
        return heard()


async def test_a_write_cannot_leave(clock):
    from xknx import XKNX
    from xknx.cemi.cemi_frame import CEMIFrame, CEMILData
    from xknx.cemi.const import CEMIMessageCode
    from xknx.dpt.payload import DPTBinary
    from xknx.exceptions import CommunicationError
    from xknx.io import ConnectionConfig
    from xknx.telegram import GroupAddress, IndividualAddress, Telegram
    from xknx.telegram.apci import GroupValueWrite

    from consumerapp.transports.knx_ip import ListeningInterface

    xknx = XKNX()
    xknx.knxip_interface = ListeningInterface(xknx, ConnectionConfig(), lambda octets: None)
    write = Telegram(destination_address=GroupAddress("1/2/3"), payload=GroupValueWrite(DPTBinary(1)))
    data = CEMILData.init_from_telegram(write, src_addr=IndividualAddress("1.1.1"))
    with pytest.raises(CommunicationError, match="only listens"):
        await xknx.knxip_interface.send_cemi(CEMIFrame(code=CEMIMessageCode.L_DATA_REQ, data=data))
    with pytest.raises(CommunicationError, match="only listens"):
        await xknx.cemi_handler.send_telegram(write)


def test_no_line_of_the_product_makes_a_write():
    makers = [
        path
        for folder in ("consumerapp", "portal", "display")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(
            r"GroupValue(Write|Response)|\.telegrams\.put|RoutingIndication|TunnellingRequest\(",
            path.read_text(),
        )
    ]
    assert {path.relative_to(ROOT).as_posix() for path in makers} <= {"consumerapp/simulator/knx.py"}


def test_xknx_waits_until_a_bus_is_read():
    program = "import consumerapp.sources.knx, sys; print('xknx' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"url": "http://x"}, "no address of a bus"),
        ({"url": "knx://"}, "no address of a bus"),
        ({"url": "knx://x:99999"}, "no address of a bus"),
        ({"table": ""}, "no row"),
        ({"table": "1/2/3"}, "line 1"),
        ({"senders": "1.1"}, "no individual address"),
        ({"timezone": "Mars/Crater"}, "no time zone"),
        ({"tunnel_address": "x"}, "no individual address"),
        ({"ask": "yes"}, "'ask' is bool"),
    ],
)
def test_wrong_settings_are_refused_with_words(settings, complaint, clock):
    whole = {"name": "Bus", "url": "knx://192.0.2.1", "table": TABLE}
    with pytest.raises(ConsumerAppError, match=complaint):
        open_source("knx", whole | settings, now=clock)


async def test_a_keyring_that_its_password_does_not_open_is_told(clock, at_work):
    settings = {
        "name": "Bus",
        "url": "knx://127.0.0.1",
        "table": TABLE,
        "keyring": '<Keyring xmlns="http://knx.org/xml/keyring/1" Created="2026-01-01" Signature="AA=="/>',
        "keyring_password": "wrong",
    }
    async with at_work(open_source("knx", settings, now=clock)) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.WRONG_KEY)


# --- multicast routing over a pair of network interfaces -------------------------------------------


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _cannot_make_namespaces() -> str:
    """Why not; empty: it can."""
    if shutil.which("ip") is None:
        return "needs ip (Debian: iproute2)"
    if os.geteuid() != 0:
        return "making network namespaces needs root"
    name = f"ms-{secrets.token_hex(3)}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except subprocess.CalledProcessError as error:
        return f"this machine lets nobody make network namespaces: {error.stderr.decode().strip()}"
    return ""


NO_NAMESPACES = _cannot_make_namespaces()


@pytest.fixture
def far_knxd(tmp_path: Path) -> Iterator[Knxd]:
    """knxd in a network namespace of its own, behind a pair of interfaces."""
    tag = secrets.token_hex(3)
    space, near, far = f"ms-{tag}", f"msn{tag}", f"msf{tag}"
    _ip("netns", "add", space)
    server = Knxd(tmp_path, port=3671, interface=far, inside=("ip", "netns", "exec", space))
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", space)
        _ip("address", "add", "198.51.100.1/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", space, "address", "add", "198.51.100.2/30", "dev", far)
        _ip("-n", space, "link", "set", "lo", "up")
        _ip("-n", space, "link", "set", far, "up")
        _ip("-n", space, "route", "add", "224.0.0.0/4", "dev", far)
        server.start()
        yield server
    finally:
        server.stop()
        _ip("netns", "delete", space)


@needs_knxd
@pytest.mark.skipif(bool(NO_NAMESPACES), reason=NO_NAMESPACES)
async def test_multicast_routing_reaches_a_gateway_on_another_host(far_knxd, clock, at_work):
    settings = {"name": "Bus", "url": "knx-routing://", "interface": "198.51.100.1", "table": TABLE}
    async with at_work(open_source("knx", settings, now=clock)) as deliveries:
        arrived = await telegram(deliveries, far_knxd, "1/2/4", "43 66 19 9A")
        await deliveries.state(LinkState.LIVE)
    assert arrived.telegram.values[0].value == Decimal("230.1")
    assert arrived.telegram.authenticity is Authenticity.PLAIN
