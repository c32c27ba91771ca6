"""Numbers as people read them, with the exact base value beside them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from consumerapp.readings import Unit
from portal.pages import figures
from portal.pages.figures import Figure
from tests.portal.pages.written_history import NOW


def test_power_is_always_kilowatts_with_two_decimals():
    assert figures.power(Decimal(143)) == Figure("143", "0.14", "kW")
    assert figures.power(Decimal("12345.6")) == Figure("12345.6", "12.35", "kW")


def test_germans_read_a_comma_and_machines_a_point():
    with translation.override("de"):
        assert figures.power(Decimal("1421.5")) == Figure("1421.5", "1,42", "kW")
        assert figures.energy(Decimal(12_937_442)).text == "12.937"


@pytest.mark.parametrize(
    ("energy_wh", "text"),
    [(0, "0.00"), (412, "0.41"), (8437, "8.4"), (999_940, "999.9"), (1_000_000, "1,000")],
)
def test_energy_is_as_fine_as_its_size_deserves(energy_wh, text):
    assert figures.energy(Decimal(energy_wh)).text == text


def test_a_negative_value_has_a_real_minus_sign_and_zero_has_none():
    assert figures.number(Decimal("-1.5"), 1) == "\N{MINUS SIGN}1.5"
    assert figures.number(Decimal("-0.001"), 2) == "0.00"


def test_a_reading_is_never_rounded():
    assert figures.register(Decimal("12937442.1"), Unit.WH) == Figure("12937442.1", "12,937.4421", "kWh")
    assert figures.register(Decimal(51_793_239), Unit.WH, 4).text == "51,793.2390"
    assert figures.register(Decimal("12937442.1"), Unit.WH, 1).text == "12,937.4421"
    assert figures.register(Decimal("1284.372"), Unit.M3) == Figure("1284.372", "1,284.372", "m³")


def test_change_says_nothing_where_there_is_nothing_to_compare():
    assert figures.percent_change(Decimal(92), Decimal(100)) == -8
    assert figures.percent_change(Decimal(92), None) is None
    assert figures.percent_change(Decimal(92), Decimal(0)) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s ago"),
        (59, "59 s ago"),
        (180, "3 min ago"),
        (7200, "2 h ago"),
        (90_000, "1 day ago"),
        (200_000, "2 days ago"),
    ],
)
def test_age_is_told_in_the_shortest_true_words(seconds, words):
    assert figures.age(NOW - timedelta(seconds=seconds), NOW) == words


def test_the_tag_writes_the_base_value_for_machines():
    template = Template("{% load meterside %}{% figure shown 'power' %}{% figure missing %}")
    text = template.render(Context({"shown": figures.power(Decimal(1421)), "missing": None}))
    assert (
        '<data class="figure" value="1421" data-part="power">1.42<span class="unit">\xa0kW</span></data>'
        in text
    )
    assert "no value" in text
