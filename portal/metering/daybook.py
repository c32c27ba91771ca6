"""The days of one register, read as needed, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from portal.metering import day_table
from portal.metering.day_table import StoredDay
from portal.metering.derivation import CONTEXT
from portal.metering.facts import Fact
from portal.metering.local_days import bounds_ms
from portal.metering.packing import Profile, unpack_facts, unpack_profile
from portal.metering.settling import all_facts


class DayBook:
    """What is known of one register, day by day, within one transaction."""

    def __init__(self, household_id: int, register_id: int, zone: ZoneInfo, open_facts: list[Fact]) -> None:
        self.household_id = household_id
        self.register_id = register_id
        self.zone = zone
        self._open_facts = open_facts
        """The facts of the quarter-hour that has not ended; they lie in no row yet."""
        self._stored: dict[int, StoredDay | None] = {}
        self._facts: dict[int, list[Fact]] = {}
        self._profiles: dict[int, Profile] = {}

    def load(self, first: int, last: int) -> None:
        """Read a run of days at once."""
        if all(day in self._stored for day in range(first, last + 1)):
            return
        rows = day_table.read_days(self.household_id, self.register_id, first, last)
        by_day = {stored.day: stored for stored in rows}
        for day in range(first, last + 1):
            self._stored.setdefault(day, by_day.get(day))

    def stored(self, day: int) -> StoredDay | None:
        """A day's row."""
        if day not in self._stored:
            self.load(day, day)
        return self._stored[day]

    def profile(self, day: int) -> Profile | None:
        """A day's quarter-hours as they are kept."""
        if day not in self._profiles:
            stored = self.stored(day)
            if stored is None or stored.profile is None:
                return None
            self._profiles[day] = unpack_profile(stored.profile)
        return self._profiles[day]

    def facts(self, day: int) -> list[Fact]:
        """Every fact that a day's row holds or implies."""
        if day not in self._facts:
            stored, profile = self.stored(day), self.profile(day)
            explicit = unpack_facts(stored.facts) if stored is not None and stored.facts else []
            self._facts[day] = (
                all_facts(profile, stored.start_value, explicit)
                if stored is not None and profile is not None
                else explicit
            )
        return self._facts[day]

    def set_facts(self, day: int, facts: list[Fact]) -> None:
        """Facts that were merged, perhaps not yet derived from."""
        self._facts[day] = facts

    def put(self, stored: StoredDay, profile: Profile) -> None:
        """A day that was derived anew from its facts in the book."""
        self._stored[stored.day] = stored
        self._profiles[stored.day] = profile

    def facts_before(self, day: int) -> list[Fact]:
        """The last `CONTEXT` facts before a day's start, or at it when the day itself has none there."""
        start = bounds_ms(day, self.zone)[0]
        own = self.facts(day)
        found: list[Fact] = []
        for earlier in self._anchored_days(day, -1):
            found = [fact for fact in self.facts(earlier)[-CONTEXT - 1 :] if fact[0] <= start] + found
            if found and own and own[0][0] == found[-1][0]:
                found.pop()
            if len(found) >= CONTEXT:
                break
        return found[-CONTEXT:]

    def facts_after(self, day: int) -> list[Fact]:
        """The first `CONTEXT` facts behind a day's last, of the open quarter-hour too."""
        end = bounds_ms(day, self.zone)[1]
        found: list[Fact] = []
        if not (self._open_facts and self._open_facts[0][0] < end):
            for later in self._anchored_days(day, 1):
                found += [fact for fact in self.facts(later)[: CONTEXT + 1] if _follows(fact, found)]
                if len(found) >= CONTEXT:
                    return found[:CONTEXT]
        found += [fact for fact in self._open_facts if _follows(fact, found)]
        return found[:CONTEXT]

    def _anchored_days(self, day: int, step: int) -> Iterator[int]:
        """Days with facts beyond `day`, nearest first, backwards when `step` is -1."""
        at: int | None = day + step
        while at is not None:
            if self.facts(at):
                yield at
            at = self._next_anchored(at, step)

    def _next_anchored(self, day: int, step: int) -> int | None:
        """The nearest day with facts beyond `day`; None: there is none."""
        beside = day + step
        if self._facts.get(beside):
            return beside
        if (stored := self._stored.get(beside)) is not None and stored.anchored:
            return beside
        read = day_table.read_anchored_before if step < 0 else day_table.read_anchored_after
        for stored in read(self.household_id, self.register_id, day):
            self._stored.setdefault(stored.day, stored)
        candidates = [
            known for known, stored in self._stored.items() if stored is not None and stored.anchored
        ]
        candidates += [known for known, facts in self._facts.items() if facts]
        beyond = [known for known in candidates if (known - day) * step > 0]
        return min(beyond, key=lambda known: abs(known - day), default=None)


def _follows(fact: Fact, found: list[Fact]) -> bool:
    return not found or fact[0] > found[-1][0]
