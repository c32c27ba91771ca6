"""What comes in pieces is shown as one word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from consumerapp import wire
from consumerapp.catalogue import lookup
from consumerapp.readings import MeterId, Obis, Reading
from portal.ingest.moment import Moments

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def reading(code: str, value: int, seconds: float = 0, meter: str = "M-1") -> Reading:
    obis = Obis.parse(code)
    entry = lookup(obis)
    assert entry is not None
    assert entry.quantity is not None
    return Reading(
        meter_id=MeterId(meter), obis=obis, quantity=entry.quantity, value=Decimal(value), at=None,
        received_at=NOON + timedelta(seconds=seconds),
    )  # fmt: skip


def now_of(moments: Moments, *readings: Reading) -> wire.Now:
    now = wire.now_of(moments.complete(list(readings)), seq=0)
    assert now is not None
    return now


def test_power_holds_while_energy_is_told():
    moments = Moments()
    now_of(moments, reading("1-0:1.7.0", 500))
    now = now_of(moments, reading("1-0:1.8.0", 12000, seconds=5))
    assert (now.power_w, now.import_wh) == (500, 12000)
    later = now_of(moments, reading("1-0:1.8.0", 12001, seconds=90))
    assert later.power_w is None


def test_both_directions_are_one_power_only_when_told_together():
    moments = Moments()
    now_of(moments, reading("1-0:1.7.0", 500))
    assert now_of(moments, reading("1-0:2.7.0", 300, seconds=1)).power_w == 200
    assert now_of(moments, reading("1-0:2.7.0", 310, seconds=20)).power_w == -310


def test_meters_stay_apart():
    moments = Moments()
    now_of(moments, reading("1-0:16.7.0", 500))
    assert now_of(moments, reading("1-0:1.8.0", 7, seconds=1, meter="M-2")).power_w is None
