"""The one big number: power now, its direction in words, its exact value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from display import glyphs
from display.layout import UNIT_COLUMNS, WIDEST_USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What the widget shows."""

    headline: str = ""
    """The direction in words: "using"."""
    number: str = ""
    """Digits for the big number; empty: there is none."""
    unit: str = "kW"
    footnote: str = ""
    """The exact value, or what the number is."""
    tone: str = "$text-plain"
    """Theme variable of the number."""


class PowerNow(Widget):
    """Three parts from top to bottom: direction, digits, exact value."""

    figure: reactive[Figure] = reactive(Figure(), layout=False)
    rows: reactive[int] = reactive(glyphs.SMALLEST_ROWS, layout=False)
    """Height of the digits."""

    @override
    def render(self) -> Content:
        figure = self.figure
        width = self.size.width
        parts: list[tuple[str, str] | str] = [(figure.headline[:width], "bold $text-plain"), "\n"]
        if figure.number:
            template = max(WIDEST_USUAL, figure.number, key=len)
            rows = glyphs.tallest(template, max_columns=width - UNIT_COLUMNS, max_rows=self.rows)
            # The size follows the widest usual number, so that it stays the same nearly all day.
            lines = glyphs.draw(figure.number, rows) if rows else (figure.number,)
            for number, line in enumerate(lines, start=1):
                parts += [(line, figure.tone)]
                if number == len(lines):
                    parts += [(f"  {figure.unit}", "$muted")]
                parts += ["\n"]
        parts += [(figure.footnote[:width], "$muted")]
        return Content.assemble(*parts)
