"""The one thing to know besides the number: what is wrong, and what to do about it."""

from __future__ import annotations

from typing import override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from display.words import Notice


class NoticeLine(Widget):
    """A mark and a sentence; the advice follows it where there is room."""

    notice: reactive[Notice | None] = reactive[Notice | None](None, layout=False)

    @override
    def render(self) -> Content:
        notice = self.notice
        if notice is None:
            return Content("")
        tone = "bold $attention" if notice.urgent else "$text-plain"
        mark = "◷ " if notice.urgent else "• "
        return Content.assemble((mark, tone), (notice.headline, tone), (f" {notice.advice}", "$muted"))
