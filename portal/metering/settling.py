"""Days that stand for their own facts.

Once late readings are no longer to be expected, the facts inside a quarter-hour that is proved in its
place are of no use any more: what counts is the register at its two ends, and that follows from the day's
start and the energies. A settled day keeps explicit facts only around what is estimated, missing or
broken, so that a reading that comes years late still fits in exactly.
"""

from __future__ import annotations

from portal.metering.derivation import DERIVED, Derived
from portal.metering.facts import QUARTER_MS, Fact
from portal.metering.packing import Profile


def explicit_facts(facts: list[Fact], derived: Derived, bounds: range) -> list[Fact]:
    """The facts a settled day still has to keep: those that its profile does not imply."""
    proved = [not mark & DERIVED for mark in derived.marks]
    kept: dict[int, int] = {}
    for instant, value in facts:
        quarter, within = divmod(instant - bounds[0], QUARTER_MS)
        if quarter < len(proved) and proved[quarter]:
            continue
        # A proved quarter-hour implies the fact at its end.
        if within or not quarter or not proved[quarter - 1]:
            kept[instant] = value
    for quarter in range(1, len(proved)):
        value_here = derived.values[quarter]
        if proved[quarter] and not proved[quarter - 1] and value_here is not None:
            kept[bounds[quarter]] = value_here
    return sorted(kept.items())


def all_facts(profile: Profile, start_value: int | None, explicit: list[Fact]) -> list[Fact]:
    """Every fact of a day, the implied ones too, in order of time; the last may lie at the day's end."""
    if not profile.settled:
        return explicit
    known = dict(explicit)
    value = start_value
    bounds = profile.bounds
    for quarter, (energy, mark) in enumerate(zip(profile.energies, profile.marks, strict=True)):
        if mark & DERIVED or energy is None:
            value = None
            continue
        if value is None:
            value = known[bounds[quarter]]
        known[bounds[quarter]] = value
        value += energy
        known[bounds[quarter + 1]] = value
    return sorted(known.items())
