"""From the loop to the store: batches, a database that is away, and what waits meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.ingest import intake as intake_module
from portal.ingest.intake import Intake
from portal.ingest.spill import Spill
from portal.live.hub import running_hub
from portal.metering import store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shortly_after_noon() -> Any:
    with time_machine.travel("2026-11-24T12:10:00Z", tick=True):
        yield


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(intake_module, "BATCH_EVERY_S", 0.02)
    monkeypatch.setattr(intake_module, "RETRY_S", (0.02,))


@pytest.fixture
def spill(tmp_path) -> Spill:
    return Spill(tmp_path / "spill")


@pytest.fixture
async def intake(spill) -> AsyncIterator[Intake]:
    found = Intake(spill)
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await found.finish()
    await running_hub().stop()


class Outage:
    """The database server is gone: no connection can be made or used."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.noticed = asyncio.Event()

    def begin(self) -> None:
        loop, noticed = asyncio.get_running_loop(), self.noticed

        def refuse(connection: BaseDatabaseWrapper) -> None:
            loop.call_soon_threadsafe(noticed.set)
            raise OperationalError("the server is away")

        self._monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)

    def end(self) -> None:
        self._monkeypatch.undo()


@pytest.fixture
def outage() -> Any:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Outage(monkeypatch)


async def stored(household) -> Decimal | None:
    latest = await database_sync_to_async(store.latest)(household.pk)
    return max((known.value for known in latest), default=None)


async def until_stored(household, value: int) -> None:
    async with asyncio.timeout(10):
        while await stored(household) != value:
            pass


async def test_readings_come_to_the_store(intake, household, reading):
    intake.put(household.pk, [reading(0)])
    intake.put(household.pk, [reading(10)])
    await until_stored(household, 1010)


async def test_readings_wait_while_the_database_is_away(intake, household, reading, outage):
    outage.begin()
    intake.put(household.pk, [reading(0)])
    await outage.noticed.wait()
    intake.put(household.pk, [reading(10)])
    outage.end()
    await until_stored(household, 1010)


async def test_more_than_memory_holds_waits_in_a_file(intake, spill, household, reading, outage, monkeypatch):
    monkeypatch.setattr(intake_module, "MOST_WAITING", 3)
    outage.begin()
    for second in range(10):
        intake.put(household.pk, [reading(second)])
    await outage.noticed.wait()
    assert not spill.is_empty()
    outage.end()
    await until_stored(household, 1009)
    async with asyncio.timeout(10):
        while not await database_sync_to_async(spill.is_empty)():
            pass
    assert spill.lost == 0


async def test_what_cannot_be_stored_before_the_end_is_there_after_the_next_start(
    spill, household, reading, outage
):
    first = Intake(spill)
    outage.begin()
    first.put(household.pk, [reading(7)])
    await first.finish()
    outage.end()
    assert await stored(household) is None

    second = Intake(spill)
    running = asyncio.create_task(second.run())
    await until_stored(household, 1007)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await second.finish()


async def test_stopping_in_the_middle_loses_nothing(spill, household, reading):
    intake = Intake(spill)
    running = asyncio.create_task(intake.run())
    for second in range(50):
        intake.put(household.pk, [reading(second)])
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await intake.finish()
    assert await stored(household) == 1049
    assert spill.is_empty()


async def test_readings_of_a_household_that_is_gone_hold_nothing_up(intake, household, reading):
    intake.put(household.pk + 1000, [reading(0)])
    intake.put(household.pk, [reading(5)])
    await until_stored(household, 1005)
