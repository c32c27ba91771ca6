"""Axes: round numbers for the value axis, percentages for the places of things.

Geometry only, so floats are fine here: nothing computed in this module is ever shown as a number
except the tick values, which are exact decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 2000, 1000
"""The unit square of every path: stretched to whatever box the page gives the chart."""

_AIR = Decimal("1.04")
_COUNTS = (3, 4, 5, 6)
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear value axis between two round numbers; zero is always on it."""

    low: Decimal
    high: Decimal
    step: Decimal

    @classmethod
    def around(cls, lowest: Decimal, highest: Decimal) -> Scale:
        """The tightest axis of three to six round steps that holds zero and both values with some air."""
        low, high = min(lowest * _AIR, Decimal(0)), max(highest * _AIR, Decimal(0))
        if low == high:
            high = Decimal(1)
        tried = (cls._stepped(low, high, count) for count in _COUNTS)
        return min(tried, key=lambda scale: (scale.high - scale.low, -scale.step))

    @classmethod
    def _stepped(cls, low: Decimal, high: Decimal, count: int) -> Scale:
        """The axis with the smallest round step that needs about `count` of them."""
        raw = (high - low) / count
        magnitude = Decimal(1).scaleb(raw.adjusted())
        step = next(factor * magnitude for factor in _STEPS if factor * magnitude >= raw)
        return cls(_outward(low, step), _outward(high, step), step)

    def ticks(self) -> tuple[Decimal, ...]:
        """Every round value from low to high."""
        count = int((self.high - self.low) / self.step)
        return tuple(self.low + index * self.step for index in range(count + 1))

    def height(self, value: Decimal) -> int:
        """Distance from the top, in path units (0 to HEIGHT)."""
        return round(HEIGHT * float((self.high - value) / (self.high - self.low)))

    def percent(self, value: Decimal) -> float:
        """Distance from the top, in per cent."""
        return 100 * float((self.high - value) / (self.high - self.low))


def _outward(value: Decimal, step: Decimal) -> Decimal:
    """The next multiple of `step` away from zero."""
    whole = value // step  # Decimal's // rounds towards zero
    exact = whole * step
    if exact == value:
        return exact
    return exact + step if value > 0 else exact - step


def percent(share: float) -> str:
    """A place as an SVG percentage: always with a point, whatever the page's language."""
    return f"{share:.2f}%"
