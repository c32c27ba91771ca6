"""Random lives of one register: what it counted, and how its readings came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from portal.metering.derivation import DERIVED, ENERGY_LIMITS, Mark, derive
from portal.metering.facts import QUARTER_MS, Fact, thin
from portal.metering.local_days import bounds_ms, day_of, to_ms

# A zone, and a day near one on which its clocks change.
PLACES = [
    ("Europe/Amsterdam", datetime(2026, 3, 28, 14, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 14, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 3, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 3, 12, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 29, 1, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 1, 1, 3, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 3, 7, 20, tzinfo=UTC)),
    ("UTC", datetime(2026, 6, 1, 20, tzinfo=UTC)),
]
NINES = 10**12 - 500_000
"""Half a kilowatt-hour before a register of six digits of kWh starts again from zero."""


@dataclass(frozen=True)
class History:
    """Readings in the order in which the register counted."""

    zone: ZoneInfo
    facts: list[Fact]


_ELAPSED_S = st.sampled_from([1, 7, 10, 60, 299, 300, 450, 899, 900, 901, 1800, 3600, 20000, 110_000])
_WH = st.integers(0, 900).map(lambda wh: wh * 1000)
_GROWTH = st.one_of(
    st.just(0), _WH, st.integers(0, 3000).map(lambda tenths: tenths * 100), st.integers(0, 40_000_000)
)


@st.composite
def histories(draw, *, monotone: bool = False, least: int = 2, most: int = 40) -> History:
    """A few days of one register, with all that can go wrong unless `monotone`."""
    name, start = draw(st.sampled_from(PLACES))
    at = to_ms(start) // QUARTER_MS * QUARTER_MS + draw(st.sampled_from([0, 0, 5000, 700_000]))
    value = draw(st.sampled_from([0, 12_345_600, 10**9, NINES]) if not monotone else st.just(12_345_600))
    facts = [(at, value)]
    for _ in range(draw(st.integers(least - 1, most - 1))):
        at += draw(_ELAPSED_S) * 1000
        if draw(st.integers(0, 5)) == 0:  # on the quarter-hour
            at = -(-at // QUARTER_MS) * QUARTER_MS
        if at <= facts[-1][0]:
            at = facts[-1][0] + QUARTER_MS
        value += draw(_GROWTH)
        shown = value
        if not monotone:
            match draw(st.integers(0, 24)):
                case 0:
                    shown = value = draw(st.integers(0, 5000))  # reset
                case 1:
                    shown = max(0, value - draw(st.integers(1, 5_000_000)))  # a dip of one reading
                case 2:
                    shown = value + draw(st.integers(1, 10**12))  # a spike of one reading
                case 3:
                    shown = value = value + 10**10  # a jump that stays
                case _:
                    shown = value = value % 10**12 if value >= 10**12 else value  # rollover
        facts.append((at, shown))
    return History(ZoneInfo(name), facts)


def in_parts(draw, facts: list[Fact]) -> list[list[Fact]]:
    """The same readings shuffled, some of them twice, in batches."""
    repeated = draw(st.lists(st.sampled_from(facts), max_size=5))
    order = draw(st.permutations(facts + repeated)) if draw(st.booleans()) else facts + repeated
    parts: list[list[Fact]] = [[]]
    for fact in order:
        if draw(st.integers(0, 3)) == 0:
            parts.append([])
        parts[-1].append(fact)
    return [part for part in parts if part]


@dataclass(frozen=True)
class Expected:
    """What one day is derived to be from everything at once."""

    start_value: int | None
    energies: list[int | None]
    marks: list[int]


def from_scratch(history: History) -> dict[int, Expected]:
    """Every local day, derived in one pass from all readings; the last quarter-hour is left open."""
    by_quarter: dict[int, list[Fact]] = {}
    for fact in sorted(set(history.facts)):
        by_quarter.setdefault(fact[0] // QUARTER_MS, []).append(fact)
    facts = [fact for _, quarter in sorted(by_quarter.items()) for fact in thin(quarter)]
    open_start = facts[-1][0] // QUARTER_MS * QUARTER_MS
    days: dict[int, Expected] = {}
    for day in range(day_of(facts[0][0], history.zone), day_of(facts[-1][0], history.zone) + 1):
        start, end = bounds_ms(day, history.zone)
        if start == end:
            continue
        derived = derive(facts, range(start, end + 1, QUARTER_MS), ENERGY_LIMITS)
        open_from = max(0, (open_start - start) // QUARTER_MS)
        energies = derived.energies[:open_from]
        marks = derived.marks[:open_from]
        rest = len(derived.marks) - len(marks)
        days[day] = Expected(
            derived.values[0],
            energies + [None] * rest,
            [mark & DERIVED for mark in marks] + [int(Mark.MISSING)] * rest,
        )
    return days
