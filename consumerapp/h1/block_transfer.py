"""General block transfer: a long APDU in numbered blocks (DLMS UA Green Book ed. 9 - §?).

    E0 | control | block number u16 | acknowledged block number u16 | length | part of an APDU

Control: bit 7 last block, bit 6 streaming, bits 5 to 0 window. A push has no way back to ask again, so
blocks must come as 1, 2, 3 …: a gap or a repetition ends the series, and nothing of it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from consumerapp.errors import ApduError, RefusalKind
from consumerapp.h1.axdr import AxdrTruncated, read_length
from consumerapp.h1.dlms_frames import MAX_MESSAGE_OCTETS

TAG: Final = 0xE0
_LAST: Final = 0x80
_FIXED_OCTETS: Final = 6


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it came."""

    number: int
    last: bool
    part: bytes

    @classmethod
    def from_bytes(cls, apdu: bytes, at: int = 0) -> tuple[Block, int]:
        """The block that begins at `at` with its tag, and the position behind it."""
        if len(apdu) < at + _FIXED_OCTETS:
            raise AxdrTruncated(at + _FIXED_OCTETS)
        length, begin = read_length(apdu, at + _FIXED_OCTETS)
        if length > MAX_MESSAGE_OCTETS:
            raise ApduError(f"a block of {length} octets")
        end = begin + length
        if len(apdu) < end:
            raise AxdrTruncated(end)
        number = int.from_bytes(apdu[at + 2 : at + 4], "big")
        return cls(number, bool(apdu[at + 1] & _LAST), apdu[begin:end]), end


@dataclass(slots=True)
class BlockSeries:
    """The blocks of one message, put together in order."""

    parts: list[bytes] = field(default_factory=list)
    octets: int = 0

    @property
    def open(self) -> bool:
        """Whether a message has begun and is not whole yet."""
        return bool(self.parts)

    def clear(self) -> None:
        """Forget what has come so far."""
        self.parts = []
        self.octets = 0

    def add(self, block: Block) -> bytes | None:
        """Take in a block; the whole APDU with the last one. A block out of order ends the series."""
        wanted = len(self.parts) + 1
        if block.number != wanted:
            began = self.open
            self.clear()
            if not began:
                raise ApduError(f"block {block.number} without the blocks before it", RefusalKind.TRUNCATED)
            raise ApduError(f"block {block.number} where block {wanted} was due")
        self.octets += len(block.part)
        if self.octets > MAX_MESSAGE_OCTETS:
            self.clear()
            raise ApduError(f"blocks of more than {MAX_MESSAGE_OCTETS} octets")
        self.parts.append(block.part)
        if not block.last:
            return None
        apdu = b"".join(self.parts)
        self.clear()
        return apdu
