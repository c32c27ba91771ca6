"""The rules of a wall: who may see detail, when it goes back, how it spares screen and eyes.

Pure: the instant comes in as an argument.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from display.config import KioskConfig

FREE_TRIES: Final = 3
"""Wrong PINs in a row before waiting begins."""
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)

# A walk through nine neighbouring places that never jumps by more than a cell.
_PLACES: Final = ((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1), (0, 2), (1, 2), (2, 2))
SHIFT_COLUMNS: Final = 2
SHIFT_ROWS: Final = 2


def is_night(local: time, config: KioskConfig) -> bool:
    """Whether the wall is dim at that time of day; the span may cross midnight."""
    if config.night_from <= config.night_until:
        return config.night_from <= local < config.night_until
    return local >= config.night_from or local < config.night_until


def shift(instant: datetime, config: KioskConfig) -> tuple[int, int]:
    """By how many columns and rows the picture is moved at that instant."""
    if not config.shift_minutes:
        return 0, 0
    walk = _PLACES + _PLACES[-2:0:-1]
    return walk[int(instant.timestamp()) // (config.shift_minutes * 60) % len(walk)]


class Lock:
    """Opens detail and exit for who knows the PIN, and closes again when nobody touches it."""

    def __init__(self, config: KioskConfig, *, began: datetime) -> None:
        self._config = config
        self._touched = began
        self._wrong = 0
        self._shut_until: datetime | None = None
        self.open = False

    def touch(self, instant: datetime) -> None:
        """Somebody pressed a key."""
        self._touched = instant

    def idle(self, instant: datetime) -> bool:
        """Whether nobody has touched it for so long that it goes back to its first view."""
        return instant - self._touched >= timedelta(seconds=self._config.idle_s)

    def wait(self, instant: datetime) -> timedelta:
        """How long until a PIN may be tried again; zero: now."""
        if self._shut_until is None or instant >= self._shut_until:
            return timedelta(0)
        return self._shut_until - instant

    def answer(self, right: bool, instant: datetime) -> None:
        """A PIN was tried. Each wrong one after the third doubles the wait."""
        if right:
            self._wrong, self._shut_until, self.open = 0, None, True
            return
        self._wrong += 1
        over = self._wrong - FREE_TRIES
        if over >= 0:
            self._shut_until = instant + min(FIRST_WAIT * 2 ** min(over, 10), LONGEST_WAIT)

    def close(self) -> None:
        """Detail is hidden again."""
        self.open = False
