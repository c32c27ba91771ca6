"""`manage.py settings_page`: print docs/settings.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.common.settings_page import settings_page


class Command(BaseCommand):
    """For developers who declared a setting."""

    help = "Print docs/settings.md, made from the declared settings."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the page."""
        self.stdout.write(settings_page(), ending="")
