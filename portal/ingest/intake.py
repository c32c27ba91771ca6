"""From the event loop to the store: readings wait here for at most a second, and are never dropped.

What cannot be stored (the database is away, the disk is slow) waits in memory up to a bound, then in
a file beside the database, and goes in when the store works again. `accept` takes a reading that it
already has as repeated, so doing a batch twice does no harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections

from consumerapp.readings import Reading
from portal.accounts.models import Household
from portal.ingest.services import accept
from portal.ingest.spill import Spill

logger = logging.getLogger(__name__)

BATCH_EVERY_S: Final = 1.0
SCREENS_FIRST_S: Final = 0.02
"""The store's thread begins so much later: until then the interpreter belongs to the screens."""
MOST_WAITING: Final = 20_000
"""Readings in memory: about an hour of one meter, 10 MiB. More go to the spill."""
RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)

Batch = list[Reading]


class Intake:
    """Collects readings per household and stores them from one thread of its own."""

    def __init__(self, spill: Spill) -> None:
        self._spill = spill
        self._waiting: dict[int, list[Batch]] = defaultdict(list)
        self._count = 0
        self._arrived = asyncio.Event()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")
        self._failures = 0

    def put(self, household_id: int, readings: Sequence[Reading]) -> None:
        """One telegram's readings. Never blocks and never drops."""
        if self._count + len(readings) > MOST_WAITING:
            self._to_spill()
        self._waiting[household_id].append(list(readings))
        self._count += len(readings)
        self._arrived.set()

    async def run(self) -> None:
        """Store what arrives until cancelled; then `finish` stores the rest."""
        while True:
            try:
                if self._spill.is_empty():
                    await self._arrived.wait()
                    await asyncio.sleep(SCREENS_FIRST_S)
                self._arrived.clear()
                if await self._store_waiting() and not self._waiting:
                    await self._store_spilt()
            except Exception:
                self._failures += 1
                logger.exception("Readings could not be stored; trying again")
            await asyncio.sleep(self._pause_s())

    async def finish(self) -> None:
        """Store the rest before the process ends; what cannot be stored now is spilt."""
        try:
            if not await self._store_waiting():
                self._to_spill()
        finally:
            # Not on the loop: the last batch may still be telling screens, which needs the loop.
            await asyncio.to_thread(self._executor.shutdown, wait=True)

    def _pause_s(self) -> float:
        return RETRY_S[min(self._failures, len(RETRY_S)) - 1] if self._failures else BATCH_EVERY_S

    async def _store_waiting(self) -> bool:
        """Store everything that waits; False: the database is away, it all waits on."""
        waiting, self._waiting, self._count = self._waiting, defaultdict(list), 0
        while waiting:
            household_id, telegrams = waiting.popitem()
            try:
                await self._in_thread(household_id, telegrams)
            except (OperationalError, InterfaceError) as error:
                self._failures += 1
                logger.warning("Readings wait: the database is away (%s)", type(error).__name__)
                waiting[household_id] = telegrams
                self._put_back(waiting)
                return False
            except BaseException:
                # Cancelled, or a defect of ours: nothing that waits may be lost.
                waiting[household_id] = telegrams
                self._put_back(waiting)
                raise
            self._failures = 0
        return True

    async def _store_spilt(self) -> None:
        """One file's worth of the spill; the file goes when all of it is stored."""
        spilt = self._spill.oldest()
        if spilt is None:
            return
        for household_id, readings in spilt.readings():
            try:
                await self._in_thread(household_id, [readings])
            except (OperationalError, InterfaceError):
                self._failures += 1
                return
        spilt.remove()
        logger.warning("Stored readings that had been spilt")

    async def _in_thread(self, household_id: int, telegrams: list[Batch]) -> None:
        store = sync_to_async(_store, thread_sensitive=False, executor=self._executor)
        await store(household_id, telegrams)

    def _put_back(self, waiting: dict[int, list[Batch]]) -> None:
        for household_id, telegrams in waiting.items():
            self._waiting[household_id][:0] = telegrams
        self._count = sum(len(batch) for telegrams in self._waiting.values() for batch in telegrams)

    def _to_spill(self) -> None:
        if not self._waiting:
            return
        logger.error("%d readings go to the spill: the store does not take them", self._count)
        for household_id, telegrams in self._waiting.items():
            self._spill.write(household_id, [reading for batch in telegrams for reading in batch])
        self._waiting.clear()
        self._count = 0


def _store(household_id: int, telegrams: list[Batch]) -> None:
    """All telegrams of one household at once. One that cannot be taken does not hold up the others."""
    close_old_connections()
    try:
        household = Household.objects.filter(pk=household_id).first()
        if household is None:
            return
        try:
            accept(household, [reading for batch in telegrams for reading in batch])
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("A batch of %d telegrams was not taken; trying each alone", len(telegrams))
            for batch in telegrams:
                _store_alone(household, batch)
    finally:
        close_old_connections()


def _store_alone(household: Household, batch: Batch) -> None:
    try:
        accept(household, batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("One telegram with %d readings was not taken", len(batch))
