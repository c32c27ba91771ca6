"""The shelf: meters, registers, and what they counted."""

from __future__ import annotations

from django.apps import AppConfig


class MeteringConfig(AppConfig):
    """Meters and their history."""

    name = "portal.metering"
