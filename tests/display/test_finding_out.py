"""Finding out what a port carries on the first screen, on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumerapp import detection
from consumerapp.detection import Setting
from consumerapp.readings import Obis
from consumerapp.simulator.sml import ListEntry, telegram
from display.app import DisplayApp
from display.feed import Feed
from display.language import Language
from display.remembered import Memory, Remembered
from display.screens.first_start_screen import PortFound
from tests.display.conftest import Clock, ToldFeed, a_known, a_now
from tests.display.test_app import text_of

PATIENCE_S = 20.0
FRAME = telegram(
    bytes.fromhex("0a014d545300000012ab"),
    [ListEntry(obis=Obis.parse("1-0:16.7.0"), value=1420, unit=27, scaler=0, width=4)],
    number=1,
)


class Head:
    """The meter's end of a pseudo-terminal."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.openpty()
        tty.setraw(self.theirs)
        os.set_blocking(self.ours, False)
        self.path = os.ttyname(self.theirs)
        self.opened: list[tuple[str, Setting | None]] = []

    def push(self) -> None:
        """A whole telegram at 9600 baud, garbage at any other speed."""
        is_right = termios.tcgetattr(self.ours)[5] == termios.B9600
        try:
            os.write(self.ours, FRAME if is_right else bytes(octet ^ 0xA5 for octet in FRAME))
        except BlockingIOError:
            return

    def open_port(self, port: str, setting: Setting | None) -> Feed:
        """What the display reads in the end."""
        self.opened.append((port, setting))
        return ToldFeed(a_known(a_now()))


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[Head]:
    monkeypatch.setattr(detection, "DWELL_S", 0.3)
    head = Head()
    yield head
    os.close(head.ours)
    os.close(head.theirs)


def app_for(head: Head, language: Language, *more: PortFound) -> DisplayApp:
    ports = (PortFound(head.path), *more)
    return DisplayApp(language=language, find_ports=lambda: ports, open_port=head.open_port, clock=Clock())


async def shown(app: DisplayApp, words: str, head: Head | None = None) -> None:
    """Until these words are on the screen, which may break them over lines."""
    async with asyncio.timeout(PATIENCE_S):
        while words not in " ".join(text_of(app).split()):
            if head is not None:
                head.push()
            await asyncio.sleep(0.02)


async def test_the_speed_is_found_and_used(head: Head, english: Language) -> None:
    app = app_for(head, english)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, "Press f to find out")
        await pilot.press("f")
        await shown(app, f"A meter speaks at {head.path}: SML, 9600 8N1.", head)
        await pilot.press("1")
        await pilot.pause()
        assert head.opened == [(head.path, Setting(9600, "8N1"))]


async def test_why_nothing_was_found_is_said_in_german(head: Head, german: Language) -> None:
    app = app_for(head, german, PortFound("/dev/ttyS9"))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, "Mit f zuerst")
        await pilot.press("f")
        await shown(app, "Welche? Ihre Nummer drücken.")
        await pilot.press("1")
        await shown(app, "Kein Zähler gefunden. Nichts kommt an.")
        await pilot.press("1")
        await pilot.pause()
        assert head.opened == [(head.path, None)]


async def test_escape_ends_it(head: Head, english: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "DWELL_S", 60.0)
    app = app_for(head, english)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, "Press f to find out")
        await pilot.press("f")
        await shown(app, f"Listening to {head.path} at 115200 8N1")
        await pilot.press("escape")
        await shown(app, "Press f to find out")
        assert not [worker for worker in app.workers if worker.group == "finding" and worker.is_running]


def test_the_speed_is_remembered(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "display.json")
    memory.save(Remembered(port="/dev/ttyUSB0", line=(115200, "8N1")))
    assert memory.load() == Remembered(port="/dev/ttyUSB0", line=(115200, "8N1"))
    memory.path.write_text('{"v": 1, "port": "/dev/ttyUSB0", "line": [0, 8]}')
    assert memory.load() == Remembered(port="/dev/ttyUSB0")
