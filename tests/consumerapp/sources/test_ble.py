"""The real bleak against a mock BlueZ in a process of its own, on a private bus, and a head in a third."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from consumerapp.detection import detect
from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Protocol
from consumerapp.readings import Obis
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkDetail, LinkState
from consumerapp.transports.ble_uart import (
    NORDIC_UART_NOTIFY,
    NORDIC_UART_SERVICE,
    BleUart,
    heads_at_hand,
    known_uuid,
)
from consumerapp.transports.line import LineBroken

HEAD, MACHINE = "00:00:00:00:00:02", "00:00:00:00:00:01"
URL = f"ble://{HEAD}?adapter=hci0"
OTHER_SERVICE, OTHER_NOTIFY = "49535343-fe7d-4ae5-8fa9-9fafd205e455", "49535343-1e4d-4bd9-ba61-23c647249616"
BLUEZOO = Path(sys.executable).with_name("bluezoo")
SCRIPT = Path(__file__).with_name("ble_head.py")
PATIENCE_S = 20.0

needs_bluetooth = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None or not BLUEZOO.exists(),
    reason="needs dbus-daemon (apt install dbus) and bluezoo",
)


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """A private bus in the place of the system's."""
    place = tmp_path / "bus"
    daemon = await asyncio.create_subprocess_exec(
        "dbus-daemon",
        "--session",
        "--nofork",
        "--print-address",
        f"--address=unix:path={place}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert daemon.stdout is not None
    await daemon.stdout.readline()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={place}")
    yield place
    daemon.terminate()
    await daemon.wait()


class BlueZ:
    """Two adapters that hear each other: this machine's, and the head's."""

    async def start(self) -> None:
        self._mock = await asyncio.create_subprocess_exec(
            BLUEZOO, "--auto-enable", "--scan-interval", "1", "-a", MACHINE, "-a", HEAD,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._mock.stderr is not None
        while b"Adding adapter[1]" not in await asyncio.wait_for(self._mock.stderr.readline(), PATIENCE_S):
            pass
        self._unread = asyncio.create_task(self._mock.stderr.read())

    async def end(self) -> None:
        self._mock.terminate()
        await self._mock.wait()
        await self._unread


@pytest.fixture
async def bluez(bus: Path) -> AsyncIterator[BlueZ]:
    mock = BlueZ()
    await mock.start()
    yield mock
    await mock.end()


class Head:
    """The head's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        assert process.stdin is not None
        self._stdin = process.stdin

    async def push_until(self, octets: bytes, heard: Awaitable[Any]) -> Any:
        """Notify again and again, as a head does, until somebody heard it."""
        hearing = asyncio.ensure_future(heard)
        while not hearing.done():
            self._stdin.write(octets.hex().encode() + b"\n")
            await self._stdin.drain()
            await asyncio.wait((hearing,), timeout=0.2)
        return hearing.result()

    async def end(self) -> None:
        """It is switched off, or carried away."""
        self._stdin.close()
        await self._process.wait()


@pytest.fixture
async def switch_on(bluez: BlueZ) -> AsyncIterator[Callable[..., Awaitable[Head]]]:
    heads: list[Head] = []

    async def made(service: str = NORDIC_UART_SERVICE, notify: str = NORDIC_UART_NOTIFY) -> Head:
        process = await asyncio.create_subprocess_exec(
            sys.executable, SCRIPT, "Optical head", service, notify,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), PATIENCE_S) == b"advertising\n"
        heads.append(Head(process))
        return heads[-1]

    yield made
    for head in heads:
        with contextlib.suppress(ConnectionError):
            await head.end()


async def disconnect() -> None:
    """The radio link breaks, as BlueZ says it."""
    from dbus_fast import BusType, Message
    from dbus_fast.aio import MessageBus

    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    path = f"/org/bluez/hci0/dev_{HEAD.replace(':', '_')}"
    await bus.call(
        Message(destination="org.bluez", path=path, interface="org.bluez.Device1", member="Disconnect")
    )
    bus.disconnect()


def opened(url: str = URL, **more: object) -> Any:
    return open_source("ble", {"name": "Garage", "url": url, "protocol": "sml", **more})


@needs_bluetooth
async def test_a_telegram_in_notifications_of_twenty_bytes_arrives(switch_on, at_work, frame):
    head = await switch_on()
    async with at_work(opened()) as deliveries:
        arrived = await head.push_until(frame(1420), deliveries.telegram())
        assert arrived.source == "Garage"
        values = {value.obis: value.value for value in arrived.telegram.values}
        assert values[Obis.parse("1-0:16.7.0")] == 1420
        assert len(frame(1420)) > 5 * 20


@needs_bluetooth
async def test_a_link_that_breaks_heals_by_itself(switch_on, bluez, at_work, frame):
    head = await switch_on()
    async with at_work(opened()) as deliveries:
        await head.push_until(frame(1), deliveries.state(LinkState.LIVE))
        await disconnect()
        await deliveries.state(LinkState.LOST, LinkDetail.PEER_CLOSED)
        # The mock connects a device once in its life; the machine's Bluetooth service starts anew.
        await head.end()
        await bluez.end()
        await bluez.start()
        head = await switch_on()
        changed = await head.push_until(frame(2), deliveries.state(LinkState.LIVE))
        assert changed.status.frames_ok >= 2


@needs_bluetooth
async def test_a_head_with_numbers_of_its_own_is_read_and_without_them_is_none(switch_on, at_work, frame):
    await switch_on(OTHER_SERVICE, OTHER_NOTIFY)
    async with at_work(opened()) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.NOT_A_HEAD)


@needs_bluetooth
async def test_numbers_of_its_own_are_told(switch_on, at_work, frame):
    head = await switch_on(OTHER_SERVICE, OTHER_NOTIFY)
    async with at_work(opened(f"{URL}&service={OTHER_SERVICE}&notify={OTHER_NOTIFY}")) as deliveries:
        await head.push_until(frame(7), deliveries.telegram())


@needs_bluetooth
async def test_a_head_that_is_not_there_is_not_found(bluez, monkeypatch):
    line = BleUart("00:00:00:00:00:77", adapter="hci0", scan_s=0.5)
    with pytest.raises(LineBroken) as broken:
        await line.carry(None)  # type: ignore[arg-type]  # it is never reached
    assert broken.value.detail is LinkDetail.HEAD_NOT_FOUND


@needs_bluetooth
async def test_a_machine_without_bluetooth_says_so(bus, at_work):
    async with at_work(opened()) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.BLUETOOTH_OFF)
    with pytest.raises(LineBroken) as broken:
        await heads_at_hand(0.1)
    assert broken.value.detail is LinkDetail.BLUETOOTH_OFF


@needs_bluetooth
async def test_heads_are_listed_on_the_command_line(switch_on):
    await switch_on()
    command = [sys.executable, "-m", "consumerapp", "detect", "--ble", "--dwell", "2.5", "--adapter", "hci0"]
    listed = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout == f"ble://{HEAD}  Optical head  UART\n"


@needs_bluetooth
async def test_detection_tells_what_a_head_carries(switch_on, frame):
    head = await switch_on()
    detection = await head.push_until(frame(5), detect(URL, dwell_s=10.0))
    assert detection.found is not None
    assert (detection.found.protocol, detection.found.setting) == (Protocol.SML, None)


@pytest.mark.parametrize(
    "url",
    [
        "ble://",
        "ble://00:00:00:00:00",
        "ble://00:00:00:00:00:0g",
        f"ble://{HEAD}/x",
        f"ble://{HEAD}?service=1",
        f"ble://{HEAD}?baud=9600",
        f"ble://{HEAD}?adapter=../hci0",
        f"tcp://{HEAD}",
        "ble://[",
        f"ble://{HEAD}?notify",
    ],
)
def test_what_is_no_head_is_refused_with_words(url):
    with pytest.raises(ConsumerAppError, match=r"address|UUID|adapter"):
        opened(url)


def test_a_short_uuid_is_written_out():
    assert known_uuid("FFE0") == "0000ffe0-0000-1000-8000-00805f9b34fb"
