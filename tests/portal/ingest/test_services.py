"""The one door in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from consumerapp import wire
from consumerapp.readings import MeterId, Obis, Quality, Quantity, Reading
from portal.ingest import services
from portal.ingest.screening import Refused
from portal.ingest.services import accept
from portal.metering import registry, store
from portal.metering.models import Meter, Register

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
IMPORT = Quantity.ACTIVE_ENERGY_IMPORT


def reading(value, *, at=NOW, obis="1-0:1.8.0", quantity=IMPORT, meter="1MTS0000004417", **fields):
    return Reading(
        meter_id=MeterId(meter),
        obis=Obis.parse(obis),
        quantity=quantity,
        value=Decimal(value),
        at=at,
        received_at=fields.pop("received_at", at or NOW),
        **fields,
    )


def power(value, **fields):
    return reading(value, obis="1-0:16.7.0", quantity=Quantity.ACTIVE_POWER_NET, **fields)


def outcome(household, *readings, now=NOW):
    accepted = accept(household, readings, now=now)
    return accepted.accepted, accepted.repeated, [reason for _, reason in accepted.refused]


def test_meters_and_registers_are_registered_on_first_sight(household):
    assert outcome(household, reading(1000), power(250)) == (2, 0, [])
    meter = Meter.objects.get()
    assert (meter.ident, meter.commodity, meter.household) == ("1MTS0000004417", "electricity", household)
    assert meter.short_ident == "…4417"
    assert {(register.obis, register.slot) for register in Register.objects.all()} == {
        ("1-0:1.8.0*255", 0),
        ("1-0:16.7.0*255", 1),
    }


def test_the_same_readings_again_change_nothing(household):
    telegram = [reading(1000), power(250)]
    assert outcome(household, *telegram) == (2, 0, [])
    assert outcome(household, *telegram) == (0, 2, [])
    assert outcome(household, *telegram, *telegram, now=NOW + timedelta(days=3)) == (0, 4, [])


def test_one_batch_may_repeat_itself(household):
    assert outcome(household, reading(1000), reading(1000), reading(1001, at=NOW + timedelta(seconds=1))) == (
        2,
        1,
        [],
    )


def test_readings_are_repeated_in_the_middle_of_others_too(household):
    seconds = [reading(1000 + second, at=NOW + timedelta(seconds=second)) for second in range(30)]
    assert outcome(household, *seconds) == (30, 0, [])
    assert outcome(household, *seconds[7:20]) == (0, 13, [])


def test_another_value_at_the_same_instant_is_refused_unless_it_corrects(household):
    outcome(household, reading(1000), power(250))
    assert outcome(household, reading(1001), power(300)) == (0, 0, ["conflicting"] * 2)
    assert outcome(household, reading(1001, quality=Quality.CORRECTED)) == (1, 0, [])
    assert store.latest(household.pk)[0].value == 1001


@pytest.mark.parametrize(
    "value",
    [
        "4294967.295",
        "4294967295",
        "2147483647",
        "2147483.647",
        "-2147483.648",
        "429496729.5",
        "18446744073709551.615",
    ],
)
def test_numbers_that_stand_for_no_value_are_refused(household, value):
    assert outcome(household, power(value)) == (0, 0, [Refused.SENTINEL])
    assert not Meter.objects.exists()


def test_a_reading_marked_as_no_value_is_refused(household):
    assert outcome(household, power(17, quality=Quality.SENTINEL)) == (0, 0, [Refused.SENTINEL])


def test_the_future_is_refused_and_a_clock_slightly_ahead_is_not(household):
    assert outcome(household, reading(1000, at=NOW + timedelta(minutes=4))) == (1, 0, [])
    assert outcome(household, reading(1001, at=NOW + timedelta(minutes=6))) == (0, 0, [Refused.FUTURE])
    assert outcome(household, reading(1002, at=datetime(2093, 1, 1, tzinfo=UTC))) == (0, 0, [Refused.FUTURE])


def test_clocks_that_were_never_set_are_refused(household):
    assert outcome(household, reading(1000, at=datetime(1970, 1, 1, 0, 5, tzinfo=UTC))) == (
        0,
        0,
        [Refused.TOO_OLD],
    )


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e30"])
def test_what_is_no_number_is_refused(household, value):
    assert outcome(household, power(value)) == (0, 0, [Refused.NO_NUMBER])


def test_a_counter_below_zero_is_refused_and_negative_power_is_not(household):
    assert outcome(household, reading(-1), power(-1)) == (1, 0, [Refused.NEGATIVE_REGISTER])


def test_a_sound_reading_is_kept_beside_a_refused_one(household):
    accepted = accept(household, [reading("NaN"), power(250)], now=NOW)
    assert accepted.accepted == 1
    assert accepted.refused[0][0].obis == Obis.parse("1-0:1.8.0")


def test_without_a_meter_clock_the_time_of_arrival_counts(household):
    outcome(household, reading(1000, at=None, received_at=NOW))
    assert store.latest(household.pk)[0].at == NOW


def test_a_register_does_not_change_what_it_counts(household):
    outcome(household, reading(1000))
    later = NOW + timedelta(seconds=1)
    assert outcome(household, reading(5, at=later, quantity=Quantity.GAS_VOLUME)) == (
        0,
        0,
        ["other_quantity"],
    )


def test_invented_identities_are_stopped(household, monkeypatch):
    monkeypatch.setattr(registry, "MAX_METERS", 3)
    many = [reading(1000, meter=f"invented {number}") for number in range(5)]
    assert outcome(household, *many) == (3, 0, ["too_many_meters"] * 2)
    monkeypatch.setattr(registry, "MAX_REGISTERS", 2)
    many = [reading(1000, meter="invented 0", obis=f"1-0:{number}.8.0") for number in range(2, 6)]
    assert outcome(household, *many) == (1, 0, ["too_many_registers"] * 3)


def test_a_known_meter_costs_few_queries(household, django_assert_max_num_queries):
    outcome(household, reading(1000), power(250))
    later = NOW + timedelta(seconds=1)
    # Savepoint, turn, samples, newest values, savepoint; and what the screens are told.
    with django_assert_max_num_queries(5):
        outcome(household, reading(1001, at=later), power(260, at=later), now=later)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_leaves_nothing_behind(household, monkeypatch):
    outcome(household, reading(1000))
    later = NOW + timedelta(minutes=20)

    @transaction.atomic
    def something_after_the_door_fails():
        accept(household, [reading(1100, at=later)], now=later)
        raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        something_after_the_door_fails()
    assert store.latest(household.pk)[0].value == 1000
    assert outcome(household, reading(1100, at=later), now=later) == (1, 0, [])
    assert store.latest(household.pk)[0].value == 1100


@pytest.mark.django_db(transaction=True)
def test_writers_in_other_processes_are_noticed(household):
    outcome(household, reading(1000))
    mine = registry._remembered[household.pk]
    registry.forget(household.pk)
    # Another process takes its turn …
    later = NOW + timedelta(seconds=10)
    outcome(household, reading(1010, at=later), now=later)
    # … and this one still remembers what was before.
    registry._remembered[household.pk] = mine
    last = NOW + timedelta(seconds=20)
    again = (reading(1010, at=later), reading(1020, at=last))
    assert outcome(household, *again, now=last) == (1, 1, [])


@pytest.mark.django_db(transaction=True)
def test_screens_are_told_the_totals_after_the_commit(household, monkeypatch):
    told: list[tuple[int, wire.Today, bool]] = []

    def listen(household_id: int, message: wire.Today) -> None:
        told.append((household_id, message, connection.in_atomic_block))

    # The screens are the outside here: what they are sent is what is asked about.
    monkeypatch.setattr(services, "announce", listen)
    midnight = datetime(2026, 6, 9, 22, tzinfo=UTC)
    with transaction.atomic():
        accept(household, [reading(1000, at=midnight), reading(1500, at=NOW)], now=NOW)
        assert told == []
    ((household_id, today, in_transaction),) = told
    assert household_id == household.pk
    assert not in_transaction
    assert isinstance(today, wire.Today)
    assert today.import_wh == 500
    # Not again for every telegram of the same seconds.
    soon = NOW + timedelta(seconds=2)
    accept(household, [reading(1501, at=soon)], now=soon)
    assert len(told) == 1
    later = NOW + timedelta(seconds=7)
    accept(household, [reading(1502, at=later)], now=later)
    assert told[-1][1].import_wh == 502


@pytest.mark.django_db(transaction=True)
def test_a_screen_that_cannot_be_told_costs_no_reading(household, monkeypatch, caplog):
    def fail(household_id, message):
        raise ConnectionError("no broker")

    monkeypatch.setattr(services, "announce", fail)
    assert outcome(household, reading(1000)) == (1, 0, [])
    assert store.latest(household.pk)[0].value == 1000
    assert "no broker" in caplog.text
