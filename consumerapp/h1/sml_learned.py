"""The learned way: a meter's telegrams differ in their values only.

From a frame that the general way has decoded, `learn` works out where the numbers stand: values, status
words, times, transaction ids and checksums. Everything else is the skeleton. A frame of the same length whose
skeleton is the same has the same meaning; its numbers are read with one precompiled `struct`.

The whole frame is one integer, so the skeleton is compared in one step: `frame & mask == key`.

Checksums, all in the mirrored form of `checksums`. The transport's sum runs over the whole frame, a message's
over the message, and both are the same linear machine: to start it with `s` instead of `i` changes what it
holds after `n` bytes by `advance(n, s ^ i)`. So the sum of a message comes out of the transport's sum as it
passes by, and no byte of the long message is summed twice.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable
from struct import Struct
from typing import Final, NamedTuple

from consumerapp.codes import Authenticity
from consumerapp.h1.checksums import BIT_REVERSED, X25_RESIDUE
from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.sml_elements import wall_clock
from consumerapp.h1.sml_layout import Field, Layout, MessageSpan, Unlearnable, layout_of
from consumerapp.h1.sml_quirks import EXPORT_BIT, Shape
from consumerapp.h1.sml_transport import END_BYTES, ESCAPE, START

_REGISTER = 0xFFFF
"""What CRC-16/X-25 begins with; frames of another form are too rare to be learned."""
_SUM_FIELD_BYTES = 4
"""63, two bytes of checksum, 00: from the end of one message's body to the next message."""

ReadFrame = Callable[[bytes, int], Telegram | None]


class LearnedFrame(NamedTuple):
    """One structure: all frames of this length that have this skeleton."""

    length: int
    read: ReadFrame
    """(frame, its offset) → its telegram; None: another skeleton, a wrong checksum, or a doubtful sign."""


class LearnedFrames:
    """The structures of one stream, by length. Their number is bounded; the oldest make room."""

    MAX_FRAMES: Final = 24
    """Meters that trim their numbers (DZG) alternate between a dozen structures."""
    PATIENCE: Final = 8
    """Once all places are taken, one surprise in eight is learned: learning takes as long as 20 frames."""

    __slots__ = ("_by_length", "_in_order", "_max", "_seen", "_surprises")

    def __init__(self, max_frames: int = MAX_FRAMES) -> None:
        self._max = max_frames
        self._by_length: dict[int, tuple[LearnedFrame, ...]] = {}
        self._in_order: list[LearnedFrame] = []
        self._seen: set[int] = set()
        self._surprises = 0

    def of_length(self, length: int) -> tuple[LearnedFrame, ...]:
        """The structures that a frame of this length may have."""
        return self._by_length.get(length, ())

    def learn(self, octets: bytes, telegram: Telegram, shape: Shape) -> LearnedFrame | None:
        """The structure of a frame that the general way has decoded; None: a first sight, or odd."""
        length = len(octets)
        if not self._max or length not in self._seen:
            self._seen.add(length)
            return None
        self._surprises += 1
        if len(self._in_order) >= self._max and self._surprises % self.PATIENCE:
            return None
        learned = learn(octets, telegram, shape)
        if learned is not None:
            if len(self._in_order) >= self._max:
                self._forget(self._in_order.pop(0))
            self._in_order.append(learned)
            self._by_length[length] = (learned, *self.of_length(length))
        return learned

    def _forget(self, oldest: LearnedFrame) -> None:
        left = tuple(learned for learned in self.of_length(oldest.length) if learned is not oldest)
        if left:
            self._by_length[oldest.length] = left
        else:
            del self._by_length[oldest.length]


def learn(octets: bytes, telegram: Telegram, shape: Shape) -> LearnedFrame | None:
    """The structure of this frame; None: it has something that is not learned."""
    if telegram.value_times or octets.find(ESCAPE, len(START)) != len(octets) - END_BYTES:
        return None
    try:
        layout = layout_of(octets)
    except Unlearnable:
        return None
    learned = LearnedFrame(len(octets), _compiled(octets, layout, telegram, shape))
    # The general way has the last word: a structure that reads its own frame differently is none.
    return learned if learned.read(octets, telegram.offset) == telegram else None


# ---------------------------------------------------------------- the skeleton


def _skeleton(octets: bytes, layout: Layout) -> tuple[int, int]:
    """Mask and key: `int.from_bytes(frame, "little") & mask == key` for every frame of this structure."""
    mask = bytearray(b"\xff" * len(octets))
    for start, end in layout.variable:
        mask[start:end] = bytes(end - start)
    fixed = int.from_bytes(mask, "little")
    return fixed, int.from_bytes(octets, "little") & fixed


# ---------------------------------------------------------------- the checksums


def _advance(count: int, register: int) -> int:
    return crc_hqx(bytes(count), register)


def _first_shift(span: MessageSpan) -> int:
    """What leads from the transport's register behind the first message to that message's sum as sent."""
    at_begin = crc_hqx(START.translate(BIT_REVERSED), _REGISTER)
    return _advance(span.sum_at - span.begin, at_begin ^ _REGISTER) ^ 0xFFFF


def _second_shifts(first_shift: int, span: MessageSpan) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The same for the second message, by the high and low byte of the register behind the first.

    The register behind the first message tells what the first sum must be, hence where the second begins.
    """
    tl = BIT_REVERSED[0x63]

    def shift(register: int) -> int:
        sent = register ^ first_shift
        at_begin = crc_hqx(bytes((tl, sent >> 8, sent & 0xFF, 0)), register)
        return _advance(span.sum_at - span.begin, at_begin ^ _REGISTER) ^ 0xFFFF

    origin = shift(0)
    steps = [shift(1 << bit) ^ origin for bit in range(16)]
    low, high = [0], [origin]
    for step in steps[:8]:
        low += [entry ^ step for entry in low]
    for step in steps[8:]:
        high += [entry ^ step for entry in high]
    return tuple(high), tuple(low)


# ---------------------------------------------------------------- the numbers

_CODES = {1: "b", 2: "h", 3: "bH", 4: "i", 5: "bI", 6: "hI", 7: "bHI", 8: "q"}
"""Bytes of an integer → `struct` codes; where there is none, the high part and the low parts."""
_LOW_PART_BITS = {"H": 16, "I": 32}


def _unpacker(fields: list[Field]) -> tuple[Struct, list[str], dict[Field, str]]:
    """A struct for fields in ascending order, the names it fills, and what each field is made of them."""
    layout, names, expressions, place = [">"], [], {}, 0
    for number, field in enumerate(fields):
        codes = _CODES[field.width] if field.is_signed else _CODES[field.width].upper()
        layout.append(f"{field.start - place}x{codes}")
        place = field.start + field.width
        expression = ""
        for part, code in enumerate(codes):
            name = f"n{number}_{part}"
            names.append(name)
            expression = f"(({expression} << {_LOW_PART_BITS[code]}) + {name})" if expression else name
        expressions[field] = expression
    return Struct("".join(layout)), names, expressions


def _compiled(octets: bytes, layout: Layout, telegram: Telegram, shape: Shape) -> ReadFrame:
    """A function made for this structure. Its text consists of offsets, widths and fixed names only."""
    mask, key = _skeleton(octets, layout)
    spans = layout.messages
    sums = [Field(span.sum_at + 1, 2, False) for span in spans]
    unpack_sums, _, _ = _unpacker(sums)
    wanted = sorted(
        {*layout.numbers, *(field for field in (layout.status, layout.wall_clock) if field is not None)}
    )
    unpack, names, expressions = _unpacker(wanted)
    first_shift = _first_shift(spans[0])
    sum_names = ", ".join(f"s{number}" for number in range(len(spans)))
    end = len(octets) - END_BYTES
    lines = [
        "def read(octets, offset):",
        " if from_bytes(octets, 'little') & mask != key: return None",
        f" if octets.find(27, 8) != {end} and octets.find(escape, 8) != {end}: return None",
        " mirrored = octets.translate(bit_reversed)",
        f" {sum_names}, = unpack_sums(mirrored)",
        f" x = crc_hqx(mirrored[{spans[0].begin}:{spans[0].sum_at}], {_advance_start()})",
        f" if x ^ {first_shift} != s0: return None",
    ]
    summed_to = spans[0].sum_at
    tables: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    if len(spans) > 1:
        tables = _second_shifts(first_shift, spans[1])
        lines += [
            f" y = crc_hqx(mirrored[{summed_to}:{spans[1].sum_at}], x)",
            " if y ^ high[x >> 8] ^ low[x & 255] != s1: return None",
            " x = y",
        ]
        summed_to = spans[1].sum_at
    for number, span in enumerate(spans[2:], 2):
        message = f"mirrored[{span.begin}:{span.sum_at}]"
        lines.append(f" if crc_hqx({message}, {_REGISTER}) ^ 65535 != s{number}: return None")
    lines.append(f" if crc_hqx(mirrored[{summed_to}:], x) != {X25_RESIDUE}: return None")
    if names:
        lines.append(f" {', '.join(names)}, = unpack(octets)")
    status = expressions[layout.status] if layout.status is not None else "None"
    if layout.status is not None and shape.net_power >= 0:
        power = expressions[layout.numbers[shape.net_power]]
        # A sign that the status word contradicts is settled by the general way.
        lines.append(f" if {status} >> {EXPORT_BIT} & 1 != ({power} < 0): return None")
    numbers = "".join(f"{expressions[field]}, " for field in layout.numbers)
    lines.append(f" raw = ({numbers})")
    fields = {
        "protocol": "protocol",
        "offset": "offset",
        "meter_id": "meter_id",
        "measured_at": "None"
        if layout.wall_clock is None
        else f"wall_clock({expressions[layout.wall_clock]})",
        "authenticity": "authenticity",
        "columns": "columns",
        "raw": "raw",
        "texts": "texts",
        "value_times": "()",
        "status": status,
        "locked": _locked_expression(shape),
    }
    parts = ", ".join(fields[name] for name in Telegram._fields)
    lines.append(f" return new(Telegram, ({parts}))")
    scope = {
        "from_bytes": int.from_bytes,
        "mask": mask,
        "key": key,
        "escape": ESCAPE,
        "bit_reversed": BIT_REVERSED,
        "crc_hqx": crc_hqx,
        "unpack_sums": unpack_sums.unpack_from,
        "unpack": unpack.unpack_from,
        "high": tables[0],
        "low": tables[1],
        "new": tuple.__new__,
        "Telegram": Telegram,
        "protocol": Protocol.SML,
        "meter_id": telegram.meter_id,
        "authenticity": Authenticity.PLAIN,
        "columns": shape.columns,
        "texts": telegram.texts,
        "wall_clock": wall_clock,
        "is_locked": shape.is_locked,
    }
    exec("\n".join(lines), scope)  # noqa: S102 - nothing of the frame is in the text, only places in it
    read: ReadFrame = scope["read"]  # type: ignore[assignment]  # exec has put it there
    return read


def _advance_start() -> int:
    return crc_hqx(START.translate(BIT_REVERSED), _REGISTER)


def _locked_expression(shape: Shape) -> str:
    if shape.never_locked:
        return "False"
    return "True" if shape.always_locked else "is_locked(raw)"
