"""Public holidays by country and subdivision, from the holidays library."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from consumerapp.tariffs.bands import IsHoliday
from consumerapp.tariffs.contract import ContractError


def no_holidays(_day: date) -> bool:
    """For contracts that know none."""
    return False


@lru_cache(maxsize=64)
def holidays_of(place: str) -> IsHoliday:
    """Whether a day is a public holiday in `DE` or `DE-BY`. Raises ContractError for an unknown place."""
    if not place:
        return no_holidays
    # The library takes 60 ms to import: only contracts with holidays pay for it.
    import holidays  # noqa: PLC0415

    country, _, subdivision = place.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        raise ContractError(f"No public holidays are known for {place}.") from error
    return lambda day: day in known
