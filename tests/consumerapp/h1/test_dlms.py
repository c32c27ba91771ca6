"""The DLMS decoder on whole streams: the four laws in every framing, and what they do not say."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.cipher import CountersInMemory, MeterKeys
from consumerapp.h1.decoder import Decoder, Protocol, Refused, Telegram
from consumerapp.h1.dlms import MAX_UNFRAMED_OCTETS, DlmsDecoder, Framing, decoder
from consumerapp.readings import Authenticity, Obis, Unit
from consumerapp.simulator import dlms as enc
from consumerapp.simulator import dlms_frames as frames
from tests.consumerapp.h1.laws import DecoderLaws, events_of, telegrams_of
from tests.consumerapp.h1.meter_telegrams import AUTH_KEY, CLOCK, KEY, MADE, kaifa_no

TITLE = b"KFM\x00\x00\x00\x00\x17"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=ZoneInfo("Europe/Vienna"))


class NoReplays(CountersInMemory):
    """A store that forgets: the laws repeat telegrams, which is not what they are about."""

    def accept(self, system_title: bytes, key_name: str, counter: int) -> None:
        return None


def apdu(power_w: int = 1840, energy_wh: int = 12345678, *, minute: int = 0, second: int = 0) -> bytes:
    clock = enc.date_time(NOON.replace(minute=minute, second=second))
    body = enc.coded_structure(
        [
            enc.Register(Obis(0, 0, 1, 0, 0), enc.octets(clock)),
            enc.Register(Obis(0, 0, 96, 1, 0), enc.octets("1KFM0200000017")),
            enc.Register(Obis(1, 0, 1, 7, 0), enc.u32(power_w), 0, 27),
            enc.Register(Obis(1, 0, 1, 8, 0), enc.u32(energy_wh), 0, 30),
            enc.Register(Obis(1, 0, 32, 7, 0), enc.u16(2304), -1, 35),
        ]
    )
    return enc.notification(body, clock=clock)


APDUS = st.builds(apdu, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), minute=st.integers(0, 59))


def cipher(plain: bytes, *, security: int = 0x30, counter: int = 1, auth_key: bytes = AUTH_KEY) -> bytes:
    return frames.sealed(
        plain, key=KEY, auth_key=auth_key, system_title=TITLE, counter=counter, security=security
    )


class TestHdlcLaws(DecoderLaws):
    frames = APDUS.map(frames.hdlc_message)
    alphabet = st.text("~\xa0\xe6\xe7\x00\x0f\x02", max_size=40).map(lambda text: text.encode("latin-1"))

    def make_decoder(self) -> Decoder:
        return decoder()


class TestOnlyHdlcLaws(TestHdlcLaws):
    """The line is said to carry nothing else."""

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(framing=Framing.HDLC)


class TestSegmentedHdlcLaws(TestHdlcLaws):
    frames = APDUS.map(lambda octets: frames.hdlc_message(octets, most=60, source=b"\x02\x23"))


class TestStuffedHdlcLaws(TestHdlcLaws):
    frames = APDUS.map(lambda octets: frames.hdlc_message(octets, stuffed=True))


class TestBlockTransferLaws(TestHdlcLaws):
    frames = APDUS.map(lambda octets: frames.hdlc_blocks(octets, most=50))


class TestCipheredHdlcLaws(TestHdlcLaws):
    frames = APDUS.map(lambda octets: frames.hdlc_message(cipher(octets)))

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(keys=(MeterKeys(KEY, AUTH_KEY),), counters=NoReplays())


class TestMbusLaws(DecoderLaws):
    frames = APDUS.map(frames.mbus_frames)
    alphabet = st.text("\x68\x16\x53\xff\x00\x10\x11\x01", max_size=40).map(
        lambda text: text.encode("latin-1")
    )

    def make_decoder(self) -> Decoder:
        return decoder()


class TestOnlyMbusLaws(TestMbusLaws):
    """The line is said to carry nothing else."""

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(framing=Framing.MBUS)


class TestCipheredMbusInTwoFramesLaws(TestMbusLaws):
    frames = APDUS.map(lambda octets: frames.mbus_frames(cipher(octets, security=0x21), most=70))

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(keys=(MeterKeys(KEY),), counters=NoReplays())


class TestWrapperLaws(DecoderLaws):
    frames = APDUS.map(frames.wrapped)
    has_checksum = False
    recovers_after_frames = 2

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(framing=Framing.WRAPPER)


class TestBareApduLaws(DecoderLaws):
    frames = APDUS.map(lambda octets: frames.LLC + octets)
    has_checksum = False
    recovers_after_frames = 2

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(framing=Framing.APDU)


class TestBareCipheredApduLaws(TestBareApduLaws):
    frames = APDUS.map(cipher)

    def make_decoder(self) -> Decoder:
        return DlmsDecoder(framing=Framing.APDU, keys=(MeterKeys(KEY, AUTH_KEY),), counters=NoReplays())


def kinds(events: list[Telegram | Refused]) -> list[str]:
    return [event.kind.value if isinstance(event, Refused) else "telegram" for event in events]


def test_reads_values_texts_identity_and_time() -> None:
    (event,) = events_of(decoder(), [frames.hdlc_message(apdu())])
    assert isinstance(event, Telegram)
    assert (event.protocol, event.meter_id, event.authenticity) == (
        Protocol.DLMS, "1KFM0200000017", Authenticity.PLAIN,
    )  # fmt: skip
    assert event.measured_at == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    assert [(value.obis.short, value.value, value.unit) for value in event.values] == [
        ("1.7.0", Decimal(1840), Unit.W),
        ("1.8.0", Decimal(12345678), Unit.WH),
        ("32.7.0", Decimal("230.4"), Unit.V),
    ]


@pytest.mark.parametrize(
    "octets",
    [
        frames.hdlc_message(apdu()),
        frames.hdlc_message(apdu(), most=40),
        frames.hdlc_blocks(apdu(), most=40),
        frames.hdlc_message(apdu(), stuffed=True),
        frames.mbus_frames(apdu()),
        frames.mbus_frames(apdu(), most=30),
        frames.wrapped(apdu()),
        frames.LLC + apdu(),
        apdu(),
    ],
    ids=["hdlc", "segments", "blocks", "stuffed", "mbus", "mbus segments", "wrapper", "llc", "apdu"],
)
def test_finds_every_framing_by_itself_and_says_the_same(octets: bytes) -> None:
    (honest,) = telegrams_of(events_of(decoder(), [frames.hdlc_message(apdu())]))
    assert telegrams_of(events_of(decoder(), [octets, octets])) == [honest, honest]


@pytest.mark.parametrize(
    "octets",
    [
        frames.hdlc_message(apdu()),
        frames.hdlc_message(apdu(), most=60),
        frames.mbus_frames(apdu(), most=60),
        frames.wrapped(apdu()),
        apdu(),
    ],
    ids=["hdlc", "segments", "mbus", "wrapper", "apdu"],
)
def test_a_telegram_is_there_with_its_last_octet(octets: bytes) -> None:
    reader = decoder()
    for _ in range(3):
        for octet in octets[:-1]:
            assert not events_of(reader, [bytes((octet,))], eof=False)
        assert kinds(events_of(reader, [octets[-1:]], eof=False)) == ["telegram"]


def test_one_flag_may_end_one_frame_and_open_the_next() -> None:
    octets = frames.hdlc_message(apdu())
    assert kinds(events_of(decoder(), [octets[:-1] + octets])) == ["telegram", "telegram"]


def test_a_broken_frame_is_not_searched_for_bare_messages() -> None:
    octets = bytearray(frames.hdlc_message(apdu()))
    octets[-3] ^= 1
    assert kinds(events_of(decoder(), [bytes(octets)])) == ["checksum"]


def test_a_lost_segment_takes_its_message_with_it() -> None:
    octets = frames.hdlc_message(apdu(), most=60)
    first, *_, last = (b"\x7e" + part + b"\x7e" for part in octets.strip(b"\x7e").split(b"\x7e\x7e"))
    whole = frames.hdlc_message(apdu(7))
    events = events_of(decoder(), [first, whole, last, whole])
    assert kinds(events) == ["truncated", "telegram", "truncated", "telegram"]


def test_segments_of_two_senders_do_not_mix() -> None:
    ours = frames.hdlc_message(apdu(), most=100)
    cut = ours.index(b"\x7e\x7e") + 1
    theirs = frames.hdlc_message(apdu(), most=100, destination=b"\x05")
    events = events_of(decoder(), [ours[:cut], theirs[cut:]])
    assert kinds(events) == ["truncated"] * len(events)


def test_mbus_segments_out_of_order_give_nothing() -> None:
    octets = frames.mbus_frames(apdu(), most=60)
    one = 4 + 65 + 2
    first, second, third = octets[:one], octets[one : 2 * one], octets[2 * one :]
    assert kinds(events_of(decoder(), [first, third, octets])) == ["truncated", "malformed", "telegram"]
    assert kinds(events_of(decoder(), [second, third])) == ["truncated", "truncated"]


def test_blocks_repeated_or_swapped_give_nothing() -> None:
    parts = [frames.hdlc_frame(block) for block in frames.blocks(apdu(), most=40)]
    one, two, three = (frames.hdlc_frame(frames.LLC + frames.blocks(apdu(), most=40)[0]), *parts[1:3])
    assert "telegram" not in kinds(events_of(decoder(), [one, two, two, three, *parts[3:]]))
    assert "telegram" not in kinds(events_of(decoder(), [one, three, two, *parts[3:]]))
    assert kinds(events_of(decoder(), [one, *parts[1:]])) == ["telegram"]


def test_a_cut_stream_says_so() -> None:
    octets = frames.hdlc_message(apdu())
    assert kinds(events_of(decoder(), [octets[:50]])) == ["truncated"]
    assert kinds(events_of(decoder(), [frames.hdlc_blocks(apdu(), most=80)[:110]])) == ["truncated"]
    assert kinds(events_of(decoder(), [(frames.LLC + apdu())[:50]])) == ["truncated"]


def test_silence_ends_what_is_open_and_nothing_else() -> None:
    reader = decoder()
    segments = frames.hdlc_message(apdu(), most=60)
    blocks = frames.hdlc_blocks(apdu(), most=80)
    for cut in (segments[: segments.index(b"\x7e\x7e") + 1], segments[:40], blocks[:110]):
        assert not events_of(reader, [cut], eof=False)
        reader.receive_silence()
        assert kinds(events_of(reader, [], eof=False)) == ["truncated"]
        assert kinds(events_of(reader, [segments], eof=False)) == ["telegram"]
    reader.receive_silence()
    assert not events_of(reader, [], eof=False)


@pytest.mark.parametrize("framing", list(Framing))
@pytest.mark.parametrize("telling", [b"", b"\x7e\xa7", b"\x68\xfa", b"\x0f\x00\xdb\x08", b"\x00\x01"])
def test_noise_is_not_kept(framing: Framing, telling: bytes) -> None:
    reader = DlmsDecoder(framing=framing)
    noise = Random(17)
    for _ in range(100):
        events_of(reader, [telling + noise.randbytes(1000)], eof=False)
        assert len(reader._data) - reader._at <= MAX_UNFRAMED_OCTETS + 1100


def test_counters_outlive_the_decoder_where_somebody_keeps_them() -> None:
    store = CountersInMemory()
    octets = frames.hdlc_message(cipher(apdu()))
    results = []
    for _ in range(2):
        reader = decoder(key=KEY, auth_key=AUTH_KEY, counters=store)
        results += kinds(events_of(reader, [octets]))
    assert results == ["telegram", "replay"]


def test_only_paired_meters_are_heard() -> None:
    octets = frames.hdlc_message(cipher(apdu()))
    for titles, wanted in ((frozenset((TITLE,)), "telegram"), (frozenset((b"ABC12345",)), "needs_key")):
        reader = decoder(key=KEY, auth_key=AUTH_KEY, system_titles=titles)
        assert kinds(events_of(reader, [octets])) == [wanted]


def test_a_message_without_frame_does_not_swallow_the_frames_behind_it() -> None:
    # A long octet-string is announced, and then the line carries real frames.
    stream = b"\x0f\x00\x00\x00\x01\x00\x09\x82\x10\x00" + frames.hdlc_message(apdu()) * 3
    assert kinds(events_of(decoder(), [stream], eof=False)) == ["telegram"] * 3


def test_a_gateway_that_turns_line_ends_is_refused() -> None:
    octets = frames.hdlc_message(apdu(power_w=0x0A0A0A0A))
    events = events_of(decoder(), [octets.replace(b"\x0a", b"\x0d\x0a")])
    assert kinds(events)[:1] in (["checksum"], ["truncated"])
    assert "telegram" not in kinds(events)


@pytest.mark.parametrize(
    ("first", "name"),
    [(0xDD, "general-ciphering"), (0xDF, "general-signing"), (0xD8, "exception"), (0xCC, "glo-get")],
)
def test_names_what_is_not_supported(first: int, name: str) -> None:
    octets = frames.hdlc_message(bytes((first,)) + bytes(30))
    (event,) = events_of(decoder(key=KEY), [octets])
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.UNSUPPORTED
    assert name in event.detail


def test_without_a_key_the_key_is_asked_for_and_with_another_it_is_wrong() -> None:
    for security in (0x20, 0x21, 0x30):
        octets = frames.hdlc_message(cipher(apdu(), security=security))
        assert kinds(events_of(decoder(), [octets])) == ["needs_key"]
        assert kinds(events_of(decoder(key=AUTH_KEY), [octets])) == ["wrong_key"]
        assert kinds(events_of(decoder(key=KEY, auth_key=AUTH_KEY), [octets])) == ["telegram"]


@pytest.mark.parametrize(
    ("security", "auth_key", "wanted"),
    [
        (0x30, AUTH_KEY, Authenticity.AUTHENTICATED),
        (0x31, AUTH_KEY, Authenticity.AUTHENTICATED),
        (0x10, AUTH_KEY, Authenticity.AUTHENTICATED),
        (0x30, None, Authenticity.ENCRYPTED),
        (0x20, AUTH_KEY, Authenticity.ENCRYPTED),
        (0x21, None, Authenticity.ENCRYPTED),
        (0x10, None, Authenticity.PLAIN),
        (0x00, AUTH_KEY, Authenticity.PLAIN),
    ],
)
def test_says_how_far_a_telegram_is_proved(
    security: int, auth_key: bytes | None, wanted: Authenticity
) -> None:
    octets = frames.hdlc_message(cipher(apdu(), security=security))
    (event,) = events_of(decoder(key=KEY, auth_key=auth_key), [octets])
    assert isinstance(event, Telegram)
    assert event.authenticity is wanted


def test_a_telegram_is_taken_once() -> None:
    def telegram(counter: int, security: int) -> bytes:
        return frames.hdlc_message(cipher(apdu(), counter=counter, security=security))

    for security in (0x20, 0x30):
        stream = [telegram(counter, security) for counter in (5, 5, 6, 4, 7)]
        events = events_of(decoder(key=KEY, auth_key=AUTH_KEY), stream)
        assert kinds(events) == ["telegram", "replay", "telegram", "replay", "telegram"]


def test_a_forged_counter_does_not_end_the_link() -> None:
    forged = cipher(apdu(), counter=1).replace(b"\x30\x00\x00\x00\x01", b"\x30\xff\xff\xff\xf0")
    stream = [frames.hdlc_message(octets) for octets in (forged, cipher(apdu(), counter=2))]
    for auth_key in (AUTH_KEY, None):
        assert kinds(events_of(decoder(key=KEY, auth_key=auth_key), stream)) == ["wrong_key", "telegram"]


def test_an_old_and_a_new_key_work_side_by_side() -> None:
    new_key = b"Meterside test 3"
    keys = (MeterKeys(KEY, AUTH_KEY), MeterKeys(new_key, AUTH_KEY))

    def telegram(key: bytes, counter: int, security: int) -> bytes:
        return frames.hdlc_message(
            frames.sealed(
                apdu(), key=key, auth_key=AUTH_KEY, system_title=TITLE, counter=counter, security=security
            )
        )

    for security in (0x20, 0x30):
        # The new key's counter begins anew, and the old one is still guarded.
        stream = [telegram(KEY, 500, security), telegram(new_key, 1, security), telegram(KEY, 500, security)]
        assert kinds(events_of(DlmsDecoder(keys=keys), stream)) == ["telegram", "telegram", "replay"]


def test_an_event_notification_is_read_plain_and_ciphered() -> None:
    event = enc.event_notification(Obis(0, 0, 96, 14, 0), enc.u8(2), interface_class=1, clock=CLOCK)
    ciphered = frames.sealed(event, key=KEY, system_title=TITLE, counter=9, security=0x20, tag=0xCA)
    reader = DlmsDecoder(keys=(MeterKeys(KEY),), system_titles=frozenset((TITLE,)))
    for octets, wanted in ((event, Authenticity.PLAIN), (ciphered, Authenticity.ENCRYPTED)):
        (telegram,) = events_of(reader, [frames.hdlc_message(octets)], eof=False)
        assert isinstance(telegram, Telegram)
        assert [(value.obis.short, value.value) for value in telegram.values] == [("96.14.0", Decimal(2))]
        assert (telegram.authenticity, telegram.measured_at is not None) == (wanted, True)


def test_a_p1_telegram_in_a_ciphered_apdu_keeps_its_origin() -> None:
    from consumerapp.simulator.p1 import Line, p1_telegram

    text = p1_telegram("XMX5LGBBFG1009021741", [Line("1-0:1.8.1", ("000123.456*kWh",))])
    (event,) = events_of(decoder(key=KEY, auth_key=AUTH_KEY), [cipher(text)])
    assert isinstance(event, Telegram)
    assert (event.protocol, event.authenticity) == (Protocol.P1, Authenticity.AUTHENTICATED)
    assert [value.value for value in event.values] == [Decimal(123456)]


@pytest.mark.parametrize("form", list(enc.ClockForm))
def test_reads_every_form_of_the_date_time(form: enc.ClockForm) -> None:
    body = enc.coded_structure([enc.Register(Obis(1, 0, 1, 7, 0), enc.u32(1), 0, 27)])
    octets = frames.hdlc_message(enc.notification(body, clock=CLOCK, form=form))
    (event,) = events_of(decoder(), [octets])
    assert isinstance(event, Telegram)
    assert event.measured_at == datetime(2026, 3, 14, 8, 26, 50, tzinfo=UTC)


def test_a_zone_gives_the_time_of_meters_that_do_not_say_their_own() -> None:
    (event,) = events_of(DlmsDecoder(zone=ZoneInfo("Europe/Oslo")), [kaifa_no()])
    assert isinstance(event, Telegram)
    assert event.measured_at == datetime(2026, 3, 14, 8, 26, 50, tzinfo=UTC)


def test_a_list_that_says_nothing_of_itself_is_read_like_the_one_before_it() -> None:
    power_only = frames.hdlc_message(enc.notification(enc.structure(enc.u32(912))))
    (unknown,) = telegrams_of(events_of(decoder(), [power_only]))
    assert unknown.values == ()
    *_, known = telegrams_of(events_of(decoder(), [kaifa_no(), power_only]))
    assert [(value.obis.short, value.value) for value in known.values] == [("1.7.0", Decimal(912))]


def test_unknown_profiles_are_named() -> None:
    with pytest.raises(ConsumerAppError, match="kaifa_no"):
        decoder(profile="no such meter")


@settings(deadline=None)
@given(order=st.permutations(sorted(MADE)))
def test_meters_on_one_line_do_not_disturb_each_other(order: list[str]) -> None:
    reader = DlmsDecoder(keys=(MeterKeys(KEY, AUTH_KEY),), counters=NoReplays())
    together = telegrams_of(events_of(reader, [MADE[name]() for name in order]))
    alone = []
    for name in order:
        fresh = DlmsDecoder(keys=(MeterKeys(KEY, AUTH_KEY),), counters=NoReplays())
        alone += telegrams_of(events_of(fresh, [MADE[name]()]))
    assert together == alone


@pytest.mark.parametrize("length", [200, 10_000])
def test_a_frame_inside_what_began_like_a_message_is_found_however_it_comes(length: int) -> None:
    """A damaged length swallows a frame with checksums; it may be cut before the length is there, or not."""
    frame = frames.hdlc_message(enc.notification(enc.structure(enc.u32(7))))
    head = b"\x00\x01\x00\x01\x00\x67" + length.to_bytes(2, "big") + b"\x0f"
    stream = head + bytes(40) + frame + bytes(length)
    whole = events_of(DlmsDecoder(), [stream])
    for cut in (len(head), len(head) + 40 + len(frame), len(stream) - 1):
        assert events_of(DlmsDecoder(), [stream[:cut], stream[cut:]]) == whole


def test_a_message_between_blocks_ends_their_transfer_and_comes_behind_its_refusal() -> None:
    """The usual frame too, which is read the short way as long as nothing is open."""
    usual = frames.hdlc_message(enc.notification(enc.structure(enc.u32(7))))
    begun = frames.hdlc_frame(b"\xe6\xe7\x00" + frames.block(1, bytes(20), last=False))
    events = events_of(DlmsDecoder(), [usual, usual, begun, usual, usual])
    assert [type(event) for event in events] == [Telegram, Telegram, Refused, Telegram, Telegram]
    assert [event.offset for event in events] == sorted(event.offset for event in events)
