"""Secrets at rest: meter keys, broker passwords. The key is never in the database.

A sealed secret is version byte 1, a random 96-bit nonce, and AES-256-GCM's ciphertext with its
16-byte tag (NIST SP 800-38D - §?), all in URL-safe base64. What it is for (the table, the row's
household, the field) is authenticated with it, so that a sealed value copied to another row does
not open. Write-only: pages show `fingerprint`, never the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = b"\x01"
NONCE_BYTES = 12


class CannotOpen(Exception):
    """The sealing key is another one, or the sealed value was altered or moved."""


def seal(secret: str, purpose: str) -> str:
    """The secret, sealed for one purpose such as `meter-link:17:key`."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(settings.SEALING_KEY).encrypt(nonce, secret.encode(), VERSION + purpose.encode())
    return base64.urlsafe_b64encode(VERSION + nonce + sealed).decode("ascii")


def open_sealed(sealed: str, purpose: str) -> str:
    """The secret again; raises `CannotOpen`."""
    try:
        octets = base64.urlsafe_b64decode(sealed.encode("ascii"))
    except ValueError as error:
        raise CannotOpen("this is no sealed value") from error
    if octets[:1] != VERSION or len(octets) <= 1 + NONCE_BYTES:
        raise CannotOpen("this is no sealed value of a known version")
    nonce, ciphertext = octets[1 : 1 + NONCE_BYTES], octets[1 + NONCE_BYTES :]
    try:
        return _cipher(settings.SEALING_KEY).decrypt(nonce, ciphertext, VERSION + purpose.encode()).decode()
    except InvalidTag as error:
        raise CannotOpen("sealed under another key, altered, or moved from another place") from error


def fingerprint(secret: str) -> str:
    """Eight hex digits by which people can compare a key without seeing it."""
    key = _derive(settings.SEALING_KEY, b"fingerprint")
    return hmac.new(key, secret.strip().upper().encode(), hashlib.sha256).hexdigest()[:8]


def _derive(master: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"meterside " + purpose).derive(
        master.encode()
    )


@lru_cache(maxsize=4)
def _cipher(master: str) -> AESGCM:
    return AESGCM(_derive(master, b"sealing"))
