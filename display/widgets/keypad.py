"""Digits to tap, for a wall with a touch screen and no keyboard."""

from __future__ import annotations

from typing import Final, override

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

ROWS: Final = (("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9"), ("⌫", "0", "✓"))
CELL_COLUMNS: Final = 9
CELL_ROWS: Final = 2


class Keypad(Widget):
    """Twelve fields of nine columns and two rows."""

    DEFAULT_CSS = f"Keypad {{ width: {CELL_COLUMNS * 3}; height: {CELL_ROWS * 4}; }}"

    class Tapped(Message):
        """A field was tapped."""

        def __init__(self, field: str) -> None:
            super().__init__()
            self.field = field

    @override
    def render(self) -> Content:
        lines = [
            Content.styled("".join(f"[ {field} ]".center(CELL_COLUMNS) for field in row), "bold $text-plain")
            for row in ROWS
        ]
        return Content("\n" * CELL_ROWS).join(lines)

    def on_click(self, event: events.Click) -> None:
        """Tell which field it was."""
        row, column = event.y // CELL_ROWS, event.x // CELL_COLUMNS
        if 0 <= row < len(ROWS) and 0 <= column < len(ROWS[0]):
            event.stop()
            self.post_message(self.Tapped(ROWS[row][column]))
