"""Where a link's invocation counters are kept, so that a telegram from before a restart is refused after it.

The ingest worker writes them within a second of the telegram, beside the link's state. All blocking.
"""

from __future__ import annotations

from collections.abc import Iterable

from consumerapp.h1.counter_book import CounterBook, CounterEntry
from portal.pairing.models import InvocationCounter, MeterLink


def open_book(link_pk: int) -> CounterBook:
    """What is known of the meters of a link."""
    link = MeterLink.objects.filter(pk=link_pk).only("paired_title").first()
    title = bytes.fromhex(link.paired_title) if link is not None and link.paired_title else None
    kept = InvocationCounter.objects.filter(link_id=link_pk).order_by("pk")
    entries = (CounterEntry(bytes.fromhex(row.system_title), row.key_name, row.counter) for row in kept)
    return CounterBook(entries, paired_title=title)


def keep_counters(link_pk: int, entries: Iterable[CounterEntry]) -> None:
    """Write down what is new. The link must be there."""
    InvocationCounter.objects.bulk_create(
        [
            InvocationCounter(
                link_id=link_pk,
                system_title=entry.system_title.hex(),
                key_name=entry.key_name,
                counter=entry.counter,
            )
            for entry in entries
        ],
        update_conflicts=True,
        unique_fields=["link", "system_title", "key_name"],
        update_fields=["counter"],
    )
