"""A recording of a meter's bytes, read a little at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import LineBroken

CHUNK_BYTES = 4096
"""A recording of a year is read with no more memory than one of a minute."""


async def recorded_chunks(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a recording, chunk after chunk. Raises LineBroken when it cannot be read."""
    try:
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
        finally:
            file.close()
    except OSError as error:
        raise LineBroken(LinkDetail.RECORDING_MISSING, f"the recording cannot be read: {error}") from error
