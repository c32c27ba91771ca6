"""Gas is metered by volume and billed by energy: volume × calorific value × state number.

Both factors change over time and differ by place; the supplier prints them on the bill (DVGW G 685 - §?).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from consumerapp.tariffs.contract import ContractError


@dataclass(frozen=True, slots=True)
class GasFactors:
    """What holds from a first day on."""

    valid_from: date
    calorific_value: Decimal
    """Gross calorific value in kWh per m³ at standard conditions, 7 to 14 for natural gas."""
    state_number: Decimal = Decimal(1)
    """From metered to standard volume, 0.8 to 1.2."""

    def __post_init__(self) -> None:
        if not 5 <= self.calorific_value <= 45:
            raise ContractError("A calorific value lies between 5 and 45 kWh per m³; is it in another unit?")
        if not Decimal("0.5") <= self.state_number <= 2:
            raise ContractError("A state number lies between 0.5 and 2.")


def gas_energy_wh(volume_m3: Decimal, day: date, factors: Sequence[GasFactors]) -> Decimal | None:
    """Energy in Wh of a volume in m³ used on a local day; None: no factors hold on it."""
    held = [known for known in factors if known.valid_from <= day]
    if not held:
        return None
    latest = max(held, key=lambda known: known.valid_from)
    return volume_m3 * latest.calorific_value * latest.state_number * 1000
