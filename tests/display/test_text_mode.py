"""Plain sentences, one for each change."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from consumerapp.sources.link import LinkDetail, LinkState
from display import text_mode
from display.language import Language
from display.text_mode import Narrator
from display.words import Words
from tests.display.conftest import MOMENT, Clock, ToldFeed, a_known, a_link, a_now


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def narrator(said: list[str], english: Language) -> Narrator:
    return Narrator(Words(english), said.append)


def test_power_level_and_today_are_told_once(narrator: Narrator, said: list[str]) -> None:
    for _ in range(3):
        narrator.tell(a_known(a_now()), MOMENT)
    assert said == ["Using 1.42 kW, low.", "Today 8.42 kWh from the grid.", "Usually 7.90 kWh by now."]


def test_each_change_is_one_sentence(narrator: Narrator, said: list[str]) -> None:
    narrator.tell(a_known(a_now()), MOMENT)
    said.clear()
    for power in (1423, 1430, 2500, -900, 0):
        narrator.tell(a_known(a_now(power)), MOMENT)
    assert said == [
        "Using 1.43 kW, low.",
        "Using 2.50 kW, medium.",
        "Sending 0.90 kW to the grid.",
        "Nothing is drawn, nothing is sent.",
    ]


def test_numbers_can_be_told_less_often_but_direction_and_level_cannot(
    said: list[str], english: Language
) -> None:
    narrator = Narrator(Words(english), said.append, every=timedelta(seconds=30))
    narrator.tell(a_known(a_now()), MOMENT)
    said.clear()
    narrator.tell(a_known(a_now(1500)), MOMENT)
    assert said == []
    narrator.tell(a_known(a_now(2500)), MOMENT)
    narrator.tell(a_known(a_now(-100)), MOMENT)
    narrator.tell(a_known(a_now(-150)), MOMENT)
    assert said == ["Using 2.50 kW, medium.", "Sending 0.10 kW to the grid."]
    narrator.tell(a_known(a_now(-150, age_s=-27)), MOMENT + timedelta(seconds=28))
    assert said[2:] == []
    narrator.tell(a_known(a_now(-150, age_s=-30)), MOMENT + timedelta(seconds=31))
    assert said[2:] == ["Sending 0.15 kW to the grid."]


def test_age_is_told_when_a_value_becomes_old_and_not_every_second(
    narrator: Narrator, said: list[str]
) -> None:
    known = a_known(a_now())
    narrator.tell(known, MOMENT)
    said.clear()
    for second in range(1, 200):
        narrator.tell(known, MOMENT + timedelta(seconds=second))
    assert said == ["The next value is late.", "Last value from 14:07, 30 s old."]


def test_a_lost_link_and_its_return_are_told(narrator: Narrator, said: list[str]) -> None:
    narrator.tell(a_known(a_now()), MOMENT)
    said.clear()
    narrator.tell(a_known(a_now(), link=a_link(LinkState.LOST, LinkDetail.PORT_UNPLUGGED)), MOMENT)
    narrator.tell(a_known(a_now()), MOMENT)
    lost, back = said
    assert lost.startswith(
        "The connection to /dev/ttyUSB0 is lost since 14:01. The reading head was unplugged."
    )
    assert back == "Live again."


def test_a_locked_meter_is_explained(narrator: Narrator, said: list[str]) -> None:
    narrator.tell(a_known(a_now(None)), MOMENT)
    assert said == ["This meter sends energy, but no power."]


async def test_a_feed_is_narrated_until_the_end(said: list[str], english: Language, clock: Clock) -> None:
    heard = asyncio.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        if "0.55" in sentence:
            heard.set()

    feed = ToldFeed(a_known(a_now(Decimal(550))))
    task = asyncio.create_task(text_mode.run(feed, Words(english), say, every=timedelta(0), clock=clock))
    async with asyncio.timeout(10):
        await heard.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said[0] == "Using 0.55 kW, low."
