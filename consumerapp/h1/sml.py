"""SML decoder: what German meters push over the optical port, as telegrams (SML 1.04, transport version 1).

Two ways lead from a frame to a telegram, and tests prove that they always agree:

* the general way walks through every element (`sml_transport`, `sml_file`, `sml_rows`);
* the learned way knows that a meter's telegrams differ in their values only (`sml_learned`): it compares
  everything else in one step, checks every checksum and reads the values where they stood before. Any
  surprise leads back to the general way.

SML over the optical port proves nothing about its origin: authenticity is always plain.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from consumerapp.codes import Authenticity, MeterId, Obis
from consumerapp.errors import ApduError, DecodeError, FrameError, RefusalKind
from consumerapp.h1.checksums import BIT_REVERSED, X25_RESIDUE
from consumerapp.h1.decoder import NEED_DATA, NextEvent, Protocol, Refused, Telegram
from consumerapp.h1.sml_elements import wall_clock
from consumerapp.h1.sml_file import KERMIT_FORMS, SensorList, SmlFile, SumForm, kermit_form, read_file
from consumerapp.h1.sml_quirks import (
    EXPORT_BIT,
    NET_POWER,
    Shape,
    SmlProfile,
    meter_id_of,
    profile_named,
    profile_of,
    signed_power,
)
from consumerapp.h1.sml_rows import Meaning, RowReader, Rows
from consumerapp.h1.sml_structures import LearnedFrame, LearnedFrames
from consumerapp.h1.sml_transport import END_BYTES, START, Frame, FrameReader, unescaped

if TYPE_CHECKING:
    from datetime import datetime

SERVER_ID_ROWS: Final = (Obis(1, 0, 96, 1, 0), Obis(1, 0, 0, 0, 9))
MAX_FILL_BYTES: Final = 3
MAX_SHAPES: Final = 256
MAX_DEVICES: Final = 64
"""Devices whose checksum form is remembered; one reading head sees one."""


_Content = tuple[bytes, list[SensorList], SumForm]
_X25_ONLY: Final = (SumForm.X25,)
_OVERRUN = "a message runs over the end of its frame"

_new = tuple.__new__
"""Makes a NamedTuple without going through its Python-level constructor."""


class _Device:
    """What is remembered of one server id."""

    __slots__ = ("form", "meter_id", "profile")

    def __init__(self, server_id: bytes | None, profile: SmlProfile | None, form: SumForm) -> None:
        self.meter_id: MeterId | None = None if server_id is None else meter_id_of(server_id)
        self.profile = profile or profile_of(server_id)
        self.form = form
        """Of its checksums: one that comes in another form is none of its frames."""


class SmlDecoder(FrameReader):
    """Bytes in, telegrams out. Knows no port, no clock and no log."""

    __slots__ = (
        "_by_length",
        "_devices",
        "_last_shape",
        "_learned",
        "_learns",
        "_likely",
        "_profile",
        "_reader",
        "_ready",
        "_second_likely",
        "_shapes",
    )

    def __init__(
        self, *, profile: SmlProfile | None = None, max_learned: int = LearnedFrames.MAX_FRAMES
    ) -> None:
        """`profile` None: found by the server id. `max_learned` 0: always the general way."""
        super().__init__()
        self._profile = profile
        self._reader = RowReader()
        self._shapes: dict[tuple[Meaning, ...], Shape] = {}
        self._last_shape = Shape(())
        """Of the list read last."""
        self._devices: dict[bytes | None, _Device] = {}
        self._learns = max_learned > 0
        self._learned = LearnedFrames(max_learned)
        self._by_length = self._learned.by_length
        self._second_likely: LearnedFrame | None = None
        """What frames looked like before that."""
        self._likely: LearnedFrame | None = None
        """What the last frame looked like; the next one mostly looks the same."""
        self._ready: Iterator[Telegram] = iter(())
        """What has been decoded and not been asked for: the rest of a file, or of a chunk."""

    def next_event(self) -> NextEvent:
        """The next telegram or refusal, or NEED_DATA. Raises nothing."""
        for telegram in self._ready:
            return telegram
        if self._chunks:
            self._gather()
        if self._likely is not None:
            if self._at == len(self._data):
                return NEED_DATA
            telegrams = self._read_likely(self._likely)
            if telegrams:
                self._ready = iter(telegrams)
                return next(self._ready)
        return self._general()

    def _read_likely(self, likely: LearnedFrame) -> list[Telegram]:
        """The telegrams of all frames from here on that look like the last or like the one before."""
        telegrams: list[Telegram] = []
        data, start = self._data, self._start
        place = likely.read(data, self._at, start, telegrams)
        other = self._second_likely
        if other is not None:
            while place < len(data):
                behind = other.read(data, place, start, telegrams)
                if behind == place:
                    break
                place = behind
                likely, other = other, likely
            self._likely, self._second_likely = likely, other
        self._at = place
        return telegrams

    def _general(self) -> NextEvent:
        frame = self.next_frame()
        if frame is None:
            if self._frame >= 0:
                # Only where no frame is open may the next one be taken for what it looks like.
                self._likely = None
            return NEED_DATA
        if isinstance(frame, Refused):
            self._likely = None
            return frame
        offset, octets, _ = frame
        for candidate in self._by_length.get(len(octets), ()):
            telegrams: list[Telegram] = []
            candidate.read(octets, 0, offset, telegrams)
            if telegrams:
                self._expect(candidate)
                self.accept(frame)
                return telegrams[0]
        return self._walk(frame)

    def _expect(self, learned: LearnedFrame | None) -> None:
        """The next frame will look like this one; after that, like the one before."""
        if learned is not self._likely and self._likely is not None:
            self._second_likely = self._likely
        self._likely = learned

    def _walk(self, frame: Frame) -> Telegram | Refused:
        offset, octets, _ = frame
        mirrored = octets.translate(BIT_REVERSED)
        form = SumForm.X25 if crc_hqx(mirrored, 0xFFFF) == X25_RESIDUE else kermit_form(mirrored)
        if form is None:
            self.reject(frame)
            self._likely = None
            return Refused(
                RefusalKind.CHECKSUM, offset, f"checksum of the frame of {len(octets)} bytes is wrong"
            )
        self.accept(frame)
        try:
            forms = _X25_ONLY if form is SumForm.X25 else KERMIT_FORMS
            plain, lists, form = self._content(frame, mirrored, forms)
            telegram = self._telegram(offset, plain, lists[0], form)
            if len(lists) > 1:
                others = [self._telegram(offset, plain, sensor_list, form) for sensor_list in lists[1:]]
                self._ready = iter(others)
                self._likely = None
                return telegram
        except DecodeError as error:
            return Refused(error.kind, offset, error.detail)
        except (IndexError, struct.error):
            return Refused(RefusalKind.MALFORMED, offset, _OVERRUN)
        if self._learns:
            self._expect(self._learned.learn(octets, telegram, self._last_shape, form))
        return telegram

    def _content(self, frame: Frame, mirrored: bytes, forms: tuple[SumForm, ...]) -> _Content:
        """The frame without its escapes, the lists in it, and the form of their checksums."""
        _, octets, has_escapes = frame
        if octets[-3] > MAX_FILL_BYTES:
            raise ApduError(f"the frame claims {octets[-3]} fill bytes; there are {MAX_FILL_BYTES} at most")
        if has_escapes:
            octets, content = self._unescaped_content(octets, forms)
        else:
            content = read_file(octets, mirrored, len(START), forms, self._reader)
        lists, attention, form = content
        if not lists:
            raise DecodeError(_why_no_list(attention), RefusalKind.UNSUPPORTED)
        return octets, lists, form

    def _unescaped_content(self, octets: bytes, forms: tuple[SumForm, ...]) -> tuple[bytes, SmlFile]:
        payload = octets[len(START) : -END_BYTES]
        readings = unescaped(payload)
        problems: list[DecodeError] = []
        for reading in readings:
            plain = reading + octets[-END_BYTES:]
            try:
                return plain, read_file(plain, plain.translate(BIT_REVERSED), 0, forms, self._reader)
            except (IndexError, struct.error):
                problems.append(ApduError(_OVERRUN))
            except DecodeError as error:
                problems.append(error)
        if readings[0] == payload:
            raise DecodeError("an SML escape that is neither end nor data", RefusalKind.UNSUPPORTED)
        raise problems[0]

    def _telegram(self, offset: int, octets: bytes, sensor_list: SensorList, form: SumForm) -> Telegram:
        server_id, time, rows = sensor_list
        if server_id is None:
            server_id = _server_id_in(rows)
        device = self._devices.get(server_id)
        if device is None:
            device = self._new_device(server_id, form)
        elif device.form is not form:
            raise FrameError(f"the checksums are {form.name}, this meter's are {device.form.name}")
        shape = self._shapes.get(tuple(rows.meanings))
        if shape is None:
            shape = self._new_shape(rows)
        self._last_shape = shape
        status = rows.status
        power = shape.net_power
        if power >= 0 and status is not None and status >> EXPORT_BIT & 1 != (rows.raw[power] < 0):
            number = rows.number_of(NET_POWER, octets)
            rows.raw[power] = signed_power(device.profile.power_sign, number, status)
        raw = tuple(rows.raw)
        # In the order of Telegram's fields: naming them takes a third of a microsecond.
        return _new(
            Telegram,
            (
                Protocol.SML,
                offset,
                device.meter_id,
                wall_clock(time.seconds) if time is not None and time.is_wall_clock else None,
                Authenticity.PLAIN,
                shape.columns,
                raw,
                tuple(rows.texts),
                _value_times(rows) if rows.times else (),
                status,
                not shape.has_power and shape.is_locked(raw),
            ),
        )

    def _new_device(self, server_id: bytes | None, form: SumForm) -> _Device:
        device = _Device(server_id, self._profile, form)
        if server_id is not None and len(self._devices) < MAX_DEVICES:
            self._devices[server_id] = device
        return device

    def _new_shape(self, rows: Rows) -> Shape:
        shape = Shape(tuple(meaning.column for meaning in rows.meanings))
        if len(self._shapes) >= MAX_SHAPES:
            self._shapes.clear()
        self._shapes[tuple(rows.meanings)] = shape
        return shape


def _value_times(rows: Rows) -> tuple[tuple[int, datetime], ...]:
    instants = ((number, wall_clock(time.seconds)) for number, time in rows.times)
    return tuple((number, instant) for number, instant in instants if instant is not None)


def _server_id_in(rows: Rows) -> bytes | None:
    """The server id out of the rows, where neither list nor open message has one."""
    for text in rows.texts:
        if text.obis in SERVER_ID_ROWS:
            try:
                return bytes.fromhex(text.value)
            except ValueError:
                continue
    return None


def _why_no_list(attention: bytes | None) -> str:
    if attention is not None:
        return f"an attention message, number {attention.hex()}, and no list of values"
    return "an SML file without a list of values"


def decoder(
    *, key: bytes | None = None, auth_key: bytes | None = None, profile: str | None = None
) -> SmlDecoder:
    """The factory that `registry` names. SML has no keys; without a name the server id tells the profile."""
    return SmlDecoder(profile=None if profile is None else profile_named(profile))
