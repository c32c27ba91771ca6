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
from struct import Struct
from typing import Any, Literal

from consumerapp.codes import Authenticity
from consumerapp.h1.checksums import BIT_REVERSED, X25_RESIDUE
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


def learn(
    octets: bytes, earlier: bytes, telegram: Telegram, shape: Shape, form: SumForm
) -> LearnedFrame | None:
    """The structure of this frame; None: it has something that is not learned."""
    if telegram.value_times or octets.find(ESCAPE, len(START)) != len(octets) - END_BYTES:
        return None
    try:
        learned = LearnedFrame(
            len(octets), _compiled(octets, layout_of(octets, earlier), telegram, shape, form)
        )
    except Unlearnable:
        return None
    # The general way has the last word: a structure that reads its own frame differently is none.
    read: list[Telegram] = []
    learned.read(octets, 0, telegram.offset, read)
    return learned if read == [telegram] else None


# ---------------------------------------------------------------- the skeleton


def _skeleton(octets: bytes, layout: Layout) -> tuple[int, int]:
    """Mask and key: `int.from_bytes(frame, "little") & mask == key` for every frame of this structure."""
    mask = bytearray(b"\xff" * len(octets))
    for start, end in layout.variable:
        mask[start:end] = bytes(end - start)
    fixed = int.from_bytes(mask, "little")
    return fixed, int.from_bytes(octets, "little") & fixed


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


class _Sums:
    """The checksums of one structure, in the form that its meter uses."""

    def __init__(self, spans: list[MessageSpan], form: SumForm) -> None:
        self.spans = spans
        self.form = form
        self.at_first = crc_hqx(START.translate(BIT_REVERSED), form.register)
        """Register of the transport's sum where the first message begins."""
        self.first_shift = self._shift(spans[0], self.at_first)
        self.high: tuple[int, ...] = ()
        self.low: tuple[int, ...] = ()
        if len(spans) > 1:
            self._tabulate_second()

    def sent(self, register: int) -> int:
        """A message's sum as it stands in the mirrored frame, as a number of the byte order of `order`."""
        return register ^ 0xFFFF if self.form is SumForm.X25 else register

    @property
    def order(self) -> str:
        """Byte order, in `struct`'s sign, in which the mirrored sum is the register."""
        return "<" if self.form is SumForm.KERMIT_HIGH_FIRST else ">"

    def _shift(self, span: MessageSpan, at_begin: int) -> int:
        """What leads from the transport's register behind this message to the message's sum as sent."""
        return self.sent(crc_hqx(bytes(span.sum_at - span.begin), at_begin ^ self.form.register))

    def _tabulate_second(self) -> None:
        """The shift of the second message, by the high and low byte of the register behind the first.

        That register tells what the first sum must be, hence what it is where the second message begins.
        """
        first, second = self.spans[:2]
        tl = BIT_REVERSED[0x61 + first.sum_width]
        order: Literal["little", "big"] = "little" if self.order == "<" else "big"

        def shift(register: int) -> int:
            field = (register ^ self.first_shift).to_bytes(2, order)[-first.sum_width :]
            return self._shift(second, crc_hqx(bytes((tl, *field, 0)), register))

        origin = shift(0)
        steps = [shift(1 << bit) ^ origin for bit in range(16)]
        low, high = [0], [origin]
        for step in steps[:8]:
            low += [entry ^ step for entry in low]
        for step in steps[8:]:
            high += [entry ^ step for entry in high]
        self.low, self.high = tuple(low), tuple(high)

    def lines(self, length: int) -> list[str]:
        """Statements that leave the reading function unless every sum is right."""
        first = self.spans[0]
        lines = [
            " mirrored = octets.translate(bit_reversed)",
            f" {''.join(f's{number}, ' for number in range(len(self.spans)))}= unpack_sums(mirrored)",
            f" x = crc_hqx(mirrored[{first.begin}:{first.sum_at}], {self.at_first})",
            f" if x ^ {self.first_shift} != s0: return place",
        ]
        summed_to = first.sum_at
        if len(self.spans) > 1:
            second = self.spans[1]
            lines += [
                f" y = crc_hqx(mirrored[{summed_to}:{second.sum_at}], x)",
                " if y ^ high[x >> 8] ^ low[x & 255] != s1: return place",
                " x = y",
            ]
            summed_to = second.sum_at
        for number, span in enumerate(self.spans[2:], 2):
            register = f"crc_hqx(mirrored[{span.begin}:{span.sum_at}], {self.form.register})"
            lines.append(f" if {register} ^ {self.sent(0)} != s{number}: return place")
        # Over its own sum the register ends in a constant, if the sum comes in the register's order.
        if self.form is SumForm.KERMIT_HIGH_FIRST:
            frame_sum = f"mirrored[{length - 2}] | mirrored[{length - 1}] << 8"
            lines.append(f" if crc_hqx(mirrored[{summed_to}:{length - 2}], x) != {frame_sum}: return place")
        else:
            residue = X25_RESIDUE if self.form is SumForm.X25 else 0
            lines.append(f" if crc_hqx(mirrored[{summed_to}:], x) != {residue}: return place")
        return lines

    def unpacker(self) -> Struct:
        """Reads the sums of all messages out of the mirrored frame."""
        codes, place = [self.order], 0
        for span in self.spans:
            codes.append(f"{span.sum_at + 1 - place}x{'H' if span.sum_width == 2 else 'B'}")
            place = span.sum_at + 1 + span.sum_width
        return Struct("".join(codes))


# ---------------------------------------------------------------- the numbers

_CODES = {1: "b", 2: "h", 3: "bH", 4: "i"}
"""Bytes of an integer → `struct` codes, the high part first."""


class _Numbers:
    """Integers of one structure: how they are read, and what each is made of."""

    def __init__(self, fields: list[Field]) -> None:
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
        self.unpack = Struct("".join(layout)).unpack_from
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
    sums = _Sums(layout.messages, form)
    numbers = _Numbers(layout.numbers)
    scope: dict[str, Any] = {
        "from_bytes": int.from_bytes,
        "mask": mask,
        "key": key,
        "escape": ESCAPE,
        "bit_reversed": BIT_REVERSED,
        "crc_hqx": crc_hqx,
        "unpack_sums": sums.unpacker().unpack_from,
        "unpack": numbers.unpack,
        "high": sums.high,
        "low": sums.low,
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
    }
    lines = [
        f" octets = stream[place:place + {len(octets)}]",
        " if from_bytes(octets, 'little') & mask != key: return place",
        *_escape_lines(octets, layout),
        *sums.lines(len(octets)),
    ]
    lines += numbers.lines("raw", "unpack")
    export = None if telegram.status is None else exports(telegram.status)
    if shape.net_power >= 0 and export is not None:
        # A sign that the status word contradicts is settled by the general way.
        lines.append(f" if {'' if export else 'not '}raw[{shape.net_power}] >= 0: return place")
    measured_at = "None"
    if layout.wall_clock is not None:
        clock = _Numbers([layout.wall_clock])
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
    lines += [f" tell(new(Telegram, ({parts})))", f" place += {len(octets)}"]
    # As defaults they are locals: quicker to reach than globals.
    known = ", ".join(f"{name}={name}" for name in scope)
    head = [
        f"def read(stream, place, offset, telegrams, {known}):",
        " tell = telegrams.append",
        " while True:",
    ]
    source = "\n".join([*head, *(f" {line}" for line in lines)])
    exec(source, scope)  # noqa: S102 - nothing of the frame is in the text, only places in it
    read: ReadFrames = scope["read"]
    return read


def _locked_expression(shape: Shape) -> str:
    if shape.never_locked:
        return "False"
    return "True" if shape.always_locked else "is_locked(raw)"
