"""What was measured, one line each, for people and for `run.py`.

A benchmark calls `measured`; when `run.py` started it, METERSIDE_BENCH_RESULTS names the file that keeps
the lines as JSON.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

KEPT_IN = "METERSIDE_BENCH_RESULTS"
Unit = Literal["ms", "µs", "MiB", "kB", "s", "×", "%", "/s", "B", ""]


@dataclass(frozen=True, slots=True)
class Measured:
    """One number and what was hoped for."""

    title: str
    name: str
    value: float
    unit: Unit
    goal: str = ""
    reached: bool | None = None
    """None: no goal was set."""

    def __str__(self) -> str:
        verdict = {None: "", True: "reached", False: "MISSED"}[self.reached]
        goal = f"({self.goal}: {verdict})" if self.goal else ""
        return f"{self.name:<52} {self.value:>12,.2f} {self.unit:<4} {goal}"


def measured(
    title: str,
    name: str,
    value: float,
    unit: Unit,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> bool:
    """Say and keep one number; whether its goal, if it has one, was reached."""
    goal, reached = "", None
    if at_most is not None:
        goal, reached = f"at most {at_most:g} {unit}".strip(), value <= at_most
    elif at_least is not None:
        goal, reached = f"at least {at_least:g} {unit}".strip(), value >= at_least
    number = Measured(title, name, value, unit, goal, reached)
    print(number, flush=True)
    keep("measured", asdict(number))
    return reached is not False


def keep(kind: str, content: object) -> None:
    """One line for `run.py`, if it asked for them."""
    if path := os.environ.get(KEPT_IN):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({kind: content}, ensure_ascii=False) + "\n")


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of them lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
