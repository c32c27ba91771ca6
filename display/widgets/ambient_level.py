"""Low, medium, high: told by how many steps are filled, by their place, and by the word under them."""

from __future__ import annotations

from typing import Final, override

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from consumerapp.live_values import Ambient

STEPS: Final = (Ambient.LOW, Ambient.MEDIUM, Ambient.HIGH)
STEP_COLUMNS: Final = 7
TONES: Final = {Ambient.LOW: "$good", Ambient.MEDIUM: "$attention", Ambient.HIGH: "$bad"}
"""Colour only repeats what shape, place and word say."""


class AmbientLevel(Widget):
    """A flight of three steps, filled up to the present level; in one line where it is low."""

    level: reactive[Ambient | None] = reactive[Ambient | None](None, layout=False)
    words: reactive[tuple[str, str, str]] = reactive(("low", "medium", "high"), layout=False)
    faded: reactive[bool] = reactive(False, layout=False)
    """The level is that of an old value."""

    @override
    def render(self) -> Content:
        if self.level is None:
            return Content("")
        return self._line() if self.size.height < 3 else self._flight()

    def _tone(self) -> str:
        assert self.level is not None
        return "$muted" if self.faded else TONES[self.level]

    def _flight(self) -> Content:
        assert self.level is not None
        reached = STEPS.index(self.level)
        rows = min(self.size.height - 1, 3 * STEP_COLUMNS // 2)
        halves = [max(1, round((number + 1) * 2 * rows / 3)) for number in range(3)]
        parts: list[tuple[str, str] | str] = ["\n" * (self.size.height - 1 - rows)]
        for row in range(rows, 0, -1):
            for number, tall in enumerate(halves):
                filled = number <= reached
                if tall >= 2 * row:
                    cell = "█" if filled else "░"
                elif tall == 2 * row - 1:
                    cell = "▄" if filled else " "
                else:
                    cell = " "
                parts += [(cell * STEP_COLUMNS, self._tone() if filled else "$muted"), " "]
            parts += ["\n"]
        room = STEP_COLUMNS + 1
        word = self.words[reached]
        # The word stands under its step, as far as it fits.
        start = max(0, min(reached * room + (STEP_COLUMNS - len(word)) // 2, 3 * room - 1 - len(word)))
        parts += [(" " * start + word, f"bold {self._tone()}")]
        return Content.assemble(*parts)

    def _line(self) -> Content:
        assert self.level is not None
        reached = STEPS.index(self.level)
        parts: list[tuple[str, str] | str] = []
        for number, shape in enumerate("▁▄█"):
            filled = number <= reached
            parts += [(shape * 3 if filled else "···", self._tone() if filled else "$muted"), " "]
            if number == reached:
                parts += [(self.words[reached], f"bold {self._tone()}"), " "]
        return Content.assemble(*parts)
