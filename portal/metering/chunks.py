"""Raw samples at rest: all values of one meter over at most a quarter-hour, column by column.

Registers that were read at the same instants share one list of instants. Every list of numbers is kept
as its least number, its step, and the multiples in the narrowest width that holds them.

    chunk    format, number of groups, then for each group: instants, number of registers,
             then for each register its slot and its values
    numbers  least (folded), step, width, count, multiples
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

from portal.metering.packing import fold, read_number, unfold, write_number

FORMAT = 0x20
Columns = dict[int, tuple[list[int], list[int]]]
"""Slot of a register in its meter -> (instants in ms since 1970-01-01 UTC, values in thousandths)."""
_TYPE_CODES = {array(code).itemsize: code for code in "BHIQ"}
_LITTLE = sys.byteorder == "little"


def pack_columns(columns: Columns) -> bytes:
    """Samples as they are kept; instants rise in each column."""
    groups: list[tuple[list[int], list[int]]] = []
    for slot, (times, _) in columns.items():
        for known, slots in groups:
            if known is times or known == times:
                slots.append(slot)
                break
        else:
            groups.append((times, [slot]))
    out = bytearray((FORMAT,))
    write_number(out, len(groups))
    for times, slots in groups:
        _pack_numbers(out, times)
        write_number(out, len(slots))
        for slot in slots:
            write_number(out, slot)
            _pack_numbers(out, columns[slot][1])
    return bytes(out)


@dataclass(frozen=True, slots=True)
class Packed:
    """Numbers as they lie in a chunk: number i is `least + step * multiples[i]`."""

    least: int
    step: int
    multiples: array[int]

    def to_list(self) -> list[int]:
        """The numbers themselves."""
        least, step = self.least, self.step
        return [multiple * step + least for multiple in self.multiples]

    def position(self, bound: int, start: int = 0) -> int:
        """Where the first number stands that is not below `bound`; the numbers rise."""
        return bisect_left(self.multiples, -((self.least - bound) // self.step), start)

    def sum(self, start: int, end: int) -> int:
        """The sum of the numbers from `start` to before `end`."""
        return self.least * (end - start) + self.step * sum(self.multiples[start:end])


def unpack_columns(data: bytes) -> Columns:
    """Samples out of their bytes; columns of one group share their list of instants."""
    columns: Columns = {}
    for times, packed in read_groups(data):
        instants = times.to_list()
        for slot, values in packed.items():
            columns[slot] = (instants, values.to_list())
    return columns


def read_groups(data: bytes) -> Iterator[tuple[Packed, dict[int, Packed]]]:
    """The groups of a chunk: their instants, and the values of each slot."""
    groups, at = read_number(data, 1)
    for _ in range(groups):
        times, at = _read_numbers(data, at)
        slots, at = read_number(data, at)
        columns: dict[int, Packed] = {}
        for _ in range(slots):
            slot, at = read_number(data, at)
            columns[slot], at = _read_numbers(data, at)
        yield times, columns


def join_columns(parts: list[Columns]) -> Columns:
    """Several chunks as one. At one instant of one register the first part's value stays."""
    joined: Columns = {}
    by_times: dict[tuple[int, ...], list[int]] = {}
    for slot in sorted({slot for part in parts for slot in part}):
        runs = [part[slot] for part in parts if slot in part]
        times = [instant for run in runs for instant in run[0]]
        values = [value for run in runs for value in run[1]]
        if any(after <= before for before, after in pairwise(times)):
            known: dict[int, int] = {}
            for instant, value in zip(times, values, strict=True):
                known.setdefault(instant, value)
            times = sorted(known)
            values = [known[instant] for instant in times]
        joined[slot] = (by_times.setdefault(tuple(times), times), values)
    return joined


def _pack_numbers(out: bytearray, numbers: list[int]) -> None:
    least = numbers[0] if len(numbers) == 1 else min(numbers)
    if len(numbers) == 1 or least == max(numbers):
        write_number(out, fold(least))
        out += b"\x01\x00"  # any step, no width
        write_number(out, len(numbers))
        return
    offsets = [number - least for number in numbers]
    step = gcd(*offsets)
    if step > 1:
        offsets = [offset // step for offset in offsets]
    greatest = max(offsets)
    width = next(width for width in _TYPE_CODES if greatest < 1 << 8 * width)
    write_number(out, fold(least))
    write_number(out, step)
    out.append(width)
    write_number(out, len(numbers))
    packed = array(_TYPE_CODES[width], offsets)
    if not _LITTLE:
        packed.byteswap()
    out += packed.tobytes()


def _read_numbers(data: bytes, at: int) -> tuple[Packed, int]:
    folded, at = read_number(data, at)
    step, at = read_number(data, at)
    width = data[at]
    count, at = read_number(data, at + 1)
    if not width:
        return Packed(unfold(folded), step, array("B", bytes(count))), at
    end = at + width * count
    multiples = array(_TYPE_CODES[width])
    multiples.frombytes(data[at:end])
    if not _LITTLE:
        multiples.byteswap()
    return Packed(unfold(folded), step, multiples), end
