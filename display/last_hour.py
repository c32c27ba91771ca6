"""The last hour's power in steps of ten seconds: bounded, seeded by a feed, grown by live values."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from consumerapp.wire import Hour

STEP_S: Final = 10
STEPS: Final = 3600 // STEP_S

Point = Decimal | None
"""Mean net power of a step in W; None: nothing is known of it."""


class LastHour:
    """Mean net power per step of ten seconds, for an hour."""

    def __init__(self) -> None:
        self._sums: dict[int, tuple[Decimal, int]] = {}
        """Step number since the epoch → sum of powers in W, how many."""

    def learn(self, at: datetime, power_w: Decimal) -> None:
        """Take in one value."""
        step = math.floor(at.timestamp()) // STEP_S
        before, count = self._sums.get(step, (Decimal(0), 0))
        self._sums[step] = (before + power_w, count + 1)
        # Bounded even when the clock jumps: only the newest steps stay, twice an hour of them.
        if len(self._sums) > 2 * STEPS:
            for number in sorted(self._sums)[:-STEPS]:
                del self._sums[number]

    def seed(self, hour: Hour) -> None:
        """Take over a feed's curve; its steps may be wider or narrower than ours."""
        start = hour.start.timestamp()
        gathered: dict[int, tuple[Decimal, int]] = {}
        for number, power_w in enumerate(hour.power_w):
            if power_w is None:
                continue
            first = math.floor(start + number * hour.step_s) // STEP_S
            last = math.ceil(start + (number + 1) * hour.step_s) // STEP_S
            for step in range(first, max(first + 1, last)):
                before, count = gathered.get(step, (Decimal(0), 0))
                gathered[step] = (before + power_w, count + 1)
        newest = max(gathered, default=0)
        later = {step: known for step, known in self._sums.items() if step > newest}
        self._sums = {**gathered, **later}

    def points(self, until: datetime, *, hold: timedelta = timedelta(0)) -> tuple[Point, ...]:
        """`STEPS` values that end with the step of `until`, oldest first.

        A value holds for up to `hold`, because a meter that pushes once a minute has not been
        silent in between; a longer silence stays a gap.
        """
        last = math.floor(until.timestamp()) // STEP_S
        hold_steps = math.ceil(hold.total_seconds() / STEP_S)
        first = last - STEPS + 1
        found: list[Point] = []
        held: Point = None
        left = 0
        for step in range(first - hold_steps, last + 1):
            known = self._sums.get(step)
            if known is not None:
                held, left = known[0] / known[1], hold_steps
            elif left:
                left -= 1
            else:
                held = None
            if step >= first:
                found.append(held)
        return tuple(found)

    def to_hour(self, until: datetime, *, seq: int = 0) -> Hour:
        """The hour as a wire message, for keeping."""
        last = math.floor(until.timestamp()) // STEP_S
        start = datetime.fromtimestamp((last - STEPS + 1) * STEP_S, UTC)
        return Hour(seq=seq, start=start, step_s=STEP_S, power_w=self.points(until))
