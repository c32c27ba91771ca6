"""A meter of the display's own that ciphers: no telegram is shown twice, whatever happened in between."""

from __future__ import annotations

import asyncio
import os
import stat
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from consumerapp.readings import Obis
from consumerapp.simulator import dlms, dlms_frames
from consumerapp.sources.link import LinkState
from display import feed_choice
from display.__main__ import main, parser
from display.config import Config, state_folder
from display.counters import KeptCounters
from display.feed import Feed
from display.known import Known
from display.remembered import Remembered

KEY, AUTH_KEY = b"Meterside test 1", b"Meterside test 2"
PATIENCE_S = 10.0


def telegram(counter: int, *, number: int = 1) -> bytes:
    """Its power is its counter."""
    body = dlms.notification(
        dlms.coded_array([dlms.Register(Obis.parse("1-0:1.7.0"), dlms.u32(counter), 0, 27)])
    )
    apdu = dlms_frames.sealed(
        body,
        key=KEY,
        auth_key=AUTH_KEY,
        system_title=b"TST\0\0\0\0" + bytes((number,)),
        counter=counter,
        security=0x30,
    )
    return dlms_frames.hdlc_message(apdu)


class Head:
    """A reading head on a pty, read by the feed that a settings file asks for."""

    def __init__(self) -> None:
        self.ends = os.openpty()
        for end in self.ends:
            tty.setraw(end)
        self.counter = 0

    def feed(self) -> Feed:
        source = {
            "kind": "serial",
            "url": os.ttyname(self.ends[1]),
            "protocol": "dlms",
            "key": KEY.hex(),
            "auth_key": AUTH_KEY.hex(),
        }
        config = Config(zone=ZoneInfo("Europe/Vienna"), source=source)
        feed = feed_choice.choose(parser().parse_args([]), config, Remembered())
        assert feed is not None
        return feed

    async def run(
        self, next_telegram: Callable[[], bytes], is_enough: Callable[[Known], bool], *, most: int = 1000
    ) -> bool:
        """Run the display's feed while the meter pushes; whether it came to know enough."""
        enough = asyncio.Event()
        task = asyncio.create_task(self.feed().run(lambda known: enough.set() if is_enough(known) else None))
        try:
            for _ in range(most):
                if enough.is_set():
                    break
                os.write(self.ends[0], next_telegram())
                await asyncio.sleep(0.02)
        finally:
            task.cancel()
            await asyncio.wait((task,), timeout=PATIENCE_S)
        return enough.is_set()

    def next_telegram(self) -> bytes:
        self.counter += 1
        return telegram(self.counter)


@pytest.fixture
def head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Head]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Head()
    yield made
    for end in made.ends:
        os.close(end)


def is_live(known: Known) -> bool:
    return known.link is not None and known.link.state is LinkState.LIVE


def shows(power_w: int) -> Callable[[Known], bool]:
    return lambda known: any(now.power_w is not None and now.power_w >= power_w for now in known.meters)


async def test_a_recorded_telegram_is_not_shown_after_a_restart(head):
    assert await head.run(head.next_telegram, shows(5))
    kept = state_folder() / feed_choice.COUNTERS_FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert KEY.hex() not in kept.read_text()
    last = head.counter
    recorded = telegram(1)
    assert not await head.run(lambda: recorded, is_live, most=20)
    head.counter = last + 50
    assert await head.run(head.next_telegram, shows(last + 50))


async def test_another_meter_is_refused_until_the_old_one_is_forgotten(head, capsys):
    assert await head.run(head.next_telegram, shows(5))
    counters = iter(range(5000, 9000))

    def stranger() -> bytes:
        return telegram(next(counters), number=2)

    assert not await head.run(stranger, shows(5000), most=20)
    assert main(["--forget-meter"]) == 0
    assert "forgotten" in capsys.readouterr().out
    assert await head.run(stranger, shows(5000))


def test_a_damaged_file_begins_anew_and_says_so(tmp_path, caplog):
    path = tmp_path / "counters.json"
    path.write_text('{"v": 1, "paired": 17}')
    assert KeptCounters(path).book.paired_title is None
    assert "damaged" in caplog.text
