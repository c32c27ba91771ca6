"""The last hour's power in braille, with its scale and the time below."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, override
from zoneinfo import ZoneInfo

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from display import braille
from display.language import Language
from display.last_hour import Point

SCALE_COLUMNS: Final = 8
"""Room for a label such as "−2,5 kW"."""
LEAST_AXIS_ROWS: Final = 3
_KILO: Final = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourShown:
    """What the widget shows: the hour that ends at `until`."""

    points: tuple[Point, ...]
    until: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class _Picture:
    """What is on the screen: drawn again only when this differs."""

    drawing: braille.Drawing
    times: str
    """The time axis; empty: no room for one."""


class HourCurve(Widget):
    """Import solid above zero, export checked below, nothing where nothing is known."""

    hour: reactive[HourShown | None] = reactive[HourShown | None](None, layout=False, repaint=False)

    def __init__(
        self,
        language: Language,
        *,
        ink: braille.Ink = braille.Ink.BRAILLE,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._language = language
        self._ink = ink
        self._picture: _Picture | None = None

    def watch_hour(self) -> None:
        """A live value changes at most one column; most change not a single dot."""
        picture = self._paint()
        if picture != self._picture:
            self._picture = picture
            self.refresh()

    def on_resize(self) -> None:
        """Another size is another picture."""
        self.watch_hour()

    def _paint(self) -> _Picture | None:
        hour = self.hour
        rows, columns = self.size.height, self.size.width - SCALE_COLUMNS
        if hour is None or rows < 1 or columns < 8 or not any(point is not None for point in hour.points):
            return None
        axis = 1 if rows >= LEAST_AXIS_ROWS else 0
        drawing = braille.draw(hour.points, columns=columns, rows=rows - axis, ink=self._ink)
        return _Picture(drawing, self._times(hour, columns) if axis else "")

    @override
    def render(self) -> Content:
        picture = self._picture
        if picture is None:
            return Content("")
        drawing = picture.drawing
        parts: list[tuple[str, str] | str] = []
        for row, line in enumerate(drawing.lines):
            tone = "$grid-import" if row < drawing.zero_row else "$grid-export"
            label = self._label(drawing, row).rjust(SCALE_COLUMNS - 1)
            parts += ["\n" if row else "", (label, "$muted"), " ", (line, tone)]
        if picture.times:
            parts += ["\n", (" " * SCALE_COLUMNS + picture.times, "$muted")]
        return Content.assemble(*parts)

    def _label(self, drawing: braille.Drawing, row: int) -> str:
        """Upper edge, zero line and lower edge have a label; the others have none."""
        if row == 0 and drawing.zero_row:
            return self._kilowatts(drawing.top_w)
        if row == len(drawing.lines) - 1:
            return "0" if drawing.zero_row > row else self._kilowatts(drawing.bottom_w)
        return "0" if row == drawing.zero_row - 1 else ""

    def _kilowatts(self, power_w: Decimal) -> str:
        text = self._language.number((power_w / _KILO).normalize())
        return f"{text} kW"

    def _times(self, hour: HourShown, columns: int) -> str:
        """Clock times under the quarter-hours, as many as fit."""
        line = [" "] * columns
        start = hour.until - timedelta(hours=1)
        first = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
        taken = 0
        for number in range(6):
            instant = first + timedelta(minutes=15 * number)
            place = round((instant - start) / timedelta(hours=1) * columns)
            label = self._language.time_of_day(instant, hour.zone)
            left = max(0, min(columns - len(label), place - len(label) // 2))
            if 0 <= place < columns and left >= taken:
                line[left : left + len(label)] = label
                taken = left + len(label) + 2
        return "".join(line)
