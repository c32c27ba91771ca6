"""`manage.py prune`: take away what households keep no longer, and settle days that are long over."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.accounts.models import Household
from portal.metering.retention import prune


class Command(BaseCommand):
    """Run it once a day, or more often; it may be stopped at any time and run again."""

    help = "Delete raw readings and profiles whose time is over; let days that are long over settle."

    def handle(self, *args: Any, **options: Any) -> None:
        for household in Household.objects.order_by("pk").iterator():
            pruned = prune(household, now=timezone.now())
            if options["verbosity"] > 1 or any((pruned.sample_chunks, pruned.settled_days, pruned.profiles)):
                self.stdout.write(
                    f"{household.public_id}: {pruned.sample_chunks} chunks of raw readings and "
                    f"{pruned.profiles} profiles deleted, {pruned.settled_days} days settled"
                )
