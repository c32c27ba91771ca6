"""Charts as geometry: data in, places and paths out; the template only writes them down.

Every chart stretches to its box. Shapes that may stretch are paths in a unit square of
`scales.WIDTH` × `scales.HEIGHT`; what must not (text, patterns, hairlines) is placed in per cent.
One grammar for all: import is solid and above zero, export is striped and below, estimated is
hatched, a missing value is a gap and never a zero, what is usual is a band behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from portal.pages import figures
from portal.pages.scales import WIDTH, Scale, percent

_KILO = Decimal(1000)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what it is called."""

    at: str
    """Per cent of the axis."""
    text: str
    anchor: str = "middle"
    minor: bool = False
    """Minor ticks give way on a narrow screen."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A path in the unit square. `name` is its meaning and its style class."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words written into the plot, beside what they name."""

    name: str
    x: str
    y: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """One upright bar; all four in per cent."""

    name: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Slot:
    """The whole height above one name on the axis: what the pointer hits and where it leads."""

    x: str
    width: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line or a fill means, for the row of words below the chart."""

    name: str
    words: str
    is_line: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything the template needs; `data` is for the script that zooms and tells exact values."""

    key: str
    title: str
    description: str
    unit: str
    scale_ticks: tuple[Tick, ...]
    time_ticks: tuple[Tick, ...]
    zero: str
    """Where the zero line lies, in per cent from the top."""
    fills: tuple[Shape, ...] = ()
    """Plain areas, below everything."""
    striped: tuple[Shape, ...] = ()
    """Areas filled with a pattern; the pattern is named like the shape."""
    lines: tuple[Shape, ...] = ()
    bars: tuple[Bar, ...] = ()
    slots: tuple[Slot, ...] = ()
    labels: tuple[Label, ...] = ()
    now: str = ""
    """Where the present is, in per cent; empty: not on this chart."""
    has_export: bool = False
    marks: tuple[Mark, ...] = ()
    data: dict[str, object] = field(default_factory=dict)

    @property
    def data_id(self) -> str:
        """The id of the script element that carries `data`."""
        return f"{self.key}-data"


def x_of(index: int, count: int) -> int:
    return round(WIDTH * index / count)


def runs(values: Sequence[Decimal | None]) -> Iterator[tuple[int, int]]:
    """Half-open index ranges without a missing value."""
    start: int | None = None
    for index, value in enumerate(values):
        if value is None:
            if start is not None:
                yield start, index
            start = None
        elif start is None:
            start = index
    if start is not None:
        yield start, len(values)


def scale_ticks(scale: Scale) -> tuple[Tick, ...]:
    """Values in thousands of the base unit."""
    decimals = 0 if scale.step % _KILO == 0 else 1 if scale.step % 100 == 0 else 2
    ticks = scale.ticks()
    return tuple(
        Tick(percent(scale.percent(value)), figures.number(value / _KILO, 0 if value == 0 else decimals))
        for value in reversed(ticks)
    )


def series_data(name: str, title: str, values: Sequence[Decimal | None]) -> dict[str, object]:
    return {
        "name": name,
        "title": title,
        "values": [None if value is None else round(float(value), 1) for value in values],
    }
