"""What the day has brought so far, beside what is usual by this time."""

from __future__ import annotations

from typing import override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

Row = tuple[str, str, tuple[str, ...]]
"""What, how much, and what to say about it: the first that fits."""


class TodayFigures(Widget):
    """One row for each direction: name, number right-aligned, comparison."""

    rows: reactive[tuple[Row, ...]] = reactive[tuple[Row, ...]]((), layout=False)

    @override
    def render(self) -> Content:
        if not self.rows:
            return Content("")
        names = max(len(name) for name, _, _ in self.rows)
        numbers = max(len(number) for _, number, _ in self.rows)
        room = self.size.width - names - numbers - 4
        lines = []
        for name, number, remarks in self.rows[: self.size.height]:
            lines.append(
                Content.assemble(
                    (name.ljust(names), "$muted"),
                    "  ",
                    (number.rjust(numbers), "bold $text-plain"),
                    "  ",
                    (next((text for text in remarks if len(text) <= room), ""), "$muted"),
                )
            )
        return Content("\n").join(lines)
