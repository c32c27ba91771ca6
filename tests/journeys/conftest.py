"""What journeys have in common."""

from __future__ import annotations

from tests.journeys.browser import chromium, page
from tests.journeys.portal_process import portal_process
from tests.journeys.redis_server import redis_url
from tests.journeys.simulated_meter import simulated_meter

__all__ = ["chromium", "page", "portal_process", "redis_url", "simulated_meter"]
