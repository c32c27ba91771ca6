"""How long a meter takes to say a telegram, so that the reader may sleep while it is being said.

At 9600 baud a telegram trickles in for a third of a second, a few bytes at a time, and each few bytes wake
the process. Once the duration is known, the line is held from the first bytes until shortly before the
last one can be there, and the rest is read in one go. What is held never outlasts what was measured, so no
telegram is late; every so often one is read without holding, to measure again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

KNOWN_TELEGRAMS = 4
"""So many are measured before one is held."""
MEASURE_EVERY = 32
"""One in so many is read without holding: a meter may have been exchanged."""
MARGIN_S = 0.025
"""A USB adapter gathers bytes for up to 16 ms before it hands them on."""
SHORTEST_HOLD_S = 0.02
MAX_HELD_OCTETS = 2048
"""Half of what the kernel keeps of a serial line (N_TTY has 4096)."""


class Pace:
    """The pace of one meter on one connection."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._durations_s: deque[float] = deque(maxlen=KNOWN_TELEGRAMS)
        self._longest_octets = 0
        self._begun_s: float | None = None
        self._octets = 0
        self._was_held = False
        self._telegrams = 0

    def bytes_arrived(self, octets: int) -> float:
        """A chunk came that completed nothing; for how many seconds the line may be held now, mostly 0."""
        self._octets += octets
        if self._begun_s is not None:
            return 0.0
        self._begun_s = self._monotonic_s()
        self._was_held = False
        if len(self._durations_s) < KNOWN_TELEGRAMS or self._longest_octets > MAX_HELD_OCTETS:
            return 0.0
        if self._telegrams % MEASURE_EVERY == 0:
            return 0.0
        hold_s = min(self._durations_s) - MARGIN_S
        if hold_s < SHORTEST_HOLD_S:
            return 0.0
        self._was_held = True
        return hold_s

    def telegram_ended(self, octets: int) -> None:
        """A chunk came that ended a telegram."""
        self._telegrams += 1
        if self._begun_s is None:
            # It came in one chunk: there is nothing to hold.
            self._durations_s.append(0.0)
        elif not self._was_held:
            # The shortest of the last few counts, so a faster meter is noticed with the first one.
            self._durations_s.append(self._monotonic_s() - self._begun_s)
        self._longest_octets = max(self._longest_octets, self._octets + octets)
        self._begin_anew()

    def disturbed(self) -> None:
        """A frame was refused: measure anew before holding."""
        self._durations_s.clear()
        self._longest_octets = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._begun_s = None
        self._octets = 0
