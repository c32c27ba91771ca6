"""The first screen of a display that is connected to nothing: what to do, in three ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from textual import events, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from display.language import Language
from display.messages import PortChosen
from display.widgets.key_line import Key, KeyLine

LOOK_AGAIN_S: Final = 2.0
MOST_PORTS: Final = 9
"""One key each."""


@dataclass(frozen=True, slots=True)
class PortFound:
    """A serial port of this machine."""

    device: str
    description: str = ""


FindPorts = Callable[[], tuple[PortFound, ...]]


class FirstStartScreen(Screen[None]):
    """Lists the ports found, anew every two seconds; a digit starts reading one."""

    def __init__(self, language: Language, *, find_ports: FindPorts, keys: tuple[Key, ...]) -> None:
        super().__init__()
        self._language = language
        self._find_ports = find_ports
        self._keys = keys
        self._ports: tuple[PortFound, ...] = ()

    @override
    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._page(), classes="page")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Look for ports now and again."""
        self.query_one(KeyLine).keys = self._keys
        self.set_interval(LOOK_AGAIN_S, self._look)
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        """A small terminal gets no margins."""
        self.set_class(event.size.height < 20 or event.size.width < 60, "small")

    @work(thread=True, exclusive=True, group="ports")
    def _look(self) -> None:
        found = self._find_ports()[:MOST_PORTS]
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._found, found)

    def _found(self, ports: tuple[PortFound, ...]) -> None:
        if ports != self._ports:
            self._ports = ports
            self.query_one(".page", Static).update(self._page())

    def on_key(self, event: events.Key) -> None:
        """A digit chooses a port."""
        number = int(event.character) if event.character and event.character in "123456789" else 0
        if 0 < number <= len(self._ports):
            event.stop()
            self.post_message(PortChosen(self._ports[number - 1].device))

    def _page(self) -> Content:
        text = self._language.gettext
        bold, plain, muted = "bold $text-plain", "$text-plain", "$muted"
        parts: list[tuple[str, str]] = [
            (text("This display is ready, and not connected yet."), bold),
            ("\n\n", plain),
            (text("Read a meter directly"), bold),
            ("\n", plain),
        ]
        if self._ports:
            for number, port in enumerate(self._ports, start=1):
                parts += [(f"  {number}  ", "bold $grid-import"), (port.device, plain)]
                parts += [(f"  {port.description}\n", muted)]
            parts += [(text("Press the number of the port with the reading head."), muted)]
        else:
            parts += [(text("No serial port is there. Plug a reading head in; it appears here."), muted)]
        parts += [
            ("\n\n", plain),
            (text("Show a household of a portal"), bold),
            ("\n", plain),
            (text("Make a code on the portal's Devices page, then start:"), muted),
            ("\n  python -m display --portal wss://HOST --pair CODE\n\n", plain),
            (text("Play a recording"), bold),
            ("\n  python -m display --replay FILE\n", plain),
        ]
        return Content.assemble(*parts)
