"""Random tokens of which only a hash is kept.

A token has 256 random bits, so a plain SHA-256 of it cannot be searched; no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import secrets

from django.utils.crypto import salted_hmac


def new_token() -> str:
    """256 random bits in URL-safe base64."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(text: str, purpose: str) -> str:
    """What is kept of something short that could be searched without our key: HMAC-SHA-256 in hex."""
    return salted_hmac(purpose, text, algorithm="sha256").hexdigest()
