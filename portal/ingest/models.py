"""What waits between looking at a file and importing it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from portal.accounts.models import Household


class ImportDraft(models.Model):
    """A file that was looked at and not imported yet; thrown away after an hour."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    choices = models.JSONField()
    """Program, quantity, unit and entity, as they were chosen."""
    content = models.BinaryField()
    """The text, compressed."""
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"file of {self.created_at:%Y-%m-%d %H:%M} UTC"
