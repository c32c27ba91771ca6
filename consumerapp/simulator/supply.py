"""A register of something that flows: exact totals of constant flows, for any instant.

What water, gas and heat have in common. A flow has a whole-number rate; the register counts rate times
milliseconds and is divided only when somebody reads it. Flows end at the latest with their day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.simulator.home import HomeDay

_REMEMBERED_DAYS = 4
_ONE_MS = timedelta(milliseconds=1)


class Flow(NamedTuple):
    """A stretch of constant flow, in seconds since the local day began."""

    start_s: int
    end_s: int
    rate: int
    """Per second: millilitres for volumes, milliwatts (mJ) for heat."""


class Supply:
    """One register: what has flowed since the meter was installed."""

    def __init__(
        self,
        installed: date,
        home_day: Callable[[date], HomeDay],
        flows: Callable[[HomeDay], Iterable[Flow]],
    ) -> None:
        """`home_day` gives the household's days, `flows` what flows on one of them."""
        self._first = installed
        self._latest = installed
        self._openings = {installed: 0}
        self._home_day = home_day
        self._make_flows = flows
        self._flows = lru_cache(maxsize=_REMEMBERED_DAYS)(self._flows_within)

    def total_at(self, instant: datetime) -> int:
        """Rate × milliseconds since the installation, exact."""
        day, elapsed_ms = self._place(instant)
        opening = self._opening(day)
        return opening + sum(
            flow.rate * (min(flow.end_s * 1000, elapsed_ms) - flow.start_s * 1000)
            for flow in self._flows(day)
            if flow.start_s * 1000 < elapsed_ms
        )

    def rate_at(self, instant: datetime) -> int:
        """What flows at an instant, per second."""
        day, elapsed_ms = self._place(instant)
        return sum(
            flow.rate for flow in self._flows(day) if flow.start_s * 1000 <= elapsed_ms < flow.end_s * 1000
        )

    def _place(self, instant: datetime) -> tuple[date, int]:
        zone = self._home_day(self._first).home.zone
        day = intervals.local_day(instant, zone)
        return day, (instant - intervals.day_bounds(day, zone)[0]) // _ONE_MS

    def _opening(self, day: date) -> int:
        if day < self._first:
            raise ConsumerAppError(f"this meter was installed on {self._first}, it cannot tell of {day}")
        while self._latest < day:
            flowed = sum(flow.rate * (flow.end_s - flow.start_s) * 1000 for flow in self._flows(self._latest))
            self._openings[self._latest + intervals.ONE_DAY] = self._openings[self._latest] + flowed
            self._latest += intervals.ONE_DAY
        return self._openings[day]

    def _flows_within(self, day: date) -> tuple[Flow, ...]:
        home_day = self._home_day(day)
        clipped = (
            flow._replace(start_s=max(0, flow.start_s), end_s=min(flow.end_s, home_day.length_s))
            for flow in self._make_flows(home_day)
        )
        return tuple(flow for flow in clipped if flow.end_s > flow.start_s and flow.rate > 0)
