"""Green Button: rules of daylight saving time as ESPI packs them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from consumerapp.readings import Quantity
from portal.common import green_button

ESPI = "{http://naesb.org/espi}"


def local_time(zone: str) -> dict[str, str]:
    pieces = green_button.feed(
        identity="x", title="Home & garden", zone=ZoneInfo(zone), year=2026, series=(),
        now=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip
    tree = etree.fromstring("".join(pieces).encode())
    parameters = next(tree.iter(f"{ESPI}LocalTimeParameters"))
    return {etree.QName(child).localname: str(child.text) for child in parameters}


def unpacked(rule: str) -> tuple[int, int, int, int]:
    """Month, operator, weekday, hour."""
    bits = int(rule, 16)
    return bits >> 28, bits >> 25 & 7, bits >> 17 & 7, bits >> 12 & 31


@pytest.mark.parametrize(
    ("zone", "begins", "ends", "offset", "saving"),
    [
        ("Europe/Berlin", (3, 7, 7, 2), (10, 7, 7, 3), "3600", "3600"),
        ("America/New_York", (3, 3, 7, 2), (11, 2, 7, 2), "-18000", "3600"),
        ("Australia/Lord_Howe", (10, 2, 7, 2), (4, 2, 7, 2), "37800", "1800"),
    ],
)
def test_rules_of_zones(zone, begins, ends, offset, saving):
    found = local_time(zone)
    assert unpacked(found["dstStartRule"]) == begins
    assert unpacked(found["dstEndRule"]) == ends
    assert (found["tzOffset"], found["dstOffset"]) == (offset, saving)


def test_a_zone_without_summer_time():
    found = local_time("Asia/Tokyo")
    assert found == {
        "dstEndRule": "FFFFFFFF", "dstOffset": "0", "dstStartRule": "FFFFFFFF", "tzOffset": "32400"
    }  # fmt: skip


def test_what_has_no_unit_there_is_not_written():
    assert green_button.can_write(Quantity.COLD_WATER_VOLUME)
    assert not green_button.can_write(Quantity.HEAT_COST_UNITS)
