"""A meter that pushes: one telegram per interval, byte after byte as a UART delivers them.

At 9600 baud, 8N1, a byte takes ten bits: 960 bytes a second. Chunks are put on the wire when their last
bit would have passed, measured from the telegram's start, so that delays do not add up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from consumerapp.simulator.chance import Draws, draws
from consumerapp.simulator.outlets import Outlet

BITS_PER_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""
CHUNK_BYTES = 16
"""What a USB serial adapter gathers before it interrupts: about 16 ms at 9600 baud."""
_NOISY_BYTES = 0.06


class PushingMeter(Protocol):
    """Anything that has a telegram for an instant."""

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """The bytes that it sends at an instant."""


@dataclass(slots=True)
class Faults:
    """What is wrong with the meter or its cable just now. Any thread may change it."""

    unplugged: bool = False
    garbage: bool = False
    """Light from elsewhere, a loose head: some bytes arrive as others."""
    locked: bool = False
    """The meter waits for its PIN and shows kilowatt-hours only."""


def paced(octets: bytes, baudrate: int) -> Iterator[tuple[float, bytes]]:
    """Chunks of a telegram with the seconds after its start at which they have arrived."""
    for start in range(0, len(octets), CHUNK_BYTES):
        chunk = octets[start : start + CHUNK_BYTES]
        yield (start + len(chunk)) * BITS_PER_BYTE / baudrate, chunk


def disturbed(octets: bytes, chance: Draws) -> bytes:
    """The telegram as a bad light path delivers it: some bytes are others, at least one."""
    noisy = bytearray(octets)
    for place in range(len(noisy)):
        if chance.happens(_NOISY_BYTES):
            noisy[place] ^= chance.whole(1, 255)
    noisy[chance.whole(0, len(noisy) - 1)] ^= 0x5A
    return bytes(noisy)


class Pusher:
    """Pushes a meter's telegrams out of an outlet until it is told to stop."""

    def __init__(
        self,
        meter: PushingMeter,
        outlet: Outlet,
        *,
        interval_s: float = 1.0,
        baudrate: int | None = 9600,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
    ) -> None:
        """`baudrate` None: as fast as the outlet takes it, the meter's time running ahead of ours."""
        self._meter = meter
        self._outlet = outlet
        self._interval_s = interval_s
        self._baudrate = baudrate
        self._clock = clock or _utc_now
        self.faults = faults or Faults()
        self.pushed = 0
        """Telegrams put on the wire, whole or disturbed."""
        self._noise = draws(0, "push", "noise")
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Come to an end after the chunk that is on its way. May be called from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Push until stopped; opens the outlet at the start and closes it at the end."""
        self._outlet.open()
        try:
            if self._baudrate is None:
                self._run_fast()
            else:
                self._run_paced(self._baudrate)
        finally:
            self._outlet.close()

    def _run_paced(self, baudrate: int) -> None:
        due = time.monotonic()
        while not self._wait_until(due):
            busy_s = 0.0
            if self._plugged():
                octets = self._next_telegram(self._clock())
                for after_s, chunk in paced(octets, baudrate):
                    if self._wait_until(due + after_s):
                        return
                    self._outlet.write(chunk)
                    busy_s = after_s
                self.pushed += 1
            # A machine that slept through some telegrams goes on with the next, it does not make up for them.
            due = max(due + max(self._interval_s, busy_s), time.monotonic() - self._interval_s)

    def _run_fast(self) -> None:
        at = self._clock()
        while not self._stopping.is_set():
            if self._plugged():
                left = self._next_telegram(at)
                while left and not self._stopping.is_set():
                    # A client that comes while nobody else is there waits to be let in.
                    self._outlet.begin_telegram()
                    left = left[self._outlet.write(left) :]
                self.pushed += 1
                at += timedelta(seconds=self._interval_s)
            else:
                self._stopping.wait(0.01)

    def _plugged(self) -> bool:
        if self.faults.unplugged:
            self._outlet.close()
            return False
        self._outlet.open()
        self._outlet.begin_telegram()
        return True

    def _next_telegram(self, at: datetime) -> bytes:
        octets = self._meter.telegram(at, locked=self.faults.locked)
        return disturbed(octets, self._noise) if self.faults.garbage else octets

    def _wait_until(self, due: float) -> bool:
        """True when it is time to stop."""
        return self._stopping.wait(max(0.0, due - time.monotonic()))


def _utc_now() -> datetime:
    return datetime.now(UTC)
