"""COSEM date-time: signs, wildcards, the hour that comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.h1.dlms_time import from_date_and_time, local_time, looks_like_clock, to_utc
from consumerapp.simulator.dlms import date_time

OSLO = ZoneInfo("Europe/Oslo")


def test_deviation_is_utc_minus_local() -> None:
    summer = bytes.fromhex("07ea070e02091a32ffff8880")
    winter = bytes.fromhex("07ea010e03091a32ffffc400")
    assert to_utc(summer) == datetime(2026, 7, 14, 7, 26, 50, tzinfo=UTC)
    assert to_utc(winter) == datetime(2026, 1, 14, 8, 26, 50, tzinfo=UTC)


def test_a_profile_can_turn_the_sign_over() -> None:
    plus_60 = bytes.fromhex("07ea010e03091a32ff003c00")
    assert to_utc(plus_60, deviation_is_local_minus_utc=True) == datetime(2026, 1, 14, 8, 26, 50, tzinfo=UTC)
    assert to_utc(plus_60) == datetime(2026, 1, 14, 10, 26, 50, tzinfo=UTC)


def test_without_deviation_the_zone_decides_and_without_a_zone_nobody() -> None:
    octets = bytes.fromhex("07ea070e02091a32ff8000ff")
    assert to_utc(octets) is None
    assert to_utc(octets, zone=OSLO) == datetime(2026, 7, 14, 7, 26, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "utc_hour"), [(0x80, 0), (0x00, 1), (0xFF, None)], ids=["summer", "winter", "not said"]
)
def test_in_the_doubled_hour_the_status_decides(status: int, utc_hour: int | None) -> None:
    octets = bytes.fromhex("07ea0a1907021e00ff8000") + bytes((status,))
    wanted = None if utc_hour is None else datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    assert to_utc(octets, zone=OSLO) == wanted


def test_the_hour_that_is_left_out_is_no_time() -> None:
    assert to_utc(bytes.fromhex("07ea031d07021e00ff800000"), zone=OSLO) is None


@pytest.mark.parametrize(
    "octets",
    [
        "ffff070e02091a32ffff8880",  # year not specified
        "07eaff0e02091a32ffff8880",
        "07eafd0e02091a32ffff8880",  # daylight saving begins: no month
        "07ea07fe02091a32ffff8880",  # last day of the month: no day
        "07ea070eff ff 1a32ffff8880",
        "07ea070e0209ff32ffff8880",
        "07ea021e02091a32ffff8880",  # 30 February
        "07ea070e02091a3cffff8880",  # second 60
        "07ea070e02091a32fff00080",  # deviation of 68 hours
        "07ea070e02091a32ffff8881",  # status: invalid value
        "07ea070e02091a32ffff8888",  # status: invalid clock
    ],
)
def test_what_is_not_certain_is_unknown(octets: str) -> None:
    assert to_utc(bytes.fromhex(octets)) is None


@pytest.mark.parametrize("status", ["02", "04", "80", "ff"])
def test_a_doubtful_clock_is_still_a_clock(status: str) -> None:
    assert to_utc(bytes.fromhex("07ea070e02091a32ffff88" + status)) is not None


def test_seconds_and_weekday_may_be_missing() -> None:
    assert local_time(bytes.fromhex("07ea070eff091affffff88ff")) == datetime(2026, 7, 14, 9, 26)  # noqa: DTZ001


def test_twelve_digits_of_a_number_are_no_clock() -> None:
    assert not looks_like_clock(b"181220000031")
    assert looks_like_clock(bytes.fromhex("07ea070e02091a32ffff8880"))
    assert not looks_like_clock(b"")


def test_a_date_and_a_time_make_a_clock_without_deviation() -> None:
    octets = from_date_and_time(bytes.fromhex("07ea070e02"), bytes.fromhex("091a32ff"))
    assert octets is not None
    assert to_utc(octets) is None
    assert to_utc(octets, zone=OSLO) == datetime(2026, 7, 14, 7, 26, 50, tzinfo=UTC)
    assert from_date_and_time(b"SMS31", b"\x00\x00\x00\x00") is None
    assert from_date_and_time(b"", b"") is None


@given(
    instant=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    offset_min=st.integers(-720, 840),
)
def test_what_the_encoder_writes_comes_back(instant: datetime, offset_min: int) -> None:
    local = instant.astimezone(timezone(timedelta(minutes=offset_min)))
    assert to_utc(date_time(local)) == instant.replace(microsecond=0)


@given(octets=st.binary(min_size=0, max_size=14))
def test_any_octets_raise_nothing(octets: bytes) -> None:
    for zone in (None, OSLO):
        instant = to_utc(octets, zone=zone)
        assert instant is None or instant.tzinfo is UTC
