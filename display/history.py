"""What a display without a portal keeps itself: today, the last hour, and the days that are typical.

"Today" is a difference of register values. It is exact when the register was seen within a minute of
local midnight; otherwise it counts from the first value and says since when. One bounded file,
replaced in one step, so that a restart goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from consumerapp import wire
from consumerapp.errors import DecodeError
from consumerapp.intervals import day_bounds, local_day
from display.last_hour import LastHour
from display.private_files import read_bounded, write_private

VERSION: Final = 1
MAX_BYTES: Final = 256 * 1024
"""An hour of 360 values and 28 days of 97 marks take less than 40 kB."""
MIDNIGHT_TOLERANCE: Final = timedelta(minutes=1)
QUARTERS: Final = 96
"""Marks follow the clock on the wall, as habits do; a 25-hour day overwrites its doubled hour."""
_MARK_TOLERANCE: Final = MIDNIGHT_TOLERANCE / timedelta(minutes=15)
KEPT_DAYS: Final = 28
FEWEST_TYPICAL_DAYS: Final = 3

Marks = list[int | None]
"""Import since midnight in whole Wh at the beginning of each quarter-hour by the wall clock, and at
the end of the day; None: nobody listened then."""


def meter_mark(meter_id: str) -> str:
    """Tells meters apart in the file without keeping their number."""
    return hashlib.sha256(meter_id.encode()).hexdigest()[:16]


_DAMAGED: Final = (
    DecodeError,
    InvalidOperation,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
)
"""What reading a damaged file may raise."""


def _no_marks() -> Marks:
    return [None] * (QUARTERS + 1)


@dataclass(slots=True)
class _Register:
    """One register's way through the day."""

    counted_wh: Decimal = Decimal(0)
    """Before the last time it went backwards (a reset, another meter's range)."""
    base_wh: Decimal | None = None
    last_wh: Decimal | None = None

    def learn(self, value_wh: Decimal | None) -> None:
        if value_wh is None:
            return
        if self.base_wh is None or self.last_wh is None:
            self.base_wh = value_wh
        elif value_wh < self.last_wh:
            self.counted_wh = self.total_wh or Decimal(0)
            self.base_wh = value_wh
        self.last_wh = value_wh

    @property
    def total_wh(self) -> Decimal | None:
        """Energy since the day's base; None: the register has not been seen."""
        if self.base_wh is None or self.last_wh is None:
            return None
        return self.counted_wh + self.last_wh - self.base_wh

    def next_day(self) -> _Register:
        """The same register on the following day, from where it stands."""
        return _Register(base_wh=self.last_wh, last_wh=self.last_wh)


@dataclass(slots=True)
class _Day:
    day: date
    began: datetime
    """Instant of the base values."""
    exact: bool
    """Whether that is midnight, within tolerance."""
    bought: _Register = field(default_factory=_Register)
    sold: _Register = field(default_factory=_Register)
    marks: Marks = field(default_factory=_no_marks)


class History:
    """Today, the last hour and typical days of one meter, read directly."""

    def __init__(self, *, zone: ZoneInfo, path: Path | None = None) -> None:
        """`path` None keeps everything in memory only."""
        self._zone = zone
        self._path = path
        self._meter = ""
        self._last_at: datetime | None = None
        self._day: _Day | None = None
        self._days: dict[date, Marks] = {}
        self.hour = LastHour()
        self.last_now: wire.Now | None = None

    def learn(self, now: wire.Now, *, meter: str) -> None:
        """Take in a meter's word; `meter` tells it from others, see `meter_mark`."""
        if meter != self._meter:
            if self._meter:
                self._day, self._last_at, self.hour = None, None, LastHour()
                self._days.clear()
            self._meter = meter
        instant = now.received_at
        day = local_day(instant, self._zone)
        if self._day is None or day < self._day.day:
            # The first value ever, or the machine's clock went back by a day: begin anew.
            self._begin(day, instant)
        elif day > self._day.day:
            self._turn(day, instant)
        assert self._day is not None
        self._day.bought.learn(now.import_wh)
        self._day.sold.learn(now.export_wh)
        self._mark(self._day, instant)
        self._last_at = instant
        self.last_now = now
        if now.power_w is not None:
            self.hour.learn(instant, now.power_w)

    def _begin(self, day: date, instant: datetime) -> None:
        midnight, _ = day_bounds(day, self._zone)
        self._day = _Day(day=day, began=instant, exact=instant - midnight <= MIDNIGHT_TOLERANCE)

    def _turn(self, day: date, instant: datetime) -> None:
        """Midnight has passed: close the day and begin the next from the value nearest to midnight."""
        closed = self._day
        assert closed is not None
        midnight, _ = day_bounds(day, self._zone)
        last_at = self._last_at
        before = last_at is not None and midnight - last_at <= MIDNIGHT_TOLERANCE
        if before and day == closed.day + timedelta(days=1):
            total_wh = closed.bought.total_wh
            closed.marks[QUARTERS] = None if total_wh is None else int(total_wh)
            if closed.exact and closed.marks[QUARTERS] is not None:
                self._days[closed.day] = closed.marks
                for old in sorted(self._days)[:-KEPT_DAYS]:
                    del self._days[old]
        nearer = last_at is not None and midnight - last_at < instant - midnight
        if before and nearer and last_at is not None:
            self._day = _Day(
                day=day,
                began=last_at,
                exact=True,
                bought=closed.bought.next_day(),
                sold=closed.sold.next_day(),
            )
        else:
            self._begin(day, instant)

    def _wall_quarter(self, instant: datetime) -> tuple[int, float]:
        """Quarter-hour by the wall clock, and how much of it has passed."""
        local = instant.astimezone(self._zone)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return seconds // 900, seconds % 900 / 900

    def _mark(self, day: _Day, instant: datetime) -> None:
        quarter, passed = self._wall_quarter(instant)
        total_wh = day.bought.total_wh
        # A value that comes well after the quarter-hour's beginning says nothing about its beginning.
        if total_wh is not None and day.marks[quarter] is None and passed <= _MARK_TOLERANCE:
            day.marks[quarter] = int(total_wh)

    def typical_import_wh(self, instant: datetime) -> Decimal | None:
        """Median import by this time over earlier days of the same kind; None: fewer than three."""
        quarter, passed = self._wall_quarter(instant)
        weekend = instant.astimezone(self._zone).weekday() >= 5
        found = []
        for day, marks in self._days.items():
            before, after = marks[quarter], marks[quarter + 1]
            if (day.weekday() >= 5) == weekend and before is not None and after is not None:
                found.append(before + (after - before) * passed)
        return Decimal(round(median(found))) if len(found) >= FEWEST_TYPICAL_DAYS else None

    def today(self, *, seq: int) -> wire.Today | None:
        """The day so far; None: no value yet."""
        if self._day is None or self._last_at is None:
            return None
        return wire.Today(
            seq=seq,
            day=self._day.day,
            import_wh=self._day.bought.total_wh,
            export_wh=self._day.sold.total_wh,
            typical_import_wh=self.typical_import_wh(self._last_at) if self._day.exact else None,
            until=self._last_at,
        )

    @property
    def today_since(self) -> datetime | None:
        """From when today counts, where that is not midnight."""
        return None if self._day is None or self._day.exact else self._day.began

    def save(self) -> None:
        """Write the file; a disk that is full or read-only must not stop the display."""
        if self._path is None or self._day is None or self._last_at is None:
            return
        written = {
            "v": VERSION,
            "meter": self._meter,
            "last_at": self._last_at.isoformat(),
            "now": None if self.last_now is None else wire.encode(self.last_now),
            "hour": wire.encode(self.hour.to_hour(self._last_at)),
            "day": _day_to_json(self._day),
            "days": {day.isoformat(): marks for day, marks in self._days.items()},
        }
        write_private(self._path, json.dumps(written, separators=(",", ":")))

    def load(self) -> bool:
        """Read the file; False when there is none or it is damaged, and nothing has changed."""
        if self._path is None or (text := read_bounded(self._path, max_bytes=MAX_BYTES)) is None:
            return False
        try:
            found = json.loads(text)
            if not isinstance(found, dict) or found.get("v") != VERSION:
                return False
            last_at = _instant(found["last_at"])
            day = _day_from_json(found["day"])
            days = {date.fromisoformat(name): _marks(marks) for name, marks in found["days"].items()}
            hour = wire.decode(found["hour"])
            now = None if found["now"] is None else wire.decode(found["now"])
            meter = found["meter"]
        except _DAMAGED:
            return False
        if not (isinstance(hour, wire.Hour) and isinstance(now, wire.Now | None) and isinstance(meter, str)):
            return False
        self._meter, self._last_at, self._day, self.last_now = meter, last_at, day, now
        self._days = dict(sorted(days.items())[-KEPT_DAYS:])
        self.hour.seed(hour)
        return True

    def erase(self) -> None:
        """Delete the file."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without zone")
    return instant


def _marks(found: Any) -> Marks:
    if not isinstance(found, list) or len(found) != QUARTERS + 1:
        raise ValueError(f"a day has {QUARTERS + 1} marks")
    if not all(mark is None or (isinstance(mark, int) and mark >= 0) for mark in found):
        raise ValueError("a mark is whole Wh or null")
    return found


def _register_to_json(register: _Register) -> list[str | None]:
    return [
        None if value is None else f"{value:f}"
        for value in (register.counted_wh, register.base_wh, register.last_wh)
    ]


def _register_from_json(found: Any) -> _Register:
    counted, base, last = (None if value is None else Decimal(str(value)) for value in found)
    if counted is None or not all(value is None or value.is_finite() for value in (counted, base, last)):
        raise ValueError("no register value")
    return _Register(counted, base, last)


def _day_to_json(day: _Day) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "began": day.began.isoformat(),
        "exact": day.exact,
        "import": _register_to_json(day.bought),
        "export": _register_to_json(day.sold),
        "marks": day.marks,
    }


def _day_from_json(found: Any) -> _Day:
    return _Day(
        day=date.fromisoformat(found["day"]),
        began=_instant(found["began"]),
        exact=found["exact"] is True,
        bought=_register_from_json(found["import"]),
        sold=_register_from_json(found["export"]),
        marks=_marks(found["marks"]),
    )
