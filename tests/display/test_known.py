"""What is known, and how fresh it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from consumerapp.sources.link import LinkState
from consumerapp.wire import Heartbeat, Snapshot
from display.known import DEFAULT_INTERVAL_S, Freshness, Knowledge, patience
from tests.display.conftest import AMSTERDAM, MOMENT, a_known, a_link, a_now, a_today, an_hour


@pytest.mark.parametrize(
    ("interval_s", "warn_s", "old_s"), [(10, 15, 30), (1, 5, 10), (60, 90, 180), (900, 1350, 2700)]
)
def test_patience_scales_with_the_push_interval(interval_s: float, warn_s: float, old_s: float) -> None:
    found = patience(interval_s)
    assert (found.warn_s, found.old_s) == (warn_s, old_s)


@pytest.mark.parametrize(
    ("age_s", "freshness"),
    [(2, Freshness.FRESH), (14.9, Freshness.FRESH), (15, Freshness.LATE), (30, Freshness.OLD)],
)
def test_a_value_ages_from_fresh_to_late_to_old(age_s: float, freshness: Freshness) -> None:
    known = a_known(a_now(age_s=age_s))
    assert known.interval_s == DEFAULT_INTERVAL_S
    assert known.freshness(known.now(), MOMENT) is freshness


def test_nothing_known_is_neither_fresh_nor_old() -> None:
    known = a_known()
    assert known.freshness(known.now(), MOMENT) is Freshness.NOTHING


def test_the_interval_is_observed() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    for second in range(5):
        knowledge.learn(a_now(age_s=20 - second))
    known = knowledge.known(MOMENT)
    assert known.interval_s == 1
    assert known.freshness(known.now(), MOMENT) is Freshness.OLD


def test_a_pause_does_not_count_as_interval() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    for age_s in (5000, 4999, 4998, 4997, 2, 1):
        knowledge.learn(a_now(age_s=age_s))
    assert knowledge.known(MOMENT).interval_s == 1


def test_a_snapshot_brings_everything() -> None:
    known = a_known(a_now())
    assert known.household == "Kerkstraat 12"
    assert known.zone == ZoneInfo("Europe/Amsterdam")
    assert known.today == a_today()
    assert known.link == a_link()
    assert sum(point is not None for point in known.hour) > 300


def test_a_zone_that_nobody_knows_leaves_our_own() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    for name in ("Mars/Olympus_Mons", "../etc/passwd", ""):
        knowledge.learn(Snapshot(seq=1, household="x", timezone=name))
        assert knowledge.known(MOMENT).zone == AMSTERDAM


def test_a_snapshot_without_detail_is_remembered_as_such_and_leaves_no_curve() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    full = Snapshot(seq=1, household="x", timezone="UTC", now=(a_now(),), today=a_today(), hour=an_hour())
    knowledge.learn(full)
    assert knowledge.known(MOMENT).detail
    knowledge.learn(replace(full, today=None, hour=None))
    knowledge.learn(a_now(age_s=0))
    known = knowledge.known(MOMENT)
    assert not known.detail
    assert known.today is None
    assert set(known.hour) == {None}


def test_live_values_lengthen_the_curve() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    knowledge.learn(a_now(777, age_s=0))
    assert knowledge.known(MOMENT).hour[-1] == Decimal(777)


def test_with_two_meters_the_curve_is_left_to_the_portal() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    knowledge.learn(a_now(777, age_s=0))
    knowledge.learn(a_now(111, age_s=0, meter="…0001"))
    knowledge.learn(a_now(111, age_s=0, meter="…0001"))
    known = knowledge.known(MOMENT)
    assert known.hour[-1] == Decimal(777)
    assert [known.now(number).meter for number in range(3)] == ["…4417", "…0001", "…4417"]  # type: ignore[union-attr]


def test_the_link_that_needs_attention_is_shown() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    knowledge.learn(a_link())
    lost = replace(a_link(LinkState.LOST), source="garage")
    knowledge.learn(lost)
    assert knowledge.known(MOMENT).link == lost
    knowledge.learn(replace(lost, state=LinkState.STOPPED))
    assert knowledge.known(MOMENT).link == a_link()


def test_a_heartbeat_changes_nothing_but_the_number() -> None:
    knowledge = Knowledge(zone=AMSTERDAM)
    knowledge.learn(a_now())
    before = knowledge.known(MOMENT)
    knowledge.learn(Heartbeat(seq=9, at=MOMENT + timedelta(seconds=1)))
    assert knowledge.known(MOMENT) == before
    assert knowledge.seq == 9
