"""Find the speed, framing and protocol of a live port, and say what is missing.

Tries the speeds of meters one after the other, each for longer than the slowest push. Exit status 0: a
meter was found; 1: none.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from consumerapp.detection import DWELL_S, SETTINGS, Detection, Found, Setting, detect, ports_at_hand
from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.ble_uart import SCAN_S, heads_at_hand
from consumerapp.transports.line import LineBroken

FOUND, NOTHING_FOUND, WRONG_USAGE = 0, 1, 2

WHY_NOTHING = {
    LinkDetail.PORT_MISSING: "There is no such port. Is the reading head plugged in?",
    LinkDetail.PORT_BUSY: "Another program has the port. End it and try again.",
    LinkDetail.PORT_DENIED: "This user may not open the port (on Debian: `adduser USER dialout`).",
    LinkDetail.PORT_UNPLUGGED: "The port went away.",
    LinkDetail.PORT_FAILED: "This is no serial port, or it is broken.",
    LinkDetail.SETTING_REFUSED: "The port can do none of these speeds.",
    LinkDetail.ADDRESS_UNKNOWN: "The host has no address.",
    LinkDetail.CONNECTION_REFUSED: "The host is there, but nothing listens at that port.",
    LinkDetail.UNREACHABLE: "The host does not answer.",
    LinkDetail.PEER_CLOSED: "The other side ended the connection.",
    LinkDetail.BLUETOOTH_OFF: "This machine has no Bluetooth, or it is switched off.",
    LinkDetail.HEAD_NOT_FOUND: "The Bluetooth head was not heard. Has it power, is it near, is it free?",
    LinkDetail.NOT_A_HEAD: "This Bluetooth device is no transparent UART, or one with UUIDs of its own.",
    LinkDetail.NOTHING_RECEIVED: (
        "Not one byte came. Is the head seated and the right way up, and is the meter's port switched on?"
    ),
    LinkDetail.NO_FRAMES: "Bytes came, but no frame of any protocol. Stray light, a loose head?",
    LinkDetail.FRAMES_BROKEN: "Frames came, but every one was damaged. Seat the head again.",
}
WHAT_IS_MISSING = {
    LinkDetail.NEEDS_KEY: "Its telegrams are ciphered: ask the grid operator for the key, then use --key.",
    LinkDetail.WRONG_KEY: "Its telegrams are ciphered, and this key does not open them.",
    LinkDetail.UNSUPPORTED: "Its telegrams are whole, but of a kind that is not supported.",
}
PIN = "It withholds power and exact energy until its PIN is entered: ask the metering operator for the PIN."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line offers."""
    parser.add_argument(
        "device",
        nargs="?",
        help="device path or URL (tcp://host:port, ble://address …); without: list the ports",
    )
    parser.add_argument("--ble", action="store_true", help="list the Bluetooth heads within reach")
    parser.add_argument("--adapter", metavar="NAME", help="with --ble: the Bluetooth adapter, such as hci1")
    parser.add_argument(
        "--dwell", type=float, default=DWELL_S, metavar="SECONDS", help="how long each speed is listened to"
    )
    parser.add_argument("--key", metavar="HEX", help="encryption key, where the meter ciphers")
    parser.add_argument("--auth-key", metavar="HEX", help="authentication key, where there is one")


def run(arguments: argparse.Namespace) -> int:
    """Detect and print."""
    try:
        if arguments.ble:
            return asyncio.run(_list_heads(min(arguments.dwell, SCAN_S), arguments.adapter))
        if arguments.device is None:
            return asyncio.run(_list_ports())
        return asyncio.run(_detect(arguments))
    except ConsumerAppError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE


async def _list_ports() -> int:
    ports = await ports_at_hand()
    for port in ports:
        sys.stdout.write(f"{port.path}  {port.description}".rstrip() + "\n")
    if not ports:
        sys.stderr.write("There is no serial port on this machine.\n")
    return FOUND if ports else NOTHING_FOUND


async def _list_heads(seconds: float, adapter: str | None) -> int:
    try:
        heads = await heads_at_hand(seconds, adapter=adapter)
    except LineBroken as broken:
        sys.stderr.write(f"{WHY_NOTHING.get(broken.detail, broken.detail)}\n")
        return NOTHING_FOUND
    for head in heads:
        near = "" if head.rssi_dbm is None else f"{head.rssi_dbm} dBm"
        words = (head.url, head.name, "UART" if head.is_uart else "", near)
        sys.stdout.write("  ".join(word for word in words if word) + "\n")
    if not heads:
        sys.stderr.write("No Bluetooth device was heard.\n")
    return FOUND if heads else NOTHING_FOUND


async def _detect(arguments: argparse.Namespace) -> int:
    detection = await detect(
        arguments.device,
        dwell_s=arguments.dwell,
        key=_octets(arguments.key),
        auth_key=_octets(arguments.auth_key),
        on_trying=_say_trying,
    )
    sys.stdout.write("\n".join(report(detection)) + "\n")
    return FOUND if detection.found is not None else NOTHING_FOUND


def report(detection: Detection) -> list[str]:
    """The answer in lines for people."""
    lines = [
        f"{tried.setting or 'bridge'}: {tried.octets} bytes"
        + "".join(f", {count} × {kind.value}" for kind, count in tried.refused.items())
        + (f", {tried.broken.value}" if tried.broken else "")
        for tried in detection.tried
    ]
    if detection.found is not None:
        return lines + _about(detection.found)
    assert detection.why_nothing is not None
    return [*lines, "", f"No meter found. {WHY_NOTHING.get(detection.why_nothing, detection.why_nothing)}"]


def _about(found: Found) -> list[str]:
    name = found.protocol.value.upper() if found.protocol is not None else "a ciphered protocol"
    lines = ["", f"Found {name} at {found.setting or 'the speed of the bridge'}."]
    if found.meter_id is not None:
        lines.append(f"Meter: {found.meter_id}")
    if found.authenticity is not None:
        lines.append(f"Security: {found.authenticity.value}")
    if found.match is not None:
        lines.append(f"Profile: {found.match.profile.name}, {found.match.profile.title}")
        lines.append(f"Score: {found.match.score} of 100, by {found.match.reason}")
    if found.codes:
        lines.append("Sends: " + ", ".join(str(code) for code in found.codes))
    if found.missing is not None:
        lines.append(WHAT_IS_MISSING[found.missing])
    if found.remark:
        lines.append(f"({found.remark})")
    if found.pin_locked:
        lines.append(PIN)
    return lines


def _say_trying(setting: Setting | None) -> None:
    total = len(SETTINGS)
    where = "the bridge" if setting is None else f"{setting} ({SETTINGS.index(setting) + 1} of {total})"
    sys.stderr.write(f"Listening to {where} …\n")


def _octets(key: str | None) -> bytes | None:
    if key is None:
        return None
    from consumerapp.h1.cipher import normalise_key  # noqa: PLC0415 - brings the cryptography package

    return normalise_key(key)
