"""Ciphered APDUs of DLMS push and the keys that open them (DLMS UA Green Book ed. 9 - §?).

    general-glo-ciphering     DB | 08 system title | length | SC | IC u32 | text [| tag 12]
    general-ded-ciphering     DC | the same, under the dedicated key of an association
    glo-event-notification    CA | length | SC | IC u32 | text [| tag 12]     (system title known beforehand)

Security control SC: bits 3-0 suite, bit 4 authentication, bit 5 encryption, bit 6 broadcast key, bit 7
compression. AES-GCM with IV = system title ‖ IC and a tag of 12 octets; the associated data are SC ‖ AK
under encryption, SC ‖ AK ‖ text without, none where nothing is authenticated. Without authentication
there is no tag: the text is deciphered, and nothing proves that nobody altered it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from consumerapp.errors import ApduError, CipherError, RefusalKind
from consumerapp.h1.axdr import AxdrTruncated, read_length
from consumerapp.h1.dlms_frames import MAX_MESSAGE_OCTETS
from consumerapp.readings import Authenticity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GENERAL_GLO: Final = 0xDB
GENERAL_DED: Final = 0xDC
GENERAL_CIPHERING: Final = 0xDD
GENERAL_SIGNING: Final = 0xDF
GLO_EVENT_NOTIFICATION: Final = 0xCA

KEY_OCTETS: Final = 16
SYSTEM_TITLE_OCTETS: Final = 8
TAG_OCTETS: Final = 12
HEADER_OCTETS: Final = 5
"""Security control and invocation counter."""

SUITE: Final = 0x0F
AUTHENTICATION: Final = 0x10
ENCRYPTION: Final = 0x20
COMPRESSION: Final = 0x80
KNOWN_SUITES: Final = (0, 1)
"""Suite 1 differs from suite 0 in its signatures and key agreement only; both cipher with AES-128."""

COUNTER_NEAR_END: Final = 0xFFFF_0000
"""65,535 telegrams before the counter ends, 18 hours at one a second: time to ask for a new key."""


def bare_key(text: str) -> str:
    """What people pasted as a key, without spaces, dashes, colons, commas, 0x, quotes and brackets."""
    return re.sub(
        r"0[xX](?=[0-9a-fA-F])|\\x|[\s\-:;,._'\"\u2018-\u201f{}\[\]()<>\u00a0\u200b\ufeff]", "", text
    )


def normalise_key(text: str) -> bytes:
    """A key as people paste it (`bare_key`), in any case.

    Says what is wrong in words for the person who pasted it, without repeating the key.
    """
    bare = bare_key(text)
    strange = sorted(set(re.sub(r"[0-9a-fA-F]", "", bare)))
    if strange:
        shown = ", ".join(strange[:4])
        raise CipherError(f"The key has characters that are not hexadecimal: {shown}", RefusalKind.WRONG_KEY)
    if len(bare) != 2 * KEY_OCTETS:
        raise CipherError(
            f"The key has {len(bare)} characters, it needs {2 * KEY_OCTETS}.", RefusalKind.WRONG_KEY
        )
    return bytes.fromhex(bare)


def fingerprint(key: bytes) -> str:
    """How a key is shown once it has been entered: the first four hexadecimal digits of its SHA-256."""
    return hashlib.sha256(key).hexdigest()[:4].upper()


@lru_cache(maxsize=64)
def counter_name(key: bytes) -> str:
    """Under which name a key's counter is kept: long enough to be its own, useless to find the key."""
    return hashlib.sha256(b"meterside invocation counter" + key).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class MeterKeys:
    """The keys of one meter, or of whatever meter is on the link."""

    encryption: bytes = field(repr=False)
    """Global unicast encryption key, 16 octets (operators call it GUEK, GPK60, or simply the key)."""
    authentication: bytes | None = field(default=None, repr=False)
    """Authentication key (GAK, GPK61); None: tags cannot be verified."""
    system_title: bytes | None = None
    """None: for any system title."""
    dedicated: bool = False
    """A key for general-ded-ciphering, which only a party to the association has."""

    def __post_init__(self) -> None:
        for key in (self.encryption, self.authentication):
            if key is not None and len(key) != KEY_OCTETS:
                raise CipherError(
                    f"a key has {len(key)} octets, it needs {KEY_OCTETS}", RefusalKind.WRONG_KEY
                )


class CounterStore(Protocol):
    """Keeps the last accepted invocation counter of each system title and key, across restarts."""

    @property
    def paired_title(self) -> bytes | None:
        """The one meter whose telegrams are accepted; None: any, the link is not paired yet."""

    def last(self, system_title: bytes, key_name: str) -> int | None:
        """The last accepted counter; None: none yet."""

    def accept(self, system_title: bytes, key_name: str, counter: int) -> None:
        """From now on only greater counters are accepted."""


class CountersInMemory:
    """Counters for as long as the process lives, paired with nobody."""

    paired_title: bytes | None = None

    def __init__(self) -> None:
        self._counters: dict[tuple[bytes, str], int] = {}

    def last(self, system_title: bytes, key_name: str) -> int | None:
        """The last accepted counter; None: none yet."""
        return self._counters.get((system_title, key_name))

    def accept(self, system_title: bytes, key_name: str, counter: int) -> None:
        """From now on only greater counters are accepted."""
        self._counters[system_title, key_name] = counter


@dataclass(frozen=True, slots=True)
class Ciphered:
    """A ciphered APDU, taken apart and not opened yet."""

    tag: int
    system_title: bytes
    security: int
    """The security control octet."""
    counter: int
    text: bytes
    """Ciphertext, or plaintext where nothing is encrypted."""
    proof: bytes
    """The authentication tag; empty where nothing is authenticated."""

    @property
    def encrypted(self) -> bool:
        """Whether the text is ciphertext."""
        return bool(self.security & ENCRYPTION)

    @classmethod
    def from_bytes(cls, apdu: bytes, system_title: bytes | None = None) -> Ciphered:
        """Take a general-glo, general-ded or glo-event-notification APDU apart.

        `system_title`: the sender's, needed where the APDU does not carry it.
        """
        at = 1
        if apdu[0] != GLO_EVENT_NOTIFICATION:
            length, at = read_length(apdu, at)
            if length not in {0, SYSTEM_TITLE_OCTETS}:
                raise ApduError(f"a system title of {length} octets, {SYSTEM_TITLE_OCTETS} are wanted")
            if length:
                system_title = apdu[at : at + length]
                at += length
        length, at = read_length(apdu, at)
        if length > MAX_MESSAGE_OCTETS:
            raise ApduError(f"{length} ciphered octets announced")
        if length < HEADER_OCTETS:
            raise ApduError(f"{length} ciphered octets leave no room for the security header")
        if len(apdu) < at + length:
            raise AxdrTruncated(at + length)
        if len(apdu) > at + length:
            raise ApduError(f"{len(apdu) - at - length} octets behind the ciphered APDU")
        security = apdu[at]
        counter = int.from_bytes(apdu[at + 1 : at + HEADER_OCTETS], "big")
        end = at + length - (TAG_OCTETS if security & AUTHENTICATION else 0)
        if end < at + HEADER_OCTETS:
            raise ApduError(f"{length} ciphered octets leave no room for the tag")
        if system_title is None:
            raise CipherError("the sender's system title is not known")
        text = apdu[at + HEADER_OCTETS : end]
        return cls(apdu[0], system_title, security, counter, text, apdu[end : at + length])

    def require_known_security(self) -> None:
        """Name what cannot be opened at all, whatever the keys."""
        suite = self.security & SUITE
        if suite not in KNOWN_SUITES:
            raise CipherError(f"security suite {suite} is not supported", RefusalKind.UNSUPPORTED)
        if self.security & COMPRESSION:
            raise CipherError("compressed APDUs are not supported", RefusalKind.UNSUPPORTED)


@lru_cache(maxsize=64)
def _aes_gcm(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (only when a key is there)

    return AESGCM(key)


def open_with(ciphered: Ciphered, keys: MeterKeys) -> tuple[bytes, Authenticity]:
    """The plaintext, and how far it is proved. Raises CipherError (wrong_key) where the tag is not right.

    GCM's keystream is the same both ways, so encrypting the ciphertext deciphers it, and encrypting the
    plaintext gives the tag to compare: 3 times as fast as the library's way to a tag of 12 octets.
    """
    gcm = _aes_gcm(keys.encryption)
    nonce = ciphered.system_title + ciphered.counter.to_bytes(4, "big")
    text = ciphered.text
    plain = gcm.encrypt(nonce, text, None)[:-16] if ciphered.encrypted else text
    if not ciphered.proof:
        return plain, Authenticity.ENCRYPTED if ciphered.encrypted else Authenticity.PLAIN
    if keys.authentication is None:
        # The tag covers the authentication key as well: without it nothing can be verified.
        return plain, Authenticity.ENCRYPTED if ciphered.encrypted else Authenticity.PLAIN
    associated = bytes((ciphered.security,)) + keys.authentication
    if ciphered.encrypted:
        proof = gcm.encrypt(nonce, plain, associated)[-16:-4]
    else:
        proof = gcm.encrypt(nonce, b"", associated + text)[:TAG_OCTETS]
    if not hmac.compare_digest(proof, ciphered.proof):
        raise CipherError(
            "authentication tag wrong: another key, or the telegram was altered", RefusalKind.WRONG_KEY
        )
    return plain, Authenticity.AUTHENTICATED


def end_of(apdu: bytes, at: int) -> int:
    """Where the general-glo or general-ded APDU that begins at `at` ends. Raises ApduError, AxdrTruncated."""
    length, begin = read_length(apdu, at + 1)
    if length not in {0, SYSTEM_TITLE_OCTETS}:
        raise ApduError(f"a system title of {length} octets, {SYSTEM_TITLE_OCTETS} are wanted")
    length, begin = read_length(apdu, begin + length)
    if not HEADER_OCTETS <= length <= MAX_MESSAGE_OCTETS:
        raise ApduError(f"{length} ciphered octets announced")
    if len(apdu) < begin + length:
        raise AxdrTruncated(begin + length)
    return begin + length


class Guard:
    """Opens ciphered APDUs for one link: which keys, which meters, and never the same telegram twice.

    A counter moves on only when the telegram has proved itself: by its tag, or, where there is none, by
    its content being what a meter sends. Otherwise anybody could end a link with one forged telegram.
    """

    def __init__(
        self,
        keys: tuple[MeterKeys, ...] = (),
        *,
        counters: CounterStore | None = None,
        system_titles: frozenset[bytes] | None = None,
    ) -> None:
        self._keys = keys
        self._counters: CounterStore = CountersInMemory() if counters is None else counters
        self._system_titles = system_titles
        self.replays = 0
        self.last_system_title: bytes | None = None
        """Of the last telegram that was accepted."""
        self.last_counter: int | None = None
        """Its invocation counter."""

    @property
    def counter_near_end(self) -> bool:
        """The meter's invocation counter is about to end: the operator has to issue a new key."""
        return self.last_counter is not None and self.last_counter >= COUNTER_NEAR_END

    @property
    def paired_title(self) -> bytes | None:
        """The one system title of a link that is paired with one meter."""
        if self._system_titles and len(self._system_titles) == 1:
            return next(iter(self._system_titles))
        return self._counters.paired_title

    def is_stranger(self, system_title: bytes) -> bool:
        """Whether the link is paired, and with another meter."""
        if self._system_titles is not None and system_title not in self._system_titles:
            return True
        return self._counters.paired_title not in (None, system_title)

    def candidates(self, ciphered: Ciphered) -> tuple[MeterKeys, ...]:
        """The keys that may open it, the new one and the old one during a key change."""
        ciphered.require_known_security()
        title = ciphered.system_title
        if self.is_stranger(title):
            raise CipherError(f"system title {_shown(title)} is not the paired meter's")
        dedicated = ciphered.tag == GENERAL_DED
        found = tuple(
            keys for keys in self._keys if keys.dedicated == dedicated and keys.system_title in {None, title}
        )
        if found or not ciphered.encrypted:
            return found
        if dedicated:
            raise CipherError(
                "general-ded-ciphering: its key belongs to an association, a listener has none",
                RefusalKind.UNSUPPORTED,
            )
        raise CipherError(f"ciphered by {_shown(title)}, and no key for it")

    def refuse_replay(self, ciphered: Ciphered, keys: MeterKeys) -> None:
        """Refuse a counter that is not greater than the last accepted one."""
        last = self._counters.last(ciphered.system_title, counter_name(keys.encryption))
        if last is not None and ciphered.counter <= last:
            self.replays += 1
            raise CipherError(
                f"invocation counter {ciphered.counter} again, the last one was {last}", RefusalKind.REPLAY
            )

    def accept(self, ciphered: Ciphered, keys: MeterKeys) -> None:
        """The telegram has proved itself: only greater counters from now on."""
        self.accept_counter(ciphered.system_title, counter_name(keys.encryption), ciphered.counter)

    def last_accepted(self, system_title: bytes, key_name: str) -> int | None:
        """The last accepted counter under this key; None: none yet."""
        return self._counters.last(system_title, key_name)

    def accept_counter(self, system_title: bytes, key_name: str, counter: int) -> None:
        """Only greater counters from now on."""
        self._counters.accept(system_title, key_name, counter)
        self.last_system_title = system_title
        self.last_counter = counter

    def usual(self, apdu: bytes, ciphered: Ciphered, keys: MeterKeys) -> Usual:
        """What a telegram that was opened has in common with the next one."""
        return Usual(self, apdu, ciphered, keys)


class Usual:
    """Opens the telegrams that differ from a known one in counter and text only: same meter, length, key.

    What it cannot open, or what is a replay, is left to the general way, which says why.
    """

    __slots__ = (
        "_associated",
        "_encrypt",
        "_guard",
        "_key_name",
        "_length",
        "_proof_octets",
        "_text_at",
        "authenticity",
        "prefix",
        "system_title",
    )

    def __init__(self, guard: Guard, apdu: bytes, ciphered: Ciphered, keys: MeterKeys) -> None:
        self._guard = guard
        self._length = len(apdu)
        self._proof_octets = len(ciphered.proof)
        self._text_at = len(apdu) - len(ciphered.text) - self._proof_octets
        self.prefix = apdu[: self._text_at - 4]
        """Everything in front of the counter."""
        self.system_title = ciphered.system_title
        self._key_name = counter_name(keys.encryption)
        self._encrypt = _aes_gcm(keys.encryption).encrypt
        self._associated = b""
        self.authenticity = Authenticity.ENCRYPTED
        if ciphered.proof and keys.authentication is not None:
            self._associated = bytes((ciphered.security,)) + keys.authentication
            self.authenticity = Authenticity.AUTHENTICATED

    def open(self, apdu: bytes) -> bytes | None:
        """The plaintext; None: not for this way."""
        if len(apdu) != self._length or not apdu.startswith(self.prefix):
            return None
        if self._guard.is_stranger(self.system_title):
            return None
        at = self._text_at
        counter = apdu[at - 4 : at]
        last = self._guard.last_accepted(self.system_title, self._key_name)
        if last is not None and int.from_bytes(counter, "big") <= last:
            return None
        nonce = self.system_title + counter
        end = self._length - self._proof_octets
        plain = self._encrypt(nonce, apdu[at:end], None)[:-16]
        if self._associated:
            proof = self._encrypt(nonce, plain, self._associated)[-16:-4]
            if not hmac.compare_digest(proof, apdu[end:]):
                return None
        return plain

    def accept(self, apdu: bytes) -> None:
        """The telegram was used: only greater counters from now on."""
        counter = int.from_bytes(apdu[self._text_at - 4 : self._text_at], "big")
        self._guard.accept_counter(self.system_title, self._key_name, counter)


def _shown(system_title: bytes) -> str:
    """The maker's letters and an ellipsis: enough to see which meter, not the whole number."""
    maker = "".join(chr(octet) if 32 < octet < 127 else "?" for octet in system_title[:3])
    return f"{maker}…{system_title[-1:].hex().upper()}"
