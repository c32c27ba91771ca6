"""The invocation counters of the display's own meter, in a private file: no telegram is shown twice."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from consumerapp.h1.counter_book import CounterBook
from display.private_files import read_bounded, write_private

log = logging.getLogger(__name__)

MAX_BYTES: Final = 16 * 1024
"""64 meters and keys of 70 characters each."""


class KeptCounters:
    """A book of counters and the file it lies in, mode 0600 in the state folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.book = self._opened()

    def save(self) -> None:
        """Write the book down if there is something new. Raises OSError."""
        if not self.book.is_changed:
            return
        changes = self.book.take_changes()
        try:
            write_private(self._path, self.book.to_text())
        except OSError:
            self.book.give_back(changes)
            raise

    def _opened(self) -> CounterBook:
        text = read_bounded(self._path, max_bytes=MAX_BYTES)
        if text is None:
            return CounterBook()
        try:
            return CounterBook.from_text(text)
        except (ValueError, RecursionError):
            # A damaged file must not keep the meter from being read; but it is worth a word.
            log.warning("the file of invocation counters is damaged; counting begins anew")
            return CounterBook()
