"""`manage.py prune`: take away what households keep no longer, and settle days that are long over."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.accounts.models import Household, OneTimeLink
from portal.ingest.importing import forget_drafts
from portal.metering.retention import prune

LINKS_KEPT = timedelta(days=30)
"""How long a spent or expired link is remembered, for the people who ask why it does not work."""


class Command(BaseCommand):
    """Run it once a day, or more often; it may be stopped at any time and run again."""

    help = (
        "Delete raw readings, profiles, the history of people who moved out, files that wait for import, "
        "links and sessions whose time is over; let days that are long over settle."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for household in Household.objects.order_by("pk").iterator():
            pruned = prune(household, now=timezone.now())
            if options["verbosity"] > 1 or any((pruned.sample_chunks, pruned.settled_days, pruned.profiles)):
                self.stdout.write(
                    f"{household.public_id}: {pruned.sample_chunks} chunks of raw readings and "
                    f"{pruned.profiles} profiles deleted, {pruned.settled_days} days settled"
                )
        now = timezone.now()
        forget_drafts(now)
        OneTimeLink.objects.filter(expires_at__lt=now - LINKS_KEPT).delete()
        import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
