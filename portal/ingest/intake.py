"""From the event loop to the store: readings wait here for at most a second, and are never dropped.

What cannot be stored (the database is away, the disk is slow) waits in memory up to a bound, then in
a file beside the database, and goes in when the store works again. `accept` takes a reading that it
already has as repeated, so doing a batch twice does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

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
ACKNOWLEDGE_SOON: Final = 10
"""So many telegrams whose sender waits to hear that they are kept do not wait out the second: a Mosquitto
sends 20 and then waits (`max_inflight_messages`)."""
RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)

Batch = list[Reading]


class Telegram(NamedTuple):
    """The readings of one telegram, and whom to tell when they are kept."""

    readings: Batch
    committed: Callable[[], None] | None = None


class Intake:
    """Collects readings per household and stores them from one thread of its own."""

    def __init__(self, spill: Spill) -> None:
        self._spill = spill
        self._waiting: dict[int, list[Telegram]] = defaultdict(list)
        self._count = 0
        self._asking = 0
        self._asked = asyncio.Event()
        self._arrived = asyncio.Event()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")
        self._failures = 0

    def put(
        self, household_id: int, readings: Sequence[Reading], *, committed: Callable[[], None] | None = None
    ) -> None:
        """One telegram's readings. Never blocks and never drops.

        `committed` is called on the event loop once they are in the database. Such readings are never spilt:
        whoever sent them keeps them until then, and sends no more than a few.
        """
        if self._count + len(readings) > MOST_WAITING:
            self._to_spill()
        self._waiting[household_id].append(Telegram(list(readings), committed))
        if committed is not None:
            self._asking += 1
            if self._asking >= ACKNOWLEDGE_SOON:
                self._asked.set()
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
            await self._pause()

    async def finish(self) -> None:
        """Store the rest before the process ends; what cannot be stored now is spilt."""
        try:
            if not await self._store_waiting():
                self._to_spill()
        finally:
            # Not on the loop: the last batch may still be telling screens, which needs the loop.
            await asyncio.to_thread(self._executor.shutdown, wait=True)

    async def _pause(self) -> None:
        """A second between batches, so that the disk rests; less when senders wait, more when it fails."""
        if self._failures:
            await asyncio.sleep(RETRY_S[min(self._failures, len(RETRY_S)) - 1])
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BATCH_EVERY_S):
                await self._asked.wait()

    async def _store_waiting(self) -> bool:
        """Store everything that waits; False: the database is away, it all waits on."""
        waiting, self._waiting, self._count = self._waiting, defaultdict(list), 0
        self._asking = 0
        self._asked.clear()
        while waiting:
            household_id, telegrams = waiting.popitem()
            try:
                await self._in_thread(household_id, [telegram.readings for telegram in telegrams])
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
            _tell_committed(telegrams)
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

    def _put_back(self, waiting: dict[int, list[Telegram]]) -> None:
        for household_id, telegrams in waiting.items():
            self._waiting[household_id][:0] = telegrams
        self._recount()

    def _recount(self) -> None:
        everything = [telegram for telegrams in self._waiting.values() for telegram in telegrams]
        self._count = sum(len(telegram.readings) for telegram in everything)
        self._asking = sum(telegram.committed is not None for telegram in everything)

    def _to_spill(self) -> None:
        kept: dict[int, list[Telegram]] = defaultdict(list)
        for household_id, telegrams in self._waiting.items():
            kept[household_id] = [telegram for telegram in telegrams if telegram.committed is not None]
            readings = [
                reading
                for telegram in telegrams
                if telegram.committed is None
                for reading in telegram.readings
            ]
            if readings:
                logger.error("%d readings go to the spill: the store does not take them", len(readings))
                self._spill.write(household_id, readings)
        self._waiting = defaultdict(list, {pk: telegrams for pk, telegrams in kept.items() if telegrams})
        self._recount()


def _tell_committed(telegrams: Iterable[Telegram]) -> None:
    for telegram in telegrams:
        if telegram.committed is not None:
            try:
                telegram.committed()
            except Exception:
                # It will be sent again, and then counts as repeated.
                logger.exception("A sender could not be told that its readings are kept")


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
