"""What the display knows at one moment, whoever told it, and how fresh that is.

Both feeds put wire messages into `Knowledge`; the screens get an immutable `Known`. Nothing is ever
forgotten because a source went quiet: it only grows old.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consumerapp.sources.link import LinkState
from consumerapp.wire import Ended, Heartbeat, Hour, Link, Message, Now, Snapshot, Today
from display.last_hour import LastHour, Point

DEFAULT_INTERVAL_S: Final = 10.0
"""Assumed push interval until it has been observed."""
LONGEST_INTERVAL_S: Final = 900.0
"""A gateway's quarter-hour."""
LEAST_WARN_S: Final = 5.0
"""A push a second would otherwise be called late after a second and a half, at the first hiccup."""
LEAST_OLD_S: Final = 10.0
_OBSERVED_GAPS: Final = 9


class Freshness(StrEnum):
    """How far a value may still be called "now"."""

    FRESH = "fresh"
    LATE = "late"
    """The next one is overdue."""
    OLD = "old"
    """It says what was, not what is."""
    NOTHING = "nothing"
    """There never was one."""


@dataclass(frozen=True, slots=True)
class Patience:
    """From which age in seconds a value is late, and from which it is old."""

    warn_s: float
    old_s: float


def patience(interval_s: float) -> Patience:
    """One and a half and three push intervals: 15 s and 30 s for a meter that pushes every 10 s."""
    return Patience(max(LEAST_WARN_S, interval_s * 1.5), max(LEAST_OLD_S, interval_s * 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything a screen shows, except the clock."""

    household: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    meters: tuple[Now, ...] = ()
    """The last word of each meter, in the feed's order."""
    today: Today | None = None
    today_since: datetime | None = None
    """None: `today` counts from midnight. Else from this instant, because nobody listened before."""
    hour: tuple[Point, ...] = ()
    """The last hour's mean powers, oldest first; see `LastHour`."""
    link: Link | None = None
    """The meter's link that needs attention most, else the first."""
    portal: Link | None = None
    """Our own connection to the portal; None: read directly."""
    detail: bool = True
    """Whether the feed grants more than power and level."""
    encrypted: bool = True
    """Whether the way to the portal is; True where there is none."""
    interval_s: float = DEFAULT_INTERVAL_S

    @property
    def patience(self) -> Patience:
        """When a value of this meter becomes late and old."""
        return patience(self.interval_s)

    def now(self, number: int = 0) -> Now | None:
        """The last word of one of the meters."""
        return self.meters[number % len(self.meters)] if self.meters else None

    def freshness(self, now: Now | None, clock: datetime) -> Freshness:
        """How fresh a value is at an instant."""
        if now is None:
            return Freshness.NOTHING
        age_s = (clock - now.received_at).total_seconds()
        if age_s >= self.patience.old_s:
            return Freshness.OLD
        return Freshness.LATE if age_s >= self.patience.warn_s else Freshness.FRESH


_NEEDS_ATTENTION: Final = (
    LinkState.LOST,
    LinkState.GARBAGE,
    LinkState.SILENT,
    LinkState.CONNECTING,
    LinkState.LIVE,
    LinkState.STOPPED,
)


class Knowledge:
    """Takes in wire messages, gives out `Known`."""

    def __init__(self, *, zone: ZoneInfo, household: str = "", encrypted: bool = True) -> None:
        self.zone = zone
        self.household = household
        self.hour = LastHour()
        self.today: Today | None = None
        self.today_since: datetime | None = None
        self.portal: Link | None = None
        self.encrypted = encrypted
        self.detail = True
        self.seq = 0
        """Of the last message taken in."""
        self._meters: dict[tuple[str, str], Now] = {}
        self._links: dict[str, Link] = {}
        self._gaps_s: deque[float] = deque(maxlen=_OBSERVED_GAPS)

    def learn(self, message: Message) -> None:
        """Take in one message; the newest of a kind replaces what was known of it."""
        self.seq = message.seq
        match message:
            case Snapshot():
                self._learn_snapshot(message)
            case Now():
                self._learn_now(message)
            case Today():
                self.today = message
            case Hour():
                self.hour.seed(message)
            case Link():
                self._links[message.source] = message
            case Heartbeat() | Ended():
                pass

    def _learn_snapshot(self, snapshot: Snapshot) -> None:
        self.household = snapshot.household
        # A zone that this machine's database does not know: keep our own rather than stop.
        with contextlib.suppress(ZoneInfoNotFoundError, ValueError):
            self.zone = ZoneInfo(snapshot.timezone)
        self._meters.clear()
        self._links = {link.source: link for link in snapshot.links}
        self.today = snapshot.today
        # A portal that tells a screen about power only leaves both out.
        self.detail = snapshot.today is not None or snapshot.hour is not None
        # A feed that has been narrowed leaves nothing behind that it no longer grants.
        self.hour = LastHour()
        if snapshot.hour is not None:
            self.hour.seed(snapshot.hour)
        for now in snapshot.now:
            self._learn_now(now)

    def _learn_now(self, now: Now) -> None:
        meter = (now.source, now.meter)
        before = self._meters.get(meter)
        if before is not None:
            gap_s = (now.received_at - before.received_at).total_seconds()
            if 0 < gap_s <= LONGEST_INTERVAL_S:
                self._gaps_s.append(gap_s)
        self._meters[meter] = now
        # With several meters only the portal knows how they add up; it sends the curve itself.
        if now.power_w is not None and self.detail and len(self._meters) == 1:
            self.hour.learn(now.received_at, now.power_w)

    def forget_meters(self) -> None:
        """What any meter said before counts no more."""
        self._meters.clear()

    @property
    def interval_s(self) -> float:
        """The push interval as observed, in seconds."""
        return median(self._gaps_s) if len(self._gaps_s) >= 3 else DEFAULT_INTERVAL_S

    def known(self, clock: datetime | None = None) -> Known:
        """What is known at `clock` (default: the machine's own)."""
        until = clock or datetime.now(UTC)
        links = sorted(self._links.values(), key=lambda link: _NEEDS_ATTENTION.index(link.state))
        interval_s = self.interval_s
        return Known(
            household=self.household,
            zone=self.zone,
            meters=tuple(self._meters.values()),
            today=self.today,
            today_since=self.today_since,
            hour=self.hour.points(until, hold=timedelta(seconds=patience(interval_s).old_s)),
            link=links[0] if links else None,
            portal=self.portal,
            detail=self.detail,
            encrypted=self.encrypted,
            interval_s=interval_s,
        )
