"""The 16-bit checksums of H1, each in whole-buffer steps of the standard library, no loop over bytes.

| name | polynomial | first value | last XOR | "123456789" | used by |
|---|---|---|---|---|---|
| CRC-16/X-25 | 1021 reflected | FFFF | FFFF | 906E | SML, HDLC |
| CRC-16/Kermit | 1021 reflected | 0000 | 0000 | 2189 | SML of some Holley meters |
| CRC-16/ARC | 8005 reflected | 0000 | 0000 | BB3D | P1 |

`binascii.crc_hqx` computes the unreflected form of 1021; mirroring the bits of every byte before and of the
sum after gives the reflected ones.
"""

from __future__ import annotations

from binascii import crc_hqx


def _bit_reversed() -> bytes:
    table = [0]
    for bit in range(8):
        table += [octet | 0x80 >> bit for octet in table]
    return bytes(table)


BIT_REVERSED = _bit_reversed()
"""Every byte with its bits mirrored: the table for `bytes.translate`."""

X25_RESIDUE = 0x1D0F
"""What `crc_hqx(frame.translate(BIT_REVERSED), 0xFFFF)` gives over a frame that ends in its own right FCS."""


def mirror16(word: int) -> int:
    """A 16-bit word with its bits mirrored."""
    return BIT_REVERSED[word & 0xFF] << 8 | BIT_REVERSED[word >> 8]


def x25(octets: bytes) -> int:
    """CRC-16/X-25; the wire carries it low byte first."""
    return mirror16(crc_hqx(octets.translate(BIT_REVERSED), 0xFFFF)) ^ 0xFFFF


def x25_holds(frame: bytes) -> bool:
    """Whether a frame's last two bytes are the CRC-16/X-25 of what stands before them, low byte first."""
    return crc_hqx(frame.translate(BIT_REVERSED), 0xFFFF) == X25_RESIDUE


def kermit(octets: bytes) -> int:
    """CRC-16/Kermit."""
    return mirror16(crc_hqx(octets.translate(BIT_REVERSED), 0))


_ARC_FACTOR = 0b1000_0000_0000_0011  # x¹⁵ + x + 1
_ARC_FACTOR_DEGREE = 15


def arc(octets: bytes) -> int:
    """CRC-16/ARC.

    Its polynomial is (x + 1)(x¹⁵ + x + 1). Modulo the second factor x¹⁵ = x + 1, hence by Frobenius
    x^(15·2ᵏ) = x^(2ᵏ) + 1: a long polynomial folds to about half its length in one step. Modulo the first
    it is the parity of its bits. The two remainders make the remainder of the product.
    """
    polynomial = int.from_bytes(octets.translate(BIT_REVERSED), "big") << 16
    parity = polynomial.bit_count() & 1
    fold = max(polynomial.bit_length() // (2 * _ARC_FACTOR_DEGREE), 1).bit_length() - 1
    while fold >= 0:
        width = _ARC_FACTOR_DEGREE << fold
        low_bits = (1 << width) - 1
        while (high := polynomial >> width) != 0:
            polynomial = (high << (1 << fold)) ^ high ^ (polynomial & low_bits)
        fold -= 1
    if (polynomial.bit_count() ^ parity) & 1:
        polynomial ^= _ARC_FACTOR
    return mirror16(polynomial)


class ArcOfLength:
    """CRC-16/ARC of messages of one length, read as little-endian whole numbers.

    A meter's telegrams have one length, and whoever compares them has the number already. In it the first
    bit of the message is the lowest, so it is folded from below by the mirrored factor: 1 = y¹⁴(y + 1), hence
    1 = y^(14·2ᵏ)(y^(2ᵏ) + 1). What is left, at most 32 bits, stands for itself times a power of y that the
    length alone decides: four tables undo it.
    """

    def __init__(self, octets: int) -> None:
        """For messages of so many octets, at least one."""
        steps: list[tuple[int, int, int]] = []
        bits, shift = 8 * octets, 0
        while bits > 32:
            fold = max((bits // 28).bit_length() - 1, 0)
            width = 14 << fold
            steps.append((width, (1 << width) - 1, 1 << fold))
            bits, shift = max(bits - width, width + (1 << fold)), shift + width
        self._steps = tuple(steps)
        # The remainder of a message that has only the bit `shift`; each later bit is 1/x of the one before.
        bit = min(shift, 8 * octets - 1)
        remainder = mirror16(arc((1 << bit).to_bytes(octets, "little")))
        if remainder >> _ARC_FACTOR_DEGREE:
            remainder ^= _ARC_FACTOR
        for _ in range(shift - bit):
            remainder = _divided_by_x(remainder)
        tables: list[list[int]] = []
        for _ in range(4):
            table = [0]
            for _ in range(8):
                table += [known ^ remainder for known in table]
                remainder = _divided_by_x(remainder)
            tables.append(table)
        self._tables = tuple(tables)

    def __call__(self, message: int) -> int:
        """The checksum of `int.from_bytes(octets, "little")`."""
        parity = message.bit_count() & 1
        for width, low_bits, up in self._steps:
            low = message & low_bits
            message = (message >> width) ^ low ^ (low << up)
        first, second, third, fourth = self._tables
        remainder = (
            first[message & 255]
            ^ second[message >> 8 & 255]
            ^ third[message >> 16 & 255]
            ^ fourth[message >> 24]
        )
        if (remainder.bit_count() ^ parity) & 1:
            remainder ^= _ARC_FACTOR
        return mirror16(remainder)


def _divided_by_x(remainder: int) -> int:
    """A remainder modulo x¹⁵ + x + 1 over x."""
    return (remainder ^ _ARC_FACTOR if remainder & 1 else remainder) >> 1
