"""Bars: up for import, down for export, a tick mark for the period beside."""

from __future__ import annotations

from decimal import Decimal

from portal.pages.bar_chart import Span, bar_chart

WH = Decimal


def span(number: int, bought: int | None, sold: int | None = None, **more) -> Span:
    return Span(
        name=f"{number} November",
        tick=str(number),
        import_wh=None if bought is None else WH(bought),
        export_wh=None if sold is None else WH(sold),
        **more,
    )


def drawn(*spans: Span):
    return bar_chart(spans, key="history", title="Energy", description="A sentence.", previous_name="before")


def percent(text: str) -> float:
    return float(text.rstrip("%"))


def test_bars_are_as_high_as_their_energy():
    chart = drawn(span(1, 4000), span(2, 8000))
    heights = [percent(bar.height) for bar in chart.bars]
    assert round(heights[1] / heights[0], 2) == 2
    assert {bar.name for bar in chart.bars} == {"import"}


def test_export_hangs_below_the_zero_line():
    chart = drawn(span(1, 4000, 3000))
    zero = percent(chart.zero)
    up, down = chart.bars
    assert percent(up.y) + percent(up.height) == zero
    assert (down.name, percent(down.y)) == ("export", zero)


def test_a_missing_day_has_no_bar_and_breaks_the_zero_line():
    chart = drawn(span(1, 4000), span(2, None), span(3, 0))
    assert len(chart.bars) == 2
    names = {shape.name: shape.path for shape in chart.lines}
    assert names["missing"].startswith("M667 ")
    assert names["zero"].count("M") == 2


def test_a_day_to_come_is_not_missing():
    chart = drawn(span(1, 4000), span(2, None, future=True))
    assert "missing" not in {shape.name for shape in chart.lines}


def test_the_period_beside_is_a_mark_over_its_bar():
    chart = drawn(span(1, 4000, previous_wh=WH(4000)), span(2, 8000, previous_wh=WH(2000)))
    marks = next(shape.path for shape in chart.lines if shape.name == "before")
    assert marks.count("M") == 2
    assert [mark.words for mark in chart.marks] == ["from the grid", "before"]


def test_each_bar_says_what_it_stands_for_and_leads_on():
    chart = drawn(span(1, 4000, 500, previous_wh=WH(3000), estimated=True, href="?range=day"))
    assert chart.slots[0].title == (
        "1 November: from the grid 4.0\xa0kWh, to the grid 0.50\xa0kWh, before 3.0\xa0kWh, partly estimated"
    )
    assert chart.slots[0].href == "?range=day"
    assert chart.bars[0].name == "estimated"


def test_missing_says_so_in_words():
    assert drawn(span(1, None)).slots[0].title == "1 November: no data"
