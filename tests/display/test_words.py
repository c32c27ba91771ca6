"""Sentences and figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consumerapp.live_values import WhyNoPower
from consumerapp.sources.link import LinkDetail, LinkState
from consumerapp.wire import Link
from display.language import Language
from display.words import Words
from tests.display.conftest import MOMENT, a_known, a_link, a_now


@pytest.fixture
def words(english: Language) -> Words:
    return Words(english)


@pytest.mark.parametrize(
    ("power_w", "number", "direction"),
    [
        ("1423.5", "1.42", "using"),
        ("-2104", "−2.10", "sending to the grid"),
        ("5", "0.01", "using"),
        ("4.9", "0.00", "balanced: nothing drawn, nothing sent"),
        ("-4.9", "0.00", "balanced: nothing drawn, nothing sent"),
        ("-5", "−0.01", "sending to the grid"),
        ("0", "0.00", "balanced: nothing drawn, nothing sent"),
        ("22080", "22.08", "using"),
    ],
)
def test_number_sign_and_words_agree(words: Words, power_w: str, number: str, direction: str) -> None:
    power = Decimal(power_w)
    assert words.kilowatts(power) == number
    assert words.direction(power) == direction


def test_the_exact_value_is_not_rounded(words: Words) -> None:
    assert words.watts(Decimal("-1423.456")) == "1,423.456 W"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (86400, "24 h"), (3 * 86400, "3 days")],
)
def test_spans_use_their_largest_unit(words: Words, seconds: float, text: str) -> None:
    assert words.span(seconds) == text


def test_an_old_value_is_called_old_with_its_time_and_the_reason(words: Words) -> None:
    link = a_link(LinkState.LOST, LinkDetail.PORT_UNPLUGGED)
    known = a_known(a_now(age_s=200), link=link)
    notice = words.notice(known, known.now(), MOMENT)
    assert notice is not None
    assert notice.headline == "Last value from 14:04, 3 min old."
    assert notice.advice == "The reading head was unplugged. Plug it in; it goes on by itself."
    assert notice.urgent


def test_yesterdays_value_has_its_date(words: Words) -> None:
    known = a_known(a_now(age_s=20 * 3600))
    notice = words.notice(known, known.now(), MOMENT)
    assert notice is not None
    assert notice.headline == "Last value from Mon 23 Nov 18:07, 20 h old."


def test_all_well_needs_no_notice(words: Words) -> None:
    known = a_known(a_now())
    assert words.notice(known, known.now(), MOMENT) is None


def test_a_locked_meter_is_explained_with_its_remedy(words: Words) -> None:
    known = a_known(a_now(None, why_no_power=WhyNoPower.PIN_LOCKED))
    notice = words.notice(known, known.now(), MOMENT)
    assert notice is not None
    assert "PIN" in notice.headline
    assert "grid operator" in notice.advice


@pytest.mark.parametrize("state", list(LinkState))
def test_every_link_state_has_a_word_and_only_live_has_no_sentence(words: Words, state: LinkState) -> None:
    assert words.link_state(state)
    known = a_known(link=a_link(state))
    notice = words.link_notice(a_link(state), known)
    assert (notice is None) is (state is LinkState.LIVE)


def test_the_causes_that_people_can_mend_have_advice(words: Words) -> None:
    silent_by_design = {
        LinkDetail.NOTHING_TO_SAY,
        LinkDetail.PEER_CLOSED,
        LinkDetail.NOTHING_RECEIVED,
        LinkDetail.WENT_QUIET,
        LinkDetail.FLOODED,
    }
    for detail in LinkDetail:
        assert bool(words.link_advice(a_link(LinkState.LOST, detail))) is (detail not in silent_by_design)


def test_a_detail_of_a_newer_portal_is_no_error(words: Words) -> None:
    assert words.link_advice(a_link(LinkState.LOST, "struck_by_lightning")) == ""


def test_the_portals_absence_comes_before_the_meters(words: Words) -> None:
    known = a_known(a_now(), link=a_link(LinkState.SILENT))
    portal = Link(seq=0, source="portal", state=LinkState.LOST, since=MOMENT)
    notice = words.portal_notice(portal, known)
    assert notice is not None
    assert notice.headline == "No connection to the portal since 14:07."


def test_german_is_german(german: Language) -> None:
    words = Words(german)
    assert words.kilowatts(Decimal("1423.5")) == "1,42"
    assert words.direction(Decimal(-2104)) == "speist ins Netz"
    known = a_known(a_now(age_s=200))
    notice = words.notice(known, known.now(), MOMENT)
    assert notice is not None
    assert notice.headline == "Letzter Wert von 14:04, 3 min alt."
