from __future__ import annotations

import pytest

from consumerapp.h1.checksums import kermit, x25
from consumerapp.readings import Obis
from consumerapp.simulator.sml import (
    ABSENT,
    START,
    ChecksumForm,
    ListEntry,
    attention_response,
    list_of,
    message,
    octet_string,
    seconds_index,
    signed,
    telegram,
    transport,
    type_length,
    unsigned,
)

SERVER_ID = bytes.fromhex("0a0145544100000001e2")

GOLDEN = bytes.fromhex(
    "1b1b1b1b010101017603000162006200726301017601010300010b0a01455441"
    "00000001e2010163451e0076030002620062007263070177010b0a0145544100"
    "000001e2070100620affff72620165000f424075770701006032010101010101"
    "044554410177070100600100ff010101010b0a0145544100000001e201770701"
    "00010800ff65001c010401621e52ff660000bc614e0177070100020800ff0101"
    "621e52ff6600000000000177070100100700ff0101621b520055fffffa240101"
    "0163e19600760300036200620072630201710163bdf000001b1b1b1b1a0179f7"
)
"""Made by an encoder of this project and accepted by two independent decoders (docs/standards.md)."""


def energy(obis: str, raw: int, status: int | None = None) -> ListEntry:
    return ListEntry(
        obis=Obis.parse(obis), value=raw, width=5, is_signed=False, unit=30, scaler=-1, status=status
    )


def test_makes_the_golden_frame() -> None:
    entries = [
        ListEntry(obis=Obis.parse("1-0:96.50.1*1"), value=b"ETA"),
        ListEntry(obis=Obis.parse("1-0:96.1.0"), value=SERVER_ID),
        energy("1-0:1.8.0", 12345678, status=0x001C0104),
        energy("1-0:2.8.0", 0),
        ListEntry(obis=Obis.parse("1-0:16.7.0"), value=-1500, width=4, unit=27, scaler=0),
    ]
    assert telegram(SERVER_ID, entries, sensor_time=seconds_index(1_000_000)) == GOLDEN


@pytest.mark.parametrize(
    ("octets", "head"),
    [
        (0, "01"),
        (14, "0f"),
        (15, "8101"),
        (16, "8102"),
        (48, "8302"),
        (253, "8f0f"),
        (254, "818001"),
        (300, "81820f"),
    ],
)
def test_lengthens_the_tl_field_with_the_content(octets: int, head: str) -> None:
    assert octet_string(bytes(octets)).startswith(bytes.fromhex(head))
    assert len(octet_string(bytes(octets))) == octets + len(bytes.fromhex(head))


def test_counts_the_elements_of_a_list() -> None:
    assert list_of(*[ABSENT] * 15)[:1] == b"\x7f"
    assert list_of(*[ABSENT] * 24)[:2] == b"\xf1\x08"


def test_writes_integers_in_the_width_asked_for() -> None:
    assert signed(-1, 1) == bytes.fromhex("52ff")
    assert signed(-1500, 4) == bytes.fromhex("55fffffa24")
    assert unsigned(0x0701, 2) == bytes.fromhex("630701")
    assert unsigned(1, 8) == bytes.fromhex("690000000000000001")
    assert type_length(0x60, 1, extra_bytes=1) + b"\x1e" == bytes.fromhex("e0031e")


def test_doubles_an_escape_in_the_payload() -> None:
    frame = transport(b"\x05\x1b\x1b\x1b\x1b\x02")
    assert frame.startswith(START + b"\x05" + b"\x1b" * 8 + b"\x02\x00\x00" + b"\x1b\x1b\x1b\x1b\x1a\x02")
    assert len(frame) % 4 == 0


def test_leaves_the_grid_when_asked_to() -> None:
    assert transport(b"\x01\x02\x03", fill=False)[8:].startswith(b"\x01\x02\x03\x1b\x1b\x1b\x1b\x1a\x00")


def test_offers_each_form_of_checksum() -> None:
    assert ChecksumForm.X25.of(b"123456789") == x25(b"123456789").to_bytes(2, "little")
    assert ChecksumForm.KERMIT_HIGH_FIRST.of(b"123456789") == kermit(b"123456789").to_bytes(2, "big")
    assert ChecksumForm.KERMIT_LOW_FIRST.of(b"123456789") == kermit(b"123456789").to_bytes(2, "little")


def test_trims_a_leading_zero_of_the_checksum_only() -> None:
    content = attention_response(SERVER_ID, 0xFD00)
    trimmed = 0
    for number in range(1024):
        sent = message(number.to_bytes(2, "big"), 0xFF01, content)
        short = message(number.to_bytes(2, "big"), 0xFF01, content, trim_checksum=True)
        if len(short) < len(sent):
            assert sent[-4:-2] == b"\x63\x00"
            assert short == sent[:-4] + b"\x62" + sent[-2:]
            trimmed += 1
        else:
            assert short == sent
    assert trimmed > 0


def test_refuses_a_number_that_does_not_fit() -> None:
    with pytest.raises(OverflowError):
        unsigned(256, 1)
