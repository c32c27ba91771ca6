"""Push telegrams of a synthetic household on a pseudo-terminal, over TCP, or to a KNX bus.

Anything that reads a meter can read this one: it opens the path as a serial port, or the address as a
serial-to-network bridge. The same seed and time give the same values, whenever and wherever it runs.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.simulator import checkpoint_file
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.knx import BusMeters, BusPusher
from consumerapp.simulator.meters import METER_TYPES, meter_type
from consumerapp.simulator.mqtt import INTERVAL_S, GatewayPusher, RadioMeters
from consumerapp.simulator.outlets import Outlet, PtyOutlet, TcpOutlet
from consumerapp.simulator.push import Faults, Pusher

FAILED = 1
DEFAULT_SINCE = date(2026, 1, 1)
_FAULT = re.compile(
    r"(?P<kind>unplugged|garbage|locked)@(?P<start>\d+(?:\.\d+)?)(?:\+(?P<length>\d+(?:\.\d+)?))?"
)
_COMMANDS = "u unplug or plug in, g garbage or clean, l lock or unlock (PIN), q quit; then Enter"


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """Something that goes wrong at a time and heals again."""

    kind: str
    start_s: float
    length_s: float | None
    """None: it stays."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `simulate` can be told."""
    parser.add_argument(
        "--meter",
        choices=METER_TYPES,
        default="emh-ed300l",
        metavar="TYPE",
        help=f"one of {', '.join(METER_TYPES)}",
    )
    outlet = parser.add_mutually_exclusive_group(required=True)
    outlet.add_argument("--pty", type=Path, metavar="PATH", help="make a pseudo-terminal and link PATH to it")
    outlet.add_argument(
        "--tcp", type=_address, metavar="HOST:PORT", help="listen there and send to every client"
    )
    outlet.add_argument(
        "--knx", type=_address, metavar="HOST:PORT", help="write all meters of the home to a KNX bus"
    )
    outlet.add_argument(
        "--mqtt",
        type=_address,
        metavar="HOST:PORT",
        help="publish the home's gas, water and heat meters to a broker, as wmbusmeters does",
    )
    parser.add_argument("--home", choices=HOMES, default="house", help="what lives behind the meter")
    parser.add_argument("--seed", type=int, default=1, help="another number, another household")
    parser.add_argument(
        "--interval", type=_seconds, default=1.0, metavar="S", help="seconds between telegrams"
    )
    parser.add_argument(
        "--baudrate", type=_baudrate, help="0: as fast as somebody reads; else as the type does"
    )
    parser.add_argument(
        "--since",
        type=date.fromisoformat,
        default=DEFAULT_SINCE,
        metavar="DATE",
        help="when the meter was installed",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="keep the last midnight's registers there and go on from them",
    )
    parser.add_argument(
        "--fault",
        type=_planned_fault,
        action="append",
        default=[],
        metavar="KIND@S[+S]",
        help="unplugged, garbage or locked, from a second after the start on, for some seconds: garbage@20+5",
    )
    parser.add_argument(
        "--commands", action="store_true", help=f"read commands also from a pipe: {_COMMANDS}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Push until interrupted."""
    try:
        pusher, title = _prepare(arguments)
    except ConsumerAppError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: pusher.stop())
    plan = [timer for fault in arguments.fault for timer in _timers(fault, pusher.faults)]
    for timer in plan:
        timer.start()
    if arguments.commands or sys.stdin.isatty():
        threading.Thread(target=_obey, args=(pusher,), daemon=True).start()
    sys.stdout.write(f"{title}\n")
    sys.stdout.flush()
    try:
        pusher.run()
    except ConsumerAppError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    finally:
        for timer in plan:
            timer.cancel()
    return 0


def _prepare(arguments: argparse.Namespace) -> tuple[Pusher | BusPusher | GatewayPusher, str]:
    home = replace(HOMES[arguments.home], seed=arguments.seed)
    today = intervals.local_day(datetime.now(UTC), home.zone)
    begins = arguments.since
    if arguments.checkpoint is not None:
        begins = checkpoint_file.load(arguments.checkpoint, home) or begins
    household = Household(home, begins)
    opening = household.checkpoint(today)
    if arguments.checkpoint is not None:
        checkpoint_file.save(arguments.checkpoint, home, opening)
    if arguments.knx is not None:
        return _bus(arguments, household)
    if arguments.mqtt is not None:
        return _gateway(arguments, household)
    kind = meter_type(arguments.meter)
    baudrate = kind.baudrate if arguments.baudrate is None else arguments.baudrate
    interval_s = arguments.interval or kind.interval_s
    outlet: Outlet
    if arguments.pty is not None:
        outlet = PtyOutlet(arguments.pty, waits=not baudrate)
    else:
        outlet = TcpOutlet(*arguments.tcp, waits=not baudrate)
    # Before anything is said, so that what is printed can be opened at once.
    outlet.open()
    pusher = Pusher(
        kind.make(household, arguments.since), outlet, interval_s=interval_s, baudrate=baudrate or None
    )
    speed = f"{baudrate} baud 8N1" if baudrate else "as fast as it is read"
    pace = f"every {interval_s:g} s, {speed}"
    return pusher, f"{kind.title}: pushing to {outlet.where}, {pace}. Commands: {_COMMANDS}."


def _bus(arguments: argparse.Namespace, household: Household) -> tuple[BusPusher, str]:
    host, port = arguments.knx
    meters = BusMeters(household, arguments.since)
    pusher = BusPusher(meters, host, port, interval_s=arguments.interval)
    return pusher, f"Writing to the bus of {host}:{port}. Its groups:\n{meters.table}Commands: {_COMMANDS}."


def _gateway(arguments: argparse.Namespace, household: Household) -> tuple[GatewayPusher, str]:
    host, port = arguments.mqtt
    interval_s = arguments.interval or INTERVAL_S
    pusher = GatewayPusher(RadioMeters(household, arguments.since), host, port, interval_s=interval_s)
    return (
        pusher,
        f"Publishing to {host}:{port} under wmbusmeters/ every {interval_s:g} s. Commands: {_COMMANDS}.",
    )


def _timers(fault: PlannedFault, faults: Faults) -> list[threading.Timer]:
    timers = [threading.Timer(fault.start_s, partial(setattr, faults, fault.kind, True))]
    if fault.length_s is not None:
        timers.append(
            threading.Timer(fault.start_s + fault.length_s, partial(setattr, faults, fault.kind, False))
        )
    for timer in timers:
        timer.daemon = True
    return timers


def _obey(pusher: Pusher | BusPusher | GatewayPusher) -> None:
    """Do what is typed. When a pipe ends, who held it has gone, and so do we."""
    kinds = {"u": "unplugged", "g": "garbage", "l": "locked"}
    for line in sys.stdin:
        letter = line.strip()[:1].lower()
        if letter == "q":
            break
        if letter in kinds:
            kind = kinds[letter]
            state = not getattr(pusher.faults, kind)
            setattr(pusher.faults, kind, state)
            sys.stdout.write(f"{kind}: {'yes' if state else 'no'}\n")
        elif letter:
            sys.stdout.write(f"Commands: {_COMMANDS}.\n")
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
    pusher.stop()


def _planned_fault(text: str) -> PlannedFault:
    found = _FAULT.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no fault; write KIND@S or KIND@S+S, such as garbage@20+5"
        )
    length = found["length"]
    return PlannedFault(found["kind"], float(found["start"]), None if length is None else float(length))


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no address; write HOST:PORT, such as 127.0.0.1:7701")
    return host.strip("[]"), int(port)


def _bounded(text: str, convert: Callable[[str], float], low: float, high: float, what: str) -> float:
    try:
        number = convert(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}; it lies between {low:g} and {high:g}")
    return number


def _seconds(text: str) -> float:
    return _bounded(text, float, 0.05, 3600, "number of seconds")


def _baudrate(text: str) -> int:
    return int(_bounded(text, int, 0, 921_600, "speed"))
