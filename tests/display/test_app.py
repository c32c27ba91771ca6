"""The display as people use it, by pilot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from consumerapp.detection import Setting
from consumerapp.live_values import WhyNoPower
from consumerapp.readings import Quality
from consumerapp.sources.link import LinkDetail, LinkState
from consumerapp.wire import Link
from display import glyphs
from display.app import DisplayApp
from display.config import Config
from display.feed import Feed, Tell
from display.language import Language
from display.remembered import Memory, Remembered
from display.screens.first_start_screen import FirstStartScreen, PortFound
from display.screens.help_screen import HelpScreen
from display.screens.now_screen import NowScreen
from display.screens.pin_screen import PinScreen
from tests.display.conftest import MOMENT, Clock, ToldFeed, a_known, a_link, a_now

SIZES = [(40, 12), (80, 24), (120, 36), (200, 60), (250, 70)]


def text_of(app: DisplayApp) -> str:
    """What is on the screen, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )


def shows_number(app: DisplayApp, number: str) -> bool:
    """Whether the big digits, at whatever height, show exactly this number."""
    lines = text_of(app).split("\n")
    return any(
        _stands_at(lines[start : start + rows], glyphs.draw(number, rows), column)
        for rows in range(glyphs.SMALLEST_ROWS, glyphs.LARGEST_ROWS + 1)
        for start in range(len(lines) - rows + 1)
        for column in range(8)
    )


def _stands_at(lines: list[str], drawn: tuple[str, ...], column: int) -> bool:
    """Whether the drawing stands there, with nothing before it and its unit behind it."""
    if not lines[-1][column + len(drawn[-1]) :].startswith("  kW"):
        return False
    return all(
        not line[:column].strip() and line[column:].startswith(part)
        for line, part in zip(lines, drawn, strict=True)
    )


@pytest.fixture
def display(english: Language, clock: Clock) -> Callable[..., DisplayApp]:
    def made(*, feed: Feed | None, **settings: object) -> DisplayApp:
        return DisplayApp(language=english, feed=feed, clock=clock, **settings)  # type: ignore[arg-type]  # named

    return made


@pytest.mark.parametrize("size", SIZES)
async def test_the_number_its_direction_and_its_age_are_there_at_every_size(
    display: Callable[..., DisplayApp], size: tuple[int, int]
) -> None:
    app = display(feed=ToldFeed(a_known(a_now("-2104"))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert shows_number(app, "−2.10")
        assert "sending to the grid" in text
        assert "2,104 W" in text
        assert "2 s ago" in text
        assert "low" in text
        assert "14:07" in text
        assert "8.42 kWh" in text


async def test_newer_values_replace_older_ones(display: Callable[..., DisplayApp]) -> None:
    feed = ToldFeed(*(a_known(a_now(power)) for power in range(1000, 1500, 10)))
    app = display(feed=feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert shows_number(app, "1.49")


async def test_a_resize_uses_the_new_size(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=ToldFeed(a_known(a_now())))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        before = text_of(app).count("█")
        await pilot.resize_terminal(160, 50)
        await pilot.pause()
        assert text_of(app).count("█") > 10 * before
        assert shows_number(app, "1.42")


async def test_a_value_grows_old_in_words_without_any_news(
    display: Callable[..., DisplayApp], clock: Clock
) -> None:
    app = display(feed=ToldFeed(a_known(a_now())))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "was using" not in text_of(app)
        clock.advance(minutes=3)
        app.tick()
        await pilot.pause()
        text = text_of(app)
        assert "was using" in text
        assert "Last value from 14:07, 3 min old." in text
        assert "silent" in text
        assert shows_number(app, "1.42")


async def test_a_lost_head_is_told_beside_the_last_number(display: Callable[..., DisplayApp]) -> None:
    link = a_link(LinkState.LOST, LinkDetail.PORT_UNPLUGGED)
    app = display(feed=ToldFeed(a_known(a_now(age_s=400), link=link)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert shows_number(app, "1.42")
        assert "connection lost" in text
        assert "The reading head was unplugged." in text


async def test_a_portal_that_is_away_is_told(display: Callable[..., DisplayApp]) -> None:
    away = Link(seq=0, source="portal", state=LinkState.LOST, since=MOMENT)
    app = display(feed=ToldFeed(replace(a_known(a_now()), portal=away, encrypted=False)))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert "No connection to the portal since 14:07." in text
        assert "by the portal, not encrypted" in text


async def test_a_locked_meter_shows_its_reading_and_the_remedy(display: Callable[..., DisplayApp]) -> None:
    now = a_now(None, why_no_power=WhyNoPower.PIN_LOCKED, quality=Quality.COARSE)
    app = display(feed=ToldFeed(a_known(now)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert shows_number(app, "12,937") or shows_number(app, "12,938")
        assert "meter reading" in text
        assert "PIN" in text
        # Whole kilowatt-hours only: such a meter knows no finer ones.
        assert "8 kWh" in text
        assert "8.42" not in text


async def test_nothing_yet_is_shown_as_nothing_and_not_as_zero(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=ToldFeed(a_known(link=a_link(LinkState.GARBAGE, LinkDetail.NO_FRAMES))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert "no value yet" in text
        assert shows_number(app, "–.––")
        assert not shows_number(app, "0.00")
        assert "cannot be read" in text


async def test_several_meters_are_walked_through(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=ToldFeed(a_known(a_now(), a_now("555", meter="…0002"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "next meter" in text_of(app)
        await pilot.press("m")
        await pilot.pause()
        assert shows_number(app, "0.56")
        assert "…0002" in text_of(app)


async def test_help_opens_and_closes(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=ToldFeed(a_known(a_now())))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        assert "What the signs mean" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, NowScreen)


async def test_colours_turn(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=ToldFeed(a_known(a_now())), dark=False)
    async with app.run_test() as pilot:
        assert app.theme == "meterside-light"
        await pilot.press("d")
        assert app.theme == "meterside-dark"


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_keys_end_it(display: Callable[..., DisplayApp], key: str) -> None:
    app = display(feed=ToldFeed(a_known(a_now())))
    async with app.run_test() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running


async def test_german_fits_at_every_size(german: Language, clock: Clock) -> None:
    for size in SIZES:
        app = DisplayApp(language=german, feed=ToldFeed(a_known(a_now("-2104"))), clock=clock)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            assert shows_number(app, "−2,10")
            assert "speist ins Netz" in text_of(app)
            assert "niedrig" in text_of(app)


async def test_a_first_start_lists_ports_and_reads_the_chosen_one(display: Callable[..., DisplayApp]) -> None:
    opened: list[str] = []

    def open_port(port: str, setting: Setting | None) -> Feed:
        assert setting is None
        opened.append(port)
        return ToldFeed(a_known(a_now("314.2")))

    ports = (PortFound("/dev/ttyUSB0", "CP2102 USB to UART"), PortFound("/dev/ttyS0"))
    app = display(feed=None, find_ports=lambda: ports, open_port=open_port)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        text = text_of(app)
        assert "/dev/ttyUSB0  CP2102 USB to UART" in text
        assert "--pair CODE" in text
        await pilot.press("3")
        assert opened == []
        await pilot.press("1")
        await pilot.pause()
        assert opened == ["/dev/ttyUSB0"]
        assert isinstance(app.screen, NowScreen)
        assert shows_number(app, "0.31")


async def test_a_first_start_without_ports_says_what_to_do(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(app.screen, FirstStartScreen)
        assert "Plug a reading head in" in text_of(app)
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)


async def test_a_feed_that_grants_no_detail_shows_none(display: Callable[..., DisplayApp]) -> None:
    app = display(feed=ToldFeed(replace(a_known(a_now()), detail=False, today=None)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert shows_number(app, "1.42")
        assert "kWh" not in text
        assert "…4417" not in text
        assert "⣿" not in text


async def test_an_update_of_values_lays_nothing_out_anew(
    display: Callable[..., DisplayApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = ToldFeed(a_known(a_now()))
    app = display(feed=feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        laid_out: list[object] = []
        refresh_layout = app.screen._refresh_layout

        def counted(*given: Any, **named: Any) -> None:
            laid_out.append(given)
            refresh_layout(*given, **named)

        monkeypatch.setattr(app.screen, "_refresh_layout", counted)
        assert feed.tell is not None
        for power in (1500, 2500, 4500, -900):
            feed.tell(a_known(a_now(power)))
            await pilot.pause()
        assert shows_number(app, "−0.90")
        assert laid_out == []


class TestKiosk:
    """A wall that guests see."""

    @pytest.fixture
    def memory(self, tmp_path: Path) -> Memory:
        memory = Memory(tmp_path / "display.json")
        memory.save(Remembered().with_pin("271828"))
        return memory

    @pytest.fixture
    def wall(self, display: Callable[..., DisplayApp], memory: Memory) -> DisplayApp:
        return display(feed=ToldFeed(a_known(a_now())), wall=True, memory=memory)

    async def unlock(self, pilot: Pilot[None]) -> None:
        await pilot.press("enter", *"271828", "enter")
        await pilot.pause()

    async def test_it_shows_power_and_level_only(self, wall: DisplayApp) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            text = text_of(wall)
            assert shows_number(wall, "1.42")
            assert "low" in text
            for hidden in ("kWh", "…4417", "⣿", "quit", "help", "usually"):
                assert hidden not in text

    @pytest.mark.parametrize(
        "key",
        ["q", "ctrl+q", "ctrl+c", "ctrl+z", "ctrl+p", "question_mark", "f1", "d", "m", "l", "escape", "tab"],
    )
    async def test_no_key_leads_out_or_to_detail(self, wall: DisplayApp, key: str) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await pilot.press(key)
            await pilot.pause()
            assert wall.is_running
            assert isinstance(wall.screen, NowScreen)
            assert "kWh" not in text_of(wall)

    async def test_the_pin_opens_detail_and_the_way_out(self, wall: DisplayApp) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            await self.unlock(pilot)
            assert isinstance(wall.screen, NowScreen)
            assert "8.42 kWh" in text_of(wall)
            await pilot.press("q")
            await pilot.pause()
            assert not wall.is_running

    async def test_it_can_be_locked_again(self, wall: DisplayApp) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            await self.unlock(pilot)
            await pilot.press("l")
            await pilot.pause()
            assert "kWh" not in text_of(wall)
            await pilot.press("q")
            assert wall.is_running

    async def test_a_wrong_pin_opens_nothing_and_guessing_has_to_wait(
        self, wall: DisplayApp, clock: Clock
    ) -> None:
        async with wall.run_test(size=(80, 30)) as pilot:
            await pilot.press("enter")
            for _ in range(3):
                await pilot.press(*"1111", "enter")
            await pilot.pause()
            assert "This is not the PIN." in text_of(wall)
            await pilot.press(*"271828", "enter")
            await pilot.pause()
            assert isinstance(wall.screen, PinScreen)
            assert "Too many wrong PINs. Wait 31 s." in text_of(wall)
            assert "271828" not in text_of(wall)
            clock.advance(seconds=31)
            await pilot.press(*"271828", "enter")
            await pilot.pause()
            assert "8.42 kWh" in text_of(wall)

    async def test_it_can_be_tapped(self, wall: DisplayApp) -> None:
        async with wall.run_test(size=(80, 30)) as pilot:
            await pilot.pause()
            await pilot.click("#power")
            await pilot.pause()
            assert isinstance(wall.screen, PinScreen)
            for digit in "271828":
                place = int(digit) - 1
                await pilot.click("Keypad", offset=(place % 3 * 9 + 4, place // 3 * 2))
            await pilot.click("Keypad", offset=(22, 6))
            await pilot.pause()
            assert "8.42 kWh" in text_of(wall)

    async def test_without_a_pin_it_says_how_to_set_one(
        self, display: Callable[..., DisplayApp], tmp_path: Path
    ) -> None:
        wall = display(feed=ToldFeed(a_known(a_now())), wall=True, memory=Memory(tmp_path / "none.json"))
        async with wall.run_test(size=(80, 30)) as pilot:
            await pilot.press("enter", *"0000", "enter")
            await pilot.pause()
            assert isinstance(wall.screen, PinScreen)
            assert "--set-pin" in text_of(wall)

    async def test_a_minute_without_a_key_hides_everything_again(
        self, wall: DisplayApp, clock: Clock
    ) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            await self.unlock(pilot)
            await pilot.press("question_mark")
            await pilot.pause()
            clock.advance(seconds=59)
            wall.tick()
            await pilot.pause()
            assert isinstance(wall.screen, HelpScreen)
            clock.advance(seconds=1)
            wall.tick()
            await pilot.pause()
            assert isinstance(wall.screen, NowScreen)
            assert "kWh" not in text_of(wall)

    async def test_a_key_keeps_it_open(self, wall: DisplayApp, clock: Clock) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            await self.unlock(pilot)
            clock.advance(seconds=50)
            await pilot.press("d")
            clock.advance(seconds=50)
            wall.tick()
            await pilot.pause()
            assert "8.42 kWh" in text_of(wall)

    async def test_at_night_it_is_dim(self, wall: DisplayApp, clock: Clock) -> None:
        async with wall.run_test(size=(80, 24)):
            assert wall.theme == "meterside-dark"
            clock.advance(hours=8)
            wall.tick()
            assert wall.theme == "meterside-night"
            clock.advance(hours=8)
            wall.tick()
            assert wall.theme == "meterside-dark"

    async def test_the_picture_moves_and_stays_whole(self, wall: DisplayApp, clock: Clock) -> None:
        async with wall.run_test(size=(80, 24)) as pilot:
            places: set[int] = set()
            for _ in range(9):
                clock.advance(minutes=3)
                wall.tick()
                await pilot.pause()
                places.add(text_of(wall).index("was using"))
                assert shows_number(wall, "1.42")
                assert "silent" in text_of(wall)
            assert len(places) >= 6

    async def test_a_private_wall_may_show_everything(
        self, display: Callable[..., DisplayApp], memory: Memory
    ) -> None:
        config = Config()
        config = replace(config, kiosk=replace(config.kiosk, shared=False))
        wall = display(feed=ToldFeed(a_known(a_now())), wall=True, memory=memory, config=config)
        async with wall.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert "8.42 kWh" in text_of(wall)
            await pilot.press("q")
            assert wall.is_running


async def test_a_defect_in_a_feed_is_survived(
    display: Callable[..., DisplayApp], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("display.app.BEGIN_AGAIN_AFTER_S", 0)

    class Stumbles(ToldFeed):
        stumbled = False

        async def run(self, tell: Tell) -> None:
            if not self.stumbled:
                self.stumbled = True
                raise ZeroDivisionError("a defect")
            await super().run(tell)

    app = display(feed=Stumbles(a_known(a_now())))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert shows_number(app, "1.42")
    assert "a defect" in caplog.text
