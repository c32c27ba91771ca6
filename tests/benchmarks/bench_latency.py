"""From the last byte on the wire to the screen: a real pty, a real portal, a real socket.

A telegram of the synthetic meter is written to a pseudo-terminal in one burst; `manage.py serve` reads,
decodes, announces; the clock stops when the whole WebSocket message with that telegram's power has come to
a client on loopback. The kernel's floor, a process that reads a pty and sends as many bytes over TCP, takes
turns with it telegram by telegram. The store takes the readings in meanwhile, once a second, as at home.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from harness import main, where_and_what
from portal_at_home import Home, Served, django_in, new_home, serving
from results import measured, percentile
from screen_socket import ScreenSocket

TITLE = "Last byte on the pty to the whole message at a screen"
TELEGRAMS = int(os.environ.get("METERSIDE_BENCH_TELEGRAMS", "600"))
WARM_UP = 20
EVERY_S = 0.2
"""Five telegrams a second: five times what a meter sends, so that a run is over in two minutes."""
MESSAGE_BYTES = 400
MOST_FLOORS = 12.0
MOST_P99_MS = 3.0

FLOOR = """
import os, socket, sys
pty, client = int(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
while octets := os.read(pty, 4096):
    client.sendall(bytes(int(sys.argv[3])))
"""


class Wire:
    """A pseudo-terminal: we hold the meter's end."""

    def __init__(self) -> None:
        self.meter, self.port = os.openpty()
        tty.setraw(self.port)
        self.path = os.ttyname(self.port)

    def close(self) -> None:
        """Hang up."""
        os.close(self.meter)
        os.close(self.port)


def telegrams(count: int) -> Iterator[tuple[bytes, Decimal]]:
    """Telegrams a second apart and the power that each tells in W."""
    from consumerapp import intervals
    from consumerapp.simulator.home import HOMES
    from consumerapp.simulator.household import Household
    from consumerapp.simulator.meter import Measure
    from consumerapp.simulator.sml_meters import SmlMeter, sml_profile

    home, now = HOMES["house"], datetime.now(UTC).replace(microsecond=0)
    household = Household(home, intervals.local_day(now, home.zone) - timedelta(days=1))
    meter = SmlMeter(sml_profile("emh-ed300l"), household)
    for second in range(count):
        at = now + timedelta(seconds=second - count)
        power_w = Decimal(meter.sample(at).raw(Measure.NET_POWER, -1)).scaleb(-1)
        yield meter.telegram(at), power_w


@contextmanager
def kernel_floor(message_bytes: int) -> Iterator[tuple[Wire, socket.socket]]:
    """A process that does nothing but read a pty and send: the pty and its client."""
    wire = Wire()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        served, _ = listening.accept()
    served.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    handed = (wire.port, served.fileno())
    program = [sys.executable, "-c", FLOOR, *map(str, handed), str(message_bytes)]
    with subprocess.Popen(program, pass_fds=handed) as process:
        try:
            yield wire, client
        finally:
            process.terminate()
            client.close()
            served.close()
    wire.close()


def over_the_floor(wire: Wire, client: socket.socket, octets: bytes, message_bytes: int) -> float:
    """µs from the write to the last byte at the client."""
    begin = time.perf_counter_ns()
    os.write(wire.meter, octets)
    left = message_bytes
    while left > 0:
        left -= len(client.recv(65536))
    return (time.perf_counter_ns() - begin) / 1e3


def over_the_portal(wire: Wire, screen: ScreenSocket, octets: bytes, power_w: Decimal) -> float:
    """µs from the write to the whole message that tells this telegram's power."""
    begin = time.perf_counter_ns()
    os.write(wire.meter, octets)
    while True:
        message = screen.next_message()
        arrived = time.perf_counter_ns()
        told = json.loads(message)
        if told["type"] == "now":
            assert Decimal(told["power_w"]) == power_w, "another telegram's power"
            return (arrived - begin) / 1e3


def drain(screen: ScreenSocket, seconds: float) -> None:
    """Wait, and take what comes meanwhile: the day so far, heartbeats."""
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        if select.select([screen.socket], [], [], left)[0]:
            screen.take_arrived()
            while screen.find_message() is not None:
                pass


def run(portal: Served, home: Home, wire: Wire) -> bool:
    """All telegrams, in turns with the floor."""
    screen = ScreenSocket(portal.port, home.live_path, cookie=home.cookie)
    drain(screen, 0.5)
    ours: list[float] = []
    floor: list[float] = []
    cpu_s = 0.0
    with kernel_floor(MESSAGE_BYTES) as (bare_wire, bare_client):
        for number, (octets, power_w) in enumerate(telegrams(TELEGRAMS + WARM_UP)):
            drain(screen, EVERY_S / 2)
            floor.append(over_the_floor(bare_wire, bare_client, octets, MESSAGE_BYTES))
            drain(screen, EVERY_S / 2)
            ours.append(over_the_portal(wire, screen, octets, power_w))
            if number == WARM_UP:
                cpu_s = portal.cpu_s
                ours.clear()
                floor.clear()
    cpu_s = portal.cpu_s - cpu_s
    screen.close()
    for name, spent in (("kernel floor (read, TCP send)", floor), ("portal", ours)):
        measured(TITLE, f"{name}, p50", percentile(spent, 0.5), "µs")
        measured(TITLE, f"{name}, p90", percentile(spent, 0.9), "µs")
        if name != "portal":
            measured(TITLE, f"{name}, p99", percentile(spent, 0.99) / 1e3, "ms")
    measured(TITLE, "portal, CPU for one telegram, store included", cpu_s / len(ours) * 1e6, "µs")
    ratio = percentile(ours, 0.5) / percentile(floor, 0.5)
    reached = measured(TITLE, "portal p50 over the floor's", ratio, "×", at_most=MOST_FLOORS)
    p99_ms = percentile(ours, 0.99) / 1e3
    return measured(TITLE, f"portal, p99 of {len(ours)}", p99_ms, "ms", at_most=MOST_P99_MS) and reached


def bench() -> bool:
    """One household, one meter, one screen."""
    print(f"\n{TITLE}\n{where_and_what()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        django_in(folder)
        from portal.pairing.links import add_link

        home, wire = new_home(), Wire()
        settings = {"url": wire.path, "protocol": "sml"}
        add_link(home.household, kind="serial", name="Reading head", settings=settings)
        with serving(folder) as portal:
            return run(portal, home, wire)


if __name__ == "__main__":
    sys.exit(main(bench))
