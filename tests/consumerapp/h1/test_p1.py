"""P1 telegrams, made by our own encoder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import Decoder, Protocol, Refused, Telegram
from consumerapp.h1.p1 import decoder, monthly_peaks, power_failures
from consumerapp.readings import Obis, Unit
from consumerapp.simulator.p1 import Line, fixed, octet_text, p1_telegram, stamp
from tests.consumerapp.h1.laws import DecoderLaws, events_of, telegrams_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 6, 1, 10, 0, 0, tzinfo=UTC)


def household(
    *, import_kwh: Decimal = Decimal("12345.678"), power_kw: Decimal = Decimal("1.420"), at: datetime = NOON
) -> list[Line]:
    return [
        Line("1-3:0.2.8", ("50",)),
        Line("0-0:1.0.0", (stamp(at, AMSTERDAM),)),
        Line("0-0:96.1.1", (octet_text("E0099000111222333"),)),
        Line("1-0:1.8.1", (fixed(import_kwh, 6, 3, "kWh"),)),
        Line("1-0:2.8.1", (fixed(Decimal("7.5"), 6, 3, "kWh"),)),
        Line("0-0:96.14.0", ("0002",)),
        Line("1-0:1.7.0", (fixed(power_kw, 2, 3, "kW"),)),
        Line("1-0:99.97.0", ("1", "0-0:96.7.19", "260301095015W", "0000002014*s")),
        Line("0-0:96.13.0", (octet_text("Maintenance on Tuesday"),)),
        Line("1-0:32.7.0", ("229.9*V",)),
        Line("1-0:31.7.0", ("004*A",)),
        Line("0-1:24.1.0", ("003",)),
        Line("0-1:96.1.0", (octet_text("G0011000222333"),)),
        Line("0-1:24.2.1", (stamp(at - timedelta(minutes=5), AMSTERDAM), "00246.138*m3")),
    ]


def only(octets: bytes) -> Telegram | Refused:
    (event,) = events_of(decoder(), [octets])
    return event


def values(telegram: Telegram) -> dict[str, tuple[Decimal, Unit]]:
    return {
        f"{value.obis.a}-{value.obis.b}:{value.obis.short}": (value.value, value.unit)
        for value in telegram.values
    }


class TestP1Laws(DecoderLaws):
    frames = st.builds(
        lambda wh, w, minutes: p1_telegram(
            "XMX5LGBBFG1009021741",
            household(
                import_kwh=Decimal(wh).scaleb(-3),
                power_kw=Decimal(w).scaleb(-3),
                at=NOON + timedelta(minutes=minutes),
            ),
        ),
        st.integers(0, 999_999_999),
        st.integers(0, 99_999),
        st.integers(0, 10**6),
    )
    alphabet = st.text("/!()*:.-0123456789ABCkWh\r\n", max_size=80).map(str.encode)

    def make_decoder(self) -> Decoder:
        return decoder()


def test_reads_a_telegram():
    telegram = only(p1_telegram("XMX5LGBBFG1009021741", household()))
    assert isinstance(telegram, Telegram)
    assert telegram.protocol is Protocol.P1
    assert telegram.meter_id == "E0099000111222333"
    assert telegram.measured_at == NOON
    assert values(telegram)["1-0:1.8.1"] == (Decimal(12_345_678), Unit.WH)
    assert values(telegram)["1-0:1.7.0"] == (Decimal(1420), Unit.W)
    assert values(telegram)["1-0:32.7.0"] == (Decimal("229.9"), Unit.V)
    assert values(telegram)["0-1:24.2.1"] == (Decimal("246.138"), Unit.M3)
    assert values(telegram)["0-0:96.14.0"] == (Decimal(2), Unit.NONE)
    assert {text.obis.short: text.value for text in telegram.texts}["96.13.0"] == "Maintenance on Tuesday"


def test_gas_value_keeps_its_own_time():
    telegram = only(p1_telegram("XMX5LGBBFG1009021741", household()))
    assert isinstance(telegram, Telegram)
    ((column, instant),) = telegram.value_times
    assert telegram.columns[column].obis == Obis(0, 1, 24, 2, 1)
    assert instant == NOON - timedelta(minutes=5)


@given(
    wh=st.integers(0, 999_999_999),
    power_w=st.integers(0, 99_999),
    minutes=st.integers(0, 10**6),
    stray=st.sampled_from(["", "1-0:2.7.0(00.001*kW)", "odd", "0-0:96.13.1(31)"]),
)
def test_learned_and_general_way_agree(wh, power_w, minutes, stray):
    def telegram(wh: int, power_w: int, minutes: int) -> bytes:
        lines = household(
            import_kwh=Decimal(wh).scaleb(-3),
            power_kw=Decimal(power_w).scaleb(-3),
            at=NOON + timedelta(minutes=minutes),
        )
        return p1_telegram("XMX5LGBBFG1009021741", [*lines, Line(stray, ())])

    second = telegram(wh, power_w, minutes)
    learned = telegrams_of(events_of(decoder(), [telegram(1, 2, 3), second]))[1]
    (general,) = telegrams_of(events_of(decoder(), [second]))
    assert learned == general


def test_summer_and_winter_hour_of_the_change_are_told_apart():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for instant in (first, first + timedelta(hours=1)):
        telegram = only(p1_telegram("XMX5LGBBFG1009021741", household(at=instant)))
        assert isinstance(telegram, Telegram)
        assert telegram.measured_at == instant


def test_finnish_profile_reads_stamps_two_hours_east():
    helsinki = [
        Line("0-0:1.0.0", (stamp(NOON, ZoneInfo("Europe/Helsinki")),)),
        Line("1-0:1.7.0", ("01.000*kW",)),
    ]
    (telegram,) = telegrams_of(events_of(decoder(profile="p1-fi"), [p1_telegram("AID5TEST", helsinki)]))
    assert telegram.measured_at == NOON


def test_unknown_profile_names_those_that_exist():
    with pytest.raises(ConsumerAppError, match="p1-nl"):
        decoder(profile="p1-xx")


def test_checksum_is_compared_as_a_number():
    for filler in range(4000):
        octets = p1_telegram("XMX5TEST", [Line("1-0:1.8.0", (f"{filler:09}*Wh",))])
        head, _, crc = octets.rpartition(b"!")
        if crc.startswith(b"0"):
            unpadded = only(head + b"!" + crc.strip().lstrip(b"0").lower() + b"\r\n")
            assert unpadded == only(octets)
            return
    pytest.fail("no checksum with a leading zero among 4000 telegrams")


def test_line_feeds_without_returns_still_match_the_checksum():
    octets = p1_telegram("XMX5LGBBFG1009021741", household())
    assert isinstance(only(octets.replace(b"\r\n", b"\n")), Telegram)


def test_a_generation_with_checksum_is_refused_without():
    event = only(p1_telegram("XMX5LGBBFG1009021741", household(), crc=False))
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.CHECKSUM


def test_old_generation_without_checksum_and_with_broken_lines_is_read():
    octets = (
        b"/XMX5OLD\r\n\r\n0-0:96.1.1("
        + octet_text("K0012345").encode()
        + b")\r\n1-0:1.8.1(00123.456*kWh)\r\n"
        b"0-1:24.1.0(3)\r\n0-1:24.3.0(260601110000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00012.345)\r\n!\r\n"
    )
    telegram = only(octets)
    assert isinstance(telegram, Telegram)
    assert telegram.protocol is Protocol.P1
    assert values(telegram)["0-1:24.2.1"] == (Decimal("12.345"), Unit.M3)
    assert telegram.value_times == ()


def test_unguarded_telegram_with_a_broken_line_is_refused():
    event = only(b"/XMX5OLD\r\n\r\n1-0:1.8.1(00123.456*kWh)\r\n1-0:1.7.0(A0.123*kW\r\n!\r\n")
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.MALFORMED


def test_dead_gas_channel_gives_no_value():
    lines = [
        *household()[:4],
        Line("0-1:24.1.0", ("003",)),
        Line("0-1:96.1.0", ("",)),
        Line("0-1:24.2.1", ("700101010000W", "00000000")),
    ]
    telegram = only(p1_telegram("XMX5LGBBFG1009021741", lines))
    assert isinstance(telegram, Telegram)
    assert "0-1:24.2.1" not in values(telegram)


def test_energy_without_unit_gives_no_value():
    telegram = only(
        p1_telegram("XMX5TEST", [Line("1-0:1.8.0", ("000123.4",)), Line("1-0:2.8.0", ("1*kWh",))])
    )
    assert isinstance(telegram, Telegram)
    assert set(values(telegram)) == {"1-0:2.8.0"}


def test_a_cut_telegram_before_a_whole_one_is_refused_and_the_whole_one_read():
    whole = p1_telegram("XMX5LGBBFG1009021741", household())
    cut, telegram = events_of(decoder(), [whole[:200] + b"\r\n" + whole])
    assert isinstance(cut, Refused)
    assert cut.kind is RefusalKind.TRUNCATED
    assert isinstance(telegram, Telegram)


def test_a_cut_telegram_joined_to_a_whole_one_without_line_end_loses_only_itself():
    whole = p1_telegram("XMX5LGBBFG1009021741", household())
    assert len(telegrams_of(events_of(decoder(), [whole[:200] + whole]))) == 1


def test_failure_log_and_peak_history_are_read():
    (failure,) = power_failures("(1)(0-0:96.7.19)(260301095015W)(0000002014*s)")
    assert failure.ended_at == datetime(2026, 3, 1, 8, 50, 15, tzinfo=UTC)
    assert failure.duration_s == 2014
    first, second = monthly_peaks(
        "(2)(1-0:1.6.0)(1-0:1.6.0)(260201000000W)(632525252525W)(00.000*kW)(260301000000W)(260217181500W)(04.329*kW)"
    )
    assert first.reached_at is None
    assert second.reached_at == datetime(2026, 2, 17, 17, 15, tzinfo=UTC)
    assert second.power_w == Decimal(4329)


def test_history_of_anything_else_is_no_list_of_peaks():
    assert monthly_peaks("(260701000000S)(000040.777*kWh)") == ()
