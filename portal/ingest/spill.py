"""Readings that the store does not take at the moment, in files beside the database.

One JSON line per household and batch, in the form of `consumerapp.wire`. A file is closed when it
has `FILE_BYTES`; the oldest is stored and removed first. Past `MOST_BYTES` the disk is not filled
further: what comes then is lost, counted and logged, because a full disk stops everything else too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consumerapp import wire
from consumerapp.errors import DecodeError
from consumerapp.readings import Reading

logger = logging.getLogger(__name__)

FILE_BYTES: Final = 4 << 20
MOST_BYTES: Final = 256 << 20
"""About two weeks of one meter that sends five registers every ten seconds."""


@dataclass(frozen=True, slots=True)
class SpiltFile:
    """One file of waiting readings."""

    path: Path

    def readings(self) -> Iterator[tuple[int, list[Reading]]]:
        """Household and readings, line by line. A line cut short by a crash is skipped."""
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    found = json.loads(line)
                    yield (
                        int(found["household"]),
                        [wire.reading_from_json(item) for item in found["readings"]],
                    )
                except (ValueError, KeyError, TypeError, DecodeError):
                    logger.warning("A damaged line of %s was skipped", self.path.name)

    def remove(self) -> None:
        """All of it is stored."""
        self.path.unlink(missing_ok=True)


class Spill:
    """The folder of waiting files. Used by one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lost = 0
        """Readings that found even the spill full, since the start."""

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._files()

    def write(self, household_id: int, readings: Sequence[Reading]) -> None:
        """Keep readings of one household until the store takes them."""
        try:
            kept = self._write(household_id, readings)
        except OSError as error:
            logger.critical("The spill cannot be written: %s", error.strerror)
            kept = False
        if not kept:
            self.lost += len(readings)
            logger.critical("%d readings are lost, %d since the start", len(readings), self.lost)

    def _write(self, household_id: int, readings: Sequence[Reading]) -> bool:
        files = self._files()
        if sum(path.stat().st_size for path in files) > MOST_BYTES:
            return False
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = files[-1] if files else self._folder / f"{1:08}.jsonl"
        if files and path.stat().st_size > FILE_BYTES:
            path = self._folder / f"{int(path.stem) + 1:08}.jsonl"
        items = [wire.reading_to_json(reading) for reading in readings]
        line = json.dumps({"household": household_id, "readings": items}, separators=(",", ":"))
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return True

    def oldest(self) -> SpiltFile | None:
        """The file to store next."""
        files = self._files()
        return SpiltFile(files[0]) if files else None

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))
