"""What a link remembers of the meter it hears: its last invocation counters, and which meter it is.

A telegram that was accepted is never accepted again, whatever happened in between, as long as whoever owns
the book writes it down and opens it again (DLMS UA Green Book ed. 9 - §?). A link pairs itself: the first
meter that proves itself `FRAMES_TO_PAIR` times in a row under a key of the household is its meter, and no
other is heard on it until the pairing is undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from consumerapp.h1.cipher import SYSTEM_TITLE_OCTETS, counter_name

FRAMES_TO_PAIR: Final = 3
"""One good telegram may be an accident where there is no tag; three in a row are none."""
MAX_ENTRIES: Final = 64
"""Meters and keys of one link, over many years; more is no link of a household."""
MAX_COUNTER: Final = 0xFFFF_FFFF
_NAME_DIGITS: Final = 32
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class CounterEntry:
    """The last accepted counter of one meter under one key."""

    system_title: bytes
    key_name: str
    """`cipher.counter_name` of the encryption key: it tells keys apart and says nothing of them."""
    counter: int


class CounterBook:
    """A `cipher.CounterStore` that can be written down."""

    def __init__(self, entries: Iterable[CounterEntry] = (), *, paired_title: bytes | None = None) -> None:
        self._counters = {(entry.system_title, entry.key_name): entry.counter for entry in entries}
        self._paired_title = paired_title
        self._in_a_row = 0
        self._last: tuple[bytes, str] | None = None
        self._frames: dict[str, int] = {}
        self._changed: set[tuple[bytes, str]] = set()
        self._is_changed = False
        self.is_newly_paired = False
        """The meter proved itself since the book was opened; whoever writes that down takes it back."""

    @property
    def paired_title(self) -> bytes | None:
        """The one meter that is heard; None: not paired yet."""
        return self._paired_title

    @property
    def is_changed(self) -> bool:
        """Whether there is something that `take_changes` has not handed out."""
        return self._is_changed

    def last(self, system_title: bytes, key_name: str) -> int | None:
        """The last accepted counter; None: none yet."""
        return self._counters.get((system_title, key_name))

    def accept(self, system_title: bytes, key_name: str, counter: int) -> None:
        """A telegram has proved itself: only greater counters from now on."""
        place = (system_title, key_name)
        if place not in self._counters and len(self._counters) >= MAX_ENTRIES:
            # Whoever owns the key sends under ever new names: the oldest of them can only be his own.
            self._counters.pop(next(iter(self._counters)))
        self._counters[place] = counter
        self._in_a_row = self._in_a_row + 1 if self._last is not None and self._last[0] == system_title else 1
        self._last = place
        self._frames[key_name] = self._frames.get(key_name, 0) + 1
        if self._paired_title is None and self._in_a_row >= FRAMES_TO_PAIR:
            self._paired_title = system_title
            self.is_newly_paired = True
        self._changed.add(place)
        self._is_changed = True

    def forget_meter(self) -> None:
        """The meter was exchanged: the next one that proves itself is the link's. Counters stay known."""
        self._paired_title = None
        self._in_a_row = 0
        self._is_changed = True

    def good_frames(self, key: bytes) -> int:
        """How many telegrams this key has opened since the book was opened."""
        return self._frames.get(counter_name(key), 0)

    def opened_last(self, key: bytes) -> bool:
        """Whether the last accepted telegram was opened by this key."""
        return self._last is not None and self._last[1] == counter_name(key)

    def take_changes(self) -> tuple[CounterEntry, ...]:
        """What is new since the last time, to be written down."""
        changed = tuple(
            CounterEntry(*place, self._counters[place]) for place in self._changed if place in self._counters
        )
        self._changed.clear()
        self._is_changed = False
        return changed

    def give_back(self, entries: Iterable[CounterEntry]) -> None:
        """They could not be written down: hand them out again."""
        self._changed |= {(entry.system_title, entry.key_name) for entry in entries}
        self._is_changed = True

    def to_text(self) -> str:
        """The whole book, to be kept in a file of its owner."""
        return json.dumps(
            {
                "v": _VERSION,
                "paired": None if self._paired_title is None else self._paired_title.hex(),
                "counters": [
                    [title.hex(), key_name, counter] for (title, key_name), counter in self._counters.items()
                ],
            }
        )

    @classmethod
    def from_text(cls, text: str) -> CounterBook:
        """The book that `to_text` wrote. Raises ValueError for anything else."""
        match json.loads(text):
            case {"v": 1, "paired": paired, "counters": list(rows)} if len(rows) <= MAX_ENTRIES:
                title = None if paired is None else _title(paired)
                return cls([_entry(row) for row in rows], paired_title=title)
        raise ValueError("this is no book of counters")


def _entry(row: Any) -> CounterEntry:
    match row:
        case [title, str(key_name), int(counter)] if (
            len(key_name) == _NAME_DIGITS and 0 <= counter <= MAX_COUNTER
        ):
            return CounterEntry(_title(title), key_name, counter)
    raise ValueError("a line of the book is no counter")


def _title(text: Any) -> bytes:
    title = bytes.fromhex(text) if isinstance(text, str) else b""
    if len(title) != SYSTEM_TITLE_OCTETS:
        raise ValueError("no system title")
    return title
