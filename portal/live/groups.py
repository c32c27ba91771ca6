"""Names of the channel layer's groups."""

from __future__ import annotations


def group_of(household_id: int) -> str:
    """The group in which a household's news is told."""
    return f"household.{household_id}"
