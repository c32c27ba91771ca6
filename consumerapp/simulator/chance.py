"""Seeded chance with random access: the same seed and the same place give the same draw, always.

Nothing here has a state that must be replayed. A place is named by words and numbers ("the dishwasher
on 2025-03-01") or is a position on a lattice ("the 1234th quarter-day"), so any instant of a synthetic
household can be asked for without the instants before it.
"""

from __future__ import annotations

import random
from functools import lru_cache
from hashlib import blake2b
from math import floor

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_UNIT = 1.0 / (1 << 63)


@lru_cache(maxsize=1024)
def key(seed: int, *place: str | int) -> int:
    """A 64-bit key for a named place in the world that `seed` makes."""
    named = "\x1f".join((str(seed), *map(str, place)))
    return int.from_bytes(blake2b(named.encode(), digest_size=8).digest())


def draws(seed: int, *place: str | int) -> Draws:
    """A stream of draws that belongs to one place alone."""
    return Draws(key(seed, *place))


def mixed(place: int, number: int) -> int:
    """64 well-mixed bits for one lattice point (the finaliser of SplitMix64)."""
    bits = (place + number * 0x9E37_79B9_7F4A_7C15) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
    return bits ^ (bits >> 31)


def swing(place: int, number: int) -> float:
    """A draw between -1 and 1 for one lattice point."""
    return mixed(place, number) * _UNIT - 1.0


def drift(place: int, position: float) -> float:
    """A smooth curve between -1 and 1 through the lattice points: weather, mains voltage."""
    point = floor(position)
    part = position - point
    before, after = swing(place, point), swing(place, point + 1)
    return before + (after - before) * part * part * (3.0 - 2.0 * part)


class Draws:
    """A short stream of draws. Only `random()` is used beneath: its sequence is stable across versions."""

    __slots__ = ("_next",)

    def __init__(self, place: int) -> None:
        # A synthetic household guards no secret; what it needs is that a seed can be repeated.
        self._next = random.Random(place).random  # noqa: S311

    def happens(self, probability: float) -> bool:
        """True with that probability."""
        return self._next() < probability

    def between(self, low: float, high: float) -> float:
        """A number from low to high, all equally likely."""
        return low + (high - low) * self._next()

    def near(self, middle: float, spread: float) -> float:
        """A number around `middle`, at most `spread` away, the middle likeliest."""
        return middle + spread * (self._next() - self._next())

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))
