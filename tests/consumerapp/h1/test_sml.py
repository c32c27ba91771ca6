"""What SML telegrams say: every documented habit of meters, with frames from our own encoder."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import Event, Protocol, Refused, Telegram
from consumerapp.h1.sml import SmlDecoder, decoder
from consumerapp.h1.sml_quirks import profile_named
from consumerapp.readings import Authenticity, Obis, Unit
from consumerapp.simulator.sml import (
    ABSENT,
    ATTENTION_RESPONSE,
    CLOSE_RESPONSE,
    LIST_RESPONSE,
    OPEN_RESPONSE,
    ChecksumForm,
    ListEntry,
    attention_response,
    bare_time,
    close_response,
    list_of,
    list_response,
    local_timestamp,
    message,
    octet_string,
    open_response,
    seconds_index,
    signed,
    telegram,
    timestamp,
    transport,
    unsigned,
)
from tests.consumerapp.h1.laws import events_of
from tests.consumerapp.h1.sml_frames import (
    EXPORTING,
    IMPORTING,
    SERVER_ID,
    energy,
    power,
    server_id_of,
    text,
    usual_telegram,
)
from tests.consumerapp.simulator.test_sml import GOLDEN


def events(stream: bytes, profile: str | None = None) -> list[Event]:
    return events_of(decoder(profile=profile), [stream])


def only(stream: bytes, profile: str | None = None) -> Telegram:
    (event,) = events(stream, profile)
    assert isinstance(event, Telegram), event
    return event


def refusal(stream: bytes) -> Refused:
    (event,) = events(stream)
    assert isinstance(event, Refused), event
    return event


def numbers(event: Telegram) -> dict[str, Decimal]:
    return {str(value.obis): value.value for value in event.values}


def power_of(rows: list[ListEntry], server_id: bytes = SERVER_ID, profile: str | None = None) -> Decimal:
    return numbers(only(telegram(server_id, rows), profile))["1-0:16.7.0*255"]


def file_of(*messages: bytes) -> bytes:
    """A frame out of encoded messages."""
    return transport(b"".join(messages))


def test_reads_the_golden_frame() -> None:
    event = only(GOLDEN)
    assert event.protocol is Protocol.SML
    assert event.meter_id == "1ETA0000000482"
    assert event.authenticity is Authenticity.PLAIN
    assert event.measured_at is None, "seconds of operation are no wall clock"
    assert numbers(event) == {
        "1-0:1.8.0*255": Decimal("1234567.8"),
        "1-0:2.8.0*255": Decimal(0),
        "1-0:16.7.0*255": Decimal(-1500),
    }
    assert [column.unit for column in event.columns] == [Unit.WH, Unit.WH, Unit.W]
    assert [(str(entry.obis), entry.value) for entry in event.texts] == [
        ("1-0:96.50.1*1", "ETA"),
        ("1-0:96.1.0*255", SERVER_ID.hex()),
    ]
    assert event.status == 0x001C0104
    assert not event.locked


def test_telegrams_of_one_meter_share_their_columns() -> None:
    first, second, third = events(usual_telegram(1) + usual_telegram(2) + usual_telegram(3))
    assert isinstance(first, Telegram)
    assert isinstance(second, Telegram)
    assert isinstance(third, Telegram)
    assert first.columns is second.columns is third.columns


# ---------------------------------------------------------------- elements


@pytest.mark.parametrize("width", range(1, 9))
@pytest.mark.parametrize("is_signed", [True, False])
def test_reads_integers_of_every_width(width: int, is_signed: bool) -> None:
    numbers_sent = [
        0,
        1,
        2 ** (8 * width - is_signed) - 1,
        *([-1, -(2 ** (8 * width - 1))] if is_signed else []),
    ]
    for number in numbers_sent:
        row = ListEntry(obis=Obis.parse("1-0:1.8.0"), value=number, width=width, is_signed=is_signed, unit=30)
        assert only(telegram(SERVER_ID, [row])).raw == (number,)


def test_reads_a_tl_field_that_is_longer_than_it_need_be() -> None:
    row = list_of(
        octet_string(Obis.parse("1-0:1.8.0").to_bytes()),
        ABSENT,
        ABSENT,
        b"\xe0\x03\x1e",
        signed(-1, 1),
        b"\xe0\x80\x07\x01\x02\x03\x04",
        ABSENT,
    )
    content = list_of(ABSENT, octet_string(SERVER_ID), ABSENT, ABSENT, list_of(row), ABSENT, ABSENT)
    assert numbers(only(file_of(message(b"\x01", LIST_RESPONSE, content)))) == {
        "1-0:1.8.0*255": Decimal("1690906.0")
    }


def test_reads_long_texts_and_long_lists() -> None:
    rows = [
        text("129-129:199.130.5", bytes(range(200))),
        *(energy(f"1-0:1.8.{tariff}", 7) for tariff in range(40)),
    ]
    event = only(telegram(SERVER_ID, rows))
    assert event.texts[0].value == bytes(range(200)).hex()
    assert len(event.raw) == 40


def test_reads_truth_values_and_skips_rows_without_a_value() -> None:
    rows = [
        ListEntry(obis=Obis.parse("1-0:96.3.10"), value=True),
        ListEntry(obis=Obis.parse("1-0:96.50.2*4"), value=None, status=5),
        ListEntry(obis=Obis.parse("1-0:96.4.0"), value=False),
    ]
    assert numbers(only(telegram(SERVER_ID, rows))) == {"1-0:96.3.10*255": 1, "1-0:96.4.0*255": 0}


@pytest.mark.parametrize(
    "element",
    [
        b"\x61",
        b"\x51",
        b"\x6a" + bytes(9),
        b"\x43\x00\x01",
        b"\x12\x00",
        b"\x00",
        b"\x80\x00",
        b"\x81\x72" + bytes(20),
    ],
)
def test_refuses_elements_that_cannot_be(element: bytes) -> None:
    row = list_of(octet_string(b"\x01\x00\x01\x08\x00\xff"), ABSENT, ABSENT, ABSENT, ABSENT, element, ABSENT)
    content = list_of(ABSENT, octet_string(SERVER_ID), ABSENT, ABSENT, list_of(row), ABSENT, ABSENT)
    assert refusal(file_of(message(b"\x01", LIST_RESPONSE, content))).kind in {
        RefusalKind.MALFORMED,
        RefusalKind.CHECKSUM,
    }


def test_depth_costs_nothing() -> None:
    nested = b"\x71" * 3000 + ABSENT
    assert refusal(file_of(message(b"\x01", 0x0501, nested))).kind is RefusalKind.UNSUPPORTED


def test_a_unit_that_is_none_of_ours_gives_no_value() -> None:
    rows = [
        ListEntry(obis=Obis.parse("1-0:1.8.0"), value=5, unit=10),
        ListEntry(obis=Obis.parse("1-0:2.8.0"), value=5, unit=30, scaler=100),
        energy("1-0:1.8.1", 6),
    ]
    assert numbers(only(telegram(SERVER_ID, rows) * 1)) == {"1-0:1.8.1*255": Decimal("0.6")}


def test_unit_0_and_255_and_none_are_pure_numbers() -> None:
    rows = [
        ListEntry(obis=Obis.parse(f"1-0:96.5.{unit or 1}"), value=5, unit=unit) for unit in (0, 255, None)
    ]
    assert {column.unit for column in only(telegram(SERVER_ID, rows)).columns} == {Unit.NONE}


# ---------------------------------------------------------------- messages


def test_reads_tags_of_two_and_of_four_bytes() -> None:
    rows = [energy("1-0:1.8.0", 5)]
    assert only(telegram(SERVER_ID, rows, tag_width=4)) == only(
        telegram(SERVER_ID, rows, tag_width=2)
    )._replace(offset=0)


def test_skips_messages_of_every_other_kind() -> None:
    rows = list_response(SERVER_ID, [energy("1-0:1.8.0", 5)])
    others = [
        message(b"\x01", tag, list_of(ABSENT, octet_string(SERVER_ID))) for tag in range(0x0100, 0x0800, 0x80)
    ]
    assert only(file_of(*others, message(b"\x09", LIST_RESPONSE, rows))).raw == (5,)


def test_says_why_a_file_has_no_values() -> None:
    attention = message(b"\x01", ATTENTION_RESPONSE, attention_response(SERVER_ID, 0xFE02))
    event = refusal(file_of(attention))
    assert event.kind is RefusalKind.UNSUPPORTED
    assert "8181c7c7fe02" in event.detail


def test_two_lists_in_one_file_are_two_telegrams() -> None:
    other = server_id_of("ESY", 7)
    frame = file_of(
        message(b"\x01", LIST_RESPONSE, list_response(SERVER_ID, [energy("1-0:1.8.0", 5)])),
        message(b"\x02", LIST_RESPONSE, list_response(other, [energy("1-0:1.8.0", 6)])),
    )
    told = [event for event in events(frame * 3) if isinstance(event, Telegram)]
    assert [(event.meter_id, event.raw) for event in told] == [
        ("1ETA0000000482", (5,)),
        ("1ESY0000000007", (6,)),
    ] * 3
    assert [event.offset for event in told] == [0, 0, len(frame), len(frame), 2 * len(frame), 2 * len(frame)]


@pytest.mark.parametrize(
    ("server_id", "meter_id"),
    [
        (server_id_of("DZG", 42_082_910), "1DZG0042082910"),
        (bytes.fromhex("090149534b0004812d55"), "1ISK0075574613"),
        (bytes.fromhex("06454d4801027156cd45"), "06454d4801027156cd45"),
        (b"\x01\x02", "0102"),
    ],
)
def test_names_the_meter_as_it_is_printed_on_it(server_id: bytes, meter_id: str) -> None:
    assert only(telegram(server_id, [energy("1-0:1.8.0", 5)])).meter_id == meter_id


def test_looks_for_the_meter_in_the_open_message_and_in_the_rows() -> None:
    anonymous = list_response(b"", [text("1-0:96.1.0", SERVER_ID), energy("1-0:1.8.0", 5)])
    opened = message(b"\x01", OPEN_RESPONSE, open_response(server_id_of("ESY", 7), b"\x01"))
    assert only(file_of(opened, message(b"\x02", LIST_RESPONSE, anonymous))).meter_id == "1ESY0000000007"
    assert only(file_of(message(b"\x02", LIST_RESPONSE, anonymous))).meter_id == "1ETA0000000482"
    nobody = list_response(b"", [energy("1-0:1.8.0", 5)])
    assert only(file_of(message(b"\x02", LIST_RESPONSE, nobody))).meter_id is None


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    "time", [None, seconds_index(1_700_000_000), bare_time(1_700_000_000), timestamp(77)]
)
def test_seconds_of_operation_are_no_wall_clock(time: bytes | None) -> None:
    assert only(telegram(SERVER_ID, [energy("1-0:1.8.0", 5)], sensor_time=time)).measured_at is None


@pytest.mark.parametrize("time", [timestamp(1_700_000_000), local_timestamp(1_700_000_000, 60, 60)])
def test_a_time_stamp_is_utc(time: bytes) -> None:
    stream = telegram(SERVER_ID, [energy("1-0:1.8.0", 5)], sensor_time=time)
    for event in events(stream * 3):
        assert isinstance(event, Telegram)
        assert event.measured_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_gateways_time_stands_in_for_the_sensors() -> None:
    rows = [energy("1-0:1.8.0", 5)]
    content = list_response(SERVER_ID, rows, gateway_time=timestamp(1_700_000_000))
    assert only(file_of(message(b"\x01", LIST_RESPONSE, content))).measured_at is not None


def test_a_row_may_have_a_time_of_its_own() -> None:
    rows = [
        energy("1-0:1.8.0", 5),
        ListEntry(obis=Obis.parse("1-0:2.8.0"), value=6, unit=30, time=timestamp(1_700_000_000)),
        ListEntry(obis=Obis.parse("1-0:1.8.1"), value=6, unit=30, time=seconds_index(1_700_000_000)),
    ]
    for event in events(telegram(SERVER_ID, rows) * 3):
        assert isinstance(event, Telegram)
        assert event.value_times == ((1, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),)


# ---------------------------------------------------------------- checksums


@pytest.mark.parametrize("form", ChecksumForm)
def test_accepts_each_form_of_checksum(form: ChecksumForm) -> None:
    frame = telegram(SERVER_ID, [energy("1-0:1.8.0", 5)], checksum=form)
    assert [event.offset for event in events(frame * 3) if isinstance(event, Telegram)] == [
        0,
        len(frame),
        2 * len(frame),
    ]


@pytest.mark.parametrize("form", ChecksumForm)
def test_accepts_a_checksum_without_its_leading_zero(form: ChecksumForm) -> None:
    decoder = SmlDecoder()
    trimmed = 0
    for number in range(600):
        rows = [energy("1-0:1.8.0", number * 0x10101)]
        frame, whole = (
            telegram(SERVER_ID, rows, number=number * 65_521, id_width=4, checksum=form, trim_checksum=trim)
            for trim in (True, False)
        )
        trimmed += frame != whole
        decoder.receive_data(frame)
        event = decoder.next_event()
        assert isinstance(event, Telegram)
        assert event.raw == (number * 0x10101,)
    assert trimmed > 0


def test_refuses_a_frame_that_mixes_forms() -> None:
    rows = list_response(SERVER_ID, [energy("1-0:1.8.0", 5)])
    kermit = message(b"\x01", LIST_RESPONSE, rows, checksum=ChecksumForm.KERMIT_HIGH_FIRST)
    assert refusal(transport(kermit, checksum=ChecksumForm.X25)).kind is RefusalKind.CHECKSUM
    plain = message(b"\x01", LIST_RESPONSE, rows, checksum=ChecksumForm.X25)
    assert refusal(transport(plain, checksum=ChecksumForm.KERMIT_HIGH_FIRST)).kind is RefusalKind.CHECKSUM
    other = message(b"\x01", CLOSE_RESPONSE, close_response(), checksum=ChecksumForm.KERMIT_LOW_FIRST)
    assert (
        refusal(transport(kermit + other, checksum=ChecksumForm.KERMIT_LOW_FIRST)).kind
        is RefusalKind.CHECKSUM
    )


def test_a_meter_keeps_to_its_form_of_checksum() -> None:
    rows = [energy("1-0:1.8.0", 5)]
    mine = telegram(SERVER_ID, rows, checksum=ChecksumForm.KERMIT_HIGH_FIRST)
    forged = telegram(SERVER_ID, rows, checksum=ChecksumForm.X25)
    of_another = telegram(server_id_of("ESY", 7), rows, checksum=ChecksumForm.X25)
    told = events(mine + forged + of_another + mine)
    assert [event.kind if isinstance(event, Refused) else event.meter_id for event in told] == [
        "1ETA0000000482",
        RefusalKind.CHECKSUM,
        "1ESY0000000007",
        "1ETA0000000482",
    ]


@pytest.mark.parametrize("damaged", range(3))
def test_refuses_a_wrong_checksum_of_any_message(damaged: int) -> None:
    contents = [
        (OPEN_RESPONSE, open_response(SERVER_ID, b"\x01")),
        (LIST_RESPONSE, list_response(SERVER_ID, [energy("1-0:1.8.0", 5)])),
        (CLOSE_RESPONSE, close_response()),
    ]
    frame = file_of(
        *(
            message(b"\x01", tag, content, damage=0x0100 if place == damaged else 0)
            for place, (tag, content) in enumerate(contents)
        )
    )
    assert refusal(frame).kind is RefusalKind.CHECKSUM


def test_refuses_a_wrong_checksum_of_the_frame() -> None:
    content = list_response(SERVER_ID, [energy("1-0:1.8.0", 5)])
    assert refusal(transport(message(b"\x01", LIST_RESPONSE, content), damage=1)).kind is RefusalKind.CHECKSUM


# ---------------------------------------------------------------- the sign of power


def test_signed_power_is_as_sent() -> None:
    assert power_of([energy("1-0:1.8.0", 5, status=EXPORTING), power(-310)]) == -310
    assert power_of([energy("1-0:1.8.0", 5, status=IMPORTING), power(310)]) == 310
    assert power_of([energy("1-0:1.8.0", 5, status=EXPORTING), power(310)]) == 310, "no known habit"
    assert power_of([energy("1-0:1.8.0", 5), power(-310)]) == -310, "no status word"


def test_unsigned_power_takes_its_sign_from_the_status_word() -> None:
    assert power_of([energy("1-0:1.8.0", 5, status=EXPORTING), power(310, is_signed=False)]) == -310
    assert power_of([energy("1-0:1.8.0", 5, status=IMPORTING), power(310, is_signed=False)]) == 310
    assert power_of([energy("1-0:1.8.0", 5, status=0x01A2), power(310, is_signed=False)]) == 310, (
        "EDL21 layout"
    )


def test_holley_sends_the_amount_and_the_direction() -> None:
    holley = server_id_of("HLY", 12_345)
    assert power_of([energy("1-0:1.8.0", 5, status=EXPORTING), power(310)], holley) == -310
    assert power_of([energy("1-0:1.8.0", 5, status=IMPORTING), power(310)], holley) == 310
    assert power_of([energy("1-0:1.8.0", 5, status=EXPORTING), power(-310)], holley) == -310
    assert power_of([energy("1-0:1.8.0", 5, status=EXPORTING), power(310)], profile="sml-status-sign") == -310


def dzg_power(raw: int, width: int, serial: int, status: int) -> Decimal:
    return power_of(
        [energy("1-0:1.8.0", 5, status=status), power(raw, width=width, scaler=-2)],
        server_id_of("DZG", serial),
    )


def test_dzg_sends_positive_power_too_short_for_its_sign() -> None:
    assert dzg_power(0x8B28 - 0x10000, 2, 42_082_910, IMPORTING) == Decimal("356.24")
    assert dzg_power(0xF0 - 0x100, 1, 55_000_000, IMPORTING) == Decimal("2.40")
    assert dzg_power(0x8B2800 - 0x1000000, 3, 48_999_999, IMPORTING) == Decimal("91197.44")


def test_dzg_means_a_negative_power_where_it_says_so() -> None:
    assert dzg_power(0x8B28 - 0x10000, 2, 42_082_910, EXPORTING) == Decimal("-299.12")
    assert dzg_power(0x8B28 - 0x10000, 2, 60_000_000, IMPORTING) == Decimal("-299.12"), "mended firmware"
    assert dzg_power(0x8B28 - 0x10000, 2, 41_999_999, IMPORTING) == Decimal("-299.12"), "older type"
    assert dzg_power(-29_912, 4, 42_082_910, IMPORTING) == Decimal("-299.12"), "long enough for its sign"


def test_an_unknown_profile_is_named() -> None:
    assert profile_named("dzg-dvs74").manufacturer == b"DZG"
    with pytest.raises(ConsumerAppError, match="no SML profile 'nonsense'"):
        decoder(profile="nonsense")


# ---------------------------------------------------------------- PIN


def test_a_meter_without_its_pin_is_locked() -> None:
    rounded = [energy("1-0:1.8.0", 2043, scaler=3), energy("1-0:2.8.0", 0, scaler=3)]
    assert only(telegram(SERVER_ID, rounded)).locked
    zeros = [energy("1-0:1.8.0", 20_430_000), energy("1-0:2.8.0", 0)]
    assert only(telegram(SERVER_ID, zeros)).locked, "the scaler stays, the digits are zeros"


def test_a_meter_that_gives_power_or_digits_is_open() -> None:
    assert not only(telegram(SERVER_ID, [energy("1-0:1.8.0", 2043, scaler=3), power(5)])).locked
    assert not only(telegram(SERVER_ID, [energy("1-0:1.8.0", 20_430_001)])).locked
    assert not only(telegram(SERVER_ID, [energy("1-0:1.8.0", 0)])).locked, "a new meter says nothing"
    assert not only(telegram(SERVER_ID, [text("1-0:96.50.1*1", b"ETA")])).locked


def test_the_lock_is_seen_on_the_learned_way_too() -> None:
    stream = b"".join(
        telegram(SERVER_ID, [energy("1-0:1.8.0", raw)]) for raw in (10_001, 10_002, 20_000, 20_001)
    )
    assert [event.locked for event in events(stream) if isinstance(event, Telegram)] == [
        False,
        False,
        True,
        False,
    ]


def test_a_bool_and_an_unsigned_row_keep_their_place() -> None:
    rows = [ListEntry(obis=Obis.parse("1-0:96.4.0"), value=True), energy("1-0:1.8.0", 5)]
    for event in events(telegram(SERVER_ID, rows) * 3):
        assert isinstance(event, Telegram)
        assert event.raw == (1, 5)


def test_an_optional_checksum_width_is_refused() -> None:
    body = message(b"\x01", CLOSE_RESPONSE, close_response())[:-4]
    assert refusal(transport(body + unsigned(0x12345678, 4) + b"\x00")).kind is RefusalKind.MALFORMED
    assert refusal(transport(body + octet_string(b"ab") + b"\x00")).kind is RefusalKind.MALFORMED
