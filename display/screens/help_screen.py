"""What the signs mean and what the keys do."""

from __future__ import annotations

from typing import ClassVar, override

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from display.language import Language
from display.widgets.key_line import Key, KeyLine


class HelpScreen(Screen[None]):
    """One page of plain words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,enter,space", "back", show=False),
    ]

    def __init__(self, language: Language, *, keys: tuple[Key, ...]) -> None:
        super().__init__()
        self._language = language
        self._keys = keys

    @override
    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._page(), classes="page")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Name the way back."""
        self.query_one(KeyLine).keys = (("Esc", self._language.gettext("back")),)

    def on_resize(self, event: events.Resize) -> None:
        """A small terminal gets no margins."""
        small = event.size.height < 20 or event.size.width < 60
        self.set_class(small, "small")
        self.query_one(".page", Static).update(self._page(narrow=event.size.width < 60))

    def action_back(self) -> None:
        """Return to where one came from."""
        self.app.pop_screen()

    def _page(self, *, narrow: bool = False) -> Content:
        text = self._language.gettext
        signs = (
            ("−", text("power is sent to the grid; without the sign it is drawn")),
            ("▁ ▄ █", text("low, medium, high: how much is being used")),
            ("⣿", text("the last hour: solid is drawn from the grid")),
            ("⢕", text("the last hour: checked, below zero, is sent to the grid")),
            ("◷", text("the number is old: it says what was, not what is")),
            ("●", text("live;  ○ connecting  ◌ silent  ≈ unreadable  × lost  ■ stopped")),
            ("◆", text("the meter's word is authenticated;  ◈ encrypted only  ◇ neither")),
        )
        parts: list[tuple[str, str]] = [(text("What the signs mean"), "bold $text-plain"), ("\n", "$muted")]
        for sign, meaning in signs:
            parts += [
                (f"{sign} " if narrow else f"  {sign:<7}", "bold $text-plain"),
                (f"{meaning}\n", "$muted"),
            ]
        parts += [("\n", "$muted"), (text("Keys"), "bold $text-plain"), ("\n", "$muted")]
        for key, does in self._keys:
            parts += [(f"{key} " if narrow else f"  {key:<7}", "bold $text-plain"), (f"{does}\n", "$muted")]
        parts += [
            ("\n", "$muted"),
            (
                text("Every number is for information; the meter's own display is the one that counts."),
                "$muted",
            ),
        ]
        return Content.assemble(*parts)
