"""A meter on a real pseudo-terminal for tests, with everything it has sent.

    def test_something(simulated_meter):
        meter = simulated_meter(pace=Pace.QUICK)
        ...                       # open meter.port as a serial port
        meter.faults.garbage = True
        meter.unplug(); meter.plug()
        meter.sent[-1].sample     # what the household really did

The household has lived for three days, so nothing has to be waited for. The fixture stops what it started.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

import pytest

from consumerapp import intervals
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import Sample
from consumerapp.simulator.outlets import PtyOutlet
from consumerapp.simulator.push import Faults, Pusher
from consumerapp.simulator.sml_meters import SmlMeter, sml_profile

PATIENCE_S = 20.0


class Pace(Enum):
    """How fast the meter pushes: baud (None: as fast as it is read) and seconds between telegrams."""

    UART = (9600, 1.0)
    """As an optical head does."""
    QUICK = (57_600, 0.1)
    """Ten telegrams a second, in real time: for tests that want to see changes soon."""
    FLOOD = (None, 1.0)
    """As fast as the reader reads, every byte; the meter's own time runs ahead, one second a telegram."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One telegram that went out."""

    at: datetime
    sample: Sample
    octets: bytes
    """As the meter made it; faults on the line come after."""


@dataclass(slots=True)
class SimulatedMeter:
    """A meter that is pushing."""

    port: Path
    """What a serial port's path would be; it stays the same when the cable is plugged in again."""
    meter: SmlMeter
    sent: list[Sent] = field(default_factory=list)
    """Everything that went out, oldest first. Only grows."""
    _pusher: Pusher | None = None
    _thread: threading.Thread | None = None

    @property
    def faults(self) -> Faults:
        """What is wrong just now; change it at will."""
        assert self._pusher is not None
        return self._pusher.faults

    @property
    def meter_id_octets(self) -> bytes:
        """The server id in every telegram."""
        return self.meter.server_id

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """What the pusher asks for; kept in `sent`."""
        octets = self.meter.telegram(at, locked=locked)
        self.sent.append(Sent(at, self.meter.sample(at), octets))
        return octets

    def unplug(self) -> None:
        """Pull the cable; returns when the port is gone."""
        self.faults.unplugged = True
        _wait_for(lambda: not self.port.is_symlink(), "the port to go")

    def plug(self) -> None:
        """Put it back; returns when the port is there."""
        self.faults.unplugged = False
        _wait_for(self.port.exists, "the port to come back")

    def wait_for_telegrams(self, count: int) -> None:
        """Return when so many more have begun to go out."""
        wanted = len(self.sent) + count
        _wait_for(lambda: len(self.sent) >= wanted, f"{count} telegrams")

    def start(self, pusher: Pusher) -> None:
        """Push from a thread of its own."""
        self._pusher = pusher
        self._thread = threading.Thread(target=pusher.run, name="simulated meter", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up for good."""
        if self._pusher is not None and self._thread is not None:
            self._pusher.stop()
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()


def _wait_for(happened: Callable[[], bool], what: str) -> None:
    """Poll for something another thread does; there is no event to wait for in a file system."""
    pause = threading.Event()
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
        pause.wait(0.005)


class MeterFactory(Protocol):
    """What the fixture gives."""

    def __call__(
        self,
        profile: str = "emh-ed300l",
        *,
        pace: Pace = Pace.UART,
        home: str = "flat",
        seed: int = 1,
        clock: Callable[[], datetime] | None = None,
    ) -> SimulatedMeter:
        """A meter that pushes already, each on a port of its own."""


@pytest.fixture
def simulated_meter(tmp_path: Path) -> Iterator[MeterFactory]:
    """Makes meters; stops them all when the test is over."""
    started: list[SimulatedMeter] = []

    def make(
        profile: str = "emh-ed300l",
        *,
        pace: Pace = Pace.UART,
        home: str = "flat",
        seed: int = 1,
        clock: Callable[[], datetime] | None = None,
    ) -> SimulatedMeter:
        lived = replace(HOMES[home], seed=seed)
        now = clock() if clock else datetime.now(UTC)
        installed = intervals.local_day(now, lived.zone) - timedelta(days=3)
        meter = SimulatedMeter(
            port=tmp_path / f"meter-{len(started)}",
            meter=SmlMeter(sml_profile(profile), Household(lived, installed)),
        )
        baudrate, interval_s = pace.value
        outlet = PtyOutlet(meter.port, waits=baudrate is None)
        outlet.open()
        started.append(meter)
        meter.start(Pusher(meter, outlet, interval_s=interval_s, baudrate=baudrate, clock=clock))
        return meter

    yield make
    for meter in started:
        meter.stop()
