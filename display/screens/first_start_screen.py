"""The first screen of a display that is connected to nothing: what to do, in three ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, override

from textual import events, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from display.messages import PortChosen
from display.widgets.key_line import Key, KeyLine
from display.words import Words

if TYPE_CHECKING:
    from consumerapp.detection import Detection, Setting

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
    """Lists the ports found, anew every two seconds; a digit starts reading one.

    After `f` the digit has the port's speed found out instead, which only reads and Escape ends.
    """

    def __init__(self, words: Words, *, find_ports: FindPorts, keys: tuple[Key, ...]) -> None:
        super().__init__()
        self._words = words
        self._find_ports = find_ports
        self._keys = keys
        self._ports: tuple[PortFound, ...] = ()
        self._asks_which = False
        self._finding = ""
        """What is said of finding out; empty: nothing."""
        self._found_out: tuple[str, Setting] | None = None
        """The port and what was found out of it."""

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
        """A digit chooses a port; `f` before it has its speed found out, Escape leaves that."""
        number = int(event.character) if event.character and event.character in "123456789" else 0
        if event.key == "escape":
            self.workers.cancel_group(self, "finding")
            self._asks_which = False
            self._say("")
        elif event.key == "f" and self._ports:
            event.stop()
            if len(self._ports) == 1:
                self._find_out(self._ports[0].device)
            else:
                self._asks_which = True
                self._say(self._words.language.gettext("Which one? Press its number."))
        elif 0 < number <= len(self._ports):
            event.stop()
            self._choose(self._ports[number - 1].device)

    def _choose(self, device: str) -> None:
        if self._asks_which:
            self._asks_which = False
            self._find_out(device)
            return
        self.workers.cancel_group(self, "finding")
        setting = self._found_out[1] if self._found_out and self._found_out[0] == device else None
        self.post_message(PortChosen(device, setting))

    @work(exclusive=True, group="finding")
    async def _find_out(self, device: str) -> None:
        # Imported when somebody wants it: the display starts without it.
        from consumerapp import detection  # noqa: PLC0415

        text = self._words.language.gettext

        def trying(setting: Setting | None) -> None:
            words = text("Listening to {port} at {setting} … It only reads. Esc ends it.")
            self._say(words.format(port=device, setting=setting or ""))

        found = await detection.detect(device, dwell_s=detection.DWELL_S, on_trying=trying)
        if found.found is not None and found.found.setting is not None:
            self._found_out = (device, found.found.setting)
        self._say(self._answer(device, found))

    def _answer(self, device: str, detection: Detection) -> str:
        text = self._words.language.gettext
        found = detection.found
        if found is None:
            advice = self._words.detail_advice(detection.why_nothing or "") or text(
                "Nothing arrives. Is the head seated the right way up, and the meter's port switched on?"
            )
            return " ".join(filter(None, (text("No meter was found."), advice)))
        protocol = text("encrypted telegrams") if found.protocol is None else found.protocol.value.upper()
        said = text("A meter speaks at {port}: {protocol}, {setting}.").format(
            port=device, protocol=protocol, setting=found.setting or ""
        )
        advice = self._words.detail_advice(found.missing or "")
        return " ".join(filter(None, (said, advice, text("Press its number to read it."))))

    def _say(self, words: str) -> None:
        self._finding = words
        self.query_one(".page", Static).update(self._page())

    def _page(self) -> Content:
        text = self._words.language.gettext
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
            parts += [
                ("\n", plain),
                (
                    self._finding or text("Press f to find out its speed first."),
                    plain if self._finding else muted,
                ),
            ]
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
