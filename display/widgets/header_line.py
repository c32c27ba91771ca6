"""Whose house this is, and the clock."""

from __future__ import annotations

from typing import override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class HeaderLine(Widget):
    """Household and meter at the left, time and date at the right."""

    title: reactive[str] = reactive("", layout=False)
    time: reactive[str] = reactive("", layout=False)
    day: reactive[str] = reactive("", layout=False)

    @override
    def render(self) -> Content:
        width = self.size.width
        right = f"{self.day}  {self.time}" if self.day else self.time
        room = width - len(right) - 2
        left = self.title
        if len(left) > room:
            left = f"{left[: room - 1]}…" if room > 1 else ""
        space = " " * max(0, width - len(left) - len(right))
        return Content.assemble(
            (left, "$muted"),
            space,
            (self.day, "$muted"),
            "  " if self.day else "",
            (self.time, "bold $text-plain"),
        )
