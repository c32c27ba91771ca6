"""From facts to quarter-hours: pure, exact, and the same whatever way the facts came.

Let C(t) be the energy that the facts prove until t: it grows along every two neighbouring facts and rests
where nothing is proved, before the first, after the last, and across a break. The energy of a period is
the difference of C at its ends, so the parts of a period always sum to the whole, and without a break to
the difference of the register. Between two facts C is shared in proportion to time, in whole steps of the
register, the remainder carried on: nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from itertools import pairwise

from consumerapp.readings import Kind, Quantity, Unit
from portal.metering.facts import QUARTER_MS, Fact, doubtful

SHARP_MS = QUARTER_MS
"""Facts at most this far apart place the boundary between them; further apart the energy between them is
known, but not its shape."""

HOUR_MS = 3_600_000
GREATEST_STEP = 10**6
"""1 kWh or 1000 m³: no register counts in wider steps, however many zeros its values end in."""
SHARES_OF_A_GAP = 1000
"""A gap is shared in steps at least this much finer than its energy."""
CONTEXT = 4
"""How many facts beyond a period's ends can have a say in it: a boundary lies between two facts that are
kept; of two facts in a row at most one is dropped; and whether one is, three neighbours decide."""


class Mark(IntFlag):
    """What is special about one quarter-hour. The first seven are bit by bit those of `Quality`."""

    ESTIMATED = 1
    """Derived: the energy is proved, its place in time is not."""
    CORRECTED = 2
    LATE = 4
    CLOCK_DOUBTFUL = 8
    COARSE = 16
    RESET = 32
    """Derived: the register went backwards, rolled over or jumped here."""
    ESTIMATED_BY_METER = 64
    PARTIAL = 128
    """Derived: a register's first or last fact, or a break, lies inside; part of the energy is proved."""
    MISSING = 256
    """Derived: nothing is proved."""


DERIVED = int(Mark.ESTIMATED | Mark.RESET | Mark.PARTIAL | Mark.MISSING)
STICKY = int(Mark.CORRECTED | Mark.LATE | Mark.CLOCK_DOUBTFUL | Mark.COARSE | Mark.ESTIMATED_BY_METER)
"""Marks that come with readings and stay with their quarter-hour."""
_ESTIMATED, _RESET, _PARTIAL, _MISSING = 1, 32, 128, 256


@dataclass(frozen=True, slots=True)
class Limits:
    """What a register cannot do."""

    fastest_per_hour: int
    """Thousandths of the base unit per hour beyond which a step is a jump, not consumption."""
    least_modulus: int
    """The smallest value, in thousandths, at which such a register starts again from zero."""

    def allows(self, step: int, elapsed_ms: int) -> bool:
        """Whether so much can have been consumed in that time."""
        return step * HOUR_MS <= self.fastest_per_hour * max(elapsed_ms, QUARTER_MS)


ENERGY_LIMITS = Limits(fastest_per_hour=10**9, least_modulus=10**10)
"""1 MW; 10,000 kWh."""
VOLUME_LIMITS = Limits(fastest_per_hour=10**6, least_modulus=10**7)
"""1000 m³/h; 10,000 m³."""


def limits_of(quantity: Quantity) -> Limits:
    """What a register of this quantity cannot do."""
    return VOLUME_LIMITS if quantity.unit in {Unit.M3, Unit.NONE} else ENERGY_LIMITS


_BY_NAME = {quantity.value: quantity for quantity in Quantity}


def quantity_of(name: str) -> Quantity:
    """The quantity of that name, as tables keep it."""
    return _BY_NAME[name]


def is_profiled(quantity: Quantity) -> bool:
    """Whether a quantity is a register whose differences are consumption."""
    return quantity.kind is Kind.REGISTER


@dataclass(frozen=True, slots=True)
class Derived:
    """What the facts say about a row of quarter-hours."""

    energies: list[int | None]
    """Thousandths of the base unit; None: nothing is proved."""
    marks: list[int]
    """The derived marks of `Mark`; 0: proved, and in its place."""
    values: list[int | None]
    """The register at each boundary, one more than quarter-hours; None: not between two facts."""

    @property
    def total(self) -> int | None:
        """The energy proved; None: nothing is."""
        known = [energy for energy in self.energies if energy is not None]
        return sum(known) if known else None


def derive(facts: list[Fact], bounds: range, limits: Limits) -> Derived:
    """The quarter-hours between `bounds` (ms), from facts in order of time, `CONTEXT` beyond either end."""
    doubts = doubtful(facts)
    path, doubted = facts, []
    if True in doubts:
        # Of two doubtful facts in a row only the first is dropped: the second is judged by it.
        path = [fact for number, fact in enumerate(facts) if not _dropped(doubts, number)]
        doubted = [facts[number][0] for number, doubt in enumerate(doubts) if doubt]
    steps = [_step(before, after, limits) for before, after in pairwise(path)]
    derived = _walk(path, steps, bounds)
    for instant in doubted:
        if bounds[0] <= instant < bounds[-1]:
            quarter = (instant - bounds[0]) // QUARTER_MS
            if not derived.marks[quarter] & (_MISSING | _RESET):
                derived.marks[quarter] |= _ESTIMATED
    return derived


def _dropped(doubts: list[bool], number: int) -> bool:
    return doubts[number] and not doubts[number - 1]


_Step = tuple[int | None, bool, int]
"""Energy between two facts (None: a break), whether the place of a boundary in it is sharp, modulus."""


def _step(before: Fact, after: Fact, limits: Limits) -> _Step:
    elapsed_ms, growth = after[0] - before[0], after[1] - before[1]
    sharp = elapsed_ms <= SHARP_MS
    if growth >= 0:
        # Test energy left by the factory, another unit, a wrong digit: a jump is no consumption.
        return (growth if limits.allows(growth, elapsed_ms) else None), sharp, 0
    modulus = 10 ** len(str(before[1]))
    growth += modulus
    rolled_over = (
        modulus >= limits.least_modulus and growth * 1000 <= modulus and limits.allows(growth, elapsed_ms)
    )
    return (growth if rolled_over else None), sharp, modulus if rolled_over else 0


def _walk(path: list[Fact], steps: list[_Step], bounds: range) -> Derived:
    energies: list[int | None] = []
    marks: list[int] = []
    values: list[int | None] = []
    last = len(path) - 1
    at = -1  # the last fact at or before the boundary
    proved = 0  # C at that fact
    before_at, before_proved, before_sharp = -1, 0, False
    for number, bound in enumerate(bounds):
        while at < last and path[at + 1][0] <= bound:
            if at >= 0:
                proved += steps[at][0] or 0
            at += 1
        # C, the register's value and sharpness at this boundary
        here, value, sharp = proved, None, False
        if at >= 0:
            instant, register = path[at]
            if instant == bound:
                value, sharp = register, True
            elif at < last:
                energy, sharp, modulus = steps[at]
                if energy is None:
                    sharp = False
                else:
                    share = _share(path[at], path[at + 1], energy, bound, sharp=sharp)
                    here += share
                    value = register + share
                    if modulus and value >= modulus:
                        value -= modulus
        values.append(value)
        if number:
            mark = _judge(path, steps, before_at, at, bound)
            if not (before_sharp and sharp) and not mark & (_MISSING | _PARTIAL):
                mark |= _ESTIMATED
            marks.append(mark)
            energies.append(None if mark & _MISSING else here - before_proved)
        before_at, before_proved, before_sharp = at, here, sharp
    return Derived(energies, marks, values)


def _judge(path: list[Fact], steps: list[_Step], first: int, final: int, end: int) -> int:
    """The marks of a quarter-hour that begins after fact `first` and ends at or after fact `final`."""
    start, last = end - QUARTER_MS, len(path) - 1
    if final < 0 or (first == last and path[last][0] <= start):
        return _MISSING
    # Steps that overlap the quarter-hour for longer than an instant.
    if path[final][0] == end:
        final -= 1
    span = steps[max(first, 0) : final + 1]
    if first >= 0 and final < last and len(span) == 1 and span[0][0] is not None and not span[0][2]:
        return 0
    mark = 0
    for energy, _, modulus in span:
        if energy is None:
            mark |= _RESET | _PARTIAL
        elif modulus:
            mark |= _RESET
    if all(energy is None for energy, _, _ in span):
        return mark & _RESET | _MISSING
    if first < 0 or final >= last:
        mark |= _PARTIAL
    return mark


def _share(before: Fact, after: Fact, energy: int, bound: int, *, sharp: bool) -> int:
    """The part of a step's energy until `bound`, in whole steps of the register, rounded down."""
    share = energy * (bound - before[0]) // (after[0] - before[0])
    unit = GREATEST_STEP
    while before[1] % unit or after[1] % unit or (not sharp and unit > 1 and energy < unit * SHARES_OF_A_GAP):
        unit //= 10
    return share - share % unit
