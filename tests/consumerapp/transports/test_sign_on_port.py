"""A scripted meter of IEC 62056-21 on a real pty: it answers when it is asked, and only then."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import AsyncIterator
from typing import Any

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.iec62056_21 import REQUEST
from consumerapp.readings import Obis
from consumerapp.simulator.p1 import Line, data_block
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkDetail, LinkState
from consumerapp.transports import sign_on_port

LINES = (Line("0.0.0", ("12345678",)), Line("1.8.0", ("012345.678*kWh",)))
MODE_A, MODE_C = "TSTZSCRIPTED", "TST5\\SCRIPTED"


class ScriptedMeter:
    """What it was told, and the speeds of the port when it was told and when it answered."""

    def __init__(
        self, port: Any, identification: str, *, echoes: bool = False, is_mute: bool = False
    ) -> None:
        self._port = port
        self._identification = identification
        self._echoes = echoes
        self._is_mute = is_mute
        self.heard: list[tuple[bytes, int]] = []
        self.was_asked = asyncio.Event()
        self.answered_at: list[int] = []

    async def run(self) -> None:
        octets = b""
        while True:
            await asyncio.sleep(0.01)
            with contextlib.suppress(OSError):
                octets += os.read(self._port._ends[0], 64)
            if not octets.endswith(b"\r\n"):
                continue
            message, octets = octets, b""
            self.heard.append((message, self._port.speed_code()))
            self.was_asked.set()
            if self._echoes:
                self._port.push(message)
            if not self._is_mute:
                await self._answer(message)

    async def _answer(self, message: bytes) -> None:
        readout = data_block(self._identification, LINES)
        begin = readout.index(b"\x02")
        if message == REQUEST:
            self._port.push(readout[:begin])
            if self._identification == MODE_A:
                self._port.push(readout[begin:])
        elif message == b"\x06050\r\n":
            # It speaks at the new speed from here on; a reader that has not changed hears nothing of use.
            while self._port.speed_code() != termios.B9600:  # noqa: ASYNC110 - a pty rings no bell
                await asyncio.sleep(0.01)
            self.answered_at.append(self._port.speed_code())
            self._port.push(readout[begin:])


@contextlib.asynccontextmanager
async def answering(port: Any, identification: str, **more: bool) -> AsyncIterator[ScriptedMeter]:
    meter = ScriptedMeter(port, identification, **more)
    task = asyncio.create_task(meter.run())
    try:
        yield meter
    finally:
        task.cancel()
        await asyncio.wait((task,))


def opened(port: Any, **more: object) -> Any:
    settings = {"name": "Cellar", "url": str(port.path), "protocol": "d0", "sign_on_minutes": 1, **more}
    return open_source("serial", settings)


@pytest.mark.parametrize("echoes", [False, True])
async def test_a_mode_c_meter_is_asked_acknowledged_and_read_at_its_speed(port, at_work, echoes):
    async with answering(port, MODE_C, echoes=echoes) as meter, at_work(opened(port)) as deliveries:
        arrived = await deliveries.telegram()
        values = {value.obis: value.value for value in arrived.telegram.values}
        assert values[Obis.parse("1-0:1.8.0")] == 12345678
        assert meter.heard == [(REQUEST, termios.B300), (b"\x06050\r\n", termios.B300)]
        assert meter.answered_at == [termios.B9600]


async def test_a_mode_a_meter_is_asked_and_never_acknowledged(port, at_work):
    async with answering(port, MODE_A) as meter, at_work(opened(port)) as deliveries:
        arrived = await deliveries.telegram()
        assert len(arrived.telegram.values) >= 1
        assert [message for message, _ in meter.heard] == [REQUEST]


async def test_it_is_asked_again_after_so_many_minutes(port, at_work, monkeypatch):
    monkeypatch.setattr(sign_on_port, "LEAST_EVERY_S", 0.1)
    line = sign_on_port.SignOnPort(str(port.path), every_s=0.2)
    source = opened(port)
    source._line = line
    async with answering(port, MODE_C) as meter, at_work(source) as deliveries:
        for _ in range(3):
            await deliveries.telegram()
        assert [message for message, _ in meter.heard].count(REQUEST) >= 3


async def test_a_mute_meter_says_so(port, at_work, monkeypatch):
    monkeypatch.setattr(sign_on_port, "IDENTIFIES_WITHIN_S", 0.2)
    async with answering(port, MODE_C, is_mute=True), at_work(opened(port)) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.NOTHING_RECEIVED)


async def test_a_port_that_goes_during_a_readout_is_waited_for(port, at_work):
    async with answering(port, MODE_C, is_mute=True) as meter, at_work(opened(port)) as deliveries:
        await asyncio.wait_for(meter.was_asked.wait(), 10)
        port.unplug()
        await deliveries.state(LinkState.LOST, LinkDetail.PORT_UNPLUGGED)


async def test_nothing_is_ever_written_where_nobody_said_so(port, at_work):
    async with answering(port, MODE_C) as meter, at_work(opened(port, sign_on_minutes=0)) as deliveries:
        hearing = asyncio.ensure_future(deliveries.telegram())
        while not hearing.done():
            port.push(data_block(MODE_C, LINES))
            await asyncio.wait((hearing,), timeout=0.05)
        hearing.result()
        assert meter.heard == []


@pytest.mark.parametrize(("url", "every_s"), [("", 60.0), ("/dev/x\0", 60.0), ("/dev/x", 1.0)])
def test_what_cannot_be_is_refused(url, every_s):
    with pytest.raises(ConsumerAppError):
        sign_on_port.SignOnPort(url, every_s=every_s)
