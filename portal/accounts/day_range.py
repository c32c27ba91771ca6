"""A run of local days: what of a home's history somebody may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()


@dataclass(frozen=True, slots=True)
class DayRange:
    """Local days by ordinal, both ends included."""

    first: int = _FIRST
    last: int = _LAST

    @classmethod
    def between(cls, first: date | None, last: date | None) -> DayRange:
        """From first to last; None: no bound on that side."""
        return cls(
            _FIRST if first is None else first.toordinal(), _LAST if last is None else last.toordinal()
        )

    def __contains__(self, ordinal: int) -> bool:
        return self.first <= ordinal <= self.last

    @property
    def is_everything(self) -> bool:
        """No day is hidden."""
        return self.first == _FIRST and self.last == _LAST

    def clamped(self, first: int, last: int) -> tuple[int, int]:
        """As much of another run as lies in this one; empty where the first comes after the last."""
        return max(first, self.first), min(last, self.last)


EVERY_DAY = DayRange()
