"""Bytes at rest: the quarter-hours of one day, and the facts they were derived from.

Numbers without a fixed width are written in base 128, low digits first, the top bit saying that more
follows; signed ones are folded (0, -1, 1, -2 … become 0, 1, 2, 3 …).

    profile   format and settled flag, count, first quarter-hour since 1970, step, marks, energies
    marks     number of runs, then (mark, length) for each run
    energies  width in bytes, then one number of that width for every quarter-hour that is not missing,
              in steps of `step` thousandths

    facts     count, step of time (ms), step of value, first instant, first value,
              then (elapsed, growth) for each further fact
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from math import gcd

from portal.metering.derivation import Mark
from portal.metering.facts import QUARTER_MS, Fact

FORMAT = 0x10
_SETTLED = 0x01
_MISSING = int(Mark.MISSING)
_TYPE_CODES = {array(code).itemsize: code for code in "BHIQ"}
"""Width in bytes -> type code of an unsigned array on this machine."""
_LITTLE = sys.byteorder == "little"


@dataclass(frozen=True, slots=True)
class Profile:
    """The quarter-hours of one register and local day."""

    first_quarter: int
    """Number of the day's first quarter-hour since 1970-01-01 UTC."""
    energies: list[int | None]
    """Thousandths of the base unit."""
    marks: list[int]
    """`Mark` of each quarter-hour."""
    settled: bool = False
    """The quarter-hours that are proved in their place stand for their own facts."""

    @property
    def bounds(self) -> range:
        """The boundaries of the quarter-hours in ms since 1970-01-01 UTC, one more than they are."""
        start = self.first_quarter * QUARTER_MS
        return range(start, start + len(self.marks) * QUARTER_MS + 1, QUARTER_MS)


def pack_profile(profile: Profile) -> bytes:
    """A profile as it is kept."""
    known = [energy for energy in profile.energies if energy is not None]
    step = gcd(*known) or 1
    counts = known if step == 1 else [energy // step for energy in known]
    greatest = max(counts, default=0)
    width = next(width for width in _TYPE_CODES if greatest < 1 << 8 * width)
    out = bytearray((FORMAT | _SETTLED if profile.settled else FORMAT, len(profile.marks)))
    write_number(out, profile.first_quarter)
    write_number(out, step)
    runs = [(mark, len(list(group))) for mark, group in groupby(profile.marks)]
    write_number(out, len(runs))
    for mark, length in runs:
        write_number(out, mark)
        write_number(out, length)
    out.append(width)
    packed = array(_TYPE_CODES[width], counts)
    if not _LITTLE:
        packed.byteswap()
    return bytes(out + packed.tobytes())


def unpack_profile(data: bytes) -> Profile:
    """A profile out of its bytes."""
    first_quarter, at = read_number(data, 2)
    step, at = read_number(data, at)
    runs, at = read_number(data, at)
    marks: list[int] = []
    for _ in range(runs):
        mark, at = read_number(data, at)
        length, at = read_number(data, at)
        marks += [mark] * length
    packed = array(_TYPE_CODES[data[at]])
    packed.frombytes(data[at + 1 :])
    if not _LITTLE:
        packed.byteswap()
    known: list[int] = packed.tolist() if step == 1 else [count * step for count in packed]
    energies: list[int | None] = list(known)
    if len(known) < len(marks):
        following = iter(known)
        energies = [None if mark & _MISSING else next(following) for mark in marks]
    return Profile(first_quarter, energies, marks, bool(data[0] & _SETTLED))


def pack_facts(facts: list[Fact]) -> bytes:
    """Facts, in order of time, as they are kept."""
    out = bytearray()
    write_number(out, len(facts))
    if not facts:
        return bytes(out)
    elapsed = [after[0] - before[0] for before, after in pairwise(facts)]
    growth = [after[1] - before[1] for before, after in pairwise(facts)]
    time_step, value_step = gcd(*elapsed) or 1, gcd(*growth) or 1
    for number in (time_step, value_step, facts[0][0], fold(facts[0][1])):
        write_number(out, number)
    for milliseconds, thousandths in zip(elapsed, growth, strict=True):
        write_number(out, milliseconds // time_step)
        write_number(out, fold(thousandths // value_step))
    return bytes(out)


def unpack_facts(data: bytes) -> list[Fact]:
    """Facts out of their bytes."""
    numbers = _read_all(data)
    if not numbers[0]:
        return []
    _, time_step, value_step, first_at, first_value = numbers[:5]
    at, value = first_at, unfold(first_value)
    times = accumulate((number * time_step for number in numbers[5::2]), initial=at)
    values = accumulate((unfold(number) * value_step for number in numbers[6::2]), initial=value)
    return list(zip(times, values, strict=True))


def fold(number: int) -> int:
    """A signed number as one that is not."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unfold(number: int) -> int:
    """The signed number that was folded."""
    return -(number + 1 >> 1) if number & 1 else number >> 1


def write_number(out: bytearray, number: int) -> None:
    """Append a number that is not negative, in base 128."""
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at an offset, and the offset behind it."""
    octet = data[at]
    number, shift = octet & 127, 7
    while octet > 127:
        at += 1
        octet = data[at]
        number |= (octet & 127) << shift
        shift += 7
    return number, at + 1


def _read_all(data: bytes) -> list[int]:
    numbers: list[int] = []
    number = shift = 0
    for octet in data:
        if octet > 127:
            number |= (octet & 127) << shift
            shift += 7
        else:
            numbers.append(number | octet << shift)
            number = shift = 0
    return numbers
