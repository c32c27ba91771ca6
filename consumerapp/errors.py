"""Every error the core raises, in one tree.

    ConsumerAppError
    ├── DecodeError            a telegram or frame is broken; it has been consumed, go on
    │   ├── FrameError         checksum, length or structure of the transport frame
    │   ├── ApduError          the frame is whole, its content is not
    │   └── CipherError        no key, wrong key, replayed counter, unknown system title
    ├── TransportError         a port, socket or broker failed or is not there
    ├── UnitMismatch           a value came in a unit that its quantity does not have
    └── UnknownMeter           no meter of that identity is known

Messages carry facts (what was found, what was wanted), never keys and never whole meter numbers.
"""

from __future__ import annotations

from enum import StrEnum


class RefusalKind(StrEnum):
    """Why a frame was refused: the closed set that `python -m consumerapp decode` reports."""

    CHECKSUM = "checksum"
    TRUNCATED = "truncated"
    NEEDS_KEY = "needs_key"
    WRONG_KEY = "wrong_key"
    REPLAY = "replay"
    UNSUPPORTED = "unsupported"
    MALFORMED = "malformed"


class ConsumerAppError(Exception):
    """Root of everything the core raises on purpose."""


class DecodeError(ConsumerAppError):
    """A frame that cannot become a telegram. The decoder has consumed it and can go on."""

    kind: RefusalKind = RefusalKind.MALFORMED

    def __init__(self, detail: str, kind: RefusalKind | None = None) -> None:
        super().__init__(detail)
        if kind is not None:
            self.kind = kind

    @property
    def detail(self) -> str:
        """What was found and what was wanted, in one line."""
        return str(self.args[0])


class FrameError(DecodeError):
    """The transport frame is broken: checksum, length or delimiters."""

    kind = RefusalKind.CHECKSUM


class ApduError(DecodeError):
    """The frame is whole, but its content does not follow the protocol."""


class CipherError(DecodeError):
    """The content is ciphered and cannot be opened or must not be trusted."""

    kind = RefusalKind.NEEDS_KEY


class TransportError(ConsumerAppError):
    """A port, socket, adapter or broker failed or is not there."""


class UnitMismatch(ConsumerAppError):
    """A value came in a unit that its quantity does not have."""


class UnknownMeter(ConsumerAppError):
    """No meter of that identity is known."""
