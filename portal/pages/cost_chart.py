"""Costs as bars: energy up and solid, fixed charges on top of it, what is fed in down and striped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from portal.pages import figures, money
from portal.pages.charts import ZERO, Bar, Chart, Mark, Shape, Slot, Tick, runs, x_of
from portal.pages.scales import WIDTH, Scale, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSpan:
    """One bar's worth of time; amounts in the chart's currency."""

    name: str
    tick: str
    energy: Decimal | None
    """Electricity from the grid; None: nothing is known."""
    other: Decimal = ZERO
    """Gas, water and heat."""
    standing: Decimal = ZERO
    credit: Decimal = ZERO
    """For what was sent to the grid, below zero."""
    before: Decimal | None = None
    """All of it in the span compared with."""
    partial: bool = False
    """Readings or prices of it are missing."""
    future: bool = False
    href: str = ""
    minor: bool = False

    @property
    def total(self) -> Decimal | None:
        """Everything together."""
        if self.energy is None:
            return None
        return self.energy + self.other + self.standing + self.credit


def cost_chart(
    spans: Sequence[CostSpan], currency: str, *, title: str, description: str, before_name: str
) -> Chart:
    """The bars, with the totals of the period before as tick marks."""
    tops = [
        max(span.energy, ZERO) + max(span.other, ZERO) + max(span.standing, ZERO)
        for span in spans
        if span.energy is not None
    ]
    bottoms = [min(ZERO, span.energy or ZERO) + span.credit for span in spans]
    before = [span.before for span in spans if span.before is not None]
    scale = Scale.around(min([*bottoms, *before, ZERO]), max([*tops, *before, ZERO]) or Decimal(1))
    count, zero = len(spans), scale.height(ZERO)
    known = tuple(ZERO if span.energy is not None or span.future else None for span in spans)
    lines = (
        Shape("zero", "".join(f"M{x_of(a, count)} {zero}H{x_of(b, count)}" for a, b in runs(known))),
        Shape("before", "".join(_before(spans, scale))),
    )
    names = _series(spans)
    return Chart(
        key="costs",
        title=title,
        description=description,
        unit=money.symbol(currency),
        scale_ticks=tuple(
            Tick(percent(scale.percent(value)), _tick(value, scale.step)) for value in reversed(scale.ticks())
        ),
        time_ticks=tuple(
            Tick(percent(100 * (index + 0.5) / count), span.tick, "middle", span.minor)
            for index, span in enumerate(spans)
        ),
        zero=percent(scale.percent(ZERO)),
        lines=tuple(line for line in lines if line.path),
        bars=tuple(_bars(spans, scale)),
        slots=tuple(
            Slot(
                percent(100 / count * index),
                percent(100 / count),
                _words(span, currency, before_name),
                span.href,
            )
            for index, span in enumerate(spans)
        ),
        has_export=any(span.credit for span in spans),
        marks=(
            *(Mark(name, words) for name, words in names.items()),
            *((Mark("before", before_name, is_line=True),) if before else ()),
        ),
        data=_data(spans, names, currency, before_name),
    )


def _tick(value: Decimal, step: Decimal) -> str:
    decimals = 0 if step % 1 == 0 or value == 0 else 1 if step * 10 % 1 == 0 else 2
    return figures.number(value, decimals)


def _before(spans: Sequence[CostSpan], scale: Scale) -> Iterator[str]:
    count = len(spans)
    for index, span in enumerate(spans):
        if span.before is not None:
            y = scale.height(span.before)
            yield f"M{round(WIDTH * (index + 0.06) / count)} {y}H{round(WIDTH * (index + 0.94) / count)}"


def _series(spans: Sequence[CostSpan]) -> dict[str, str]:
    names = {"import": gettext("electricity")}
    if any(span.other for span in spans):
        names["other"] = gettext("gas, water, heat")
    if any(span.standing for span in spans):
        names["standing"] = gettext("fixed charges")
    if any(span.credit for span in spans):
        names["export"] = gettext("credit for what you sent")
    return names


def _bars(spans: Sequence[CostSpan], scale: Scale) -> Iterator[Bar]:
    width = 100 / len(spans)
    gap = 0.18 if len(spans) > 12 else 0.24
    for index, span in enumerate(spans):
        if span.energy is None:
            continue
        x, w = percent(width * (index + gap)), percent(width * (1 - 2 * gap))
        up = down = ZERO
        for name, amount in (
            ("import", span.energy),
            ("other", span.other),
            ("standing", span.standing),
            ("export", span.credit),
        ):
            if not amount:
                continue
            # Prices below zero make even what was bought a credit: each part goes where its sign says.
            base = up if amount > 0 else down
            high, low = max(base, base + amount), min(base, base + amount)
            top, bottom = scale.percent(high), scale.percent(low)
            yield Bar(name, x, percent(top), w, percent(bottom - top))
            if amount > 0:
                up += amount
            else:
                down += amount


def _words(span: CostSpan, currency: str, before_name: str) -> str:
    if span.future:
        return span.name
    if span.total is None:
        return f"{span.name}: {gettext('no data')}"
    parts = [str(money.amount(span.total, currency))]
    if span.before is not None:
        parts.append(f"{before_name} {money.amount(span.before, currency)}")
    if span.partial:
        parts.append(gettext("partly unknown"))
    return f"{span.name}: {', '.join(parts)}"


def _data(
    spans: Sequence[CostSpan], names: dict[str, str], currency: str, before_name: str
) -> dict[str, object]:
    """For the script, which shows thousandths: of a kWh elsewhere, of the currency here."""

    def thousandths(values: Sequence[Decimal | None]) -> list[float | None]:
        return [None if value is None else round(float(value) * 1000, 1) for value in values]

    columns: dict[str, list[Decimal | None]] = {
        "import": [span.energy for span in spans],
        "other": [span.other if span.energy is not None else None for span in spans],
        "standing": [span.standing if span.energy is not None else None for span in spans],
        "export": [span.credit if span.energy is not None else None for span in spans],
    }
    series: list[dict[str, object]] = [
        {"name": name, "title": words, "values": thousandths(columns[name])} for name, words in names.items()
    ]
    series.append(
        {"name": "total", "title": gettext("together"), "values": thousandths([s.total for s in spans])}
    )
    if any(span.before is not None for span in spans):
        series.append(
            {"name": "previous", "title": before_name, "values": thousandths([s.before for s in spans])}
        )
    return {
        "kind": "bars",
        "unit": money.symbol(currency),
        "decimals": 2,
        "names": [span.name for span in spans],
        "series": series,
        "missing": gettext("no data"),
    }
