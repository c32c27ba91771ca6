"""Asks for the PIN of a wall: by keyboard or by tapping."""

from __future__ import annotations

from typing import Final, override

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from display.language import Language
from display.messages import PinEntered
from display.remembered import MOST_PIN_DIGITS
from display.widgets.keypad import Keypad

LEAST_KEYPAD_HEIGHT: Final = 16


class PinScreen(Screen[None]):
    """Digits, Enter, Esc. What is typed is never shown."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._typed = ""

    @override
    def compose(self) -> ComposeResult:
        text = self._language.gettext
        with Vertical(id="box"):
            yield Static(text("PIN for details, Esc to go back"), id="question", markup=False)
            yield Static("", id="digits", markup=False)
            yield Keypad()
            yield Static("", id="answer", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the keypad out where it does not fit."""
        self.query_one(Keypad).display = event.size.height >= LEAST_KEYPAD_HEIGHT

    def on_key(self, event: events.Key) -> None:
        """Take digits; everything else but Enter, Backspace and Esc does nothing."""
        event.stop()
        if event.character is not None and event.character in "0123456789":
            self._type(event.character)
        elif event.key == "enter":
            self._type("✓")
        elif event.key == "backspace":
            self._type("⌫")
        elif event.key == "escape":
            self.app.pop_screen()

    @on(Keypad.Tapped)
    def _tapped(self, event: Keypad.Tapped) -> None:
        self._type(event.field)

    def _type(self, field: str) -> None:
        if field == "✓":
            if self._typed:
                self.post_message(PinEntered(self._typed))
            self._typed = ""
        elif field == "⌫":
            self._typed = self._typed[:-1]
        elif len(self._typed) < MOST_PIN_DIGITS:
            self._typed += field
        self.query_one("#digits", Static).update("• " * len(self._typed))

    def answer(self, sentence: str) -> None:
        """Say why it did not open."""
        self.query_one("#answer", Static).update(sentence)
