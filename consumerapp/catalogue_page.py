"""The OBIS catalogue as a page: `python -m consumerapp.catalogue_page > docs/obis.md`."""

from __future__ import annotations

import sys
from itertools import groupby

from consumerapp.catalogue import Entry, entries
from consumerapp.readings import Commodity, Unit

_HEADINGS = {
    Commodity.ELECTRICITY: "Electricity",
    Commodity.GAS: "Gas",
    Commodity.HEAT: "Heat",
    Commodity.COOLING: "Cooling",
    Commodity.COLD_WATER: "Cold water",
    Commodity.HOT_WATER: "Hot water",
    Commodity.HEAT_COST_ALLOCATION: "Heat cost allocation",
    Commodity.ABSTRACT: "States of the meter",
    None: "Texts, times and values without a quantity",
}

_PREFACE = """\
# OBIS codes

Made from `consumerapp/catalogue_rows.py` by `python -m consumerapp.catalogue_page`; a test keeps it true.

A code is read A-B:C.D.E*F. Letters stand for: `a` any medium, `b` any channel, `n` channel 1 to 63 of a
meter behind this one, `t` total (0) or tariff 1 to 63, `x` any. Group F is 255, the running period, unless
it is written. The first row that fits is taken. A code that is in no row is kept as unmapped and shown on
the Devices page; it is never guessed. Tariff 1 is the low one in the Netherlands and the day in Belgium:
names come from the contract, not from the code.

The value of a meter behind the meter (`0-n:24.2.1`) becomes gas, heat, cooling, water or electricity by
the device type that its channel names (`0-n:24.1.0`).
"""


def markdown() -> str:
    """The whole page."""
    lines = [_PREFACE]
    found = list(entries())
    for commodity, heading in _HEADINGS.items():
        rows = [entry for entry in found if _commodity(entry) is commodity]
        lines += [f"## {heading}", "", "| code | title | unit | quantity | meaning |"]
        lines.append("|---|---|---|---|---|")
        lines += [_line(list(group)) for _, group in groupby(rows, key=lambda e: (e.title, e.quantity))]
        lines.append("")
    return "\n".join(lines)


def _commodity(entry: Entry) -> Commodity | None:
    return entry.quantity.commodity if entry.quantity is not None else None


def _line(group: list[Entry]) -> str:
    first = group[0]
    codes = ", ".join(f"`{entry.pattern}`" + (f" L{entry.phase}" if entry.phase else "") for entry in group)
    unit = first.quantity.unit if first.quantity is not None else Unit.NONE
    quantity = f"`{first.quantity.value}`" if first.quantity is not None else ""
    return f"| {codes} | {first.title} | {unit} | {quantity} | {first.explanation} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
