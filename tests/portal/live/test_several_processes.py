"""Pages and ingest in processes of their own, Redis between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
from channels.layers import get_channel_layer
from django.utils import timezone

from consumerapp import wire
from portal.live.announce import close_screens
from portal.live.feed import End, Outbox
from portal.live.hub import Hub
from portal.live.profiles import Profile
from tests.journeys.redis_server import redis_url

__all__ = ["redis_url"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def hubs(redis_url, settings) -> AsyncIterator[tuple[Hub, Hub]]:
    """The ingest process's and the page process's, as far as they know of each other: through Redis."""
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url]},
        }
    }
    both = Hub(), Hub()
    yield both
    for hub in both:
        await hub.stop()
    await get_channel_layer().flush()


def now(power_w: int) -> wire.Now:
    at = timezone.now()
    return wire.Now(seq=0, meter="…4417", source="Hall", at=at, received_at=at, power_w=Decimal(power_w))


async def hear(outbox: Outbox, count: int) -> list[wire.Now]:
    heard: list[wire.Now] = []
    while len(heard) < count:
        messages = [wire.decode(text) for text in await outbox.take()]
        heard += [message for message in messages if isinstance(message, wire.Now)]
    return heard


async def test_the_page_process_hears_what_the_ingest_process_reads(hubs, household):
    ingest, pages = hubs
    await ingest.live_of(household.pk, pinned=True)
    outbox = Outbox()
    live = await pages.live_of(household.pk)
    async with pages.listening(live, Profile.FULL, outbox):
        for power_w in (1, 2, 3):
            ingest.publish(household.pk, now(power_w))
            ingest.tell_others(household.pk, now(power_w))
        heard = await hear(outbox, 3)
    assert [message.power_w for message in heard] == [1, 2, 3]
    assert [message.seq - heard[0].seq for message in heard] == [0, 1, 2]
    assert [word.power_w for word in live.state.snapshot(timezone.now()).now] == [3]


async def test_the_ingest_process_does_not_hear_itself_twice(hubs, household):
    ingest, pages = hubs
    live = await ingest.live_of(household.pk, pinned=True)
    outbox, others = Outbox(), Outbox()
    async with (
        ingest.listening(live, Profile.FULL, outbox),
        pages.listening(await pages.live_of(household.pk), Profile.FULL, others),
    ):
        ingest.publish(household.pk, now(1))
        ingest.tell_others(household.pk, now(1))
        await hear(others, 1)
        ingest.publish(household.pk, now(2))
        assert [message.power_w for message in await hear(outbox, 2)] == [1, 2]


async def test_a_view_closes_screens_in_every_process(hubs, household, in_database):
    outboxes = [Outbox(device_id=7), Outbox(device_id=7), Outbox(device_id=8)]
    ingest, pages = hubs
    async with (
        ingest.listening(await ingest.live_of(household.pk), Profile.FULL, outboxes[0]),
        pages.listening(await pages.live_of(household.pk), Profile.FULL, outboxes[1]),
        pages.listening(await pages.live_of(household.pk), Profile.FULL, outboxes[2]),
    ):
        await in_database(close_screens, household.pk, why=End.REMOVED, device_id=7)
        assert await outboxes[0].take() == await outboxes[1].take() == []
    assert [outbox.ended for outbox in outboxes] == [End.REMOVED, End.REMOVED, None]


async def test_a_link_that_is_gone_is_forgotten_everywhere(hubs, household):
    ingest, pages = hubs
    await ingest.live_of(household.pk, pinned=True)
    live = await pages.live_of(household.pk)
    outbox = Outbox()
    async with pages.listening(live, Profile.FULL, outbox):
        ingest.tell_others(household.pk, now(1))
        await hear(outbox, 1)
        ingest.forget_link(household.pk, "Hall")
        ingest.tell_others(household.pk, replace(now(2), meter="…0002", source="Cellar"))
        await hear(outbox, 1)
    assert [word.source for word in live.state.snapshot(timezone.now()).now] == ["Cellar"]
