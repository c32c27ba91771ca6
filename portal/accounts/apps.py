from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and households; allauth's own app has the label `account`."""

    name = "portal.accounts"
