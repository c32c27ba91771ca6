"""SML frames for tests, all made by our own encoder: meters of every habit that is documented."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from consumerapp.readings import Obis
from consumerapp.simulator.sml import (
    ChecksumForm,
    ListEntry,
    bare_time,
    local_timestamp,
    seconds_index,
    telegram,
    timestamp,
)

SERVER_ID = bytes.fromhex("0a0145544100000001e2")

IMPORTING, EXPORTING = 0x001C0104, 0x001C0904
"""Status words of three phases under voltage; bit 11 is the direction."""

_POWERS = ("1-0:16.7.0", "1-0:36.7.0", "1-0:56.7.0", "1-0:76.7.0")
_ENERGIES = ("1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.0")
_OTHERS = (("1-0:32.7.0", 35), ("1-0:31.7.0", 33), ("1-0:14.7.0", 44), ("1-0:81.7.1", 8), ("1-0:96.5.0", 255))


def server_id_of(manufacturer: str, serial: int) -> bytes:
    """A server id after DIN 43863-5."""
    return bytes.fromhex("0a01") + manufacturer.encode() + b"\x00" + serial.to_bytes(4)


def energy(obis: str, raw: int, *, scaler: int = -1, status: int | None = None, width: int = 8) -> ListEntry:
    """A register in Wh."""
    return ListEntry(obis=Obis.parse(obis), value=raw, unit=30, scaler=scaler, status=status, width=width)


def power(raw: int, *, width: int = 4, is_signed: bool = True, scaler: int = 0) -> ListEntry:
    """Net power in W."""
    return ListEntry(
        obis=Obis.parse("1-0:16.7.0"), value=raw, unit=27, scaler=scaler, width=width, is_signed=is_signed
    )


def text(obis: str, octets: bytes) -> ListEntry:
    """A row that holds octets."""
    return ListEntry(obis=Obis.parse(obis), value=octets)


def usual_telegram(
    raw_power: int = 250, *, raw_energy: int = 12_345_678, number: int = 1, status: int = IMPORTING
) -> bytes:
    """What most meters send once a second."""
    return telegram(
        SERVER_ID,
        [
            text("1-0:96.50.1*1", b"ETA"),
            text("1-0:96.1.0", SERVER_ID),
            energy("1-0:1.8.0", raw_energy, status=status),
            energy("1-0:2.8.0", 42),
            power(raw_power),
        ],
        sensor_time=seconds_index(number),
        number=number,
        id_width=4,
    )


def fitting_width(number: int, *, is_signed: bool) -> int:
    """The fewest bytes that hold a number."""
    bits = (number if number >= 0 else ~number).bit_length() + is_signed
    return max(-(-bits // 8), 1)


@st.composite
def entries(draw: DrawFn) -> list[ListEntry]:
    """The rows of one meter."""
    status = draw(st.none() | st.sampled_from([IMPORTING, EXPORTING, 0x0182, 0x82, 0x001C0004]))
    row_time = draw(
        st.sampled_from([None, None, seconds_index(0), bare_time(7), seconds_index(4_000_000_000)])
    )
    rows = [text("1-0:96.50.1*1", draw(st.sampled_from([b"ETA", b"ESY", b"HLY"])))]
    if draw(st.booleans()):
        rows.append(text("1-0:96.1.0", SERVER_ID))
    for obis in draw(st.lists(st.sampled_from(_ENERGIES), unique=True, min_size=1)):
        raw = draw(st.integers(0, 2**40 - 1) | st.sampled_from([0, 0x1B1B1B1B, 0x1B1B1B1B1B, 0x1A1B1B1B1B]))
        is_signed = draw(st.booleans())
        least = fitting_width(raw, is_signed=is_signed)
        rows.append(
            ListEntry(
                obis=Obis.parse(obis),
                value=raw,
                unit=30,
                scaler=draw(st.integers(-4, 3)),
                status=status,
                status_width=draw(st.sampled_from([4, 8])) if status else 4,
                time=row_time,
                width=draw(st.integers(least, 8)),
                is_signed=is_signed,
            )
        )
    for obis in draw(st.lists(st.sampled_from(_POWERS), unique=True)):
        raw = draw(st.integers(-60_000, 60_000))
        width = draw(st.integers(fitting_width(raw, is_signed=True), 8))
        rows.append(
            ListEntry(obis=Obis.parse(obis), value=raw, unit=27, scaler=-1, width=width, time=row_time)
        )
    for obis, unit in draw(st.lists(st.sampled_from(_OTHERS), unique=True)):
        raw = draw(st.integers(0, 65_535))
        rows.append(
            ListEntry(obis=Obis.parse(obis), value=raw, unit=unit, scaler=-1, width=2, is_signed=False)
        )
    if draw(st.booleans()):
        rows.append(ListEntry(obis=Obis.parse("1-0:96.50.2*4"), value=None))
    if draw(st.booleans()):
        rows.append(text("129-129:199.130.5", draw(st.binary(min_size=15, max_size=48))))
    return draw(st.permutations(rows))


@st.composite
def frames(draw: DrawFn) -> bytes:
    """Whole frames of meters of every documented habit."""
    rows = draw(entries())
    times = [
        None,
        seconds_index(77),
        timestamp(1_700_000_000),
        local_timestamp(1_700_000_000, 60, 60),
        bare_time(9),
    ]
    form = draw(st.sampled_from(list(ChecksumForm)))
    device = draw(
        st.sampled_from([SERVER_ID, server_id_of("DZG", 42_000_001), server_id_of("HLY", 1), b"\x06EMH\x01"])
    )
    return telegram(
        # A device keeps to one form of checksum.
        device[:-1] + bytes([device[-1] + list(ChecksumForm).index(form)]),
        rows,
        sensor_time=draw(st.sampled_from(times)),
        number=draw(st.integers(0, 2**31)),
        list_name=draw(st.sampled_from([bytes.fromhex("0100620affff"), b""])),
        tag_width=draw(st.sampled_from([2, 4])),
        checksum=form,
        trim_checksum=draw(st.booleans()),
        id_width=draw(st.sampled_from([2, 4, 6])),
    )
