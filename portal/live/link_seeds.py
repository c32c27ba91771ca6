"""Who knows the links of a household: a layer above, which `portal.live` may not import."""

from __future__ import annotations

from collections.abc import Callable

from consumerapp import wire

LinkSeed = Callable[[int], tuple[wire.Link, ...]]
"""Household's number -> the last words of its links. Blocking."""

_seeds: list[LinkSeed] = []


def seed_links_with(seed: LinkSeed) -> None:
    """Register one; called once, when Django's apps are ready."""
    if seed not in _seeds:
        _seeds.append(seed)


def links_known(household_id: int) -> tuple[wire.Link, ...]:
    """The last words of a household's links."""
    return tuple(link for seed in _seeds for link in seed(household_id))
