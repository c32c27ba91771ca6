"""One sentence per chart, true and whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from portal.pages import sentences

HOURS = list(range(24))


def day(**busy: int) -> list[Decimal | None]:
    return [Decimal(busy.get(f"h{hour}", 50)) for hour in range(24)]


def told(hours, *, is_today: bool = True) -> str:
    total = sum((wh for wh in hours if wh is not None), Decimal(0))
    return sentences.day_sentence(hours, HOURS, total=total or None, is_today=is_today)


def test_says_when_most_was_used():
    assert told(day(h18=2000, h19=2500, h20=1900)) == (
        "Most of today's 7.4\xa0kWh from the grid was used between 18 and 20 h."
    )


def test_a_day_spread_out_names_its_highest_hour():
    assert told(day(h7=90), is_today=False) == (
        "1.2\xa0kWh from the grid, spread over the day; the most in one hour was 0.09\xa0kWh from 7 h."
    )


def test_the_last_hour_ends_at_24():
    assert told(day(h23=5000), is_today=False).endswith("between 23 and 24 h.")


def test_knowing_nothing_is_said():
    assert told([None] * 24) == "Nothing is known about this day yet."
    assert told([None] * 24, is_today=False) == "Nothing is known about this day."


def test_the_busiest_run_is_the_shortest_with_more_than_half():
    assert sentences.busiest_hours([Decimal(1), Decimal(5), Decimal(5), Decimal(1)]) == (1, 3)
    assert sentences.busiest_hours([Decimal(0)] * 4) is None


def test_the_running_day_is_never_the_lowest():
    names, energy = ["Mon", "Tue", "Wed"], [Decimal(9000), Decimal(7000), Decimal(100)]
    assert (
        sentences.spans_sentence(names, energy, 2)
        == "Most on Mon with 9.0\xa0kWh, least on Tue with 7.0\xa0kWh."
    )
    assert (
        sentences.spans_sentence(names, energy)
        == "Most on Mon with 9.0\xa0kWh, least on Wed with 0.10\xa0kWh."
    )


def test_missing_days_take_no_part():
    assert sentences.spans_sentence(["Mon", "Tue"], [None, Decimal(7000)]) == "Tue: 7.0\xa0kWh."
    assert sentences.spans_sentence(["Mon"], [None]) == "Nothing is known about this time."


@pytest.mark.parametrize(
    ("change", "words"), [(None, ""), (0, "as much"), (8, "8\xa0% more"), (-8, "8\xa0% less")]
)
def test_a_change_is_told_in_words(change, words):
    assert sentences.change_words(change) == words


def test_germans_are_told_in_german():
    with translation.override("de"):
        assert sentences.change_words(-8) == "8\xa0% weniger"


def test_a_gap_says_how_long_it_is():
    assert sentences.gap_sentence(2) == "no data for 30 minutes"
    assert sentences.gap_sentence(10) == "no data for 2.5 h"
