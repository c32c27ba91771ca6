"""A serial port on which the meter has to be asked: IEC 62056-21 modes A and C (§?).

The one transport that writes to a meter, and only five characters and an acknowledgement: who chooses it has
to say so. Every so often the port is opened at 300 baud 7E1, the meter names itself, the speed it offers is
acknowledged, and its readout is handed on.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any, Final

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.iec62056_21 import REQUEST, Identification, acknowledgement, read_identification
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import ChunkProtocol, LineBroken, LineControl, LineReceiver
from consumerapp.transports.serial_port import not_opened

OPENING_BAUD: Final = 300
IDENTIFIES_WITHIN_S: Final = 4.0
"""Reaction of 1.5 s at most, and 24 characters at 300 baud take 0.8 s."""
QUIET_S: Final = 3.0
"""The readout has ended, or the meter has lost its thread: twice its longest pause between characters."""
LONGEST_READOUT_S: Final = 300.0
"""9000 characters at 300 baud."""
BITS_PER_CHARACTER: Final = 10
LEAST_EVERY_S: Final = 60.0
"""A meter on a battery counts its readouts; more often is no use to anybody."""
_ETX: Final = b"\x03"


class SignOnPort:
    """A port whose meter answers when it is asked."""

    def __init__(self, url: str, *, every_s: float) -> None:
        if "\0" in url or not url:
            raise ConsumerAppError("a serial port needs a path or a URL")
        if every_s < LEAST_EVERY_S:
            raise ConsumerAppError(f"a meter is asked every {LEAST_EVERY_S:g} s at most")
        self._url = url
        self._every_s = every_s

    async def carry(self, receiver: LineReceiver) -> None:
        """Ask, hand the readout on, wait, ask again; raises LineBroken."""
        serialx: Any = await asyncio.to_thread(import_module, "serialx")
        loop = asyncio.get_running_loop()
        receiver.line_opened(_Unheld())
        while True:
            due_s = loop.time() + self._every_s
            await self._read_once(serialx, receiver)
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    def leads_elsewhere(self) -> bool:
        """The port is opened anew for every readout."""
        return False

    async def _read_once(self, serialx: Any, receiver: LineReceiver) -> None:
        async with _Opened(serialx, self._url, OPENING_BAUD) as line:
            line.write(REQUEST)
            octets, identification = await _identified(line)
            receiver.bytes_arrived(octets)
            baud_rate = identification.baud_rate
            if baud_rate is None:  # Mode A: the data follow at once, at the same speed.
                await _hand_on(line, receiver)
                return
            answer = acknowledgement(identification.baud_character)
            line.write(answer)
            # The last character has to be on the wire before the speed changes; then the meter waits as long.
            await asyncio.sleep((len(answer) + 1) * BITS_PER_CHARACTER / OPENING_BAUD)
        async with _Opened(serialx, self._url, baud_rate) as line:
            await _hand_on(line, receiver)


async def _identified(line: _Opened) -> tuple[bytes, Identification]:
    """The identification with what came behind it. What comes before is the echo of a head."""
    octets = b""
    try:
        async with asyncio.timeout(IDENTIFIES_WITHIN_S):
            while True:
                octets += await line.next_octets()
                at = octets.find(b"/")
                while at >= 0:
                    identification = read_identification(octets[at:])
                    if identification is not None:
                        return octets[at:], identification
                    at = octets.find(b"/", at + 1)
    except TimeoutError:
        detail = LinkDetail.NO_FRAMES if octets.replace(REQUEST, b"") else LinkDetail.NOTHING_RECEIVED
        raise LineBroken(detail, "the meter did not identify itself") from None


async def _hand_on(line: _Opened, receiver: LineReceiver) -> None:
    """Until the block check behind ETX, or until nothing comes any more."""
    last = b""
    try:
        async with asyncio.timeout(LONGEST_READOUT_S):
            while True:
                async with asyncio.timeout(QUIET_S):
                    octets = await line.next_octets()
                receiver.bytes_arrived(octets)
                if _ETX in (last + octets)[:-1]:
                    return
                last = octets[-1:]
    except TimeoutError:
        return


class _Opened:
    """The port, open at one speed, 7E1; it is its own receiver."""

    def __init__(self, serialx: Any, url: str, baud_rate: int) -> None:
        self._serialx = serialx
        self._url = url
        self._baud_rate = baud_rate
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()

    async def __aenter__(self) -> _Opened:
        self._protocol = ChunkProtocol(self)
        try:
            self._transport, _ = await self._serialx.create_serial_connection(
                asyncio.get_running_loop(),
                lambda: self._protocol,
                self._url,
                baudrate=self._baud_rate,
                parity="E",
                stopbits=1,
                byte_size=7,
                exclusive=True,
            )
        except Exception as error:
            raise not_opened(error, self._serialx) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.abort()
        await self._transport.wait_closed()

    def line_opened(self, line: LineControl) -> None:
        """It is asked for as it comes."""

    def line_flooded(self) -> None:
        """The peer is slowed down already."""

    def bytes_arrived(self, octets: bytes) -> None:
        """The next chunk."""
        self._chunks.put_nowait(octets)

    def write(self, octets: bytes) -> None:
        """Say something to the meter."""
        self._transport.write(octets)

    async def next_octets(self) -> bytes:
        """The next chunk; raises LineBroken when the port has gone."""
        waiting = asyncio.ensure_future(self._chunks.get())
        try:
            await asyncio.wait((waiting, self._protocol.lost), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not waiting.done():
                waiting.cancel()
        if waiting.done() and not waiting.cancelled():
            return waiting.result()
        raise LineBroken(LinkDetail.PORT_UNPLUGGED, "the port ended during a readout")


class _Unheld:
    def hold(self, seconds: float) -> None:
        """A readout is taken as it comes."""
