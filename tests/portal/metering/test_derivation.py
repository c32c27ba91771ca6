"""Quarter-hours from facts: exact, conserved, honest about what is not known."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from portal.metering.derivation import (
    CONTEXT,
    DERIVED,
    ENERGY_LIMITS,
    VOLUME_LIMITS,
    Mark,
    derive,
)
from portal.metering.facts import QUARTER_MS, Fact, merge, thin, thin_run
from tests.portal.metering.histories import History, histories

Q = QUARTER_MS
HOUR = range(0, 4 * Q + 1, Q)


def marks_of(facts: list[Fact], bounds: range = HOUR) -> list[Mark]:
    return [Mark(mark) for mark in derive(facts, bounds, ENERGY_LIMITS).marks]


def test_readings_on_the_quarter_hour_are_taken_as_they_are():
    derived = derive([(0, 100), (Q, 107), (2 * Q, 107), (3 * Q, 120), (4 * Q, 121)], HOUR, ENERGY_LIMITS)
    assert derived.energies == [7, 0, 13, 1]
    assert derived.marks == [0, 0, 0, 0]
    assert derived.total == 21


def test_a_boundary_between_near_readings_is_shared_by_time_and_nothing_is_lost():
    facts = [(Q - 300_000, 1001), (Q + 600_000, 1011), (2 * Q + 600_000, 1021)]
    derived = derive(facts, range(Q, 2 * Q + 1, Q), ENERGY_LIMITS)
    # Of 10 in 900 s, 3 in the first 300 s (rounded down): the rest is carried on.
    assert derived.values == [1004, 1014]
    assert derived.energies == [10]


def test_shares_are_whole_steps_of_the_register():
    facts = [(Q - 450_000, 12_000_000), (Q + 450_000, 12_000_300), (2 * Q, 12_000_500)]
    derived = derive(facts, range(Q, 2 * Q + 1, Q), ENERGY_LIMITS)
    assert derived.values[0] == 12_000_100
    assert derived.energies == [400]


def test_across_a_gap_the_energy_is_known_and_its_shape_is_not():
    derived = derive([(0, 0), (4 * Q, 4000)], HOUR, ENERGY_LIMITS)
    assert derived.energies == [1000, 1000, 1000, 1000]
    assert derived.marks == [Mark.ESTIMATED] * 4


def test_what_no_later_value_has_ended_is_missing_and_never_zero():
    derived = derive([(0, 5), (Q, 9)], HOUR, ENERGY_LIMITS)
    assert derived.energies == [4, None, None, None]
    assert marks_of([(0, 5), (Q, 9)])[1:] == [Mark.MISSING] * 3
    assert derive([], HOUR, ENERGY_LIMITS).total is None


def test_a_quarter_hour_begun_in_the_middle_is_partial():
    derived = derive([(Q // 3, 5), (Q, 9), (Q + 5, 9)], HOUR, ENERGY_LIMITS)
    assert derived.energies[:2] == [4, 0]
    assert derived.marks[:2] == [Mark.PARTIAL, Mark.PARTIAL]


def test_a_reset_begins_a_new_series_and_is_never_negative():
    facts = [(0, 9000), (Q, 9100), (Q + 1000, 3), (2 * Q, 53), (3 * Q, 60), (4 * Q, 61)]
    derived = derive(facts, HOUR, ENERGY_LIMITS)
    assert derived.energies == [100, 50, 7, 1]
    assert derived.marks == [0, Mark.RESET | Mark.PARTIAL, 0, 0]


def test_a_register_that_rolls_over_goes_on():
    top = 10**12
    facts = [(0, top - 2000), (Q, top - 500), (Q + 10_000, 700), (2 * Q, 900), (3 * Q, 900), (4 * Q, 900)]
    derived = derive(facts, HOUR, ENERGY_LIMITS)
    assert derived.energies == [1500, 1400, 0, 0]
    assert derived.marks == [0, Mark.RESET, 0, 0]


def test_a_water_meter_rolls_over_at_its_own_size():
    facts = [(0, 10**7 - 20), (Q, 10**7 - 10), (2 * Q, 5), (3 * Q, 6), (4 * Q, 6)]
    assert derive(facts, HOUR, VOLUME_LIMITS).energies == [10, 15, 1, 0]


def test_a_dip_or_spike_of_one_reading_is_left_out():
    sound = [(0, 1000), (Q, 1100), (2 * Q, 1200), (3 * Q, 1300), (4 * Q, 1400)]
    for wrong in (0, 50_000_000):
        facts = sorted([*sound, (Q + 7000, wrong)])
        derived = derive(facts, HOUR, ENERGY_LIMITS)
        assert derived.energies == [100, 100, 100, 100]
        assert derived.marks == [0, Mark.ESTIMATED, 0, 0]


def test_a_step_no_connection_carries_is_a_break():
    facts = [(0, 1000), (Q, 1100), (Q + 1000, 10**10), (2 * Q, 10**10 + 5), (3 * Q, 10**10 + 6)]
    derived = derive(facts, HOUR, ENERGY_LIMITS)
    assert derived.energies[:3] == [100, 5, 1]
    assert derived.marks[1] == Mark.RESET | Mark.PARTIAL


@given(histories(monotone=True))
def test_the_parts_of_any_period_sum_to_the_difference_of_the_register(history: History):
    facts = history.facts
    start = facts[0][0] // Q * Q
    end = -(-facts[-1][0] // Q) * Q
    derived = derive(facts, range(start, max(end, start + Q) + 1, Q), ENERGY_LIMITS)
    assert derived.total in {facts[-1][1] - facts[0][1], None if facts[0] == facts[-1] else 0}
    for (before, after), energy in zip(pairwise(derived.values), derived.energies, strict=True):
        if before is not None and after is not None:
            assert energy == after - before
        assert energy is None or energy >= 0


@given(histories(), st.data())
def test_a_part_derived_with_its_context_equals_that_part_of_the_whole(history: History, data):
    facts = thin_run([at for at, _ in history.facts], [value for _, value in history.facts])
    start = facts[0][0] // Q * Q - Q
    bounds = range(start, facts[-1][0] // Q * Q + 2 * Q + 1, Q)
    whole = derive(facts, bounds, ENERGY_LIMITS)
    first = data.draw(st.integers(0, len(bounds) - 2))
    last = data.draw(st.integers(first, len(bounds) - 2))
    part = bounds[first : last + 2]
    before = [fact for fact in facts if fact[0] < part[0]][-CONTEXT:]
    inside = [fact for fact in facts if part[0] <= fact[0] < part[-1]]
    after = [fact for fact in facts if fact[0] >= part[-1]][:CONTEXT]
    derived = derive(before + inside + after, part, ENERGY_LIMITS)
    assert derived.energies == whole.energies[first : last + 1]
    assert derived.marks == whole.marks[first : last + 1]
    assert derived.values == whole.values[first : last + 2]
    assert all(not mark & ~DERIVED for mark in derived.marks)


@given(histories(), st.data())
def test_which_facts_last_does_not_depend_on_order_or_grouping(history: History, data):
    facts = history.facts
    at_once = merge([], dict(facts), {})
    known: list[Fact] = []
    rest = data.draw(st.permutations(facts))
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        known = merge(known, dict(rest[:size]), {})
        rest = rest[size:]
    assert known == at_once
    assert merge(at_once, dict(facts), {}) == at_once
    assert at_once == thin_run([at for at, _ in facts], [value for _, value in facts])


def test_four_facts_of_a_quarter_hour_last_at_most():
    facts = [(0, 5), (1, 9), (2, 1), (3, 7), (4, 6)]
    assert thin(facts) == [(0, 5), (1, 9), (2, 1), (4, 6)]
    assert thin(facts[:2]) == facts[:2]


def test_a_correction_replaces_and_a_plain_reading_does_not():
    known = [(0, 100), (Q, 200)]
    assert merge(known, {0: 150}, {}) == known
    assert merge(known, {}, {0: 150}) == [(0, 150), (Q, 200)]
