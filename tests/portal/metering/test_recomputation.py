"""Whatever the order of arrival, the shelf holds what a derivation from scratch would give."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumerapp.readings import MeterId, Obis, Quality, Quantity, Reading
from portal.accounts.models import Household
from portal.ingest.services import accept
from portal.metering import store
from portal.metering.derivation import DERIVED, Mark
from portal.metering.facts import Fact
from portal.metering.local_days import from_ms
from portal.metering.models import DayRow
from portal.metering.packing import unpack_profile
from portal.metering.recompute import recompute
from portal.metering.retention import prune
from tests.portal.metering.histories import History, from_scratch, histories, in_parts

pytestmark = pytest.mark.django_db

IMPORT = Obis.parse("1-0:1.8.0")
with_database = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


def readings_of(facts: list[Fact], quality: Quality = Quality.MEASURED) -> list[Reading]:
    return [
        Reading(
            meter_id=MeterId("1MTS0000004417"),
            obis=IMPORT,
            quantity=Quantity.ACTIVE_ENERGY_IMPORT,
            value=Decimal(value).scaleb(-3),
            at=from_ms(at),
            received_at=from_ms(at),
            quality=quality,
        )
        for at, value in facts
    ]


def home(history: History) -> Household:
    return Household.objects.create(name="Random", timezone=history.zone.key, country="NL")


def compare(household: Household, history: History) -> None:
    rows = {row.day: row for row in DayRow.objects.filter(household_id=household.pk)}
    for day, expected in from_scratch(history).items():
        row = rows.pop(day, None)
        if row is None:
            assert all(mark & Mark.MISSING for mark in expected.marks)
            continue
        profile = unpack_profile(bytes(row.profile or b""))
        assert [mark & DERIVED for mark in profile.marks] == expected.marks
        assert profile.energies == expected.energies
        assert row.start_value == expected.start_value
        known = [energy for energy in expected.energies if energy is not None]
        assert row.total == (sum(known) if known else None)
        assert row.complete == (not any(mark & (Mark.MISSING | Mark.PARTIAL) for mark in expected.marks))
    assert not rows


@with_database
@given(data=st.data())
def test_arrival_in_any_order_and_grouping_equals_derivation_from_scratch(data):
    history = data.draw(histories())
    household = home(history)
    now = from_ms(history.facts[-1][0]) + timedelta(minutes=1)
    for part in in_parts(data.draw, history.facts):
        accepted = accept(household, readings_of(part), now=now)
        assert not accepted.refused
    compare(household, history)


@with_database
@given(data=st.data())
def test_settling_changes_nothing(data):
    history = data.draw(histories())
    household = home(history)
    last = from_ms(history.facts[-1][0])
    for part in in_parts(data.draw, history.facts):
        accept(household, readings_of(part), now=last + timedelta(minutes=1))
    prune(household, now=last + timedelta(days=10))
    compare(household, history)
    assert recompute(household, now=last + timedelta(days=11)) == 0


@with_database
@given(data=st.data())
def test_late_readings_after_settling_equal_derivation_from_the_kept_facts(data):
    history = data.draw(histories())
    household = home(history)
    last = from_ms(history.facts[-1][0])
    late = data.draw(st.lists(st.sampled_from(history.facts), unique=True))
    in_time = [fact for fact in history.facts if fact not in late]
    for part in in_parts(data.draw, in_time) if in_time else []:
        accept(household, readings_of(part), now=last + timedelta(minutes=1))
    prune(household, now=last + timedelta(days=10))
    for part in in_parts(data.draw, late) if late else []:
        accept(household, readings_of(part), now=last + timedelta(days=11))
    assert recompute(household, now=last + timedelta(days=12)) == 0
    prune(household, now=last + timedelta(days=20))
    assert recompute(household, now=last + timedelta(days=21)) == 0


@with_database
@given(data=st.data())
def test_a_gap_filled_after_settling_conserves_energy(data):
    history = data.draw(histories(monotone=True, least=4))
    household = home(history)
    last = from_ms(history.facts[-1][0])
    late = data.draw(st.lists(st.sampled_from(history.facts[1:-1]), unique=True))
    in_time = [fact for fact in history.facts if fact not in late]
    for facts, now in ((in_time, last + timedelta(minutes=1)), (late, last + timedelta(days=11))):
        for part in in_parts(data.draw, facts) if facts else []:
            accept(household, readings_of(part), now=now)
        prune(household, now=last + timedelta(days=10))
    assert total_of(household) == growth_of(history)
    prune(household, now=last + timedelta(days=20))
    assert total_of(household) == growth_of(history)


def growth_of(history: History) -> Decimal:
    return Decimal(history.facts[-1][1] - history.facts[0][1]).scaleb(-3)


def total_of(household: Household) -> Decimal:
    bounds = store.bounds(household)
    assert bounds is not None
    totals = [day.total for day in store.days(household, Quantity.ACTIVE_ENERGY_IMPORT, *bounds)]
    return sum((total for total in totals if total is not None), Decimal(0))


@with_database
@given(data=st.data())
def test_energy_is_conserved(data):
    history = data.draw(histories(monotone=True))
    household = home(history)
    now = from_ms(history.facts[-1][0]) + timedelta(minutes=1)
    for part in in_parts(data.draw, history.facts):
        accept(household, readings_of(part), now=now)
    bounds = store.bounds(household)
    assert bounds is not None
    quantity = Quantity.ACTIVE_ENERGY_IMPORT
    assert total_of(household) == growth_of(history)
    months = [month.total for month in store.months(household, quantity, *bounds) if month.total is not None]
    assert sum(months) == growth_of(history)
