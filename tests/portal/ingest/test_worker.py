"""From a pty to the screens and to the store, with real telegrams, sources and threads."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from channels.db import database_sync_to_async

from consumerapp import wire
from consumerapp.readings import Obis
from consumerapp.simulator import dlms, dlms_frames, sml
from consumerapp.sources.link import LinkState
from portal.ingest import claims
from portal.ingest.worker import IngestWorker
from portal.live.feed import Outbox
from portal.live.hub import running_hub
from portal.live.profiles import Profile
from portal.metering import store
from portal.pairing import links
from portal.pairing.models import InvocationCounter, MeterLink

pytestmark = pytest.mark.django_db(transaction=True)

SERVER_ID = bytes.fromhex("0a01454d480000abcdef")


def telegram(power_w: int, import_tenths_wh: int = 123_456_789) -> bytes:
    def row(code: str, value: int, unit: int, scaler: int) -> sml.ListEntry:
        return sml.ListEntry(obis=Obis.parse(code), value=value, unit=unit, scaler=scaler)

    return sml.telegram(
        SERVER_ID,
        [row("1-0:1.8.0", import_tenths_wh, 30, -1), row("1-0:16.7.0", power_w, 27, 0)],
        sensor_time=sml.seconds_index(power_w),
    )


class Head:
    """A reading head on a pty."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        for end in (self._master, self._slave):
            tty.setraw(end)
        self.url = os.ttyname(self._slave)

    async def push_until(self, octets: bytes, heard: Coroutine[Any, Any, Any]) -> Any:
        """Push again and again, as a meter does, until somebody heard it."""
        hearing = asyncio.ensure_future(heard)
        while not hearing.done():
            os.write(self._master, octets)
            await asyncio.wait([hearing], timeout=0.1)
        return hearing.result()

    def close(self) -> None:
        for end in (self._master, self._slave):
            os.close(end)


@pytest.fixture
def head() -> Iterator[Head]:
    found = Head()
    yield found
    found.close()


@pytest.fixture
def other_head() -> Iterator[Head]:
    found = Head()
    yield found
    found.close()


class Listener:
    """A screen of the household, in the worker's own process."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._heard: list[wire.Message] = []

    async def until(self, wanted: Callable[[Any], bool]) -> Any:
        """The first message from here on that is the wanted one."""
        async with asyncio.timeout(10):
            while True:
                while self._heard:
                    message = self._heard.pop(0)
                    if wanted(message):
                        return message
                self._heard = [wire.decode(text) for text in await self._outbox.take()]

    async def power(self, power_w: int) -> wire.Now:
        found: wire.Now = await self.until(lambda m: isinstance(m, wire.Now) and m.power_w == power_w)
        return found

    async def link(self, source: str, state: LinkState) -> wire.Link:
        found: wire.Link = await self.until(
            lambda m: isinstance(m, wire.Link) and (m.source, m.state) == (source, state)
        )
        return found


@pytest.fixture
async def listener(household) -> AsyncIterator[Listener]:
    hub = running_hub()
    outbox = Outbox()
    live = await hub.live_of(household.pk)
    async with hub.listening(live, Profile.FULL, outbox):
        yield Listener(outbox)
    await hub.stop()


@pytest.fixture
async def start(tmp_path) -> AsyncIterator[Callable[[], Any]]:
    """Start the worker; it is stopped as SIGTERM would stop it."""
    stop = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    def _start() -> asyncio.Event:
        running.append(asyncio.create_task(IngestWorker(tmp_path / "spill").run(stop)))
        return stop

    async def _end() -> None:
        stop.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*running)

    _start.end = _end  # type: ignore[attr-defined]
    yield _start
    await _end()


@database_sync_to_async
def add(household, head: Head, name: str = "Hall") -> MeterLink:
    return links.add_link(household, kind="serial", name=name, settings={"url": head.url, "protocol": "sml"})


@database_sync_to_async
def the_link(name: str = "Hall") -> MeterLink:
    return MeterLink.objects.get(name=name)


@database_sync_to_async
def latest(household) -> dict[str, Any]:
    return {known.obis.short: known.value for known in store.latest(household.pk)}


async def test_screens_hear_the_telegram_and_the_store_keeps_it(household, head, listener, start):
    await add(household, head)
    start()
    await listener.link("Hall", LinkState.CONNECTING)
    now = await head.push_until(telegram(1420), listener.power(1420))
    assert (now.source, now.import_wh) == ("Hall", Decimal("12345678.9"))
    await listener.link("Hall", LinkState.LIVE)
    await start.end()
    assert await latest(household) == {"1.8.0": Decimal("12345678.9"), "16.7.0": 1420}
    link = await the_link()
    assert link.frames_ok >= 1
    assert (link.frames_refused_total, link.claimed_by) == (0, "")
    assert link.meter_ident == "1EMH0011259375"


async def test_damaged_frames_are_counted_and_nothing_is_kept(household, head, listener, start):
    await add(household, head)
    start()
    await listener.link("Hall", LinkState.CONNECTING)
    damaged = bytearray(telegram(1420))
    damaged[-1] ^= 0x01
    await head.push_until(bytes(damaged) + telegram(700), listener.power(700))
    await start.end()
    link = await the_link()
    assert link.frames_ok == link.frames_refused_total >= 1
    assert (await latest(household))["16.7.0"] == 700


async def test_links_added_changed_and_removed_while_running(household, head, other_head, listener, start):
    start()
    first = await add(household, head)
    await listener.link("Hall", LinkState.CONNECTING)
    await head.push_until(telegram(1), listener.power(1))

    await database_sync_to_async(links.change_settings)(first, {"url": other_head.url, "protocol": "sml"})
    await listener.link("Hall", LinkState.STOPPED)
    await listener.link("Hall", LinkState.CONNECTING)
    await other_head.push_until(telegram(2), listener.power(2))

    await database_sync_to_async(links.rename_link)(first, "Cellar")
    await listener.link("Cellar", LinkState.CONNECTING)
    assert (await other_head.push_until(telegram(3), listener.power(3))).source == "Cellar"
    live = await running_hub().live_of(household.pk)
    assert list(live.state.links) == ["Cellar"]

    await database_sync_to_async(links.remove_link)(first)
    await listener.link("Cellar", LinkState.STOPPED)
    async with asyncio.timeout(10):
        while live.state.links:
            await database_sync_to_async(MeterLink.objects.count)()
    assert live.state.snapshot(datetime.now(UTC)).now == ()


async def test_switched_off_link_is_left_alone(household, head, listener, start):
    link = await add(household, head)
    start()
    await listener.link("Hall", LinkState.CONNECTING)
    await database_sync_to_async(links.switch_link)(link, enabled=False)
    await listener.link("Hall", LinkState.STOPPED)
    await database_sync_to_async(links.switch_link)(link, enabled=True)
    await listener.link("Hall", LinkState.CONNECTING)


async def test_two_households_do_not_mix(household, other_household, head, other_head, listener, start):
    await add(household, head)
    await add(other_household, other_head, "Flur")
    start()
    await listener.link("Hall", LinkState.CONNECTING)
    hub = running_hub()
    outbox = Outbox()
    async with hub.listening(await hub.live_of(other_household.pk), Profile.FULL, outbox):
        await other_head.push_until(telegram(9), Listener(outbox).power(9))
    await head.push_until(telegram(8), listener.power(8))
    await start.end()
    assert (await latest(household))["16.7.0"] == 8
    assert (await latest(other_household))["16.7.0"] == 9


async def test_bad_settings_stop_only_their_own_link(household, head, listener, start, caplog):
    await database_sync_to_async(links.add_link)(household, kind="nonsense", name="Broken", settings={})
    await add(household, head)
    start()
    await listener.link("Broken", LinkState.LOST)
    await head.push_until(telegram(5), listener.power(5))
    assert "there is no source" in caplog.text


async def test_a_link_belongs_to_one_worker_at_a_time(household, head):
    await add(household, head)
    claim = database_sync_to_async(claims.claim_links)
    assert [link.name for link in await claim("one/1")] == ["Hall"]
    assert await claim("two/1") == []
    assert [link.name for link in await claim("one/1")] == ["Hall"]
    await database_sync_to_async(claims.release_links)("one/1")
    assert [link.name for link in await claim("two/1")] == ["Hall"]


KEY, AUTH_KEY, NEXT_KEY = b"Meterside test 1", b"Meterside test 2", b"Meterside test 3"


class Meter:
    """A meter that ciphers: each telegram has the next counter, and the counter for its power."""

    def __init__(self, number: int = 1, *, key: bytes = KEY) -> None:
        self._title = b"TST\0\0\0\0" + bytes((number,))
        self._key = key
        self.counter = 0

    def recorded(self, counter: int) -> bytes:
        registers = [
            dlms.Register(Obis.parse("1-0:1.7.0"), dlms.u32(counter), 0, 27),
            dlms.Register(Obis.parse("1-0:1.8.0"), dlms.u32(5000), 0, 30),
        ]
        plain = dlms.notification(dlms.coded_array(registers))
        apdu = dlms_frames.sealed(
            plain,
            key=self._key,
            auth_key=AUTH_KEY,
            system_title=self._title,
            counter=counter,
            security=0x30,
        )
        return dlms_frames.hdlc_message(apdu)

    def next_telegram(self) -> bytes:
        self.counter += 1
        return self.recorded(self.counter)


async def push_meter_until(head: Head, meter: Meter, heard: Coroutine[Any, Any, Any]) -> Any:
    """Push ever new telegrams, as a meter does, until somebody heard it."""
    hearing = asyncio.ensure_future(heard)
    while not hearing.done():
        os.write(head._master, meter.next_telegram())
        await asyncio.wait([hearing], timeout=0.1)
    return hearing.result()


@database_sync_to_async
def add_ciphered(household, head: Head, **keys: str) -> MeterLink:
    settings = {"url": head.url, "protocol": "dlms", **keys}
    return links.add_link(household, kind="serial", name="Hall", settings=settings)


async def link_that(is_it: Callable[[MeterLink], bool]) -> MeterLink:
    async with asyncio.timeout(10):
        while not is_it(link := await the_link()):
            pass
    return link


def any_power(message: Any) -> bool:
    return isinstance(message, wire.Now) and message.power_w is not None


async def test_a_recorded_telegram_is_refused_by_the_next_process(household, head, listener, start, tmp_path):
    await add_ciphered(household, head, key=KEY.hex(), auth_key=AUTH_KEY.hex())
    start()
    meter = Meter()
    await push_meter_until(head, meter, link_that(lambda link: link.paired_title != ""))
    await start.end()
    row = await database_sync_to_async(InvocationCounter.objects.get)()
    # Telegrams may still have been on the line when the worker ended.
    assert 3 <= row.counter <= meter.counter

    stop = asyncio.Event()
    worker = asyncio.create_task(IngestWorker(tmp_path / "spill").run(stop))
    before = await the_link()
    recorded = meter.recorded(row.counter)
    replayed = link_that(
        lambda link: link.frames_refused.get("replay", 0) > before.frames_refused.get("replay", 0)
    )
    hearing = asyncio.ensure_future(replayed)
    while not hearing.done():
        os.write(head._master, recorded)
        await asyncio.wait([hearing], timeout=0.1)
    hearing.result()
    stranger = Meter(number=9)
    stranger.counter = 100_000
    await push_meter_until(head, stranger, link_that(lambda link: "needs_key" in link.frames_refused))
    while meter.counter <= row.counter:
        meter.next_telegram()
    heard = await push_meter_until(
        head, meter, listener.until(lambda m: any_power(m) and m.power_w > row.counter)
    )
    assert heard.power_w < stranger.counter
    stop.set()
    await worker


async def test_another_meter_is_heard_after_the_old_one_is_forgotten(household, head, listener, start):
    link = await add_ciphered(household, head, key=KEY.hex(), auth_key=AUTH_KEY.hex())
    start()
    await push_meter_until(head, Meter(), link_that(lambda link: link.paired_title != ""))
    first = (await the_link()).paired_title
    await database_sync_to_async(links.forget_meter)(link)
    newer = await push_meter_until(
        head, Meter(number=2), link_that(lambda link: link.paired_title not in {"", first})
    )
    assert newer.paired_title.endswith("02")


async def test_entered_keys_are_in_force_once_three_telegrams_proved_them(household, head, listener, start):
    link = await add_ciphered(household, head)
    start()
    await push_meter_until(head, Meter(), link_that(lambda link: link.state_detail == "needs_key"))
    await database_sync_to_async(links.enter_keys)(link, key=KEY, auth_key=AUTH_KEY)
    meter = Meter()
    heard = await push_meter_until(head, meter, listener.until(any_power))
    assert heard.power_w >= 3
    assert heard.authenticity == "authenticated"
    link = await link_that(lambda link: set(link.sealed) == {"key", "auth_key"})
    assert links.opened_settings(link)["key"] == KEY.hex().upper()


async def test_a_wrong_key_changes_nothing_of_the_one_in_force(household, head, listener, start):
    link = await add_ciphered(household, head, key=KEY.hex(), auth_key=AUTH_KEY.hex())
    start()
    meter = Meter()
    await push_meter_until(head, meter, listener.until(any_power))
    await database_sync_to_async(links.enter_keys)(link, key=b"a wrong key, yes", auth_key=None)
    seen = meter.counter
    await push_meter_until(head, meter, listener.until(lambda m: any_power(m) and m.power_w > seen + 3))
    assert set((await the_link()).sealed) == {"key", "auth_key", "next_key"}


async def test_the_operator_changes_the_key(household, head, listener, start):
    link = await add_ciphered(household, head, key=KEY.hex(), auth_key=AUTH_KEY.hex())
    start()
    await push_meter_until(head, Meter(), listener.until(any_power))
    await database_sync_to_async(links.enter_keys)(link, key=NEXT_KEY, auth_key=AUTH_KEY)
    await push_meter_until(head, Meter(), listener.until(any_power))
    changed = link_that(lambda link: "next_key" not in link.sealed)
    link = await push_meter_until(head, Meter(key=NEXT_KEY), changed)
    assert links.opened_settings(link)["key"] == NEXT_KEY.hex().upper()
