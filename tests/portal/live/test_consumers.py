"""Who may listen, what is heard first, what is heard next, and when it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from consumerapp import wire
from portal.accounts.models import Membership
from portal.live import consumers
from portal.live import hub as hub_module
from portal.live.announce import announce, announce_link_removed, close_screens
from portal.live.feed import End
from portal.pairing import codes, devices
from portal.pairing.models import DeviceKind, DeviceProfile
from portal.pairing.socket_access import KIOSK_COOKIE

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DISPLAY = "/h3/v1/display"


def now(power_w: int) -> wire.Now:
    at = timezone.now()
    return wire.Now(
        seq=0,
        meter="…4417",
        source="Hall",
        at=at,
        received_at=at,
        power_w=Decimal(power_w),
        import_wh=Decimal(1000),
        export_wh=Decimal(0),
    )


def pair(household, profile=DeviceProfile.FULL, kind=DeviceKind.TERMINAL) -> devices.Paired:
    code = codes.make_code(household, profile)
    return devices.pair_device(code=code, name="Kitchen", kind=kind, address="192.0.2.1")


@pytest.fixture
def path(household) -> str:
    return f"/live/{household.public_id}/"


async def test_member_hears_a_snapshot_and_then_every_change(connect, hub, as_bob, household, path):
    screen = await connect(path, client=as_bob)
    snapshot = await screen.next()
    assert isinstance(snapshot, wire.Snapshot)
    assert (snapshot.household, snapshot.timezone) == ("Kerkstraat 12", "Europe/Amsterdam")
    for power_w in (100, -200):
        hub.publish(household.pk, now(power_w))
    heard = [await screen.next(), await screen.next()]
    assert [message.power_w for message in heard] == [100, -200]
    assert [message.seq for message in heard] == [snapshot.seq + 1, snapshot.seq + 2]
    await screen.leave()


async def test_a_later_screen_begins_with_what_was_said_before(connect, hub, as_bob, household, path):
    first = await connect(path, client=as_bob)
    await first.next()
    hub.publish(household.pk, now(250))
    second = await connect(path, client=as_bob)
    snapshot = await second.next()
    assert [word.power_w for word in snapshot.now] == [250]
    assert snapshot.hour.power_w[-1] == 250
    await first.leave()
    await second.leave()


async def test_strangers_all_get_the_same_answer(connect, as_charlie, as_ida, client, path):
    refused = [
        await connect(path, client=as_charlie),
        await connect(path, client=as_ida),
        await connect(path, client=client),
        await connect("/live/nosuchplace2/", client=as_charlie),
        await connect(path, cookies={"meterside_session": "forged"}),
        await connect("/live/"),
    ]
    assert [screen.is_accepted for screen in refused] == [False] * len(refused)


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://testserver:81", "null", "file://"])
async def test_cookies_alone_do_not_open_a_socket(connect, as_alice, path, origin):
    assert not (await connect(path, client=as_alice, origin=origin)).is_accepted


async def test_a_foreign_host_name_does_not_help(connect, as_alice, path, settings):
    settings.ALLOWED_HOSTS = ["meter.example"]
    assert not (await connect(path, client=as_alice)).is_accepted


async def test_coming_back_gives_what_was_missed_and_nothing_else(connect, hub, as_bob, household, path):
    screen = await connect(path, client=as_bob)
    await screen.next()
    hub.publish(household.pk, now(1))
    last = await screen.next()
    await screen.leave()
    for power_w in (2, 3):
        hub.publish(household.pk, now(power_w))
    back = await connect(path, client=as_bob, query=f"after={last.seq}")
    hub.publish(household.pk, now(4))
    heard = [await back.next() for _ in range(3)]
    assert [message.power_w for message in heard] == [2, 3, 4]
    assert [message.seq for message in heard] == [last.seq + 1, last.seq + 2, last.seq + 3]
    await back.leave()


@pytest.mark.parametrize("after", ["", "0", "-1", "x", "9" * 18, "9" * 400, "٣"])
async def test_coming_back_with_a_number_that_is_not_ours_gives_a_snapshot(connect, as_bob, path, after):
    screen = await connect(path, client=as_bob, query=f"after={after}")
    assert isinstance(await screen.next(), wire.Snapshot)
    await screen.leave()


async def test_words_from_other_threads_arrive(connect, as_bob, household, path, in_database):
    screen = await connect(path, client=as_bob)
    await screen.next()
    await in_database(announce, household.pk, now(77))
    assert (await screen.next()).power_w == 77
    await screen.leave()


async def test_a_removed_link_is_forgotten(connect, hub, as_bob, household, path, in_database):
    screen = await connect(path, client=as_bob)
    await screen.next()
    hub.publish(household.pk, now(77))
    await screen.next()
    await in_database(announce_link_removed, household.pk, "Hall")
    await in_database(
        announce,
        household.pk,
        wire.Today(
            seq=0, day=AT.date(), import_wh=Decimal(1), export_wh=None, typical_import_wh=None, until=AT
        ),
    )
    assert isinstance(await screen.next(), wire.Today)
    later = await connect(path, client=as_bob)
    assert (await later.next()).now == ()
    await screen.leave()
    await later.leave()


async def test_other_households_hear_nothing(
    connect, hub, as_bob, as_charlie, household, other_household, path
):
    bobs = await connect(path, client=as_bob)
    charlies = await connect(f"/live/{other_household.public_id}/", client=as_charlie)
    for screen in (bobs, charlies):
        await screen.next()
    hub.publish(household.pk, now(1))
    assert (await bobs.next()).power_w == 1
    assert await charlies.socket.receive_nothing()
    await bobs.leave()
    await charlies.leave()


async def test_device_hears_what_its_profile_grants(connect, hub, household, in_database):
    paired = await in_database(pair, household, DeviceProfile.SHARED_SPACE)
    screen = await connect(DISPLAY, token=paired.token, origin=None)
    snapshot = await screen.next()
    assert (snapshot.today, snapshot.hour) == (None, None)
    hub.publish(household.pk, now(5))
    told = await screen.next()
    assert (told.power_w, told.import_wh) == (5, None)
    await screen.leave()


async def test_a_wrong_token_opens_nothing(connect, household, as_alice):
    assert not (await connect(DISPLAY, token="x" * 43, origin=None)).is_accepted
    assert not (await connect(DISPLAY, client=as_alice)).is_accepted


async def test_removing_a_device_ends_its_socket_at_once(connect, household, in_database):
    paired = await in_database(pair, household)
    other = await in_database(pair, household)
    screen = await connect(DISPLAY, token=paired.token, origin=None)
    others_screen = await connect(DISPLAY, token=other.token, origin=None)
    await screen.next()
    await others_screen.next()
    await in_database(devices.remove_device, paired.device)
    assert (await screen.next()).reason == End.REMOVED
    assert await screen.next() is None
    assert screen.closed_with == consumers.CLOSE_ENDED
    assert await others_screen.socket.receive_nothing()
    assert not (await connect(DISPLAY, token=paired.token, origin=None)).is_accepted
    await others_screen.leave()


async def test_another_profile_begins_anew_without_an_end(connect, household, in_database):
    paired = await in_database(pair, household)
    screen = await connect(DISPLAY, token=paired.token, origin=None)
    await screen.next()
    await in_database(devices.change_profile, paired.device, DeviceProfile.SHARED_SPACE)
    assert await screen.next() is None
    assert screen.closed_with == consumers.CLOSE_COME_BACK
    again = await connect(DISPLAY, token=paired.token, origin=None)
    assert (await again.next()).today is None
    await again.leave()


async def test_wall_screen_listens_by_its_cookie_to_its_own_household(
    connect, household, other_household, path, in_database
):
    paired = await in_database(pair, household, DeviceProfile.SHARED_SPACE, DeviceKind.KIOSK)
    bound = {KIOSK_COOKIE: paired.token}
    screen = await connect(path, cookies=bound)
    assert isinstance(await screen.next(), wire.Snapshot)
    assert not (await connect(f"/live/{other_household.public_id}/", cookies=bound)).is_accepted
    terminal = await in_database(pair, household)
    assert not (await connect(path, cookies={KIOSK_COOKIE: terminal.token})).is_accepted
    await screen.leave()


async def test_someone_who_leaves_the_household_is_cut_off(
    connect, as_bob, bob, household, path, in_database
):
    screen = await connect(path, client=as_bob)
    await screen.next()
    await in_database(close_screens, household.pk, why=End.ACCESS_ENDED, user_id=bob.pk)
    assert (await screen.next()).reason == End.ACCESS_ENDED
    assert await screen.next() is None


async def test_a_right_that_ended_unnoticed_is_noticed(connect, as_bob, bob, path, in_database, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    screen = await connect(path, client=as_bob)
    await screen.next()
    await in_database(Membership.objects.filter(user=bob).delete)
    assert (await screen.next()).reason == End.ACCESS_ENDED
    assert await screen.next() is None


async def test_signing_out_ends_the_socket(connect, as_bob, path, in_database, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    screen = await connect(path, client=as_bob)
    await screen.next()
    await in_database(as_bob.session.flush)
    assert (await screen.next()).reason == End.ACCESS_ENDED


async def test_screens_only_listen(connect, as_bob, path):
    screen = await connect(path, client=as_bob)
    await screen.next()
    for _ in range(consumers.MOST_WORDS_FROM_A_SCREEN + 1):
        await screen.socket.send_input({"type": "websocket.receive", "text": "hello"})
    assert await screen.next() is None
    assert screen.closed_with == consumers.CLOSE_TALKS


async def test_quiet_feed_beats(connect, as_bob, path, monkeypatch):
    monkeypatch.setattr(hub_module, "HEARTBEAT_S", 0.05)
    screen = await connect(path, client=as_bob)
    snapshot = await screen.next()
    beats = [await screen.next(), await screen.next()]
    assert all(isinstance(beat, wire.Heartbeat) for beat in beats)
    assert [beat.seq for beat in beats] == [snapshot.seq + 1, snapshot.seq + 2]
    await screen.leave()


async def test_household_nobody_looks_at_is_forgotten(connect, hub, as_bob, household, path, monkeypatch):
    monkeypatch.setattr(hub_module, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(hub_module, "FORGET_AFTER_S", 0.0)
    screen = await connect(path, client=as_bob)
    await screen.next()
    watched = await hub.live_of(household.pk)
    await screen.leave()
    await hub._beat()
    assert household.pk not in hub._lives
    assert watched.outboxes == []
