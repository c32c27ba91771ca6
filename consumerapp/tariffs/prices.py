"""Dynamic prices: a series of instants and what energy costs from each of them on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from consumerapp.errors import ConsumerAppError


@dataclass(frozen=True, slots=True)
class PricePoint:
    """A price that holds from `start` for `length`."""

    start: datetime
    """Aware UTC."""
    length: timedelta
    """15 or 60 minutes on today's markets."""
    price: Decimal
    """Per kWh; may be below zero."""


class PriceSeries:
    """Prices of one series. Hours without a price are gaps, and stay gaps."""

    def __init__(self, points: Iterable[PricePoint]) -> None:
        self._points = sorted(points, key=lambda point: point.start)
        self._starts = [point.start for point in self._points]
        for first, second in zip(self._points, self._points[1:], strict=False):
            if first.start + first.length > second.start:
                raise ConsumerAppError(
                    f"two prices hold at {second.start:%Y-%m-%d %H:%M} UTC; each hour must have one"
                )

    def find(self, instant: datetime) -> Decimal | None:
        """The price that holds at an instant; None: a gap."""
        number = bisect_right(self._starts, instant) - 1
        if number < 0:
            return None
        point = self._points[number]
        return point.price if instant < point.start + point.length else None

    def __len__(self) -> int:
        return len(self._points)


AllPrices = Mapping[str, PriceSeries]
"""Series by name."""
