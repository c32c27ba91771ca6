from __future__ import annotations

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """The door in, and the worker that reads the meters."""

    name = "portal.ingest"
