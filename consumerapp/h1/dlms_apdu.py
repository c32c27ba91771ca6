"""From an APDU to a telegram: notification, ciphering, block transfer.

    0F  data-notification          C2  event-notification
    DB  general-glo-ciphering      CA  the same, ciphered       DC  under a dedicated key
    E0  general-block-transfer     DD, DF, D8 …  named and refused

Never raises anything but DecodeError.
"""

from __future__ import annotations

from typing import Final

from consumerapp.errors import ApduError, CipherError, DecodeError, RefusalKind
from consumerapp.h1 import cipher
from consumerapp.h1.axdr import AxdrTruncated, read_data
from consumerapp.h1.block_transfer import TAG as BLOCK
from consumerapp.h1.block_transfer import Block, BlockSeries
from consumerapp.h1.decoder import NEED_DATA, Protocol, Refused, Telegram
from consumerapp.h1.dlms_body import Body, Item, Shape, body_of, end_of_body, read_body
from consumerapp.h1.dlms_learned import Learned
from consumerapp.h1.dlms_time import DATE_TIME_OCTETS
from consumerapp.h1.dlms_values import Content, Setting, interpret
from consumerapp.h1.profile import Match
from consumerapp.readings import Authenticity, Obis

DATA_NOTIFICATION: Final = 0x0F
EVENT_NOTIFICATION: Final = 0xC2
P1_TEXT: Final = 0x2F
"""`/`: inside a ciphered APDU, the beginning of a P1 telegram (Luxembourg, Sagemcom)."""

CIPHERED: Final = frozenset((cipher.GENERAL_GLO, cipher.GENERAL_DED, cipher.GLO_EVENT_NOTIFICATION))
_NAMES: Final = {
    cipher.GENERAL_CIPHERING: "general-ciphering",
    cipher.GENERAL_SIGNING: "general-signing",
    0xD8: "exception-response",
    0x60: "association request",
    0x61: "association response",
    0xC0: "get-request",
    0xC4: "get-response",
    0xC5: "set-response",
    0xC7: "action-response",
    0xC8: "glo-get-request",
    0xCC: "glo-get-response",
    0xCF: "glo-action-response",
}
"""APDUs that are known and not read: they are no push, or need a party's keys."""

READABLE: Final = CIPHERED | {DATA_NOTIFICATION, EVENT_NOTIFICATION, BLOCK}
FIRST_OCTETS: Final = READABLE | {cipher.GENERAL_CIPHERING, cipher.GENERAL_SIGNING}
"""What a push APDU may begin with."""

INVOKE_ID_OCTETS: Final = 4
_MAX_LAYERS: Final = 3
"""Blocks around a ciphered APDU around blocks; no meter goes further."""


class ApduReader:
    """Reads the APDUs of one link. It remembers blocks, counters and learned structures."""

    def __init__(self, guard: cipher.Guard, setting: Setting) -> None:
        self.guard = guard
        self.found: Match | None = None
        """The profile of the last telegram, and why."""
        self.refusals: list[Refused] = []
        """What had to be given up before the message that `read` answers about."""
        self._setting = setting
        self._blocks = BlockSeries()
        self._block_offset = 0
        self._learned = Learned()
        self._usual: cipher.Usual | None = None

    def read(self, apdu: bytes, offset: int) -> Telegram | None:
        """The telegram in an APDU; None: it was a block, and more have to come."""
        telegram = self._read(apdu, offset, None, 0)
        if telegram is not None and self._block_offset < telegram.offset:
            # Another message came between: the blocks before it will not become whole any more.
            dropped = self.drop_blocks()
            if dropped is not None:
                self.refusals.append(dropped)
        return telegram

    def read_usual(self, apdu: bytes, offset: int) -> Telegram | None:
        """The telegram in an APDU like the last one; None: to be read the general way, nothing has
        happened."""
        if self._blocks.open:
            return None
        if apdu[:1] == b"\x0f":
            return self._learned.read(apdu, offset, Authenticity.PLAIN, None)
        usual = self._usual
        if usual is None:
            return None
        plain = usual.open(apdu)
        if plain is None:
            return None
        telegram = self._learned.read(plain, offset, usual.authenticity, usual.system_title)
        if telegram is not None:
            usual.accept(apdu)
        return telegram

    def drop_blocks(self) -> Refused | None:
        """Give up a message that is not whole: the refusal of it, or None where there is none."""
        if not self._blocks.open:
            return None
        self._blocks.clear()
        return Refused(RefusalKind.TRUNCATED, self._block_offset, "a block transfer without its last blocks")

    def _read(self, apdu: bytes, offset: int, origin: _Origin | None, layer: int) -> Telegram | None:
        if not apdu:
            raise ApduError("an empty APDU")
        tag = apdu[0]
        if tag == DATA_NOTIFICATION:
            return self._notification(apdu, offset, origin)
        if tag in CIPHERED and layer < _MAX_LAYERS:
            return self._ciphered(apdu, offset, layer)
        if tag == BLOCK and layer < _MAX_LAYERS:
            return self._block(apdu, offset, origin, layer)
        if tag == EVENT_NOTIFICATION:
            return self._finish(event_notification(apdu, self._setting, _title(origin)), offset, origin)
        if tag in _NAMES:
            raise ApduError(f"{_NAMES[tag]} ({tag:02X}) is not supported", RefusalKind.UNSUPPORTED)
        raise ApduError(f"no APDU begins with {tag:02X}")

    def _block(self, apdu: bytes, offset: int, origin: _Origin | None, layer: int) -> Telegram | None:
        at = 0
        telegram = None
        while at < len(apdu):
            if apdu[at] != BLOCK:
                raise ApduError(f"{len(apdu) - at} octets behind a block")
            block, at = Block.from_bytes(apdu, at)
            if block.number == 1 and (dropped := self.drop_blocks()) is not None:
                self.refusals.append(dropped)
            if not self._blocks.open:
                self._block_offset = offset
            whole = self._blocks.add(block)
            if whole is not None:
                telegram = self._read(whole, self._block_offset, origin, layer + 1)
        return telegram

    def _ciphered(self, apdu: bytes, offset: int, layer: int) -> Telegram | None:
        ciphered = cipher.Ciphered.from_bytes(apdu, self.guard.paired_title or self.guard.last_system_title)
        candidates = self.guard.candidates(ciphered)
        if not candidates:
            origin = _Origin(ciphered.system_title, Authenticity.PLAIN)
            return self._read(ciphered.text, offset, origin, layer + 1)
        failure: DecodeError | None = None
        for keys in candidates:
            try:
                plain, authenticity = cipher.open_with(ciphered, keys)
                if authenticity is Authenticity.AUTHENTICATED:
                    self.guard.refuse_replay(ciphered, keys)
                    self.guard.accept(ciphered, keys)
                telegram = self._opened(plain, offset, _Origin(ciphered.system_title, authenticity), layer)
            except DecodeError as error:
                if failure is None or error.kind is RefusalKind.REPLAY:
                    failure = error
                continue
            if authenticity is not Authenticity.AUTHENTICATED:
                self.guard.refuse_replay(ciphered, keys)
                self.guard.accept(ciphered, keys)
            if layer == 0 and ciphered.encrypted and apdu[0] == cipher.GENERAL_GLO:
                self._usual = self.guard.usual(apdu, ciphered, keys)
            return telegram
        assert failure is not None
        raise failure

    def _opened(self, plain: bytes, offset: int, origin: _Origin, layer: int) -> Telegram | None:
        """Read what deciphering gave. Without a tag only its sense shows that the key was right."""
        if origin.authenticity is Authenticity.AUTHENTICATED:
            return self._read_plain(plain, offset, origin, layer)
        if not plain or plain[0] not in READABLE | {P1_TEXT} | set(_NAMES):
            raise CipherError(
                "nothing readable comes out: another key, or the telegram was altered", RefusalKind.WRONG_KEY
            )
        try:
            return self._read_plain(plain, offset, origin, layer)
        except ApduError as error:
            if error.kind is RefusalKind.UNSUPPORTED:
                raise
            raise CipherError(
                f"what comes out is no telegram ({error.detail}): another key, or altered",
                RefusalKind.WRONG_KEY,
            ) from error

    def _read_plain(self, plain: bytes, offset: int, origin: _Origin, layer: int) -> Telegram | None:
        if plain[:1] == b"/":
            return _p1_telegram(plain, offset, origin)
        return self._read(plain, offset, origin, layer + 1)

    def _notification(self, apdu: bytes, offset: int, origin: _Origin | None) -> Telegram:
        authenticity = origin.authenticity if origin else Authenticity.PLAIN
        title = _title(origin)
        telegram = self._learned.read(apdu, offset, authenticity, title)
        if telegram is not None:
            return telegram
        header_clock, at = read_header(apdu)
        body = read_body(apdu, at)
        content = interpret(
            body, header_clock=header_clock, system_title=title, setting=self._setting, before=self.found
        )
        self._learned.learn(apdu, content, self._setting, title)
        return self._finish(content, offset, origin)

    def _finish(self, content: Content, offset: int, origin: _Origin | None) -> Telegram:
        self.found = content.found or self.found
        return Telegram(
            protocol=Protocol.DLMS,
            offset=offset,
            meter_id=content.meter_id,
            measured_at=content.measured_at,
            authenticity=origin.authenticity if origin else Authenticity.PLAIN,
            columns=content.columns,
            raw=content.raw,
            texts=content.texts,
            value_times=content.value_times,
        )


class _Origin:
    """Who sent a plaintext, and how far that is proved."""

    __slots__ = ("authenticity", "system_title")

    def __init__(self, system_title: bytes, authenticity: Authenticity) -> None:
        self.system_title = system_title
        self.authenticity = authenticity


def _title(origin: _Origin | None) -> bytes | None:
    return origin.system_title if origin else None


def read_header(apdu: bytes) -> tuple[tuple[bytes, int] | None, int]:
    """Long-invoke-id and date-time of a data-notification: (the clock and its place, where the body begins).

    The date-time is an octet-string without its tag: `00`, or `0C` and twelve octets. Kaifa writes the tag
    all the same (`09 0C`), others a date-time with its own tag (`19`).
    """
    at = 1 + INVOKE_ID_OCTETS
    if len(apdu) < at + 2:
        raise AxdrTruncated(at + 2)
    form = apdu[at]
    if form == 0x00:
        return None, at + 1
    if form == 0x09 and apdu[at + 1] == 0x00:
        return None, at + 2
    if form == 0x09 and apdu[at + 1] == DATE_TIME_OCTETS:
        at += 2
    elif form in {DATE_TIME_OCTETS, 0x19}:
        at += 1
    else:
        raise ApduError(f"a notification's date-time begins with {form:02X}")
    end = at + DATE_TIME_OCTETS
    if len(apdu) <= end:
        raise AxdrTruncated(end + 1)
    return (apdu[at:end], at), end


def event_notification(apdu: bytes, setting: Setting, system_title: bytes | None) -> Content:
    """`C2`, an optional time, class u16, logical name, attribute i8, value."""
    if len(apdu) < 2:
        raise AxdrTruncated(2)
    at = 2
    header_clock = None
    if apdu[1]:
        if apdu[2:3] != bytes((DATE_TIME_OCTETS,)):
            raise ApduError("an event's time is no date-time of twelve octets")
        header_clock = (apdu[3 : 3 + DATE_TIME_OCTETS], 3)
        at = 3 + DATE_TIME_OCTETS
    end = at + 9
    if len(apdu) < end:
        raise AxdrTruncated(end)
    code = Obis.from_bytes(apdu[at + 2 : at + 8])
    value, behind = read_data(apdu, end)
    if behind != len(apdu):
        raise ApduError(f"{len(apdu) - behind} octets behind the event's value")
    body = body_of(value) if value.elements else Body(Shape.DESCRIPTORS, (Item(code, value),))
    return interpret(body, header_clock=header_clock, system_title=system_title, setting=setting)


def _p1_telegram(plain: bytes, offset: int, origin: _Origin) -> Telegram:
    """A P1 telegram that came in a ciphered APDU: read by the P1 decoder, with its origin kept."""
    from consumerapp.h1.p1 import decoder as p1_decoder  # noqa: PLC0415  (rare: Luxembourg, some Sagemcom meters)

    reader = p1_decoder()
    reader.receive_data(plain)
    reader.receive_eof()
    event = reader.next_event()
    if event is NEED_DATA:
        raise ApduError("a P1 telegram without end")
    if isinstance(event, Refused):
        raise ApduError(f"the P1 telegram inside: {event.detail}", event.kind)
    return event._replace(offset=offset, authenticity=origin.authenticity)


def length_of(apdu: bytes, at: int) -> int:
    """Where the APDU that begins at `at` ends, where its own octets say so. Raises ApduError, AxdrTruncated.

    For APDUs that come without any frame around them.
    """
    tag = apdu[at]
    if tag == BLOCK:
        return Block.from_bytes(apdu, at)[1]
    if tag in {cipher.GENERAL_GLO, cipher.GENERAL_DED}:
        return cipher.end_of(apdu, at)
    if tag != DATA_NOTIFICATION:
        raise ApduError(f"an APDU {tag:02X} without frame has no end")
    try:
        notification = apdu[at:]
        _, begin = read_header(notification)
        return at + end_of_body(notification, begin)
    except AxdrTruncated as error:
        raise AxdrTruncated(at + error.needed) from error
