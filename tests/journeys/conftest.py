"""What journeys have in common."""

from __future__ import annotations

from tests.journeys.simulated_meter import simulated_meter

__all__ = ["simulated_meter"]
