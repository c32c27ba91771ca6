from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.catalogue import lookup, sub_meter_channel
from consumerapp.h1.decoder import Column, Protocol, Telegram, Text
from consumerapp.h1.registry import decoder_for
from consumerapp.live_values import power_now, total_register
from consumerapp.normalise import CLOCK_TOLERANCE, Normalised, normalise
from consumerapp.readings import Authenticity, MeterId, Obis, Quality, Quantity, Reading, Unit
from consumerapp.simulator.p1 import Line, p1_telegram

RECEIVED = datetime(2026, 11, 24, 12, 30, 1, tzinfo=UTC)
METER = MeterId("1EMH0012344417")


def column(code: str, unit: Unit, exponent: int = 0) -> Column:
    return Column(Obis.parse(code), unit, exponent)


def telegram(*numbers: tuple[Column, int | Decimal], **more: Any) -> Telegram:
    fields: dict[str, Any] = {
        "protocol": Protocol.P1,
        "offset": 0,
        "meter_id": METER,
        "measured_at": None,
        "columns": tuple(found for found, _ in numbers),
        "raw": tuple(raw for _, raw in numbers),
    }
    return Telegram(**(fields | more))


def normalised(*numbers: tuple[Column, int | Decimal], **more: Any) -> Normalised:
    return normalise(telegram(*numbers, **more), received_at=RECEIVED, source="Cellar")


def only(*numbers: tuple[Column, int | Decimal], **more: Any) -> Reading:
    (reading,) = normalised(*numbers, **more).readings
    return reading


def test_a_number_becomes_a_reading_with_its_step():
    reading = only((column("1-0:1.8.0", Unit.WH, -1), 123_456_789), authenticity=Authenticity.AUTHENTICATED)
    assert reading == Reading(
        meter_id=METER,
        obis=Obis.parse("1-0:1.8.0"),
        quantity=Quantity.ACTIVE_ENERGY_IMPORT,
        value=Decimal("12345678.9"),
        at=None,
        received_at=RECEIVED,
        resolution=Decimal("0.1"),
        quality=Quality.MEASURED,
        authenticity=Authenticity.AUTHENTICATED,
        source="Cellar",
    )


def test_a_value_in_another_unit_is_unmapped():
    found = normalised((column("1-0:1.8.0", Unit.VARH), 5), (column("1-0:1.7.0", Unit.NONE), 5))
    assert found.readings == ()
    assert [value.unit for value in found.unmapped] == [Unit.VARH, Unit.NONE]


def test_an_unknown_code_is_unmapped():
    (value,) = normalised((column("1-0:200.7.9", Unit.W, 1), 5)).unmapped
    assert (str(value.obis), value.value, value.unit) == ("1-0:200.7.9*255", Decimal(50), Unit.W)


@pytest.mark.parametrize(
    ("code", "unit", "exponent", "raw", "value", "resolution"),
    [
        ("6-0:1.0.0", Unit.J, 9, 36, "10000000", "277777.778"),
        ("6-0:1.0.0", Unit.J, 7, 1, "2777.778", "2777.778"),
        ("6-0:12.0.0", Unit.DEG_C, -2, 1234, "12.34", "0.01"),
        ("1-0:13.7.0", Unit.PERCENT, 0, 98, "0.980", "0.01"),
        ("8-0:1.0.0", Unit.M3, -3, 142, "0.142", "0.001"),
    ],
)
def test_other_units_of_the_same_thing_are_converted(code, unit, exponent, raw, value, resolution):
    reading = only((column(code, unit, exponent), raw))
    assert reading.value == Decimal(value)
    assert reading.resolution == Decimal(resolution)


def test_a_step_of_a_kilowatt_hour_is_coarse():
    assert only((column("1-0:1.8.0", Unit.WH, 3), 12)).quality is Quality.COARSE
    assert only((column("1-0:1.8.0", Unit.WH, 1), 12)).quality is Quality.MEASURED


def test_energy_of_a_locked_meter_is_coarse_and_its_voltage_is_not():
    found = normalised(
        (column("1-0:1.8.0", Unit.WH), 12000), (column("1-0:32.7.0", Unit.V, -1), 2301), locked=True
    )
    assert [reading.quality for reading in found.readings] == [Quality.COARSE, Quality.MEASURED]


@pytest.mark.parametrize(
    "raw",
    [
        4_294_967_295,
        2_147_483_647,
        -2_147_483_648,
        2**63 - 1,
        2**64 - 1,
        -(2**63),
        Decimal("4294967.295"),
        Decimal("2147483.647"),
        Decimal("4294967.2950"),
    ],
)
@pytest.mark.parametrize("code", ["1-0:1.8.0", "1-0:1.7.0", "1-0:16.7.0"])
def test_numbers_that_stand_for_no_value_are_never_consumption(code, raw):
    unit = Unit.WH if ".8." in code else Unit.W
    readings = normalised((column(code, unit, -3), raw)).readings
    assert readings[0].quality & Quality.SENTINEL
    assert power_now(readings) is None
    assert total_register(readings, readings[0].quantity) is None


def test_two_octets_of_ones_are_no_voltage_but_may_be_an_energy():
    assert only((column("1-0:32.7.0", Unit.V, -1), 65535)).quality is Quality.SENTINEL
    assert only((column("1-0:1.8.0", Unit.WH), 65535)).quality is Quality.MEASURED
    assert only((column("1-0:16.7.0", Unit.W), -1)).quality is Quality.MEASURED


def test_a_number_that_is_none_is_unmapped():
    assert normalised((column("1-0:1.7.0", Unit.W), Decimal("NaN"))).readings == ()


def test_a_clock_that_agrees_with_ours_is_taken():
    at = RECEIVED - timedelta(seconds=1)
    reading = only((column("1-0:1.7.0", Unit.W), 5), measured_at=at)
    assert (reading.at, reading.quality) == (at, Quality.MEASURED)


@pytest.mark.parametrize(
    "at",
    [
        RECEIVED + CLOCK_TOLERANCE + timedelta(seconds=1),
        RECEIVED - CLOCK_TOLERANCE - timedelta(seconds=1),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2070, 1, 1, tzinfo=UTC),
    ],
)
def test_a_clock_that_differs_is_doubtful_and_the_arrival_counts(at):
    reading = only((column("1-0:1.7.0", Unit.W), 5), measured_at=at)
    assert (reading.at, reading.quality) == (None, Quality.CLOCK_DOUBTFUL)
    assert reading.instant == RECEIVED


def gas(value: int, *, at: datetime | None = None, **more: Any) -> Normalised:
    texts = more.pop("texts", (Text(Obis.parse("0-1:96.1.0"), "4730303136353631323037383439"),))
    return normalised(
        (column("1-0:1.8.0", Unit.WH), 12),
        (column("0-1:24.1.0", Unit.NONE), 3),
        (column("0-1:24.2.1", Unit.M3, -3), value),
        texts=texts,
        value_times=((2, at),) if at else (),
        **more,
    )


def test_a_meter_behind_the_meter_is_its_own_meter():
    at = RECEIVED - timedelta(minutes=29)
    found = gas(12345, at=at)
    electricity, gas_reading = found.readings
    assert electricity.meter_id == METER
    assert gas_reading.meter_id == "G0016561207849"
    assert gas_reading.quantity is Quantity.GAS_VOLUME
    assert gas_reading.value == Decimal("12.345")
    assert gas_reading.at == at
    assert found.unmapped == ()


def test_a_meter_behind_without_a_number_is_named_by_its_channel():
    assert gas(1, texts=()).readings[1].meter_id == f"{METER}/1"


def test_a_channel_that_never_had_a_value_says_so():
    reading = gas(0, at=datetime(1970, 1, 1, tzinfo=UTC)).readings[1]
    assert reading.at is None
    assert reading.quality & Quality.SENTINEL


def test_a_channel_of_unknown_kind_is_unmapped():
    found = normalised((column("0-1:24.2.1", Unit.M3, -3), 5))
    assert found.readings == ()
    assert len(found.unmapped) == 1


def test_a_device_type_may_come_as_text():
    found = normalised((column("0-2:24.2.1", Unit.M3, -3), 5), texts=(Text(Obis.parse("0-2:24.1.0"), "007"),))
    assert found.readings[0].quantity is Quantity.COLD_WATER_VOLUME


def test_the_link_knows_the_meter_where_the_telegram_does_not():
    quiet = telegram((column("1-0:1.7.0", Unit.W), 5), meter_id=None)
    known = normalise(quiet, received_at=RECEIVED, source="Cellar", meter_id=METER)
    assert known.readings[0].meter_id == METER
    unknown = normalise(quiet, received_at=RECEIVED, source="Cellar")
    assert unknown.readings[0].meter_id == "source:Cellar"


@pytest.mark.parametrize(("sent", "tariff"), [("0002", 2), ("T1", 1), ("1", 1)])
def test_the_tariff_in_force_is_a_state_even_as_text(sent, tariff):
    reading = only(texts=(Text(Obis.parse("0-0:96.14.0"), sent),))
    assert (reading.quantity, reading.value) == (Quantity.TARIFF_INDICATOR, Decimal(tariff))


def test_words_stay_words():
    found = normalised(texts=(Text(Obis.parse("0-0:96.14.0"), "HEURES PLEINES"),))
    assert found.readings == ()
    assert found.texts[0].value == "HEURES PLEINES"


def test_consumer_messages_are_read_out_of_hexadecimal_and_cleaned():
    sent = b"Water off\r\n\x1b[2J at 10".hex()
    (text,) = normalised(texts=(Text(Obis.parse("0-0:96.13.0"), sent),)).texts
    assert text.value == sent  # controls inside: no message, shown as the digits that came
    sent = b"Water off at 10 <b>".hex()
    (text,) = normalised(texts=(Text(Obis.parse("0-0:96.13.0"), sent),)).texts
    assert text.value == "Water off at 10 <b>"


P1_LINES = (
    "1-3:0.2.8(50)",
    "0-0:1.0.0(261124133000W)",
    "0-0:96.1.1(4530303132333435363738393031)",
    "1-0:1.8.1(000100.000*kWh)",
    "1-0:1.8.2(000200.500*kWh)",
    "0-0:96.14.0(0002)",
    "0-0:96.13.0(57617465722061742031302E3330)",
    "1-0:1.7.0(00.500*kW)",
    "1-0:2.7.0(00.000*kW)",
    "0-1:24.1.0(003)",
    "0-1:96.1.0(4730303031323334353637383930)",
    "0-1:24.2.1(261124132500W)(00123.456*m3)",
    "0-2:24.1.0(012)",
    "0-2:96.1.0(3132333435363738)",
    "0-2:24.2.1(261124130000W)(12.345*GJ)",
    "0-3:24.1.0(007)",
    "0-3:24.2.1(700101010000W)(00000.000*m3)",
)
"""Made: electricity with two tariffs, gas, heat, and a water meter that never reported."""


def line(printed: str) -> Line:
    code, _, groups = printed.removesuffix(")").partition("(")
    return Line(code, tuple(groups.split(")(")))


def test_a_whole_telegram_becomes_the_readings_of_all_its_meters():
    decoder = decoder_for(Protocol.P1)
    decoder.receive_data(p1_telegram("TST5MADE", [line(printed) for printed in P1_LINES]))
    decoder.receive_eof()
    event = decoder.next_event()
    assert isinstance(event, Telegram)
    found = normalise(event, received_at=RECEIVED, source="Cellar")
    assert [(str(r.obis), r.meter_id, r.value, r.unit, r.quality) for r in found.readings] == [
        ("1-0:1.8.1*255", "E0012345678901", Decimal(100000), Unit.WH, Quality.MEASURED),
        ("1-0:1.8.2*255", "E0012345678901", Decimal(200500), Unit.WH, Quality.MEASURED),
        ("0-0:96.14.0*255", "E0012345678901", Decimal(2), Unit.NONE, Quality.MEASURED),
        ("1-0:1.7.0*255", "E0012345678901", Decimal(500), Unit.W, Quality.MEASURED),
        ("1-0:2.7.0*255", "E0012345678901", Decimal(0), Unit.W, Quality.MEASURED),
        ("0-1:24.2.1*255", "G0001234567890", Decimal("123.456"), Unit.M3, Quality.MEASURED),
        ("0-2:24.2.1*255", "12345678", Decimal("3429166.667"), Unit.WH, Quality.MEASURED),
        (
            "0-3:24.2.1*255",
            "E0012345678901/3",
            Decimal(0),
            Unit.M3,
            Quality.CLOCK_DOUBTFUL | Quality.SENTINEL,
        ),
    ]
    times = {str(reading.obis): reading.at for reading in found.readings}
    assert times["1-0:1.7.0*255"] == datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    assert times["0-1:24.2.1*255"] == datetime(2026, 11, 24, 12, 25, tzinfo=UTC)
    assert times["0-3:24.2.1*255"] is None
    assert "Water at 10.30" in [text.value for text in found.texts]
    assert found.unmapped == ()
    assert power_now(found.readings) == 500
    assert total_register(found.readings, Quantity.ACTIVE_ENERGY_IMPORT) == 300500


CODES = st.one_of(
    st.binary(min_size=6, max_size=6).map(Obis.from_bytes),
    st.builds(
        Obis,
        st.just(1),
        st.just(0),
        st.integers(0, 90),
        st.sampled_from([4, 6, 7, 8]),
        st.just(0),
        st.just(255),
    ),
    st.builds(
        Obis, st.just(0), st.integers(1, 4), st.just(24), st.sampled_from([1, 2, 4]), st.just(1), st.just(255)
    ),
)
COLUMNS = st.builds(Column, CODES, st.sampled_from(list(Unit)), st.integers(-6, 9))
RAWS = st.integers(-(2**63), 2**64 - 1) | st.decimals(-(10**15), 10**15, places=3)
RAWS |= st.sampled_from([Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
NUMBERS = st.lists(st.tuples(COLUMNS, RAWS), max_size=12)
TEXTS = st.lists(st.builds(Text, CODES, st.text(max_size=40)), max_size=4).map(tuple)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(NUMBERS, TEXTS, st.none() | INSTANTS, st.booleans())
def test_no_number_is_lost_and_none_changes(numbers, texts, measured_at, locked):
    found = normalised(*numbers, texts=texts, measured_at=measured_at, locked=locked)
    of_numbers = [reading for reading in found.readings if reading.obis in {c.obis for c, _ in numbers}]
    device_types = [c for c, _ in numbers if sub_meter_channel(c.obis) and (c.obis.c, c.obis.d) == (24, 1)]
    assert len(of_numbers) + len(found.unmapped) >= len(numbers) - len(device_types)
    exact = {(c.obis, Decimal(raw).scaleb(c.exponent)) for c, raw in numbers if Decimal(raw).is_finite()}
    same_unit = {
        c.obis for c, _ in numbers if (e := lookup(c.obis)) and e.quantity and c.unit is e.quantity.unit
    }
    for reading in of_numbers:
        assert reading.value.is_finite()
        assert reading.received_at == RECEIVED
        if reading.obis in same_unit and len([c for c, _ in numbers if c.obis == reading.obis]) == 1:
            assert (reading.obis, reading.value) in exact
        if reading.at is not None:
            assert abs(reading.at - RECEIVED) <= CLOCK_TOLERANCE
    for text in found.texts:
        assert not any(unicodedata.category(character)[0] == "C" for character in text.value)


@given(st.integers(-(2**62), 2**62), st.integers(-4, 4))
def test_the_step_divides_every_value_of_its_column(raw, exponent):
    reading = only((column("1-0:16.7.0", Unit.W, exponent), raw))
    assert reading.resolution is not None
    assert reading.value % reading.resolution == 0


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=6).map(sorted))
def test_joules_conserve_energy_to_the_thousandth(raws):
    values = [only((column("6-0:1.0.0", Unit.J, 6), raw)).value for raw in raws]
    steps = [later - earlier for earlier, later in pairwise(values)]
    assert sum(steps, Decimal(0)) == values[-1] - values[0]
    assert values == sorted(values)
