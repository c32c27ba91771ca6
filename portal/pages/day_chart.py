"""The day: power over local time, with the typical day as a band behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from portal.pages import figures
from portal.pages.charts import ZERO, Chart, Label, Mark, Shape, Tick, runs, scale_ticks, series_data, x_of
from portal.pages.scales import Scale, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCurve:
    """Mean power per step of one local day, in W; 92, 96 or 100 quarter-hours."""

    starts: tuple[datetime, ...]
    """Aware UTC start of each step."""
    import_w: tuple[Decimal | None, ...]
    export_w: tuple[Decimal | None, ...] = ()
    """As positive numbers; empty: this home sends nothing to the grid."""
    estimated: tuple[bool, ...] = ()
    elapsed: int | None = None
    """Steps that have begun; later ones are future, not missing. None: the whole day is over."""
    usual: tuple[tuple[Decimal, ...], tuple[Decimal, ...], tuple[Decimal, ...]] | None = None
    """Low, middle, high import of the typical day, in W."""
    usual_export: tuple[tuple[Decimal, ...], tuple[Decimal, ...], tuple[Decimal, ...]] | None = None
    previous_w: tuple[Decimal | None, ...] = ()
    """Import of the day compared with, in W, by its own steps."""
    previous_name: str = ""


def day_chart(curve: DayCurve, zone: ZoneInfo, *, key: str, title: str, description: str) -> Chart:
    """The curve of one local day: steps above and below zero, the typical day as a band behind."""
    count = len(curve.starts)
    elapsed = count if curve.elapsed is None else curve.elapsed
    export_down = tuple(None if power_w is None else -power_w for power_w in curve.export_w)
    scale = _scale_of_day(curve, export_down)
    has_export = any(power_w for power_w in export_down)
    fills = [Shape("band", _band(usual, sign, scale)) for usual, sign in _bands(curve)]
    fills.append(Shape("import", _area(curve.import_w, scale)))
    striped = [Shape("export", _area(export_down, scale))] if has_export else []
    if any(curve.estimated):
        striped.append(Shape("estimated", _area(_only(curve.import_w, curve.estimated), scale)))
    lines = [Shape("previous", _steps(curve.previous_w, scale))] if curve.previous_w else []
    lines.append(Shape("usual", _steps(_usual_net(curve), scale)))
    if has_export:
        lines.append(Shape("export", _steps(_flowing(export_down), scale)))
    lines += [
        Shape("import", _steps(_flowing(curve.import_w) if has_export else curve.import_w, scale)),
        Shape("zero", _known_baseline(curve.import_w, elapsed, scale)),
        Shape("missing", _missing_baseline(curve.import_w, elapsed, scale)),
    ]
    return Chart(
        key=key,
        title=title,
        description=description,
        unit="kW",
        scale_ticks=scale_ticks(scale),
        time_ticks=_hour_ticks(curve.starts, zone),
        zero=percent(scale.percent(ZERO)),
        fills=tuple(fills),
        striped=tuple(striped),
        lines=tuple(line for line in lines if line.path),
        labels=tuple(_day_labels(curve, export_down, scale, zone, elapsed)),
        now=percent(100 * elapsed / count) if curve.elapsed is not None and elapsed < count else "",
        has_export=has_export,
        marks=tuple(_day_marks(curve, has_export=has_export)),
        data=_day_data(curve, zone),
    )


def _bands(curve: DayCurve) -> Iterator[tuple[tuple[tuple[Decimal, ...], ...], int]]:
    if curve.usual is not None:
        yield curve.usual, 1
    if curve.usual_export is not None:
        yield curve.usual_export, -1


def _usual_net(curve: DayCurve) -> tuple[Decimal | None, ...]:
    """The middle of the typical day as one line: what usually comes minus what usually goes."""
    if curve.usual is None:
        return ()
    if curve.usual_export is None:
        return curve.usual[1]
    return tuple(bought - sold for bought, sold in zip(curve.usual[1], curve.usual_export[1], strict=True))


def _scale_of_day(curve: DayCurve, export_down: Sequence[Decimal | None]) -> Scale:
    highest = [power_w for power_w in (*curve.import_w, *curve.previous_w) if power_w is not None]
    lowest = [power_w for power_w in export_down if power_w is not None]
    for usual, sign in _bands(curve):
        (highest if sign > 0 else lowest).extend(sign * power_w for power_w in usual[2])
    # A quiet home's wobble must not look like a storm: the axis never ends below half a kilowatt.
    return Scale.around(min(lowest, default=ZERO), max(*highest, Decimal(480)) if highest else Decimal(480))


def _steps(values: Sequence[Decimal | None], scale: Scale, sign: int = 1) -> str:
    """A stepped line, broken where a value is missing."""
    count, path = len(values), []
    for first, end in runs(values):
        last: int | None = None
        for index in range(first, end):
            value = values[index]
            assert value is not None
            y = scale.height(sign * value)
            if last is None:
                path.append(f"M{x_of(index, count)} {y}")
            elif y != last:
                path.append(f"H{x_of(index, count)}V{y}")
            last = y
        path.append(f"H{x_of(end, count)}")
    return "".join(path)


def _area(values: Sequence[Decimal | None], scale: Scale) -> str:
    """The stepped area between the values and zero."""
    count, zero, path = len(values), scale.height(ZERO), []
    for first, end in runs(values):
        path.append(f"M{x_of(first, count)} {zero}")
        last = zero
        for index in range(first, end):
            value = values[index]
            assert value is not None
            y = scale.height(value)
            if y != last:
                path.append(f"H{x_of(index, count)}V{y}")
            last = y
        path.append(f"H{x_of(end, count)}V{zero}Z")
    return "".join(path)


def _band(usual: tuple[tuple[Decimal, ...], ...], sign: int, scale: Scale) -> str:
    """The typical day: forth along the high edge, back along the low one."""
    low, _middle, high = usual
    count = len(high)
    forth = [f"{x_of(i, count)} {scale.height(sign * v)}H{x_of(i + 1, count)}" for i, v in enumerate(high)]
    back = [
        f"{x_of(i + 1, count)} {scale.height(sign * low[i])}H{x_of(i, count)}" for i in reversed(range(count))
    ]
    return "M" + "L".join(forth + back) + "Z"


def _flowing(values: Sequence[Decimal | None]) -> tuple[Decimal | None, ...]:
    """Only where something flows: in the other direction's hours the zero line says enough."""
    return tuple(value or None for value in values)


def _only(values: Sequence[Decimal | None], wanted: Sequence[bool]) -> tuple[Decimal | None, ...]:
    return tuple(value if keep else None for value, keep in zip(values, wanted, strict=False))


def _known_baseline(values: Sequence[Decimal | None], elapsed: int, scale: Scale) -> str:
    """The zero line, solid where something is known or still to come."""
    return _baseline(values, scale, lambda index, value: value is not None or index >= elapsed)


def _missing_baseline(values: Sequence[Decimal | None], elapsed: int, scale: Scale) -> str:
    """The zero line where values are missing: the template breaks it, so a gap never looks like zero."""
    return _baseline(values, scale, lambda index, value: value is None and index < elapsed)


def _baseline(
    values: Sequence[Decimal | None], scale: Scale, wanted: Callable[[int, Decimal | None], bool]
) -> str:
    marks = tuple(ZERO if wanted(index, value) else None for index, value in enumerate(values))
    zero, count = scale.height(ZERO), len(values)
    return "".join(f"M{x_of(first, count)} {zero}H{x_of(end, count)}" for first, end in runs(marks))


def _hour_ticks(starts: Sequence[datetime], zone: ZoneInfo) -> tuple[Tick, ...]:
    """Every third local hour; on the days of the change the distances differ, as the hours do."""
    count = len(starts)
    ticks = []
    for index, start in enumerate(starts):
        local = start.astimezone(zone)
        if local.minute == 0 and local.hour % 3 == 0 and not local.fold:
            anchor = "start" if index == 0 else "middle"
            ticks.append(Tick(percent(100 * index / count), f"{local.hour:02d}", anchor, local.hour % 6 != 0))
    ticks.append(Tick(percent(100), "24", "end"))
    return tuple(ticks)


def step_name(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A step's own time, "18:15–18:30"; the repeated hour in autumn says which one it is."""
    local, local_end = start.astimezone(zone), end.astimezone(zone)
    name = f"{local:%H:%M}–{local_end:%H:%M}"
    if local.fold != local.replace(fold=1 - local.fold).fold and _is_ambiguous(local):
        name += f" {local.tzname()}"
    return name


def _is_ambiguous(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _day_labels(
    curve: DayCurve, export_down: Sequence[Decimal | None], scale: Scale, zone: ZoneInfo, elapsed: int
) -> Iterator[Label]:
    """The highest use and the highest export with their figures, the band's name, gaps that are wide."""
    count = len(curve.starts)
    for name, values, direction in (("import", curve.import_w, 1), ("export", export_down, -1)):
        known = [(direction * value, index) for index, value in enumerate(values) if value is not None]
        top, index = max(known, default=(ZERO, 0), key=lambda pair: pair[0])
        if top >= Decimal(300):
            middle = 100 * (index + 0.5) / count
            figure = figures.power(top)
            y = scale.percent(direction * top) + (-2.5 if direction > 0 else 2.5)
            yield Label(f"peak {name}", percent(middle), percent(y), str(figure), _anchor(middle))
    for first, end in runs(tuple(None if value is not None else ZERO for value in curve.import_w[:elapsed])):
        if (end - first) * 14 >= count:
            middle = 50 * (first + end) / count
            yield Label(
                "gap", percent(middle), percent(scale.percent(ZERO) - 3), gettext("no data"), _anchor(middle)
            )
    if curve.usual is not None:
        yield from _usual_label(curve.usual[2], curve, scale, elapsed)


def _usual_label(high: Sequence[Decimal], curve: DayCurve, scale: Scale, elapsed: int) -> Iterator[Label]:
    """Name the band at its highest in what is to come, else where nothing else is drawn near, if anywhere."""
    count = len(high)
    to_come = range(elapsed + 4, count - 4)
    if elapsed < count * 3 // 4:
        index = max(to_come, key=lambda index: high[index])
    else:
        room = (scale.high - scale.low) * _LABEL_ROOM
        free = [index for index in range(count // 8, count * 7 // 8) if _is_free(index, high, curve, room)]
        if not free:
            return
        index = max(free, key=lambda index: high[index])
    middle = 100 * (index + 0.5) / count
    top = max(high[max(0, index - 2) : index + 3])
    yield Label(
        "usual", percent(middle), percent(scale.percent(top) - 2.5), gettext("usually"), _anchor(middle)
    )


_LABEL_ROOM = Decimal("0.12")
"""A label's height as a share of the axis, with air."""


def _is_free(index: int, high: Sequence[Decimal], curve: DayCurve, room: Decimal) -> bool:
    """Whether a label above the band here touches neither the day's curve nor that of the day beside it."""
    near = slice(max(0, index - 5), index + 6)
    drawn = [value for values in (curve.import_w, curve.previous_w) for value in values[near] if value]
    return all(value < high[index] - room / 4 or value > high[index] + room for value in drawn)


def _day_marks(curve: DayCurve, *, has_export: bool) -> Iterator[Mark]:
    """Words for what is drawn, in the order of weight."""
    yield Mark("import", gettext("from the grid"), is_line=True)
    if has_export:
        yield Mark("export", gettext("to the grid"))
    if curve.usual is not None:
        yield Mark("band", gettext("usual on such a day"))
    if curve.previous_w:
        yield Mark("previous", curve.previous_name, is_line=True)
    if any(curve.estimated):
        yield Mark("estimated", gettext("estimated"))


def _day_data(curve: DayCurve, zone: ZoneInfo) -> dict[str, object]:
    """Names and values of every step in base units, for the pointer, the keys and the zoom."""
    step = curve.starts[1] - curve.starts[0]
    series = [series_data("import", gettext("from the grid"), curve.import_w)]
    if any(curve.export_w):
        series.append(series_data("export", gettext("to the grid"), curve.export_w))
    if curve.usual is not None:
        series.append(series_data("usual", gettext("usually"), _usual_net(curve)))
    if curve.previous_w:
        series.append(series_data("previous", curve.previous_name, curve.previous_w))
    return {
        "kind": "steps",
        "unit": "kW",
        "decimals": 2,
        "names": [step_name(start, start + step, zone) for start in curve.starts],
        "series": series,
        "missing": gettext("no data"),
    }


def _anchor(middle: float) -> str:
    return "start" if middle < 8 else "end" if middle > 92 else "middle"
