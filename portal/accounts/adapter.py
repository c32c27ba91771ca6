"""How allauth behaves here: no stranger signs up, and second factors are sealed at rest."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from portal.common.sealing import open_sealed, seal

_PURPOSE = "second-factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-up only where the operator opened it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may make an account of their own."""
        return bool(settings.PUBLIC_SIGN_UP)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """TOTP secrets and recovery seeds are sealed under a key that is not in the database."""

    def encrypt(self, text: str) -> str:
        """What goes into the database."""
        return seal(text, _PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """What came out of it."""
        return open_sealed(encrypted_text, _PURPOSE)
