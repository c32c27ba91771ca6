"""The display as a Textual application: handlers own the state, the feed only posts messages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, override

from textual import events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from consumerapp.live_values import Ambient
from display import kiosk, themes
from display.braille import Ink
from display.config import Config
from display.feed import Clock, Feed, utc_now
from display.known import Known
from display.language import Language
from display.messages import KnowledgeGrew, PinEntered, PortChosen
from display.remembered import Memory
from display.screens.first_start_screen import FindPorts, FirstStartScreen
from display.screens.help_screen import HelpScreen
from display.screens.now_screen import NowScreen
from display.screens.pin_screen import PinScreen
from display.view import view
from display.widgets.key_line import Key
from display.words import Words

if TYPE_CHECKING:
    from consumerapp.detection import Setting

log = logging.getLogger(__name__)

BEGIN_AGAIN_AFTER_S: Final = 5.0
_BEHIND_THE_PIN: Final = frozenset(
    {"quit", "suspend_process", "help", "turn_colours", "next_meter", "lock", "screenshot"}
)
"""What keys cannot do on a locked wall."""


class DisplayApp(App[None]):
    """One household on one terminal."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    TITLE = "Meterside"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", show=False),
        Binding("question_mark,f1", "help", show=False),
        Binding("d", "turn_colours", show=False),
        Binding("m", "next_meter", show=False),
        Binding("enter", "unlock", show=False),
        Binding("l", "lock", show=False),
    ]

    def __init__(
        self,
        *,
        language: Language,
        config: Config | None = None,
        feed: Feed | None = None,
        wall: bool = False,
        memory: Memory | None = None,
        find_ports: FindPorts = lambda: (),
        open_port: Callable[[str, Setting | None], Feed] | None = None,
        dark: bool = True,
        few_colours: bool = False,
        ink: Ink = Ink.BRAILLE,
        clock: Clock = utc_now,
    ) -> None:
        """`feed` None shows the first screen; `wall` is the kiosk; `few_colours`: sixteen."""
        super().__init__()
        self.language = language
        self.words = Words(language)
        self.config = config or Config()
        self.known: Known | None = None
        self._feed = feed
        self._memory = memory
        self._find_ports = find_ports
        self._open_port = open_port
        self._dark = dark
        self._few_colours = few_colours
        self._clock = clock
        self._meter = 0
        self._lock = kiosk.Lock(self.config.kiosk, began=clock()) if wall else None
        self._now_screen = NowScreen(language, wall=wall, ink=ink)

    # ------------------------------------------------------------------ life

    @override
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DARK.variables)

    def on_mount(self) -> None:
        """Choose colours and screen, begin to listen, and look at the clock every second."""
        for theme in themes.ALL:
            self.register_theme(theme)
        self._dress()
        # A service manager's or a closing terminal's signal ends it in order: the history is saved.
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(RuntimeError, ValueError):  # no main thread: nobody signals it
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        if self._feed is None:
            self.push_screen(
                FirstStartScreen(self.words, find_ports=self._find_ports, keys=self._keys(first=True))
            )
        else:
            self._listen(self._feed)
        self.set_interval(1.0, self.tick)

    def _listen(self, feed: Feed) -> None:
        self.push_screen(self._now_screen, callback=None)
        self.call_after_refresh(self._name_levels)
        self.run_worker(self._follow(feed), exclusive=True, group="feed")

    async def _follow(self, feed: Feed) -> None:
        """Run a feed; a defect in it must not take the last value from the wall."""
        while True:
            try:
                await feed.run(self._told)
            except Exception:
                log.exception("The feed failed; it is begun again")
                await asyncio.sleep(BEGIN_AGAIN_AFTER_S)
            else:
                return

    def _told(self, known: Known) -> None:
        self.post_message(KnowledgeGrew(known))

    def _name_levels(self) -> None:
        low, medium, high = (self.words.level(level) for level in Ambient)
        self._now_screen.name_levels((low, medium, high))
        self.tick()

    # ------------------------------------------------------------------ what is shown

    @on(KnowledgeGrew)
    def _grew(self, message: KnowledgeGrew) -> None:
        self.known = message.known
        if self._lock is not None:
            # It brings the household's time zone, and with it night or day.
            self._dress()
        self.show()

    @property
    def detail(self) -> bool:
        """Whether today, the hour and the meter's number may be seen."""
        return self._lock is None or not self.config.kiosk.shared or self._lock.open

    def show(self) -> None:
        """Put what is known on the Now screen."""
        if self.known is None or not self._now_screen.is_mounted:
            return
        shown = view(self.known, self.words, self._clock(), meter=self._meter, detail=self.detail)
        self._now_screen.show(shown, detail=self.detail and self.known.detail, keys=self._keys())

    def tick(self) -> None:
        """A second has passed: ages, clock, and on a wall idleness, night and the moving picture."""
        if self._lock is not None:
            self._keep_wall(self._lock, self._clock())
        self.show()

    def _keep_wall(self, lock: kiosk.Lock, instant: datetime) -> None:
        if lock.idle(instant):
            lock.close()
            self._meter = 0
            self._back_to_now()
        self._now_screen.move(*kiosk.shift(instant, self.config.kiosk))
        self._dress()

    def _back_to_now(self) -> None:
        while isinstance(self.screen, HelpScreen | PinScreen):
            self.pop_screen()

    def _dress(self) -> None:
        theme = themes.DARK if self._dark else themes.LIGHT
        if self._lock is not None:
            zone = self.known.zone if self.known is not None else self.config.zone
            local = self._clock().astimezone(zone)
            if kiosk.is_night(local.time(), self.config.kiosk):
                theme = themes.NIGHT
        if self._few_colours:
            theme = themes.of_16_colours(theme)
        if self.theme != theme.name:
            self.theme = theme.name

    # ------------------------------------------------------------------ keys

    def _keys(self, *, first: bool = False) -> tuple[Key, ...]:
        text = self.language.gettext
        keys = [("?", text("help")), ("d", text("light or dark"))]
        if not first and self.known is not None and len(self.known.meters) > 1:
            keys.append(("m", text("next meter")))
        return (*keys, ("q", text("quit")))

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """On a wall only Enter does anything until the PIN is known: there is no way out by key."""
        if self._lock is None:
            return action not in ("unlock", "lock")
        if self._lock.open:
            return action != "unlock"
        return action == "unlock" or action not in _BEHIND_THE_PIN

    @override
    async def action_quit(self) -> None:
        self.exit()

    @override
    def action_help_quit(self) -> None:
        """Ctrl+C ends the display, as people expect; on a locked wall it does nothing."""
        if self._lock is None or self._lock.open:
            self.exit()

    def action_help(self) -> None:
        """Explain signs and keys."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.language, keys=self._keys()))

    def action_turn_colours(self) -> None:
        """Light becomes dark, dark becomes light."""
        self._dark = not self._dark
        self._dress()

    def action_next_meter(self) -> None:
        """Show another meter of the household."""
        self._meter += 1
        self.show()

    def action_unlock(self) -> None:
        """Ask for the PIN."""
        if self._lock is not None and not self._lock.open and not isinstance(self.screen, PinScreen):
            self.push_screen(PinScreen(self.language))

    def action_lock(self) -> None:
        """Hide the detail again."""
        if self._lock is not None:
            self._lock.close()
            self.show()

    @override
    async def on_event(self, event: events.Event) -> None:
        """Any key or touch keeps a wall from going back to its first view."""
        if self._lock is not None and isinstance(event, events.Key | events.MouseDown):
            self._lock.touch(self._clock())
        await super().on_event(event)

    def on_click(self) -> None:
        """A tap on a locked wall asks for the PIN."""
        self.action_unlock()

    @on(PinEntered)
    def _pin_entered(self, message: PinEntered) -> None:
        screen: Screen[object] = self.screen
        if self._lock is None or not isinstance(screen, PinScreen):
            return
        text = self.language.gettext
        instant = self._clock()
        remembered = self._memory.load() if self._memory is not None else None
        if remembered is None or remembered.pin is None:
            screen.answer(text("No PIN is set. Set one with: python -m display --set-pin"))
            return
        if wait := self._lock.wait(instant):
            span = self.words.span(wait.total_seconds() + 1)
            screen.answer(text("Too many wrong PINs. Wait {span}.").format(span=span))
            return
        self._lock.answer(remembered.opens(message.pin), instant)
        if self._lock.open:
            self._back_to_now()
            self.show()
        else:
            screen.answer(text("This is not the PIN."))

    @on(PortChosen)
    def _port_chosen(self, message: PortChosen) -> None:
        if self._open_port is not None:
            feed = self._open_port(message.port, message.setting)
            self.pop_screen()
            self._listen(feed)
