"""The learned way: a meter's telegrams differ in their values only.

From a frame that the general way has decoded, `learn` works out where the numbers stand: values, status
words, times, transaction ids and checksums. Everything else is the skeleton. A frame of the same length whose
skeleton is the same has the same meaning; its numbers are read with one precompiled `struct`.

The whole frame is one integer, so the skeleton is compared in one step: `frame & mask == key`.

Checksums are linear: a byte adds to a sum what its value and its distance from the end say, whatever stands
elsewhere. Where the skeleton is right, the sum of a message is therefore a constant and one table entry for
each of its variable bytes; and the frame's sum is a constant and what the sums of the messages add to it,
because these say all that it needs to know of the messages. That is exact, and looks at the few bytes that
differ instead of at all of them.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, Final, Literal

from consumerapp.codes import Authenticity
from consumerapp.h1.checksums import BIT_REVERSED, mirror16
from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.sml_elements import wall_clock
from consumerapp.h1.sml_file import SumForm
from consumerapp.h1.sml_layout import Field, Layout, MessageSpan, Unlearnable, layout_of
from consumerapp.h1.sml_quirks import Shape, exports
from consumerapp.h1.sml_structures import LearnedFrame, ReadFrames
from consumerapp.h1.sml_transport import (
    END_BYTES,
    END_CODE,
    ESCAPE,
    ESCAPE_OCTET,
    START,
    START_CODE,
    VERSION_2_CODE,
)

SUM_BYTES: Final = 2
MAX_VARIABLE: Final = 160
"""Bytes that may differ in a structure; each needs a table of 256 numbers. Real meters have 30 to 80."""


def learn(
    octets: bytes, moved: bytes, telegram: Telegram, shape: Shape, form: SumForm
) -> LearnedFrame | None:
    """The structure of this frame; None: it has something that is not learned."""
    if telegram.value_times or octets.find(ESCAPE, len(START)) != len(octets) - END_BYTES:
        return None
    try:
        learned = LearnedFrame(
            len(octets), _compiled(octets, layout_of(octets, moved), telegram, shape, form)
        )
    except Unlearnable:
        return None
    # The general way has the last word: a structure that reads its own frame differently is none.
    read: list[Telegram] = []
    learned.read(octets, 0, telegram.offset, read)
    return learned if read == [telegram] else None


# ---------------------------------------------------------------- the skeleton


def _skeleton(octets: bytes, layout: Layout) -> tuple[int, int]:
    """Mask and key: `int.from_bytes(frame) & mask == key` for every frame of this structure."""
    mask = bytearray(b"\xff" * len(octets))
    for start, end in layout.variable:
        mask[start:end] = bytes(end - start)
    fixed = int.from_bytes(mask)
    return fixed, int.from_bytes(octets) & fixed


def _escapes(octets: bytes, layout: Layout) -> list[tuple[int, int]]:
    """Where a changed value could make an escape that the transport would act upon.

    Four 1B that nothing but a fixed byte of another kind follows are data that the meter forgot to double;
    the general way reads them so too.
    """
    fixed = bytearray(octets)
    for start, end in layout.variable:
        fixed[start:end] = bytes(end - start)
    places = []
    for start, end in layout.variable[:-1]:
        behind = octets[end : end + 4]
        leans = fixed[start - 1] == ESCAPE_OCTET or behind[0] in (ESCAPE_OCTET, END_CODE)
        if leans or end - start > len(ESCAPE) or behind in (START_CODE, VERSION_2_CODE):
            places.append((start - len(ESCAPE), end + len(ESCAPE)))
    return places


def _escape_lines(octets: bytes, layout: Layout) -> list[str]:
    places = _escapes(octets, layout)
    if len(places) > 1:
        return [f" if octets.find(escape, {len(START)}) != {len(octets) - END_BYTES}: return place"]
    return [f" if escape in octets[{start}:{end}]: return place" for start, end in places]


# ---------------------------------------------------------------- the checksums


def _table(steps: Sequence[int], origin: int = 0) -> tuple[int, ...]:
    """What a byte adds to a sum: `steps` has what each of its bits adds, the lowest first."""
    table = [origin]
    for step in steps:
        table += [entry ^ step for entry in table]
    return tuple(table)


@lru_cache(maxsize=512)
def _table_at(distance: int) -> tuple[int, ...]:
    """What a byte adds to a sum that runs over `distance` more bytes."""
    behind = bytes(distance)
    return _table(
        [mirror16(crc_hqx(behind, crc_hqx(BIT_REVERSED[1 << bit].to_bytes(), 0))) for bit in range(8)]
    )


class _Sums:
    """The checksums of one structure, as conditions on its variable bytes."""

    def __init__(self, octets: bytes, layout: Layout, form: SumForm) -> None:
        self._octets = octets
        self._order: Literal["little", "big"] = "big" if form is SumForm.KERMIT_HIGH_FIRST else "little"
        self._summed = len(octets) - SUM_BYTES
        """Bytes that the frame's sum runs over."""
        self.tables: dict[str, tuple[int, ...]] = {}
        """By the names that they have in the text."""
        self._names: list[str] = []
        self._conditions: list[str] = []
        self._codes = ["<" if self._order == "little" else ">"]
        self._place = 0
        spots = [spot for start, end in layout.variable for spot in range(start, end)]
        if len(spots) > MAX_VARIABLE:
            raise Unlearnable
        terms, left = [], self._sum_at(self._summed, SUM_BYTES)
        for number, span in enumerate(layout.messages):
            self._message(f"s{number}", span, [spot for spot in spots if span.begin <= spot < span.sum_at])
            sent = self._sum_at(span.sum_at + 1, span.sum_width)
            for index, shift, table in self._tables_of(f"s{number}", span):
                terms.append(self._term(index, table))
                left ^= table[sent >> shift & 0xFF]
        self._read("sum_of_frame", self._summed, "H")
        self._conditions.append(f"{' ^ '.join([*terms, str(left)])} != sum_of_frame")
        self.unpack = Struct("".join(self._codes)).unpack

    def lines(self) -> list[str]:
        """Statements that leave the reading function unless every sum is right."""
        return [
            f" {', '.join(self._names)} = unpack_sums(octets)",
            f" if {' or '.join(self._conditions)}: return place",
        ]

    def _message(self, name: str, span: MessageSpan, spots: list[int]) -> None:
        """What the sum of a message has to be, by its variable bytes."""
        terms, left = [], self._sum_at(span.sum_at + 1, span.sum_width)
        for spot in spots:
            table = _table_at(span.sum_at - 1 - spot)
            self._read(f"b{spot}", spot, "B")
            terms.append(self._term(f"b{spot}", table))
            left ^= table[self._octets[spot]]
        self._read(name, span.sum_at + 1, "H" if span.sum_width == SUM_BYTES else "B")
        self._conditions.append(f"{' ^ '.join([*terms, str(left)])} != {name}")

    def _tables_of(self, name: str, span: MessageSpan) -> list[tuple[str, int, tuple[int, ...]]]:
        """What the bytes of a message's sum add to the frame's: index, shift and table of each."""
        steps = [self._step(span, bit) for bit in range(8 * span.sum_width)]
        if span.sum_width < SUM_BYTES:
            return [(name, 0, _table(steps))]
        return [(f"{name} & 255", 0, _table(steps[:8])), (f"{name} >> 8", 8, _table(steps[8:]))]

    def _step(self, span: MessageSpan, bit: int) -> int:
        """What a bit of a message's sum adds to the frame's: through what it sums, and by standing there."""
        number = 1 << bit
        field = number.to_bytes(span.sum_width, self._order).translate(BIT_REVERSED)
        behind = bytes(self._summed - span.sum_at - 1 - span.sum_width)
        summed = crc_hqx(bytes(self._summed - span.sum_at), mirror16(number))
        return mirror16(summed ^ crc_hqx(behind, crc_hqx(field, 0)))

    def _read(self, name: str, place: int, code: str) -> None:
        self._names.append(name)
        self._codes.append(f"{place - self._place}x{code}")
        self._place = place + (SUM_BYTES if code == "H" else 1)

    def _term(self, index: str, table: tuple[int, ...]) -> str:
        name = f"t{len(self.tables)}"
        self.tables[name] = table
        return f"{name}[{index}]"

    def _sum_at(self, place: int, width: int) -> int:
        return int.from_bytes(self._octets[place : place + width], self._order)


# ---------------------------------------------------------------- the numbers

_CODES = {1: "b", 2: "h", 3: "bH", 4: "i"}
"""Bytes of an integer → `struct` codes, the high part first."""


class _Numbers:
    """Integers of one structure: how they are read, and what each is made of."""

    def __init__(self, fields: list[Field], length: int) -> None:
        self.names: list[str] = []
        self.expressions: list[str] = []
        """One for each field, in order."""
        layout, place = [">"], 0
        for number, field in enumerate(fields):
            if field.start < place:
                raise Unlearnable
            codes = _CODES[field.width] if field.is_signed else _CODES[field.width].upper()
            layout.append(f"{field.start - place}x{codes}")
            place = field.start + field.width
            parts = [f"n{number}_{part}" for part in range(len(codes))]
            self.names += parts
            expression = f"(({parts[0]} << 16) + {parts[1]})" if len(parts) > 1 else parts[0]
            self.expressions.append(f"({expression} + {field.surplus})" if field.surplus else expression)
        layout.append(f"{length - place}x")
        self.unpack = Struct("".join(layout)).unpack
        self.is_plain = self.names == self.expressions
        """Whether what `unpack` gives are the numbers, so that they need not be touched one by one."""

    def lines(self, result: str, unpack: str) -> list[str]:
        """Statements that leave the numbers in the tuple `result`."""
        if self.is_plain:
            return [f" {result} = {unpack}(octets)"]
        return [
            f" {', '.join(self.names)}, = {unpack}(octets)",
            f" {result} = ({''.join(f'{expression}, ' for expression in self.expressions)})",
        ]


def _compiled(octets: bytes, layout: Layout, telegram: Telegram, shape: Shape, form: SumForm) -> ReadFrames:
    """A function made for this structure. Its text consists of offsets, widths and fixed names only."""
    mask, key = _skeleton(octets, layout)
    sums = _Sums(octets, layout, form)
    numbers = _Numbers(layout.numbers, len(octets))
    scope: dict[str, Any] = {
        "from_bytes": int.from_bytes,
        "mask": mask,
        "key": key,
        "escape": ESCAPE,
        "unpack_sums": sums.unpack,
        "unpack": numbers.unpack,
        "new": tuple.__new__,
        "Telegram": Telegram,
        "protocol": Protocol.SML,
        "meter_id": telegram.meter_id,
        "authenticity": Authenticity.PLAIN,
        "columns": shape.columns,
        "texts": telegram.texts,
        "status": telegram.status,
        "wall_clock": wall_clock,
        "is_locked": shape.is_locked,
        **sums.tables,
    }
    lines = [
        f" octets = stream[place:place + {len(octets)}]",
        " if from_bytes(octets) & mask != key: return place",
        *_escape_lines(octets, layout),
        *sums.lines(),
    ]
    lines += numbers.lines("raw", "unpack")
    export = None if telegram.status is None else exports(telegram.status)
    if shape.net_power >= 0 and export is not None:
        # A sign that the status word contradicts is settled by the general way.
        lines.append(f" if {'' if export else 'not '}raw[{shape.net_power}] >= 0: return place")
    measured_at = "None"
    if layout.wall_clock is not None:
        clock = _Numbers([layout.wall_clock], len(octets))
        lines += clock.lines("clock", "unpack_clock")
        scope["unpack_clock"] = clock.unpack
        measured_at = "wall_clock(clock[0])"
    told = {
        "offset": "offset + place",
        "measured_at": measured_at,
        "value_times": "()",
        "locked": _locked_expression(shape),
    }
    parts = ", ".join(told.get(name, name) for name in Telegram._fields)
    lines.append(f" tell(new(Telegram, ({parts})))")
    # As defaults they are locals: quicker to reach than globals.
    known = ", ".join(f"{name}={name}" for name in scope)
    head = [
        f"def read(stream, place, offset, telegrams, {known}):",
        f" last = len(stream) - {len(octets)}",
        " if place > last: return place",
        " tell = telegrams.append",
        f" for place in range(place, last + 1, {len(octets)}):",
    ]
    source = "\n".join([*head, *(f" {line}" for line in lines), f" return place + {len(octets)}"])
    exec(source, scope)  # noqa: S102 - nothing of the frame is in the text, only places in it
    read: ReadFrames = scope["read"]
    return read


def _locked_expression(shape: Shape) -> str:
    if shape.never_locked:
        return "False"
    return "True" if shape.always_locked else "is_locked(raw)"
