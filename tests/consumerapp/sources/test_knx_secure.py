"""Secure routing and Data Secure, with xknx itself as the sender.

The peer is the library that the source stands on, so this shows that keyring, keys and refusals are handed
through, not that xknx speaks KNX Secure as others do: no independent peer could be had.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from xknx import XKNX
from xknx.dpt.payload import DPTArray
from xknx.io import ConnectionConfig, ConnectionType, SecureConfig
from xknx.secure.keyring import Keyring, load_keyring
from xknx.telegram import GroupAddress, Telegram
from xknx.telegram.apci import GroupValueWrite

from consumerapp.errors import RefusalKind
from consumerapp.readings import Authenticity
from consumerapp.sources import open_source
from consumerapp.sources.link import TelegramArrived
from tests.consumerapp.sources.knx_keyring import keyring
from tests.consumerapp.sources.knxd import free_udp_port

PASSWORD = "made for tests"
BACKBONE, GROUP_KEY = bytes(range(16)), bytes(range(16, 32))
SENDER = "1.1.22"
KEYRING = keyring(PASSWORD, backbone_key=BACKBONE, groups={"1/2/3": GROUP_KEY}, senders=(SENDER,))
TABLE = "1/2/3; 1-0:1.8.0; 13.010\n1/2/4; 1-0:2.8.0; 13.010"


def source(port: int, clock, **more):
    settings = {
        "name": "Bus",
        "url": f"knx-routing://224.0.23.12:{port}",
        "interface": "127.0.0.1",
        "table": TABLE,
        "keyring": KEYRING,
        "keyring_password": PASSWORD,
    }
    return open_source("knx", settings | more, now=clock)


@contextlib.asynccontextmanager
async def device(
    port: int, *, backbone: bytes = BACKBONE, ring: Keyring | None = None
) -> AsyncIterator[XKNX]:
    """A device that sends over secure routing; with a keyring also under Data Secure."""
    config = ConnectionConfig(
        connection_type=ConnectionType.ROUTING_SECURE,
        local_ip="127.0.0.1",
        multicast_port=port,
        individual_address=SENDER,
        secure_config=SecureConfig(backbone_key=backbone.hex(), latency_ms=300, keyring=ring),
    )
    async with XKNX(connection_config=config) as xknx:
        yield xknx


async def say(xknx: XKNX, group: str, number: int) -> None:
    payload = GroupValueWrite(DPTArray(tuple(number.to_bytes(4, "big"))))
    await xknx.cemi_handler.send_telegram(Telegram(destination_address=GroupAddress(group), payload=payload))


async def until(event: asyncio.Future, xknx: XKNX, group: str, number: int) -> None:
    """Say it until it was heard: both sides have to agree on the time first."""
    while not event.done():
        await say(xknx, group, number)
        await asyncio.wait((event,), timeout=0.2)


async def test_a_value_over_secure_routing_is_read_and_stays_plain(tmp_path, clock, at_work):
    port = free_udp_port()
    async with device(port) as xknx, at_work(source(port, clock)) as deliveries:
        arriving = asyncio.ensure_future(deliveries.telegram())
        await until(arriving, xknx, "1/2/4", 4711)
    telegram = arriving.result().telegram
    assert telegram.raw == (4711,)
    # The way over the network was secured, the bus behind it was not.
    assert telegram.authenticity is Authenticity.PLAIN


async def test_a_value_under_data_secure_is_authenticated(tmp_path, clock, at_work):
    port = free_udp_port()
    (tmp_path / "ring.knxkeys").write_text(KEYRING)
    ring = await load_keyring(tmp_path / "ring.knxkeys", PASSWORD)
    async with device(port, ring=ring) as xknx, at_work(source(port, clock)) as deliveries:
        arriving = asyncio.ensure_future(deliveries.telegram())
        await until(arriving, xknx, "1/2/3", 4712)
    telegram = arriving.result().telegram
    assert telegram.raw == (4712,)
    assert telegram.authenticity is Authenticity.AUTHENTICATED


async def test_a_plain_value_of_a_group_that_has_a_key_is_refused(clock, at_work):
    port = free_udp_port()
    async with device(port) as xknx, at_work(source(port, clock)) as deliveries:
        refused = asyncio.ensure_future(deliveries.refusal())
        await until(refused, xknx, "1/2/3", 4713)
        assert not [found for found in deliveries.all if isinstance(found, TelegramArrived)]
    assert refused.result().refused.kind is RefusalKind.WRONG_KEY


async def test_a_value_under_data_secure_needs_the_key_of_its_group(tmp_path, clock, at_work):
    port = free_udp_port()
    (tmp_path / "ring.knxkeys").write_text(KEYRING)
    ring = await load_keyring(tmp_path / "ring.knxkeys", PASSWORD)
    keyless = keyring(PASSWORD, backbone_key=BACKBONE, groups={}, senders=(SENDER,))
    async with device(port, ring=ring) as xknx, at_work(source(port, clock, keyring=keyless)) as deliveries:
        refused = asyncio.ensure_future(deliveries.refusal())
        await until(refused, xknx, "1/2/3", 4714)
    assert refused.result().refused.kind is RefusalKind.NEEDS_KEY


async def test_another_backbone_key_is_not_heard(clock, at_work):
    port = free_udp_port()
    async with (
        device(port) as xknx,
        device(port, backbone=bytes(16)) as stranger,
        at_work(source(port, clock)) as deliveries,
    ):
        arriving = asyncio.ensure_future(deliveries.telegram())
        while not arriving.done():
            await say(stranger, "1/2/4", 666)
            await say(xknx, "1/2/4", 1)
            await asyncio.wait((arriving,), timeout=0.2)
        await say(stranger, "1/2/4", 666)
        await say(xknx, "1/2/4", 2)
        while (await deliveries.telegram()).telegram.raw != (2,):
            pass
        raws = {found.telegram.raw for found in deliveries.all if isinstance(found, TelegramArrived)}
    assert raws == {(1,), (2,)}
