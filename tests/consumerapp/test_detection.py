from __future__ import annotations

import argparse
import asyncio
import contextlib
import termios
from collections.abc import AsyncIterator
from typing import Any

import pytest

from consumerapp.commands import detect as command
from consumerapp.detection import SETTINGS, Setting, detect, ports_at_hand
from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import Protocol
from consumerapp.h1.profile import get_profile
from consumerapp.readings import Authenticity, Obis
from consumerapp.simulator import dlms, dlms_frames
from consumerapp.sources.link import LinkDetail

SPEED_CODES = {getattr(termios, f"B{setting.baudrate}"): setting.baudrate for setting in SETTINGS}
QUICK_S = 0.4
KEY, AUTH_KEY = b"Meterside test 1", b"Meterside test 2"


@contextlib.asynccontextmanager
async def pushing(port: Any, octets: bytes, baudrate: int) -> AsyncIterator[None]:
    """A meter that pushes at one speed; at any other its bytes arrive as others."""

    async def push() -> None:
        while True:
            is_right = SPEED_CODES.get(port.speed_code()) == baudrate
            port.push(octets if is_right else bytes(octet ^ 0xA5 for octet in octets))
            await asyncio.sleep(0.02)

    task = asyncio.create_task(push())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


@pytest.mark.parametrize("baudrate", [115200, 9600, 2400])
async def test_finds_the_speed_and_what_the_meter_sends(port, frame, baudrate):
    trying: list[Setting | None] = []
    async with pushing(port, frame(), baudrate):
        detection = await detect(str(port.path), dwell_s=QUICK_S, on_trying=trying.append)
    assert detection.found is not None
    assert detection.why_nothing is None
    assert detection.found.setting is not None
    assert detection.found.setting.baudrate == baudrate
    assert detection.found.protocol is Protocol.SML
    assert detection.found.meter_id is not None
    assert detection.found.authenticity is Authenticity.PLAIN
    assert detection.found.codes == (Obis.parse("1-0:1.8.0"), Obis.parse("1-0:16.7.0"))
    assert detection.found.missing is None
    assert tuple(trying) == tuple(tried.setting for tried in detection.tried)
    assert all(tried.octets for tried in detection.tried)


async def test_a_silent_port_says_that_nothing_came(port):
    detection = await detect(str(port.path), dwell_s=0.05)
    assert (detection.found, detection.why_nothing) == (None, LinkDetail.NOTHING_RECEIVED)
    assert tuple(tried.setting for tried in detection.tried) == SETTINGS


async def test_noise_says_that_it_is_no_frame(port):
    async with pushing(port, b"U" * 40, baudrate=1):
        detection = await detect(str(port.path), dwell_s=0.1)
    assert (detection.found, detection.why_nothing) == (None, LinkDetail.NO_FRAMES)


async def test_broken_frames_say_that_the_line_is_bad(port, frame):
    broken = bytearray(frame())
    broken[50] ^= 0x04
    only_sml_speed = (Setting(9600, "8N1"),)
    async with pushing(port, bytes(broken), 9600):
        detection = await detect(str(port.path), settings=only_sml_speed, dwell_s=3.0)
    assert detection.found is None
    assert detection.why_nothing is LinkDetail.FRAMES_BROKEN
    assert detection.tried[0].refused[RefusalKind.CHECKSUM] > 0


async def test_the_profile_is_said_with_its_score_and_reason(port):
    profile = get_profile("kaifa_no")
    assert profile.sample is not None
    async with pushing(port, bytes.fromhex(profile.sample.octets), 2400):
        detection = await detect(str(port.path), settings=(Setting(2400, "8E1"),), dwell_s=5.0)
    assert detection.found is not None
    assert detection.found.match is not None
    assert detection.found.match.profile is profile
    told = "\n".join(command.report(detection))
    assert f"Profile: kaifa_no, {profile.title}" in told
    assert f"Score: {detection.found.match.score} of 100, by {detection.found.match.reason}" in told


def ciphered_frames() -> list[bytes]:
    """Made telegrams of a meter that ciphers, with rising counters."""
    registers = [dlms.Register(Obis.parse("1-0:1.7.0"), dlms.u32(1420), 0, 27)]
    body = dlms.notification(dlms.coded_array(registers))
    return [
        dlms_frames.hdlc_message(
            dlms_frames.sealed(
                body,
                key=KEY,
                auth_key=AUTH_KEY,
                system_title=b"TST\0\0\0\0\x17",
                counter=counter,
                security=0x30,
            )
        )
        for counter in range(1, 400)
    ]


@pytest.mark.parametrize(
    ("key", "auth_key", "missing", "authenticity"),
    [
        (None, None, LinkDetail.NEEDS_KEY, None),
        (b"another key, yes", None, LinkDetail.WRONG_KEY, None),
        (KEY, None, None, Authenticity.ENCRYPTED),
        (KEY, AUTH_KEY, None, Authenticity.AUTHENTICATED),
    ],
)
async def test_a_meter_that_ciphers_is_found_with_what_is_missing(port, key, auth_key, missing, authenticity):
    frames = iter(ciphered_frames())
    port_speed = (Setting(2400, "8E1"),)

    async def push() -> None:
        for octets in frames:
            port.push(octets)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(push())
    detection = await detect(str(port.path), settings=port_speed, dwell_s=8.0, key=key, auth_key=auth_key)
    task.cancel()
    assert detection.found is not None
    assert (detection.found.missing, detection.found.authenticity) == (missing, authenticity)
    assert detection.found.protocol is (Protocol.DLMS if missing is None else None)
    assert any("key" in line for line in command.report(detection)) == (missing is not None)


async def test_a_port_that_is_not_there_ends_the_search_at_once(tmp_path):
    detection = await detect(str(tmp_path / "none"))
    assert (detection.found, detection.why_nothing) == (None, LinkDetail.PORT_MISSING)
    assert len(detection.tried) == 1


async def test_a_port_that_goes_away_ends_the_search(port):
    async def unplug() -> None:
        await asyncio.sleep(0.1)
        port.unplug()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(unplug())
        detection = await detect(str(port.path))
    assert detection.why_nothing is LinkDetail.PORT_UNPLUGGED


async def test_a_bridge_has_its_own_speed(frame):
    async def bridge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for number in range(100):
                writer.write(frame(number=number))
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()

    server = await asyncio.start_server(bridge, "127.0.0.1", 0)
    async with server:
        host, number = server.sockets[0].getsockname()
        detection = await detect(f"tcp://{host}:{number}", dwell_s=5.0)
    assert detection.found is not None
    assert detection.found.setting is None


async def test_an_address_that_cannot_be_is_refused():
    with pytest.raises(ConsumerAppError):
        await detect("tcp://nowhere")


async def test_the_port_is_free_again_for_the_source_that_is_saved(port, frame):
    async with pushing(port, frame(), 9600):
        first = await detect(str(port.path), settings=(Setting(9600, "8N1"),), dwell_s=5.0)
        again = await detect(str(port.path), settings=(Setting(9600, "8N1"),), dwell_s=5.0)
    assert first.found is not None
    assert again.found == first.found


async def test_ports_of_this_machine_can_be_listed():
    for port in await ports_at_hand():
        assert port.path.startswith("/dev/")


def run(capsys: Any, *words: str) -> tuple[int, Any]:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    status = command.run(parser.parse_args(words))
    return status, capsys.readouterr()


def test_the_command_says_why_nothing_was_found(capsys, tmp_path):
    status, printed = run(capsys, str(tmp_path / "none"))
    assert status == command.NOTHING_FOUND
    assert "There is no such port" in printed.out


def test_the_command_takes_no_wrong_key(capsys, port):
    status, printed = run(capsys, str(port.path), "--key", "0123")
    assert status == command.WRONG_USAGE
    assert "0123" not in printed.err


async def test_the_command_reports_what_was_found(port, frame):
    async with pushing(port, frame(), 9600):
        detection = await detect(str(port.path), settings=(Setting(9600, "8N1"),), dwell_s=5.0)
    lines = command.report(detection)
    assert "Found SML at 9600 8N1." in lines
    assert "Sends: 1-0:1.8.0*255, 1-0:16.7.0*255" in lines


def test_there_is_a_sentence_for_every_reason():
    found_only = {*command.WHAT_IS_MISSING}
    not_of_a_port = {
        LinkDetail.NOTHING_TO_SAY,
        LinkDetail.WENT_QUIET,
        LinkDetail.FLOODED,
        LinkDetail.RECORDING_ENDED,
        LinkDetail.RECORDING_MISSING,
        LinkDetail.TUNNELS_TAKEN,
        LinkDetail.BROKER_DENIED,
        LinkDetail.CERTIFICATE_REFUSED,
        LinkDetail.SUBSCRIPTION_DENIED,
        LinkDetail.DEVICE_OFFLINE,
    }
    assert set(command.WHY_NOTHING) | found_only | not_of_a_port == set(LinkDetail)
