"""The ingest worker: one task per link; screens are told first, then the store.

    source ──deliver──▶ LinkReader ──▶ hub (screens, at once)
                             └──────▶ Intake ──thread──▶ accept() ──▶ store

Everything but the store and the table of links happens on the event loop. Links that are added,
changed or removed while it runs are taken up within a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any, Final

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError

from consumerapp.errors import ConsumerAppError
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkDetail
from portal.ingest.claims import ClaimedLink, claim_links, find_name, release_links, worker_name
from portal.ingest.intake import Intake
from portal.ingest.link_reader import LinkReader
from portal.ingest.spill import Spill
from portal.live.hub import Hub, running_hub
from portal.pairing.counters import open_book
from portal.pairing.links import LINKS_GROUP

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
"""How often the table of links is looked at in case the word of a change was lost."""
KEEP_EVERY_S: Final = 1.0
RESTART_AFTER_S: Final = 5.0


class IngestWorker:
    """Reads every link it can claim, until it is stopped."""

    def __init__(self, spill_folder: Path, *, instance: int = 1) -> None:
        self._name = worker_name(instance)
        self._spill_folder = spill_folder
        self._readers: dict[int, LinkReader] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set; then store what waits and give the links up."""
        intake = Intake(Spill(self._spill_folder))
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(intake.run()),
                group.create_task(self._tend_links(group, intake)),
                group.create_task(self._keep_states()),
            ]
            await stop.wait()
            for task in [*helpers, *self._tasks.values()]:
                task.cancel()
        await intake.finish()
        await self._give_up_links()

    async def _tend_links(self, group: asyncio.TaskGroup, intake: Intake) -> None:
        """Start, restart and stop readers so that they are what the table says."""
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(LINKS_GROUP, channel)
        hub = running_hub()
        while True:
            try:
                wanted = {link.pk: link for link in await database_sync_to_async(claim_links)(self._name)}
                await self._reconcile(wanted, group, hub, intake)
            except Exception:
                logger.exception("The links could not be looked up; trying again")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await layer.receive(channel)

    async def _reconcile(
        self, wanted: dict[int, ClaimedLink], group: asyncio.TaskGroup, hub: Hub, intake: Intake
    ) -> None:
        for pk, reader in list(self._readers.items()):
            if pk not in wanted or wanted[pk].version != reader.link.version:
                await self._stop_reader(pk)
                name_now = await database_sync_to_async(find_name)(pk)
                if name_now != reader.link.name:
                    hub.forget_link(reader.link.household_id, reader.link.name)
        for pk, link in wanted.items():
            if pk not in self._readers:
                live = await hub.live_of(link.household_id, pinned=True)
                reader = LinkReader(link, hub=hub, live=live, intake=intake)
                self._readers[pk] = reader
                self._tasks[pk] = group.create_task(_read_for_ever(reader), name=f"link {pk}")

    async def _stop_reader(self, pk: int) -> None:
        """Cancel a reader and keep what it knew last."""
        task = self._tasks.pop(pk)
        reader = self._readers.pop(pk)
        task.cancel()
        await asyncio.wait([task])
        await reader.keep_state(all_of_it=True)

    async def _keep_states(self) -> None:
        """Write what readers know of their links: states within a second, counters now and then."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            for reader in list(self._readers.values()):
                try:
                    await reader.keep_state()
                except (OperationalError, InterfaceError):
                    logger.warning("The state of a link could not be kept; trying again")
                except Exception:
                    logger.exception("The state of a link could not be kept")

    async def _give_up_links(self) -> None:
        for reader in self._readers.values():
            with contextlib.suppress(OperationalError, InterfaceError):
                await reader.keep_state(all_of_it=True)
        with contextlib.suppress(OperationalError, InterfaceError):
            await database_sync_to_async(release_links)(self._name)


async def _read_for_ever(reader: LinkReader) -> None:
    """A source recovers by itself; should it fail all the same, it is started again."""
    while True:
        try:
            reader.book = await database_sync_to_async(open_book)(reader.link.pk)
            source = open_source(reader.link.kind, reader.link.settings, counters=reader.book)
            await source.run(reader.deliver)
        except ConsumerAppError as error:
            # Trying again cannot help; the next change of the link's settings starts it anew.
            logger.error("Link %d cannot be read: %s", reader.link.pk, error)
            reader.note_failed(LinkDetail.SETTING_REFUSED)
            return
        except Exception:
            logger.exception("The source %r failed; starting it again", reader.link.kind)
            reader.note_failed(LinkDetail.NOTHING_TO_SAY)
        else:
            return  # a recording that has ended
        await asyncio.sleep(RESTART_AFTER_S)
