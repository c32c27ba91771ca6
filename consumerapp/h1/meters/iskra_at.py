"""Iskraemeco AM550 in Austria (Wiener Netze, Linz): list of structures with scalers, clock and texts among them."""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Signs

PROFILE = MeterProfile(
    name="iskra_at",
    title="Iskraemeco AM550 (Austria)",
    signs=Signs(
        makers=("ISK",), shapes=(Shape.CODED_STRUCTURE, Shape.FLAT_SCALED, Shape.CODED_ARRAY)
    ),
    needs_key=True,
)
