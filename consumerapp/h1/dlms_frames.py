"""What a framing answers about the octets at one position of the stream.

Four answers, so that the decoder can tell them apart: a whole frame, a broken one (it was meant as
a frame and is refused), nothing of this framing, and not enough octets yet.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumerapp.errors import RefusalKind

MAX_MESSAGE_OCTETS: Final = 16384
"""Longest message put together from segments or blocks; the longest known push has under 2,000 octets."""


class Whole(NamedTuple):
    """A frame with its checksums right."""

    end: int
    """Position behind the frame."""
    content: bytes
    """What it carries for the layer above."""
    follows: bool = False
    """More segments of the same message follow."""
    sequence: int | None = None
    """Number of the segment, where the framing counts (M-Bus)."""
    peers: bytes = b""
    """Both addresses: segments of one message have the same."""


class Broken(NamedTuple):
    """A frame that has to be refused; the search goes on at `resume`."""

    resume: int
    kind: RefusalKind
    detail: str


class Incomplete(NamedTuple):
    """Nothing can be said before `needed` octets of the buffer are there."""

    needed: int
    convincing: bool = True
    """False: it may just as well be noise; not worth a refusal when the stream ends here."""


Answer = Whole | Broken | Incomplete | None
