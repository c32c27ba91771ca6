"""Keys and ciphered APDUs. The vectors are the examples of the Green Book (ed. 9 - §?)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ApduError, CipherError, DecodeError, RefusalKind
from consumerapp.h1.axdr import AxdrTruncated
from consumerapp.h1.cipher import (
    COUNTER_NEAR_END,
    GENERAL_DED,
    GLO_EVENT_NOTIFICATION,
    Ciphered,
    CountersInMemory,
    Guard,
    MeterKeys,
    end_of,
    fingerprint,
    normalise_key,
    open_with,
)
from consumerapp.readings import Authenticity
from consumerapp.simulator.dlms_frames import sealed

EK = bytes(range(16))
AK = bytes(range(0xD0, 0xE0))
TITLE = bytes.fromhex("4D4D4D0000BC614E")
COUNTER = 0x01234567
PLAIN = bytes.fromhex("C0010000080000010000FF0200")
BOTH = MeterKeys(EK, AK)


def test_green_book_encryption_and_authentication() -> None:
    apdu = sealed(PLAIN, key=EK, auth_key=AK, system_title=TITLE, counter=COUNTER, security=0x30)
    assert apdu == bytes.fromhex(
        "DB084D4D4D0000BC614E1E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B"
    )
    assert open_with(Ciphered.from_bytes(apdu), BOTH) == (PLAIN, Authenticity.AUTHENTICATED)


def test_green_book_authentication_only() -> None:
    apdu = sealed(PLAIN, key=EK, auth_key=AK, system_title=TITLE, counter=COUNTER, security=0x10)
    assert apdu[-12:] == bytes.fromhex("06725D910F9221D263877516")
    assert open_with(Ciphered.from_bytes(apdu), BOTH) == (PLAIN, Authenticity.AUTHENTICATED)


def test_green_book_challenge() -> None:
    challenge = bytes.fromhex("503677524A323146")
    apdu = sealed(
        challenge, key=EK, auth_key=AK, system_title=b"MMM\x00\x00\x00\x00\x01", counter=1, security=0x10
    )
    assert apdu[-12:] == bytes.fromhex("1A52FE7DD3E72748973C1E28")


@pytest.mark.parametrize("suite", [0, 1])
@pytest.mark.parametrize("mode", [0x10, 0x20, 0x30, 0x60, 0x70])
def test_without_the_authentication_key_nothing_is_authenticated(suite: int, mode: int) -> None:
    apdu = sealed(PLAIN, key=EK, auth_key=AK, system_title=TITLE, counter=7, security=mode | suite)
    plain, authenticity = open_with(Ciphered.from_bytes(apdu), MeterKeys(EK))
    assert plain == PLAIN
    assert authenticity is (Authenticity.ENCRYPTED if mode & 0x20 else Authenticity.PLAIN)


def test_a_key_for_tags_proves_nothing_where_there_is_no_tag() -> None:
    apdu = sealed(PLAIN, key=EK, system_title=TITLE, counter=7, security=0x20)
    assert open_with(Ciphered.from_bytes(apdu), BOTH) == (PLAIN, Authenticity.ENCRYPTED)


@given(bit=st.integers(0), mode=st.sampled_from([0x10, 0x30, 0x31]))
def test_a_flipped_bit_is_never_authenticated(bit: int, mode: int) -> None:
    apdu = bytearray(sealed(PLAIN, key=EK, auth_key=AK, system_title=TITLE, counter=7, security=mode))
    apdu[bit // 8 % len(apdu)] ^= 1 << bit % 8
    try:
        ciphered = Ciphered.from_bytes(bytes(apdu), TITLE)
        ciphered.require_known_security()
        plain, authenticity = open_with(ciphered, BOTH)
    except DecodeError:
        return
    assert authenticity is not Authenticity.AUTHENTICATED or plain == PLAIN


@pytest.mark.parametrize("keys", [MeterKeys(AK, AK), MeterKeys(EK, EK)], ids=["encryption", "authentication"])
def test_another_key_is_a_wrong_key(keys: MeterKeys) -> None:
    apdu = sealed(PLAIN, key=EK, auth_key=AK, system_title=TITLE, counter=7, security=0x30)
    with pytest.raises(CipherError) as refused:
        open_with(Ciphered.from_bytes(apdu), keys)
    assert refused.value.kind is RefusalKind.WRONG_KEY


@pytest.mark.parametrize(("security", "what"), [(0x32, "suite 2"), (0x3F, "suite 15"), (0xB0, "compressed")])
def test_names_security_that_is_not_supported(security: int, what: str) -> None:
    apdu = sealed(PLAIN, key=EK, auth_key=AK, system_title=TITLE, counter=7, security=security)
    with pytest.raises(CipherError, match=what) as refused:
        Guard((BOTH,)).candidates(Ciphered.from_bytes(apdu))
    assert refused.value.kind is RefusalKind.UNSUPPORTED


def ciphered(counter: int = 7, *, title: bytes = TITLE, tag: int = 0xDB) -> Ciphered:
    apdu = sealed(PLAIN, key=EK, system_title=title, counter=counter, security=0x20, tag=tag)
    return Ciphered.from_bytes(apdu, title)


def test_only_the_paired_meter_is_heard() -> None:
    guard = Guard((BOTH,), system_titles=frozenset((TITLE,)))
    assert guard.candidates(ciphered()) == (BOTH,)
    with pytest.raises(CipherError, match="not the paired") as refused:
        guard.candidates(ciphered(title=b"XYZ\x00\x00\x00\x00\x01"))
    assert refused.value.kind is RefusalKind.NEEDS_KEY
    assert "0001" not in refused.value.detail


def test_keys_of_another_meter_are_not_tried() -> None:
    other = MeterKeys(AK, system_title=b"XYZ\x00\x00\x00\x00\x01")
    mine = MeterKeys(EK, system_title=TITLE)
    assert Guard((other, mine)).candidates(ciphered()) == (mine,)
    with pytest.raises(CipherError) as refused:
        Guard((other,)).candidates(ciphered())
    assert refused.value.kind is RefusalKind.NEEDS_KEY


def test_a_dedicated_key_is_needed_for_general_ded() -> None:
    dedicated = MeterKeys(EK, dedicated=True)
    assert Guard((dedicated,)).candidates(ciphered(tag=GENERAL_DED)) == (dedicated,)
    with pytest.raises(CipherError, match="general-ded") as refused:
        Guard((BOTH,)).candidates(ciphered(tag=GENERAL_DED))
    assert refused.value.kind is RefusalKind.UNSUPPORTED


def test_counters_have_to_grow_for_each_meter_and_key() -> None:
    store = CountersInMemory()
    guard = Guard((BOTH,), counters=store)
    guard.accept(ciphered(7), BOTH)
    guard.refuse_replay(ciphered(8), BOTH)
    for counter in (7, 6, 0):
        with pytest.raises(CipherError) as refused:
            guard.refuse_replay(ciphered(counter), BOTH)
        assert refused.value.kind is RefusalKind.REPLAY
    assert guard.replays == 3
    # Another key begins anew; a restart with the same store does not.
    guard.refuse_replay(ciphered(1), MeterKeys(AK))
    guard.refuse_replay(ciphered(1, title=b"XYZ\x00\x00\x00\x00\x01"), BOTH)
    with pytest.raises(CipherError):
        Guard((BOTH,), counters=store).refuse_replay(ciphered(7), BOTH)


def test_a_counter_near_its_end_is_said() -> None:
    guard = Guard((BOTH,))
    guard.accept(ciphered(COUNTER_NEAR_END - 1), BOTH)
    assert not guard.counter_near_end
    guard.accept(ciphered(COUNTER_NEAR_END), BOTH)
    assert guard.counter_near_end


def test_an_event_notification_takes_its_title_from_the_link() -> None:
    apdu = sealed(PLAIN, key=EK, system_title=TITLE, counter=7, security=0x20, tag=GLO_EVENT_NOTIFICATION)
    assert open_with(Ciphered.from_bytes(apdu, TITLE), BOTH)[0] == PLAIN
    with pytest.raises(CipherError, match="system title"):
        Ciphered.from_bytes(apdu)


@given(data=st.data())
def test_every_beginning_of_a_ciphered_apdu_is_truncated(data: st.DataObject) -> None:
    plain = data.draw(st.binary(max_size=300))
    apdu = sealed(plain, key=EK, auth_key=AK, system_title=TITLE, counter=7, security=0x30)
    assert end_of(apdu + b"more", 0) == len(apdu)
    cut = data.draw(st.integers(1, len(apdu) - 1))
    with pytest.raises(AxdrTruncated):
        Ciphered.from_bytes(apdu[:cut])
    with pytest.raises(AxdrTruncated):
        end_of(apdu[:cut], 0)
    with pytest.raises(ApduError, match="behind"):
        Ciphered.from_bytes(apdu + b"\x00")


@given(octets=st.binary(max_size=60))
def test_any_octets_raise_only_decode_errors(octets: bytes) -> None:
    for tag in (b"\xdb", b"\xdc", b"\xca"):
        try:
            open_with(Ciphered.from_bytes(tag + octets, TITLE), BOTH)
        except DecodeError:
            continue


KEY_TEXT = "00112233445566778899AABBCCDDEEFF"


@pytest.mark.parametrize(
    "pasted",
    [
        KEY_TEXT,
        KEY_TEXT.lower(),
        f"  {KEY_TEXT}\r\n",
        f"0x{KEY_TEXT}",
        " ".join(KEY_TEXT[at : at + 2] for at in range(0, 32, 2)),
        "-".join(KEY_TEXT[at : at + 8] for at in range(0, 32, 8)),
        ":".join(KEY_TEXT[at : at + 2] for at in range(0, 32, 2)),
        "{" + ", ".join(f"0x{KEY_TEXT[at : at + 2]}" for at in range(0, 32, 2)) + "};",
        "".join(f"\\x{KEY_TEXT[at : at + 2]}" for at in range(0, 32, 2)),
        f"\u201c{KEY_TEXT}\u201d",
        f"\ufeff{KEY_TEXT[:16]}\u00a0{KEY_TEXT[16:]}",
    ],
)
def test_takes_a_key_as_people_paste_it(pasted: str) -> None:
    assert normalise_key(pasted) == bytes.fromhex(KEY_TEXT)


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        (KEY_TEXT[:31], "31 characters, it needs 32"),
        (KEY_TEXT + "0", "33 characters"),
        ("", "0 characters"),
        (KEY_TEXT[:-2] + "SO", "O, S"),
    ],
)
def test_says_what_is_wrong_with_a_key_without_repeating_it(pasted: str, words: str) -> None:
    with pytest.raises(CipherError, match=words) as refused:
        normalise_key(pasted)
    assert KEY_TEXT[:8] not in refused.value.detail


def test_a_key_shows_only_its_fingerprint() -> None:
    key = bytes.fromhex(KEY_TEXT)
    assert fingerprint(key) != fingerprint(key[:15] + b"\x00")
    assert len(fingerprint(key)) == 4
    assert KEY_TEXT.lower() not in repr(MeterKeys(key, key)).lower()
    assert repr(key) not in repr(MeterKeys(key, key))
    with pytest.raises(CipherError):
        MeterKeys(b"short")
