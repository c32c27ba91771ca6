"""The keys that do something here."""

from __future__ import annotations

from typing import override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

Key = tuple[str, str]
"""The key, what it does."""


class KeyLine(Widget):
    """Keys in one line; what does not fit is left out from the end."""

    keys: reactive[tuple[Key, ...]] = reactive[tuple[Key, ...]]((), layout=False)

    @override
    def render(self) -> Content:
        parts: list[tuple[str, str] | str] = []
        taken = 0
        for key, does in self.keys:
            taken += len(key) + len(does) + 4
            if taken > self.size.width + 3:
                break
            parts += [(key, "bold $text-plain"), (f" {does}   ", "$muted")]
        return Content.assemble(*parts)
