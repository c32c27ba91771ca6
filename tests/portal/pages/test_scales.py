"""Value axes end on round numbers and always hold zero."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from portal.pages.scales import HEIGHT, Scale, percent

POWERS = st.decimals(0, 10**7, allow_nan=False, allow_infinity=False, places=1)


@given(POWERS, POWERS)
def test_holds_both_values_and_zero_on_round_ticks(exported, imported):
    scale = Scale.around(-exported, imported)
    ticks = scale.ticks()
    assert ticks[0] <= -exported
    assert ticks[-1] >= imported
    assert Decimal(0) in ticks
    assert 1 <= len(ticks) - 1 <= 8
    assert scale.step.normalize().as_tuple().digits in {(1,), (2,), (2, 5), (5,)}


def test_zero_lies_at_the_bottom_without_export():
    scale = Scale.around(Decimal(0), Decimal(3100))
    assert scale.height(Decimal(0)) == HEIGHT
    assert scale.high == 4000 or scale.high == Decimal(3500)


def test_nothing_at_all_still_has_an_axis():
    assert Scale.around(Decimal(0), Decimal(0)).high > 0


def test_percent_has_a_point_in_every_language(settings):
    settings.LANGUAGE_CODE = "de"
    assert percent(12.5) == "12.50%"
