"""The pushing meter: pace, pty, TCP, and what goes wrong on request."""

from __future__ import annotations

import os
import select
import socket
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from fcntl import ioctl
from pathlib import Path

import pytest

from consumerapp.errors import TransportError
from consumerapp.simulator.chance import draws
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.outlets import PtyOutlet, TcpOutlet
from consumerapp.simulator.push import CHUNK_BYTES, Pusher, disturbed, paced
from consumerapp.simulator.sml_meters import SmlMeter, sml_profile

START = datetime(2026, 6, 13, 11, 0, tzinfo=UTC)
METER = SmlMeter(sml_profile("emh-ed300l"), Household(HOMES["flat"], date(2026, 6, 12)))
TELEGRAMS = [METER.telegram(START + timedelta(seconds=number)) for number in range(3)]


@contextmanager
def running(pusher: Pusher) -> Iterator[Pusher]:
    thread = threading.Thread(target=pusher.run)
    thread.start()
    try:
        yield pusher
    finally:
        pusher.stop()
        thread.join(10)
        assert not thread.is_alive()


def open_port(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOCTTY)


def read_exactly(count: int, read: Callable[[int], bytes]) -> bytes:
    octets = b""
    while len(octets) < count:
        octets += read(count - len(octets))
    return octets


def unread(port: int) -> int:
    return int.from_bytes(ioctl(port, termios.FIONREAD, bytes(4)), "little")


def read_until_hung_up(port: int) -> None:
    """Linux ends a hung-up terminal with an empty read or with EIO, whichever comes first."""
    with suppress(OSError):
        while os.read(port, 65_536):
            pass


def test_a_chunk_arrives_when_its_last_bit_has_passed() -> None:
    schedule = list(paced(bytes(40), 9600))
    assert [len(chunk) for _, chunk in schedule] == [CHUNK_BYTES, CHUNK_BYTES, 8]
    assert [after for after, _ in schedule] == pytest.approx([16 / 960, 32 / 960, 40 / 960])


def test_fast_pushing_gives_every_byte_with_the_meters_time_running_ahead(tmp_path: Path) -> None:
    outlet = PtyOutlet(tmp_path / "meter", waits=True)
    outlet.open()
    port = open_port(outlet.path)
    with running(Pusher(METER, outlet, baudrate=None, clock=lambda: START)):
        wanted = b"".join(TELEGRAMS)
        assert read_exactly(len(wanted), lambda count: os.read(port, count)) == wanted
    os.close(port)


def test_a_paced_telegram_takes_as_long_as_its_bits(tmp_path: Path) -> None:
    outlet = PtyOutlet(tmp_path / "meter")
    outlet.open()
    port = open_port(outlet.path)
    telegram = TELEGRAMS[0]
    baudrate = 9600
    started = time.monotonic()
    with running(Pusher(METER, outlet, baudrate=baudrate, interval_s=60, clock=lambda: START)):
        assert read_exactly(len(telegram), lambda count: os.read(port, count)) == telegram
        took_s = time.monotonic() - started
    os.close(port)
    # A busy machine may only be slower.
    assert took_s >= len(telegram) * 10 / baudrate


def test_who_opens_the_port_late_hears_the_present_not_the_past(tmp_path: Path) -> None:
    outlet = PtyOutlet(tmp_path / "meter")
    outlet.open()
    port = open_port(outlet.path)
    for number in range(100):
        outlet.begin_telegram()
        before = unread(port)
        outlet.write(b"%03d" % number * 100)
        # The kernel hands bytes from one end to the other in its own time.
        deadline = time.monotonic() + 10
        while unread(port) < before + 300:
            assert time.monotonic() < deadline
    heard = os.read(port, 65_536)
    os.close(port)
    outlet.close()
    assert heard.endswith(b"099" * 100)
    assert len(heard) <= 900


def test_unplugging_hangs_up_and_plugging_in_comes_back_under_the_same_name(tmp_path: Path) -> None:
    outlet = PtyOutlet(tmp_path / "meter")
    outlet.open()
    port = open_port(outlet.path)
    outlet.close()
    assert not outlet.path.is_symlink()
    read_until_hung_up(port)
    os.close(port)
    outlet.open()
    port = open_port(outlet.path)
    outlet.write(b"back")
    assert os.read(port, 16) == b"back"
    os.close(port)
    outlet.close()


def test_faults_can_be_switched_while_it_pushes(tmp_path: Path) -> None:
    outlet = PtyOutlet(tmp_path / "meter", waits=True)
    outlet.open()
    port = open_port(outlet.path)
    with running(Pusher(METER, outlet, baudrate=None, clock=lambda: START)) as pusher:
        read_exactly(len(TELEGRAMS[0]), lambda count: os.read(port, count))
        pusher.faults.unplugged = True
        read_until_hung_up(port)
        os.close(port)
        pusher.faults.locked = True
        pusher.faults.unplugged = False
        deadline = time.monotonic() + 10
        while not outlet.path.exists():
            assert time.monotonic() < deadline
        port = open_port(outlet.path)
        # Of the row with the power (1-0:16.7.0) nothing is left.
        assert bytes((1, 0, 16, 7, 0, 255)) not in read_exactly(2000, lambda count: os.read(port, count))
        os.close(port)


def test_disturbed_telegrams_are_as_long_and_never_the_same() -> None:
    chance = draws(1, "test")
    for _ in range(200):
        noisy = disturbed(TELEGRAMS[0], chance)
        assert len(noisy) == len(TELEGRAMS[0])
        assert noisy != TELEGRAMS[0]


def test_every_tcp_client_gets_the_bytes_and_may_leave() -> None:
    outlet = TcpOutlet("127.0.0.1", 0, waits=True)
    outlet.open()
    first = socket.create_connection((outlet.host, outlet.port), timeout=10)
    second = socket.create_connection((outlet.host, outlet.port), timeout=10)
    wanted = TELEGRAMS[0]
    with running(Pusher(METER, outlet, baudrate=None, clock=lambda: START)):
        assert read_exactly(len(wanted), second.recv) == wanted
        second.close()
        assert wanted in read_exactly(4 * len(wanted), first.recv)
    # Hung up on at the end, after what was under way.
    while select.select([first], [], [], 10)[0]:
        if not first.recv(65_536):
            break
    first.close()


def test_refuses_to_replace_a_file_and_says_so(tmp_path: Path) -> None:
    kept = tmp_path / "meter"
    kept.write_text("mine")
    with pytest.raises(TransportError, match="choose another path"):
        PtyOutlet(kept).open()
    assert kept.read_text() == "mine"


def test_refuses_a_taken_port_and_says_which() -> None:
    first = TcpOutlet("127.0.0.1", 0)
    first.open()
    with pytest.raises(TransportError, match=str(first.port)):
        TcpOutlet("127.0.0.1", first.port).open()
    first.close()


def test_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    outlet = PtyOutlet(tmp_path / "nowhere" / "meter")
    with pytest.raises(TransportError, match="cannot make"):
        outlet.open()
