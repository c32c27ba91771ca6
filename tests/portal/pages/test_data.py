"""Taking data away: everything, exact, as far as the person may see it."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from lxml import etree

from consumerapp.readings import Quality, Quantity
from portal.ingest.services import accept
from portal.metering import store
from tests.portal.pages.written_history import IMPORT, NOW, quarter_hours, reading

ESPI = "{http://naesb.org/espi}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def file(household, history, as_alice):
    """Download a file: its text."""

    def download(client=as_alice, **query: str) -> str:
        with time_machine.travel(NOW, tick=False):
            answer = client.get(f"/h/{household.public_id}/data/file/", query)
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        return b"".join(answer.streaming_content).decode()

    return download


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_quarter_hours_are_exact_and_add_up_to_the_day(file, household):
    found = rows(file(form="csv", part="readings", first="2026-11-23", last="2026-11-23"))
    bought = [row for row in found if row["quantity"] == "active_energy_import"]
    assert len(bought) == 96
    assert bought[0]["start"] == "2026-11-23T00:00:00+01:00"
    assert bought[0]["meter"] == "1EMH0012344417"
    assert {row["unit"] for row in bought} == {"Wh"}
    total = store.day(household, date(2026, 11, 23), Quantity.ACTIVE_ENERGY_IMPORT).total
    assert sum(Decimal(row["amount"]) for row in bought) == total


def test_the_day_on_which_clocks_go_back_has_a_hundred_quarter_hours(file):
    found = rows(file(form="csv", part="readings", first="2026-10-25", last="2026-10-25"))
    bought = [row for row in found if row["quantity"] == "active_energy_import"]
    assert len(bought) == 100
    assert len({row["start"] for row in bought}) == 100, "the hour that comes twice has two offsets"


def test_the_running_quarter_hour_is_left_out(file):
    found = rows(file(form="csv", part="readings", first="2026-11-24", last="2026-11-24"))
    assert max(row["end"] for row in found if row["amount"]) <= "2026-11-24T14:00:00+01:00"


def test_corrections_tell_what_was_known_before(file, household, history):
    at = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
    corrected = reading(IMPORT, Quantity.ACTIVE_ENERGY_IMPORT, _at(household, at) + 5, at)
    accept(household, [replace(corrected, quality=Quality.CORRECTED, source="By hand")], now=NOW)
    found = rows(file(form="csv", part="corrections", first="2026-11-10", last="2026-11-10"))
    assert [(row["day"], row["reason"], row["source"]) for row in found] == [
        ("2026-11-10", "corrected", "By hand")
    ]


def _at(household, at: datetime) -> Decimal:
    """What the written history's register shows at an instant."""
    first = datetime(2026, 10, 14, 22, tzinfo=UTC)
    return [r.value for r in quarter_hours(first, at) if r.quantity is Quantity.ACTIVE_ENERGY_IMPORT][-1]


def test_json_holds_everything(file, as_alice):
    found = json.loads(file(form="json"))
    assert found["household"] == "Kerkstraat 12"
    assert {"readings", "days", "months", "corrections", "meters", "devices", "people"} <= set(found)
    assert len(found["days"]) == 2 * 41
    assert found["people"][0]["email"] == "alice@example.org"
    november = next(row for row in found["months"] if row["month"] == 11)
    days = [
        row for row in found["days"] if row["day"] >= "2026-11" and row["quantity"] == november["quantity"]
    ]
    assert sum(Decimal(row["total"]) for row in days) == Decimal(november["total"])


def test_a_viewer_is_told_nothing_of_people_and_devices(file, as_vera):
    found = json.loads(file(client=as_vera, form="json", first="2026-11-23"))
    assert found["people"] == found["devices"] == []
    assert found["readings"]


def test_a_name_that_is_a_formula_stays_a_name(file, household):
    household.meters.update(name="=1+1")
    assert rows(file(form="csv", part="meters"))[0]["name"] == "'=1+1"


def test_the_file_comes_in_pieces(household, history, as_alice):
    with time_machine.travel(NOW, tick=False):
        answer = as_alice.get(f"/h/{household.public_id}/data/file/", {"form": "csv"})
        pieces = list(answer.streaming_content)
    assert len(pieces) > 10


@pytest.mark.parametrize(
    "query", [{"form": "doc"}, {"form": "csv", "first": "2026-12-01", "last": "2026-01-01"}]
)
def test_a_question_that_makes_no_sense_is_refused(household, as_alice, query):
    assert as_alice.get(f"/h/{household.public_id}/data/file/", query).status_code == 400


def test_green_button_intervals_follow_the_clock_changes(file):
    tree = etree.fromstring(file(form="xml", first="2026-10-24", last="2026-10-26").encode())
    counts = [len(block.findall(f"{ESPI}IntervalReading")) for block in tree.iter(f"{ESPI}IntervalBlock")]
    assert counts == [96, 100, 96] * 2
    lengths = [
        int(block.findtext(f"{ESPI}interval/{ESPI}duration")) for block in tree.iter(f"{ESPI}IntervalBlock")
    ]
    assert lengths == [86400, 90000, 86400] * 2


def test_green_button_says_the_same_as_the_shelf(file, household):
    tree = etree.fromstring(file(form="xml", first="2026-11-23", last="2026-11-23").encode())
    first = next(tree.iter(f"{ESPI}IntervalBlock"))
    total = sum(int(value.text) for value in first.iter(f"{ESPI}value"))
    known = store.day(household, date(2026, 11, 23), Quantity.ACTIVE_ENERGY_IMPORT).total
    assert Decimal(total).scaleb(-3) == known
    kinds = tree.iter(f"{ESPI}ReadingType")
    assert [kind.findtext(f"{ESPI}flowDirection") for kind in kinds] == ["1", "19"]


@pytest.mark.skipif("METERSIDE_SCHEMAS" not in os.environ, reason="METERSIDE_SCHEMAS names no schemas")
def test_green_button_is_valid(file):
    schema = etree.XMLSchema(etree.parse(Path(os.environ["METERSIDE_SCHEMAS"]) / "espi-4.0" / "espi.xsd"))
    tree = etree.fromstring(file(form="xml").encode())
    kinds = set()
    for content in tree.iter(f"{ATOM}content"):
        schema.assertValid(content[0])
        kinds.add(etree.QName(content[0]).localname)
    assert kinds == {"LocalTimeParameters", "UsagePoint", "MeterReading", "ReadingType", "IntervalBlock"}
