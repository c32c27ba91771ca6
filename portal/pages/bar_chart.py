"""Longer periods: energy per day, month or year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from portal.pages import figures
from portal.pages.charts import (
    ZERO,
    Bar,
    Chart,
    Mark,
    Shape,
    Slot,
    Tick,
    runs,
    scale_ticks,
    series_data,
    x_of,
)
from portal.pages.scales import WIDTH, Scale, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One bar's worth of time, energy in Wh."""

    name: str
    """In full: "Tuesday 24 November"."""
    tick: str
    """On the axis: "24"."""
    import_wh: Decimal | None
    export_wh: Decimal | None = None
    estimated: bool = False
    future: bool = False
    running: bool = False
    """It has begun and is not over."""
    previous_wh: Decimal | None = None
    """Import of the span compared with."""
    href: str = ""
    minor: bool = False


def bar_chart(
    spans: Sequence[Span], *, key: str, title: str, description: str, previous_name: str = ""
) -> Chart:
    """Energy per span: import up and solid, export down and striped, the period before as a tick mark."""
    highest = [wh for span in spans for wh in (span.import_wh, span.previous_wh) if wh is not None]
    lowest = [-span.export_wh for span in spans if span.export_wh is not None]
    scale = Scale.around(min(lowest, default=ZERO), max(highest, default=Decimal(1000)) or Decimal(1000))
    has_export = any(lowest)
    count, zero = len(spans), scale.height(ZERO)
    before, missing = [], []
    for index, span in enumerate(spans):
        if span.previous_wh is not None:
            y = scale.height(span.previous_wh)
            before.append(
                f"M{round(WIDTH * (index + 0.06) / count)} {y}H{round(WIDTH * (index + 0.94) / count)}"
            )
        if span.import_wh is None and not span.future:
            missing.append(f"M{x_of(index, count)} {zero}H{x_of(index + 1, count)}")
    known = tuple(ZERO if span.import_wh is not None or span.future else None for span in spans)
    lines = (
        Shape("zero", "".join(f"M{x_of(a, count)} {zero}H{x_of(b, count)}" for a, b in runs(known))),
        Shape("missing", "".join(missing)),
        Shape("before", "".join(before)),
    )
    return Chart(
        key=key,
        title=title,
        description=description,
        unit="kWh",
        scale_ticks=scale_ticks(scale),
        time_ticks=tuple(
            Tick(percent(100 * (index + 0.5) / count), span.tick, "middle", span.minor)
            for index, span in enumerate(spans)
        ),
        zero=percent(scale.percent(ZERO)),
        lines=tuple(line for line in lines if line.path),
        bars=tuple(_bars(spans, scale)),
        slots=tuple(_slots(spans, previous_name)),
        has_export=has_export,
        marks=tuple(_bar_marks(spans, previous_name, has_export=has_export)),
        data=_bar_data(spans, previous_name, has_export=has_export),
    )


def _bars(spans: Sequence[Span], scale: Scale) -> Iterator[Bar]:
    width = 100 / len(spans)
    gap = 0.18 if len(spans) > 12 else 0.24
    zero = scale.percent(ZERO)
    for index, span in enumerate(spans):
        x, w = percent(width * (index + gap)), percent(width * (1 - 2 * gap))
        if span.import_wh is not None:
            y = scale.percent(span.import_wh)
            yield Bar("estimated" if span.estimated else "import", x, percent(y), w, percent(zero - y))
        if span.export_wh is not None:
            bottom = scale.percent(-span.export_wh)
            yield Bar("export", x, percent(zero), w, percent(bottom - zero))


def _slots(spans: Sequence[Span], previous_name: str) -> Iterator[Slot]:
    width = 100 / len(spans)
    for index, span in enumerate(spans):
        yield Slot(percent(width * index), percent(width), _slot_title(span, previous_name), span.href)


def _slot_title(span: Span, previous_name: str) -> str:
    """What a bar stands for, in one line."""
    if span.future:
        return span.name
    parts = [
        gettext("no data") if span.import_wh is None else _in_words(gettext("from the grid"), span.import_wh)
    ]
    if span.export_wh:
        parts.append(_in_words(gettext("to the grid"), span.export_wh))
    if span.previous_wh is not None:
        parts.append(_in_words(previous_name, span.previous_wh))
    if span.estimated:
        parts.append(gettext("partly estimated"))
    return f"{span.name}: {', '.join(parts)}"


def _in_words(what: str, energy_wh: Decimal) -> str:
    return f"{what} {figures.energy(energy_wh)}"


def _bar_marks(spans: Sequence[Span], previous_name: str, *, has_export: bool) -> Iterator[Mark]:
    """Words for what is drawn, in the order of weight."""
    yield Mark("import", gettext("from the grid"))
    if has_export:
        yield Mark("export", gettext("to the grid"))
    if any(span.previous_wh is not None for span in spans):
        yield Mark("before", previous_name, is_line=True)
    if any(span.estimated for span in spans):
        yield Mark("estimated", gettext("partly estimated"))


def _bar_data(spans: Sequence[Span], previous_name: str, *, has_export: bool) -> dict[str, object]:
    series = [series_data("import", gettext("from the grid"), [span.import_wh for span in spans])]
    if has_export:
        exported = [span.export_wh for span in spans]
        series.append(series_data("export", gettext("to the grid"), exported))
    if any(span.previous_wh is not None for span in spans):
        series.append(series_data("previous", previous_name, [span.previous_wh for span in spans]))
    return {
        "kind": "bars",
        "unit": "kWh",
        "decimals": 1,
        "names": [span.name for span in spans],
        "series": series,
        "missing": gettext("no data"),
    }
