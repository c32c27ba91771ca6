"""The day's curve: local time, gaps, directions, the band behind."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from consumerapp.intervals import quarter_starts
from portal.pages.charts import Chart
from portal.pages.day_chart import DayCurve, day_chart, step_name
from portal.pages.scales import HEIGHT, WIDTH

ZONE = ZoneInfo("Europe/Amsterdam")
PLAIN, SPRING, AUTUMN = date(2026, 11, 24), date(2026, 3, 29), date(2026, 10, 25)
W = Decimal


def curve(day: date = PLAIN, **changes) -> DayCurve:
    starts = quarter_starts(day, ZONE)
    return replace(DayCurve(starts=starts, import_w=(W(500),) * len(starts)), **changes)


def drawn(given: DayCurve) -> Chart:
    return day_chart(given, ZONE, key="day", title="Power", description="A sentence.")


def line(chart: Chart, name: str) -> str:
    return next((shape.path for shape in chart.lines if shape.name == name), "")


@pytest.mark.parametrize(("day", "count"), [(PLAIN, 96), (SPRING, 92), (AUTUMN, 100)])
def test_the_axis_is_local_time_on_every_kind_of_day(day, count):
    chart = drawn(curve(day))
    places = {tick.text: float(tick.at.rstrip("%")) for tick in chart.time_ticks}
    assert list(places) == ["00", "03", "06", "09", "12", "15", "18", "21", "24"]
    hours_before_noon = {92: 11, 96: 12, 100: 13}[count]
    assert places["12"] == pytest.approx(100 * hours_before_noon * 4 / count, abs=0.01)


def test_the_hour_that_comes_twice_says_which_one_it_is():
    starts = quarter_starts(AUTUMN, ZONE)
    names = [step_name(a, b, ZONE) for a, b in itertools.pairwise(starts)]
    assert len(set(names)) == len(names)
    assert names[8] == "02:00–02:15 CEST"
    assert names[12] == "02:00–02:15 CET"
    assert names[40] == "09:00–09:15"


def test_a_missing_value_is_a_gap_and_never_zero():
    chart = drawn(curve(import_w=(W(500),) * 40 + (None,) * 8 + (W(500),) * 48))
    starts = [int(x) for x in re.findall(r"M(\d+) ", line(chart, "import"))]
    assert starts == [0, WIDTH * 48 // 96]
    assert line(chart, "missing") == f"M{WIDTH * 40 // 96} {HEIGHT}H{WIDTH * 48 // 96}"
    assert [label.text for label in chart.labels if label.name == "gap"] == ["no data"]


def test_what_is_to_come_is_no_gap():
    chart = drawn(curve(import_w=(W(500),) * 40 + (None,) * 56, elapsed=40))
    assert line(chart, "missing") == ""
    assert float(chart.now.rstrip("%")) == pytest.approx(100 * 40 / 96, abs=0.01)


def test_export_lies_below_zero_with_a_pattern_and_a_sign():
    exported = (W(0),) * 48 + (W(2000),) * 8 + (W(0),) * 40
    chart = drawn(curve(export_w=exported))
    zero = float(chart.zero.rstrip("%"))
    assert chart.has_export
    assert [shape.name for shape in chart.striped] == ["export"]
    assert any(tick.text.startswith("\N{MINUS SIGN}") for tick in chart.scale_ticks)
    heights = [int(y) for y in re.findall(r"(?:V|M\d+ )(\d+)", line(chart, "export"))]
    assert min(heights) / 10 > zero


def test_without_export_zero_is_the_floor():
    chart = drawn(curve(export_w=(W(0),) * 96))
    assert not chart.has_export
    assert chart.zero == "100.00%"


def test_estimated_values_are_hatched_and_measured_ones_are_not():
    chart = drawn(curve(estimated=(True,) * 4 + (False,) * 92))
    hatched = next(shape for shape in chart.striped if shape.name == "estimated")
    assert max(int(x) for x in re.findall(r"H(\d+)", hatched.path)) == round(WIDTH * 4 / 96)
    assert "estimated" in {mark.name for mark in chart.marks}
    assert drawn(curve()).striped == ()


def test_the_usual_day_is_a_band_behind_everything():
    usual = ((W(200),) * 96, (W(300),) * 96, (W(900),) * 96)
    chart = drawn(curve(usual=usual))
    assert [shape.name for shape in chart.fills] == ["band", "import"]
    assert {line.name for line in chart.lines} >= {"usual", "import", "zero"}


def test_the_highest_use_carries_its_figure():
    values = [W(500)] * 96
    values[73] = W(4200)
    label = next(
        label for label in drawn(curve(import_w=tuple(values))).labels if label.name == "peak import"
    )
    assert label.text == "4.20\xa0kW"
    assert float(label.x.rstrip("%")) == pytest.approx(100 * 73.5 / 96, abs=0.01)


def test_the_script_gets_base_units_and_nothing_for_what_is_missing():
    values = (W("1420.5"), None, *[W(500)] * 94)
    series = drawn(curve(import_w=values)).data["series"]
    assert isinstance(series, list)
    assert series[0]["values"][:3] == [1420.5, None, 500.0]


def test_nothing_known_at_all_is_still_a_chart():
    chart = drawn(curve(import_w=(None,) * 96))
    assert line(chart, "import") == ""
    assert line(chart, "missing") == f"M0 {HEIGHT}H{WIDTH}"
