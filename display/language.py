"""The display's languages: gettext for sentences, and the catalogue itself for marks and dates.

Nothing but the standard library, so that the display starts quickly. Without a compiled catalogue
(`make setup` compiles them) everything is in English.
"""

from __future__ import annotations

import gettext
import os
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

DOMAIN: Final = "display"
LOCALE_FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"
MINUS: Final = "−"


def preferred_codes(chosen: str | None = None) -> list[str]:
    """Language codes in order of preference: the chosen one, else what the environment asks for."""
    if chosen:
        return [chosen, chosen.partition("_")[0]]
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            codes = [code.partition(".")[0] for code in value.split(":")]
            return [form for code in codes for form in (code, code.partition("_")[0])]
    return []


class Language:
    """One language: its sentences, its numbers and its dates."""

    def __init__(self, chosen: str | None = None, *, folder: Path = LOCALE_FOLDER) -> None:
        """`chosen` is a code such as `de`; None asks the environment."""
        found = gettext.translation(DOMAIN, str(folder), preferred_codes(chosen), fallback=True)
        self.gettext = found.gettext
        self.pgettext = found.pgettext
        # Translators: the mark between whole and decimal digits.
        self.decimal_mark = found.pgettext("decimal mark", ".")
        # Translators: the mark between groups of three digits.
        self.group_mark = found.pgettext("group mark", ",")
        # Translators: seven words, Monday first.
        self._weekdays = found.gettext("Mon Tue Wed Thu Fri Sat Sun").split()
        # Translators: twelve words.
        self._months = found.gettext("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()

    def number(self, value: Decimal, places: int | None = None) -> str:
        """A number with this language's marks; `places` None keeps every digit it has."""
        if places is not None:
            value = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        sign = MINUS if value < 0 else ""
        whole, _, decimals = f"{abs(value):,f}".partition(".")
        whole = whole.replace(",", self.group_mark)
        return sign + (f"{whole}{self.decimal_mark}{decimals}" if decimals else whole)

    def time_of_day(self, instant: datetime, zone: ZoneInfo) -> str:
        """Hours and minutes where the meter stands, such as 14:07."""
        return instant.astimezone(zone).strftime("%H:%M")

    def day(self, instant: datetime, zone: ZoneInfo) -> str:
        """Weekday, day and month where the meter stands."""
        local = instant.astimezone(zone)
        # Translators: a short date, such as "Tue 24 Nov".
        return self.gettext("{weekday} {day} {month}").format(
            weekday=self._weekdays[local.weekday()], day=local.day, month=self._months[local.month - 1]
        )
