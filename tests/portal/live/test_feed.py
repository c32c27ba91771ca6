"""Numbers, ring and outboxes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from consumerapp import wire
from portal.live.feed import OUTBOX_MESSAGES, RING_MESSAGES, End, Feed, Outbox
from portal.live.profiles import Profile

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def now(power_w: int) -> wire.Now:
    return wire.Now(
        seq=0,
        meter="…4417",
        source="Hall",
        at=AT,
        received_at=AT,
        power_w=Decimal(power_w),
        import_wh=Decimal(1000),
        export_wh=Decimal(10),
    )


def heard(text: str) -> wire.Now:
    message = wire.decode(text)
    assert isinstance(message, wire.Now)
    return message


async def test_numbers_rise_by_one():
    feed, outbox = Feed(Profile.FULL), Outbox()
    feed.outboxes.add(outbox)
    first = feed.seq
    for power_w in (1, 2, 3):
        feed.publish(now(power_w))
    taken = [heard(text) for text in await outbox.take()]
    assert [message.seq for message in taken] == [first + 1, first + 2, first + 3]
    assert [message.power_w for message in taken] == [1, 2, 3]


async def test_every_screen_gets_the_same_text():
    feed, outboxes = Feed(Profile.FULL), [Outbox(), Outbox()]
    feed.outboxes.update(outboxes)
    feed.publish(now(5))
    first, second = [await outbox.take() for outbox in outboxes]
    assert first[0] is second[0]


@given(sent=st.integers(0, 2 * RING_MESSAGES), missed=st.integers(-5, 2 * RING_MESSAGES))
def test_coming_back_gives_exactly_what_was_missed_or_a_snapshot(sent, missed):
    feed = Feed(Profile.FULL)
    for power_w in range(sent):
        feed.publish(now(power_w))
    found = feed.find_missed(feed.seq - missed)
    if 0 <= missed <= min(sent, RING_MESSAGES):
        assert found is not None
        assert [heard(text).power_w for text in found] == list(range(sent - missed, sent))
    else:
        assert found is None


def test_numbers_of_another_process_are_not_ours():
    feeds = [Feed(Profile.FULL) for _ in range(20)]
    for feed in feeds:
        for power_w in range(5):
            feed.publish(now(power_w))
    for feed in feeds:
        others = [other.seq for other in feeds if other is not feed]
        assert all(feed.find_missed(seq) is None for seq in others)
        assert feed.seq + RING_MESSAGES < 2**53


async def test_shared_space_is_told_power_and_no_registers():
    feed, outbox = Feed(Profile.SHARED_SPACE), Outbox()
    feed.outboxes.add(outbox)
    feed.publish(now(700))
    feed.publish(
        wire.Today(
            seq=0, day=AT.date(), import_wh=Decimal(1), export_wh=None, typical_import_wh=None, until=AT
        )
    )
    (told,) = [heard(text) for text in await outbox.take()]
    assert (told.power_w, told.import_wh, told.export_wh) == (Decimal(700), None, None)


async def test_slow_screen_gets_a_snapshot_instead_of_old_news():
    feed, outbox = Feed(Profile.FULL), Outbox()
    feed.outboxes.add(outbox)
    for power_w in range(OUTBOX_MESSAGES + 1):
        feed.publish(now(power_w))
    assert await outbox.take() == []
    assert outbox.overrun


async def test_waiting_screen_wakes_for_a_message_and_for_the_end():
    outbox = Outbox()
    waiting = asyncio.ensure_future(outbox.take())
    await asyncio.sleep(0)
    outbox.put("word")
    assert await waiting == ["word"]
    waiting = asyncio.ensure_future(outbox.take())
    await asyncio.sleep(0)
    outbox.end(End.REMOVED)
    assert await waiting == []
