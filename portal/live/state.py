"""What is known of one household at this moment, in memory: what a snapshot is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from consumerapp import wire

STEP_S: Final = 10
HOUR_S: Final = 3600
STEPS: Final = HOUR_S // STEP_S
_TENTH = Decimal("0.1")


class HourCurve:
    """Mean net power of each ten seconds of the last hour."""

    def __init__(self) -> None:
        self._sums: dict[int, tuple[Decimal, int]] = {}

    def add(self, at: datetime, power_w: Decimal) -> None:
        """One value at one instant."""
        step = int(at.timestamp()) // STEP_S
        total, count = self._sums.get(step, (Decimal(0), 0))
        self._sums[step] = (total + power_w, count + 1)
        if len(self._sums) > 2 * STEPS:
            oldest = step - STEPS
            self._sums = {kept: value for kept, value in self._sums.items() if kept > oldest}

    def points(self, until: datetime) -> wire.Hour:
        """The curve up to and including the step of `until`."""
        last = int(until.timestamp()) // STEP_S
        first = last - STEPS + 1
        return wire.Hour(
            seq=0,
            start=datetime.fromtimestamp(first * STEP_S, UTC),
            step_s=STEP_S,
            power_w=tuple(self._mean(step) for step in range(first, last + 1)),
        )

    def _mean(self, step: int) -> Decimal | None:
        found = self._sums.get(step)
        return None if found is None else (found[0] / found[1]).quantize(_TENTH)


@dataclass(slots=True)
class HouseholdState:
    """The last word of every meter and link of one household, the day so far, the last hour."""

    name: str = ""
    timezone: str = "UTC"
    now: dict[str, wire.Now] = field(default_factory=dict)
    """By the meter's short number."""
    curves: dict[str, HourCurve] = field(default_factory=dict)
    links: dict[str, wire.Link] = field(default_factory=dict)
    today: wire.Today | None = None

    def apply(self, message: wire.Message) -> None:
        """Take in what was announced."""
        match message:
            case wire.Now():
                self.now[message.meter] = message
                if message.power_w is not None:
                    curve = self.curves.get(message.meter)
                    if curve is None:
                        curve = self.curves[message.meter] = HourCurve()
                    curve.add(message.received_at, message.power_w)
            case wire.Link():
                self.links[message.source] = message
            case wire.Today():
                self.today = message
            case wire.Hour() | wire.Snapshot() | wire.Heartbeat() | wire.Ended():
                pass

    def seed(self, seed: wire.Snapshot) -> None:
        """Fill in what the database knew before anything was announced; news is never overwritten."""
        self.name, self.timezone = seed.household, seed.timezone
        for now in seed.now:
            self.now.setdefault(now.meter, now)
        for link in seed.links:
            self.links.setdefault(link.source, link)
        if self.today is None:
            self.today = seed.today
        if seed.hour is not None and (meter := self._main_meter()) is not None:
            curve = HourCurve()
            for index, power_w in enumerate(seed.hour.power_w):
                if power_w is not None:
                    curve.add(seed.hour.start + timedelta(seconds=index * seed.hour.step_s), power_w)
            self.curves.setdefault(meter, curve)

    def forget_link(self, source: str) -> None:
        """The link was removed; what its meter said is history now."""
        self.links.pop(source, None)
        for meter in [meter for meter, now in self.now.items() if now.source == source]:
            del self.now[meter]
            self.curves.pop(meter, None)

    def snapshot(self, at: datetime) -> wire.Snapshot:
        """Everything, for a screen that begins."""
        main = self._main_meter()
        curve = self.curves.get(main) if main else None
        return wire.Snapshot(
            seq=0,
            household=self.name,
            timezone=self.timezone,
            now=tuple(self.now.values()),
            today=self.today,
            hour=curve.points(at) if curve else None,
            links=tuple(self.links.values()),
        )

    def _main_meter(self) -> str | None:
        """The first meter that tells its power: the one at the grid connection is paired first."""
        with_power = (meter for meter, now in self.now.items() if now.power_w is not None)
        return next(with_power, None)
