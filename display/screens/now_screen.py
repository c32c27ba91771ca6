"""The one screen that is looked at: power now, level, today, the last hour."""

from __future__ import annotations

from typing import override

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Offset
from textual.screen import Screen

from display import kiosk
from display.braille import Ink
from display.language import Language
from display.layout import Plan, plan
from display.view import View
from display.widgets.ambient_level import AmbientLevel
from display.widgets.header_line import HeaderLine
from display.widgets.hour_curve import HourCurve
from display.widgets.key_line import Key, KeyLine
from display.widgets.notice_line import NoticeLine
from display.widgets.power_now import PowerNow
from display.widgets.status_line import StatusLine
from display.widgets.today_figures import TodayFigures


class NowScreen(Screen[None]):
    """Shows a `View`; shares out the terminal by `layout.plan` whenever its size changes."""

    def __init__(self, language: Language, *, wall: bool = False, ink: Ink = Ink.BRAILLE) -> None:
        """`wall`: on a kiosk there are no keys, and room is kept for moving the picture."""
        super().__init__()
        self._ink = ink
        self._language = language
        self._wall = wall
        self._wanted = (True, 0, True)
        """Whether detail is shown, how long the notice is, whether there is a level."""
        self._plan: Plan | None = None

    @override
    def compose(self) -> ComposeResult:
        with Container(id="picture"):
            yield HeaderLine(id="header")
            with Container(id="front"):
                yield PowerNow(id="power")
                yield AmbientLevel(id="level")
            yield NoticeLine(id="notice")
            yield TodayFigures(id="today")
            yield HourCurve(self._language, ink=self._ink, id="hour")
            with Container(id="foot"):
                yield StatusLine(id="status")
                yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Share out the rows for the first time."""
        self._arrange()

    def on_resize(self, event: events.Resize) -> None:
        """Share out the rows again."""
        self._arrange()

    def show(self, view: View, *, detail: bool, keys: tuple[Key, ...]) -> None:
        """Put a view on the screen; only what differs is drawn again."""
        if not self.is_mounted:
            return
        notice_length = len(view.notice) if view.notice is not None else 0
        wanted = (detail, notice_length, view.level is not None)
        if wanted != self._wanted:
            self._wanted = wanted
            self._arrange()
        header = self.query_one(HeaderLine)
        header.title, header.time, header.day = view.title, view.time, view.day
        self.query_one(PowerNow).figure = view.figure
        level = self.query_one(AmbientLevel)
        level.level, level.faded = view.level, view.faded
        self.query_one(NoticeLine).notice = view.notice
        self.query_one(TodayFigures).rows = view.today
        self.query_one(HourCurve).hour = view.hour
        self.query_one(StatusLine).status = view.status
        self.query_one(KeyLine).keys = keys

    def name_levels(self, words: tuple[str, str, str]) -> None:
        """Set the words for low, medium and high."""
        self.query_one(AmbientLevel).words = words

    def move(self, columns: int, rows: int) -> None:
        """Move the picture, so that it does not burn in."""
        picture = self.query_one("#picture")
        if picture.styles.offset.x.value != columns or picture.styles.offset.y.value != rows:
            picture.styles.offset = Offset(columns, rows)

    def _arrange(self) -> None:
        width, height = self.size
        if self._wall:
            width, height = width - kiosk.SHIFT_COLUMNS, height - kiosk.SHIFT_ROWS
        if width < 1 or height < 1:
            return
        # A word at the end of each line may have to go to the next.
        detail, notice_length, level = self._wanted
        notice_rows = -(-notice_length * 11 // (10 * width))
        shares = plan(width, height, detail=detail, keys=not self._wall, level=level, notice_rows=notice_rows)
        if shares == self._plan:
            return
        self._plan = shares
        picture = self.query_one("#picture")
        picture.styles.width, picture.styles.height = width, height
        picture.styles.padding = (0, shares.margin)
        front = self.query_one("#front")
        front.styles.margin = (shares.gap, 0, 0, 0)
        front.styles.height = shares.power + (0 if shares.level_beside else shares.level)
        front.set_class(shares.level_beside, "beside")
        self.query_one(AmbientLevel).display = level
        power = self.query_one(PowerNow)
        power.styles.height = shares.power
        power.rows = shares.digits
        # Beside the digits its word stands in the row of the exact value.
        self.query_one(AmbientLevel).styles.height = shares.power - 1 if shares.level_beside else shares.level
        self.query_one("#foot").styles.height = shares.status + shares.keys
        for name, rows, above in (
            ("notice", shares.notice, 0),
            ("today", shares.today, shares.between),
            ("hour", shares.curve, shares.between),
            ("status", shares.status, 0),
            ("keys", shares.keys, 0),
        ):
            part = self.query_one(f"#{name}")
            part.display = rows > 0
            part.styles.height = rows
            part.styles.margin = (above, 0, 0, 0)
