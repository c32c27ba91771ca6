"""Bytes at rest give back what was put into them, and are as few as promised."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from portal.metering.chunks import join_columns, pack_columns, read_groups, unpack_columns
from portal.metering.derivation import Mark
from portal.metering.packing import (
    Profile,
    fold,
    pack_facts,
    pack_profile,
    unfold,
    unpack_facts,
    unpack_profile,
)

QUARTERS = st.sampled_from([0, 1, 92, 96, 100])
ENERGIES = st.one_of(st.none(), st.integers(0, 5000).map(lambda tenths: tenths * 100), st.integers(0, 2**63))
INSTANTS = st.lists(st.integers(10**12, 2 * 10**12), min_size=1, max_size=30, unique=True).map(sorted)
VALUES = st.integers(-(10**17), 10**17)


@given(st.data(), QUARTERS, st.booleans())
def test_a_profile_survives(data, count, settled):
    energies = data.draw(st.lists(ENERGIES, min_size=count, max_size=count))
    marks = [data.draw(st.integers(0, 255)) | (Mark.MISSING if energy is None else 0) for energy in energies]
    profile = Profile(1_971_896, energies, marks, settled)
    assert unpack_profile(pack_profile(profile)) == profile


@given(st.lists(st.tuples(st.integers(0, 2 * 10**12), VALUES), max_size=60, unique_by=lambda fact: fact[0]))
def test_facts_survive(facts):
    facts = sorted(facts)
    assert unpack_facts(pack_facts(facts)) == facts


@given(VALUES)
def test_a_sign_survives(number):
    assert unfold(fold(number)) == number
    assert fold(number) >= 0


@given(st.data())
def test_samples_survive(data):
    columns = {}
    shared = data.draw(INSTANTS)
    for slot in data.draw(st.lists(st.integers(0, 400), max_size=5, unique=True)):
        times = shared if data.draw(st.booleans()) else data.draw(INSTANTS)
        columns[slot] = (times, data.draw(st.lists(VALUES, min_size=len(times), max_size=len(times))))
    assert unpack_columns(pack_columns(columns)) == columns


@given(INSTANTS, st.data())
def test_packed_numbers_answer_without_being_unpacked(times, data):
    values = data.draw(st.lists(VALUES, min_size=len(times), max_size=len(times)))
    ((packed_times, columns),) = read_groups(pack_columns({7: (times, values)}))
    bound = data.draw(st.integers(10**12 - 5, 2 * 10**12 + 5))
    position = packed_times.position(bound)
    assert position == sum(instant < bound for instant in times)
    assert columns[7].sum(0, position) == sum(values[:position])


@given(INSTANTS, st.data())
def test_joined_parts_are_the_whole(times, data):
    values = dict(
        zip(times, data.draw(st.lists(VALUES, min_size=len(times), max_size=len(times))), strict=True)
    )
    parts = []
    for part in data.draw(st.lists(st.lists(st.sampled_from(times), min_size=1, unique=True), max_size=4)):
        instants = sorted(part)
        parts.append({3: (instants, [values[instant] for instant in instants])})
    parts.append({3: (times, list(values.values()))})
    assert join_columns(parts) == {3: (times, list(values.values()))}


def test_where_parts_differ_the_first_stays():
    assert join_columns([{0: ([5], [1])}, {0: ([4, 5], [7, 8])}]) == {0: ([4, 5], [7, 1])}


def test_a_day_of_a_household_takes_two_bytes_a_quarter_hour():
    random = Random(1)
    tenths = [random.randrange(200, 9000) for _ in range(96)]
    profile = Profile(1_971_896, [number * 100 for number in tenths], [0] * 96, settled=True)
    assert len(pack_profile(profile)) < 96 * 2.2
