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


def unpack_columns(data: bytes) -> Columns:
    """Samples out of their bytes; columns of one group share their list of instants."""
    columns: Columns = {}
    groups, at = read_number(data, 1)
    for _ in range(groups):
        times, at = _unpack_numbers(data, at)
        slots, at = read_number(data, at)
        for _ in range(slots):
            slot, at = read_number(data, at)
            values, at = _unpack_numbers(data, at)
            columns[slot] = (times, values)
    return columns


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
    least = min(numbers)
    offsets = [number - least for number in numbers]
    step = gcd(*offsets) or 1
    if step > 1:
        offsets = [offset // step for offset in offsets]
    greatest = max(offsets)
    width = next(width for width in _TYPE_CODES if greatest < 1 << 8 * width) if greatest else 0
    write_number(out, fold(least))
    write_number(out, step)
    out.append(width)
    write_number(out, len(numbers))
    if width:
        packed = array(_TYPE_CODES[width], offsets)
        if not _LITTLE:
            packed.byteswap()
        out += packed.tobytes()


def _unpack_numbers(data: bytes, at: int) -> tuple[list[int], int]:
    folded, at = read_number(data, at)
    step, at = read_number(data, at)
    width = data[at]
    count, at = read_number(data, at + 1)
    least = unfold(folded)
    if not width:
        return [least] * count, at
    end = at + width * count
    packed = array(_TYPE_CODES[width])
    packed.frombytes(data[at:end])
    if not _LITTLE:
        packed.byteswap()
    return [offset * step + least for offset in packed], end
