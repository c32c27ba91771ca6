"""Facts: the register values that a history is derived from, and how few of them have to last.

A fact is a register's value at an instant. Of all readings of one quarter-hour at most four last: the
first, the last, the lowest and the highest. Which four those are does not depend on the order of
arrival, nor on how arrivals are grouped, nor on repetition; so a history built up piece by piece equals
one derived from everything at once.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter

QUARTER_MS = 900_000
"""A quarter-hour in milliseconds. Since 1972 every time zone is off UTC by whole quarter-hours, so
local quarter-hours are those of UTC."""

Fact = tuple[int, int]
"""(milliseconds since 1970-01-01 UTC, register value in thousandths of the base unit)."""

_value_of = itemgetter(1)


def thin(facts: list[Fact]) -> list[Fact]:
    """The facts of one quarter-hour that last, in order of time; `facts` are in order of time."""
    if len(facts) <= 2:
        return facts
    lowest = min(facts, key=_value_of)
    highest = max(reversed(facts), key=_value_of)
    return sorted({facts[0], lowest, highest, facts[-1]})


def merge(known: list[Fact], arriving: dict[int, int], corrections: dict[int, int]) -> list[Fact]:
    """Known facts of a day with arrivals folded in, in order of time.

    At one instant the known value stays, unless the arrival is a correction.
    """
    values = {**arriving, **dict(known), **corrections}
    merged: list[Fact] = []
    quarter: list[Fact] = []
    end = 0
    for fact in sorted(values.items()):
        if fact[0] >= end:
            merged += thin(quarter)
            quarter = []
            end = (fact[0] // QUARTER_MS + 1) * QUARTER_MS
        quarter.append(fact)
    merged += thin(quarter)
    return merged


def thin_run(times: list[int], values: list[int]) -> list[Fact]:
    """The facts that last of a run of samples, `times` rising."""
    facts: list[Fact] = []
    start, count = 0, len(times)
    while start < count:
        quarter = times[start] // QUARTER_MS
        end = bisect_left(times, (quarter + 1) * QUARTER_MS, start, count)
        if end - start > 2:
            part = values[start:end]
            # A register at rest or growing: the first is the lowest and the last the highest.
            if part[0] == min(part) and part[-1] == max(part):
                facts.append((times[start], part[0]))
                facts.append((times[end - 1], part[-1]))
            else:
                facts += thin(list(zip(times[start:end], part, strict=True)))
        else:
            facts += zip(times[start:end], values[start:end], strict=True)
        start = end
    return facts


def doubtful(facts: list[Fact]) -> list[bool]:
    """Which facts break an order that their two neighbours keep: a dip or a spike of one reading."""
    flags = [False] * len(facts)
    for number in range(1, len(facts) - 1):
        before, value, after = facts[number - 1][1], facts[number][1], facts[number + 1][1]
        if before <= after and not before <= value <= after:
            flags[number] = True
    return flags
