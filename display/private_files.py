"""Small files of ours: whole or not at all, for their owner only, never longer than expected."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, mode 0600 in a folder of mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes the file 0600 from its first moment.
    handle, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def read_bounded(path: Path, *, max_bytes: int) -> str | None:
    """The text of a file; None when it is not there, not ours to read, too long or no text."""
    try:
        with path.open("rb") as stream:
            octets = stream.read(max_bytes + 1)
        return octets.decode("utf-8") if len(octets) <= max_bytes else None
    except (OSError, UnicodeDecodeError):
        return None
