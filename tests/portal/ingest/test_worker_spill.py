"""Readings that wait in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from consumerapp.readings import MeterId, Obis, Quantity, Reading
from portal.ingest import spill as spill_module
from portal.ingest.spill import Spill

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def reading(value: int) -> Reading:
    return Reading(
        meter_id=MeterId("1EMH0012345678"),
        obis=Obis.parse("1-0:1.8.0"),
        quantity=Quantity.ACTIVE_ENERGY_IMPORT,
        value=Decimal(value),
        at=AT,
        received_at=AT,
        resolution=Decimal("0.1"),
        source="Hall",
    )


@pytest.fixture
def spill(tmp_path) -> Spill:
    return Spill(tmp_path / "spill")


def test_what_was_spilt_comes_back_as_it_was(spill):
    assert spill.is_empty()
    spill.write(7, [reading(1), reading(2)])
    spill.write(8, [reading(3)])
    assert list(spill.oldest().readings()) == [(7, [reading(1), reading(2)]), (8, [reading(3)])]
    spill.oldest().remove()
    assert spill.is_empty()


def test_it_outlives_the_process(spill, tmp_path):
    spill.write(7, [reading(1)])
    file = Spill(tmp_path / "spill").oldest()
    assert file is not None
    assert list(file.readings()) == [(7, [reading(1)])]


def test_a_line_cut_short_by_a_crash_costs_only_itself(spill):
    spill.write(7, [reading(1)])
    spill.write(7, [reading(2)])
    file = spill.oldest()
    assert file is not None
    file.path.write_text(file.path.read_text()[:-40])
    assert list(file.readings()) == [(7, [reading(1)])]


def test_oldest_file_first(spill, monkeypatch):
    monkeypatch.setattr(spill_module, "FILE_BYTES", 10)
    for value in range(3):
        spill.write(7, [reading(value)])
    found = []
    while (file := spill.oldest()) is not None:
        found += [kept.value for _household, readings in file.readings() for kept in readings]
        file.remove()
    assert found == [0, 1, 2]


def test_full_spill_loses_and_says_so(spill, monkeypatch, caplog):
    monkeypatch.setattr(spill_module, "MOST_BYTES", 10)
    spill.write(7, [reading(1)])
    spill.write(7, [reading(2), reading(3)])
    assert spill.lost == 2
    assert "2 readings are lost" in caplog.text
