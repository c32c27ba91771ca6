"""What happens with each delivery of one link. Runs on the event loop and never blocks."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from channels.db import database_sync_to_async
from django.db import transaction

from consumerapp import wire
from consumerapp.h1.counter_book import FRAMES_TO_PAIR, CounterBook, CounterEntry
from consumerapp.h1.decoder import Telegram
from consumerapp.normalise import normalise
from consumerapp.readings import Authenticity, Commodity, MeterId, Reading
from consumerapp.sources.link import (
    Delivery,
    FrameRefused,
    LinkChanged,
    LinkDetail,
    LinkState,
    LinkStatus,
    TelegramArrived,
)
from portal.ingest.claims import ClaimedLink
from portal.ingest.intake import Intake
from portal.ingest.moment import Moments
from portal.live.hub import HouseholdLive, Hub
from portal.pairing.counters import keep_counters
from portal.pairing.links import activate_keys
from portal.pairing.models import MeterLink

COUNTERS_EVERY_S: Final = 10.0
_IN_PIECES: Final = frozenset({"mqtt", "knx"})
"""Kinds of links whose telegrams may hold one value each."""


class LinkReader:
    """Screens first, then the store; counts what came."""

    def __init__(self, link: ClaimedLink, *, hub: Hub, live: HouseholdLive, intake: Intake) -> None:
        self.link = link
        self._hub = hub
        self._live = live
        self._intake = intake
        self.book = CounterBook()
        """What is remembered of the meter; opened anew whenever the source begins."""
        next_key = link.settings.get("next_key")
        self._next_key = bytes.fromhex(next_key) if next_key else None
        self._keys_are_proved = False
        self._meter_id = MeterId(link.meter_ident) if link.meter_ident else None
        self._frames_ok = link.frames_ok
        self._frames_refused = Counter(link.frames_refused)
        self._last_telegram_at: datetime | None = None
        self._moments = Moments() if link.kind in _IN_PIECES else None
        self._status: LinkStatus | None = None
        self._state_is_new = False
        self._counters_are_new = False
        self._kept_at = 0.0

    def deliver(self, delivery: Delivery) -> None:
        """Take one delivery of the source."""
        match delivery:
            case TelegramArrived():
                self._take(delivery)
            case FrameRefused():
                self._frames_refused[delivery.refused.kind.value] += 1
                self._counters_are_new = True
            case LinkChanged():
                self._change(delivery.status)

    def note_failed(self, detail: LinkDetail) -> None:
        """The source could not begin, or ended with an error that it does not know."""
        self._change(LinkStatus(state=LinkState.LOST, since=datetime.now(UTC), detail=detail))

    def _take(self, delivery: TelegramArrived) -> None:
        telegram, received_at = delivery.telegram, delivery.received_at
        self._frames_ok += 1
        self._last_telegram_at = received_at
        self._counters_are_new = True
        if self._is_on_trial(telegram):
            if delivery.committed is not None:
                delivery.committed()
            return
        self._meter_id = telegram.meter_id or self._meter_id
        normalised = normalise(
            telegram, received_at=received_at, source=self.link.name, meter_id=self._meter_id
        )
        news = () if delivery.is_late else normalised.readings
        for readings in _by_electricity_meter(news):
            if self._moments is not None:
                readings = self._moments.complete(readings)
            now = wire.now_of(
                readings, seq=0, locked=telegram.locked, low_w=self.link.low_w, high_w=self.link.high_w
            )
            if now is not None:
                self._tell(now)
        if normalised.readings:
            self._intake.put(self.link.household_id, normalised.readings, committed=delivery.committed)
        elif delivery.committed is not None:
            delivery.committed()

    def _is_on_trial(self, telegram: Telegram) -> bool:
        """Whether it was opened by a key that has yet to prove itself: then nobody is told of it."""
        key = self._next_key
        if key is None or telegram.authenticity is Authenticity.PLAIN or not self.book.opened_last(key):
            return False
        self._keys_are_proved = self.book.good_frames(key) >= FRAMES_TO_PAIR
        return not self._keys_are_proved

    def _change(self, status: LinkStatus) -> None:
        self._status = status
        self._state_is_new = True
        self._tell(
            wire.Link(
                seq=0,
                source=self.link.name,
                state=status.state,
                since=status.since,
                detail=status.detail,
                last_telegram_at=status.last_telegram_at or self._last_telegram_at,
            )
        )

    def _tell(self, message: wire.Message) -> None:
        self._live.publish(message)
        self._hub.tell_others(self.link.household_id, message)

    async def keep_state(self, *, all_of_it: bool = False) -> None:
        """Write what changed to the table of links; counters some seconds apart."""
        counters_due = all_of_it or time.monotonic() - self._kept_at >= COUNTERS_EVERY_S
        # An invocation counter never waits: what is not written down could be replayed after a power cut.
        if not (self._state_is_new or self.book.is_changed or (self._counters_are_new and counters_due)):
            return
        self._state_is_new = self._counters_are_new = False
        self._kept_at = time.monotonic()
        fields, entries = self._fields(), self.book.take_changes()
        try:
            await database_sync_to_async(_write)(self.link.pk, fields, entries)
        except BaseException:
            self._state_is_new = True
            self.book.give_back(entries)
            raise
        if self._keys_are_proved:
            self._keys_are_proved, self._next_key = False, None
            await database_sync_to_async(activate_keys)(self.link.pk)

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "frames_ok": self._frames_ok,
            "frames_refused": dict(self._frames_refused),
            "meter_ident": self._meter_id or "",
        }
        if self.book.is_newly_paired and self.book.paired_title is not None:
            # Only once: somebody may undo it while this link is still being read.
            self.book.is_newly_paired = False
            fields["paired_title"] = self.book.paired_title.hex()
        if self._status is not None:
            fields["state"] = self._status.state
            fields["state_since"] = self._status.since
            fields["state_detail"] = self._status.detail
        if self._last_telegram_at is not None:
            fields["last_telegram_at"] = self._last_telegram_at
        return fields


def _by_electricity_meter(readings: tuple[Reading, ...]) -> list[list[Reading]]:
    """Readings of each electricity meter; what gas and water say is not a matter of this moment."""
    by_meter: dict[MeterId, list[Reading]] = {}
    for reading in readings:
        if reading.quantity.commodity is Commodity.ELECTRICITY:
            by_meter.setdefault(reading.meter_id, []).append(reading)
    return list(by_meter.values())


@transaction.atomic
def _write(pk: int, fields: dict[str, Any], entries: tuple[CounterEntry, ...]) -> None:
    is_there = MeterLink.objects.filter(pk=pk).update(**fields) == 1
    if is_there and entries:
        keep_counters(pk, entries)
