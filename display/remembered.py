"""What the display has to remember by itself: the portal it is paired with, its PIN, a chosen port.

One file, mode 0600, in the configuration folder. It holds a bearer token, so it is never logged.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from display.private_files import read_bounded, write_private

VERSION: Final = 1
MAX_BYTES: Final = 16 * 1024
"""A token, an address, a hash: far below."""
LEAST_PIN_DIGITS: Final = 4
MOST_PIN_DIGITS: Final = 12

# Memory 16 MiB, some 50 ms on a small board: a PIN is short, its guessing shall be slow
# (RFC 7914 - §2 for the meaning of N, r, p).
_SCRYPT_N: Final = 2**14
_SCRYPT_R: Final = 8
_SCRYPT_P: Final = 1


@dataclass(frozen=True, slots=True)
class Pairing:
    """A portal and the credential that this display has there."""

    portal: str
    """The feed's address, wss://… (ws://… in a home network)."""
    token: str
    name: str = ""
    """What the household is called."""

    def __repr__(self) -> str:
        return f"Pairing(portal={self.portal!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The contents of the file."""

    pairing: Pairing | None = None
    pin: tuple[str, str] | None = None
    """Salt and hash in hexadecimal; None: no PIN is set."""
    port: str | None = None
    """The serial port chosen on the first screen."""
    line: tuple[int, str] | None = None
    """Its baud and framing, where they were found out."""

    def with_pin(self, pin: str) -> Remembered:
        """The same with a new PIN."""
        salt = secrets.token_bytes(16)
        return replace(self, pin=(salt.hex(), _hash(pin, salt).hex()))

    def opens(self, pin: str) -> bool:
        """Whether this is the PIN; without one nothing opens."""
        if self.pin is None:
            return False
        salt, wanted = (bytes.fromhex(part) for part in self.pin)
        return hmac.compare_digest(_hash(pin, salt), wanted)


def acceptable_pin(pin: str) -> bool:
    """Four to twelve digits, so that a keypad suffices."""
    return pin.isascii() and pin.isdigit() and LEAST_PIN_DIGITS <= len(pin) <= MOST_PIN_DIGITS


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, maxmem=64 << 20)


def _is_hex(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(bytes.fromhex(text))
    except ValueError:
        return False


class Memory:
    """The file that is remembered."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Remembered:
        """What is remembered; nothing when the file is missing or damaged."""
        text = read_bounded(self.path, max_bytes=MAX_BYTES)
        if text is None:
            return Remembered()
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return Remembered()
        if not isinstance(found, dict) or found.get("v") != VERSION:
            return Remembered()
        return Remembered(
            pairing=_pairing(found.get("pairing")),
            pin=_pin(found.get("pin")),
            port=_port(found.get("port")),
            line=_line(found.get("line")),
        )

    def save(self, remembered: Remembered) -> None:
        """Write all of it."""
        pairing = remembered.pairing
        written: dict[str, Any] = {
            "v": VERSION,
            "pairing": None
            if pairing is None
            else {"portal": pairing.portal, "token": pairing.token, "name": pairing.name},
            "pin": None if remembered.pin is None else list(remembered.pin),
            "port": remembered.port,
            "line": None if remembered.line is None else list(remembered.line),
        }
        write_private(self.path, json.dumps(written, indent=1) + "\n")

    def forget_pairing(self) -> None:
        """The household removed this display: its credential goes, PIN and port stay."""
        self.save(replace(self.load(), pairing=None))

    def erase(self) -> None:
        """Forget everything."""
        self.path.unlink(missing_ok=True)


def _pairing(found: object) -> Pairing | None:
    match found:
        case {"portal": str(portal), "token": str(token), "name": str(name)}:
            return Pairing(portal, token, name)
        case _:
            return None


def _pin(found: object) -> tuple[str, str] | None:
    match found:
        case [str(salt), str(hashed)] if _is_hex(salt) and _is_hex(hashed):
            return salt, hashed
        case _:
            return None


def _port(found: object) -> str | None:
    return found if isinstance(found, str) and found else None


def _line(found: object) -> tuple[int, str] | None:
    match found:
        case [int(baudrate), str(framing)] if baudrate > 0:
            return baudrate, framing
    return None
