"""One line about the data: link, age, proof of origin, source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from consumerapp.sources.link import LinkState

MARKS: Final = {
    LinkState.CONNECTING: "○",
    LinkState.LIVE: "●",
    LinkState.SILENT: "◌",
    LinkState.GARBAGE: "≈",
    LinkState.LOST: "×",
    LinkState.STOPPED: "■",
}
"""A shape of its own for every state; the word stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the line says, most important first."""

    state: LinkState | None = None
    parts: tuple[str, ...] = ()


class StatusLine(Widget):
    """What does not fit is left out from the end, whole parts at a time."""

    status: reactive[Status] = reactive(Status(), layout=False)

    @override
    def render(self) -> Content:
        status = self.status
        if status.state is None:
            return Content("")
        well = status.state is LinkState.LIVE
        shown = MARKS[status.state]
        for number, part in enumerate(status.parts):
            longer = f"{shown} {part}" if number == 0 else f"{shown} · {part}"
            if len(longer) > self.size.width:
                break
            shown = longer
        return Content.assemble((shown[:1], "$good" if well else "$attention"), (shown[1:], "$muted"))
