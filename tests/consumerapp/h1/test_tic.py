"""TIC frames of both modes, made by our own encoder."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import strategies as st

from consumerapp.errors import RefusalKind
from consumerapp.h1.decoder import Decoder, Refused, Telegram
from consumerapp.h1.tic import decoder
from consumerapp.simulator.tic import Group, historique, standard
from tests.consumerapp.h1.laws import DecoderLaws, events_of


def linky(
    east_wh: int = 21_849_106, apparent_va: int = 2700, date: str = "H260214230804", message: bool = False
) -> list[Group]:
    return [
        Group("ADSC", "041799000111"),
        Group("VTIC", "02"),
        Group("DATE", "", date),
        Group("EAST", f"{east_wh:09}"),
        Group("EASF01", "004855593"),
        Group("IRMS1", "003"),
        Group("URMS1", "237"),
        Group("SINSTS", f"{apparent_va:05}"),
        Group("STGE", "463A0800"),
        *([Group("MSG1", "PAS DE          MESSAGE         ")] if message else []),
        Group("NTARF", "03"),
    ]


def old_meter(base_wh: int = 12_345_678) -> list[Group]:
    return [
        Group("ADCO", "031900000222"),
        Group("OPTARIF", "BASE"),
        Group("BASE", f"{base_wh:09}"),
        Group("PTEC", "TH.."),
        Group("IINST", "005"),
        Group("PAPP", "00690"),
        Group("HHPHC", "A"),
    ]


def values(telegram: Telegram) -> dict[str, Decimal]:
    return {value.obis.short: value.value for value in telegram.values}


class TestStandardLaws(DecoderLaws):
    # Without the message: its characters are free, and the sum of six bits does not guard bits 6 and 7.
    frames = st.builds(
        lambda wh, va: standard(linky(wh, va)), st.integers(0, 999_999_999), st.integers(0, 99_999)
    )
    alphabet = st.text("\x02\x03\x04\r\n\tEASTH0123 ", max_size=80).map(str.encode)

    def make_decoder(self) -> Decoder:
        return decoder()


class TestHistoriqueLaws(TestStandardLaws):
    frames = st.builds(lambda wh: historique(old_meter(wh)), st.integers(0, 999_999_999))


def test_reads_standard_mode():
    (telegram,) = events_of(decoder(), [standard(linky(message=True))])
    assert isinstance(telegram, Telegram)
    assert telegram.meter_id == "041799000111"
    assert telegram.measured_at == datetime(2026, 2, 14, 22, 8, 4, tzinfo=UTC)
    assert telegram.status == 0x463A0800
    assert values(telegram) == {
        "1.8.0": 21_849_106, "1.8.1": 4_855_593, "31.7.0": 3, "32.7.0": 237, "9.7.0": 2700, "96.14.0": 3,
    }  # fmt: skip
    assert [text.value for text in telegram.texts] == ["041799000111", "PAS DE MESSAGE"]


def test_reads_historique_mode():
    (telegram,) = events_of(decoder(), [historique(old_meter())])
    assert isinstance(telegram, Telegram)
    assert telegram.measured_at is None
    assert values(telegram) == {"1.8.0": 12_345_678, "31.7.0": 5, "9.7.0": 690}


@pytest.mark.parametrize("season", [" ", "h", "e"])
def test_clock_that_is_not_kept_gives_no_time(season):
    (telegram,) = events_of(decoder(), [standard(linky(date=f"{season}260214230804"))])
    assert isinstance(telegram, Telegram)
    assert telegram.measured_at is None


def test_one_broken_group_refuses_the_frame():
    frame = standard(linky()).replace(b"021849106", b"021849107")
    (event,) = events_of(decoder(), [frame])
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.CHECKSUM


def test_a_number_whose_seventh_bit_flipped_is_refused_although_the_sum_is_right():
    frame = standard(linky()).replace(b"021849106", b"\x70" + b"21849106")
    (event,) = events_of(decoder(), [frame])
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.MALFORMED


def test_interrupted_frame_is_refused_and_the_next_one_read():
    frame = historique(old_meter())
    refused, telegram = events_of(decoder(), [frame[:40] + b"\x04" + frame])
    assert isinstance(refused, Refused)
    assert refused.kind is RefusalKind.TRUNCATED
    assert isinstance(telegram, Telegram)
