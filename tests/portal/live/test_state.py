"""What a snapshot is made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from consumerapp import wire
from consumerapp.sources.link import LinkState
from portal.live.state import STEP_S, STEPS, HourCurve, HouseholdState

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def now(power_w: int | None, at: datetime = AT, *, meter: str = "…4417", source: str = "Hall") -> wire.Now:
    power = None if power_w is None else Decimal(power_w)
    return wire.Now(seq=0, meter=meter, source=source, at=at, received_at=at, power_w=power)


def test_curve_is_the_mean_of_each_step_and_gaps_stay_gaps():
    curve = HourCurve()
    curve.add(AT, Decimal(100))
    curve.add(AT + timedelta(seconds=1), Decimal(200))
    curve.add(AT + timedelta(seconds=2 * STEP_S), Decimal(-50))
    points = curve.points(AT + timedelta(seconds=2 * STEP_S))
    assert points.power_w[-3:] == (Decimal(150), None, Decimal(-50))
    assert len(points.power_w) == STEPS
    assert points.start + timedelta(seconds=STEP_S * (STEPS - 1)) == AT + timedelta(seconds=2 * STEP_S)
    assert set(points.power_w[:-3]) == {None}


def test_curve_does_not_grow_for_ever():
    curve = HourCurve()
    for step in range(10 * STEPS):
        curve.add(AT + timedelta(seconds=step * STEP_S), Decimal(step))
    assert len(curve._sums) <= 2 * STEPS
    end = curve.points(AT + timedelta(seconds=(10 * STEPS - 1) * STEP_S))
    assert end.power_w == tuple(Decimal(step) for step in range(9 * STEPS, 10 * STEPS))


def test_snapshot_has_the_last_word_of_each_meter_and_link():
    state = HouseholdState()
    for message in (
        now(100),
        now(300),
        now(None, meter="…0002", source="Heat pump"),
        wire.Link(seq=0, source="Hall", state=LinkState.SILENT, since=AT),
        wire.Link(seq=0, source="Hall", state=LinkState.LIVE, since=AT),
    ):
        state.apply(message)
    snapshot = state.snapshot(AT)
    assert [(word.meter, word.power_w) for word in snapshot.now] == [("…4417", 300), ("…0002", None)]
    assert [link.state for link in snapshot.links] == [LinkState.LIVE]
    assert snapshot.hour is not None
    assert snapshot.hour.power_w[-1] == Decimal(200)


def test_news_is_never_overwritten_by_what_the_database_knew():
    state = HouseholdState()
    state.apply(now(300))
    old = AT - timedelta(minutes=5)
    seed = wire.Snapshot(
        seq=0,
        household="Kerkstraat 12",
        timezone="Europe/Amsterdam",
        now=(now(7, old), now(8, old, meter="…0002")),
        links=(wire.Link(seq=0, source="Hall", state=LinkState.LOST, since=old),),
    )
    state.seed(seed)
    assert [word.power_w for word in state.snapshot(AT).now] == [300, 8]
    assert state.snapshot(AT).household == "Kerkstraat 12"


def test_hour_of_the_database_goes_on_with_news():
    state = HouseholdState()
    start = AT - timedelta(seconds=2 * STEP_S)
    hour = wire.Hour(seq=0, start=start, step_s=STEP_S, power_w=(Decimal(10), None))
    state.seed(wire.Snapshot(seq=0, household="", timezone="UTC", now=(now(10, start),), hour=hour))
    state.apply(now(40))
    shown = state.snapshot(AT).hour
    assert shown is not None
    assert shown.power_w[-3:] == (Decimal(10), None, Decimal(40))


def test_removed_link_takes_its_meter_along():
    state = HouseholdState()
    state.apply(now(100))
    state.apply(replace(now(5), meter="…0002", source="Other"))
    state.apply(wire.Link(seq=0, source="Hall", state=LinkState.LIVE, since=AT))
    state.forget_link("Hall")
    snapshot = state.snapshot(AT)
    assert [word.source for word in snapshot.now] == ["Other"]
    assert snapshot.links == ()
