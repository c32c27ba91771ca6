"""What every benchmark shares: contenders take turns, medians count, the result says where it was measured.

Times drift from machine to machine and from minute to minute, ratios within one run hardly do. So contenders
are interleaved: one measurement of each per round, and only ratios are compared with a target.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time

from results import Measured, keep

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 7

sys.path.insert(0, str(ROOT))


class Skipped(Exception):
    """Something that a benchmark needs is not here; the message says what."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that is measured. `measure` does its work once and says how many µs one item took."""

    name: str
    measure: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Timing:
    """What one contender needed for an item, in µs."""

    name: str
    rounds_us: tuple[float, ...]

    @property
    def median_us(self) -> float:
        return statistics.median(self.rounds_us)

    def __str__(self) -> str:
        spread = f"{min(self.rounds_us):.2f} to {max(self.rounds_us):.2f}"
        return f"{self.name:<44} {self.median_us:>10.2f} µs   ({spread})"


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that has to be reached: how many times faster `quick` is than `slow`."""

    slow: str
    quick: str
    at_least: float


def timed(work: Callable[[], object], items: int) -> float:
    """µs of CPU time per item of one call that handles so many items.

    Not the clock on the wall: on a machine with other work it would measure the others.
    """
    start = process_time()
    work()
    return (process_time() - start) * 1e6 / items


def race(contenders: Sequence[Contender], *, rounds: int = ROUNDS) -> dict[str, Timing]:
    """Measure all in turns; the first round warms up and does not count."""
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            spent = contender.measure()
            if number:
                times[contender.name].append(spent)
    return {name: Timing(name, tuple(rounds_us)) for name, rounds_us in times.items()}


def report(title: str, timings: dict[str, Timing], targets: Sequence[Target] = ()) -> bool:
    """Print what was measured; whether every target was reached."""
    print(f"\n{title}\n{'-' * len(title)}\n{where_and_what()}")
    for timing in timings.values():
        print(timing)
        keep("measured", asdict(Measured(title, timing.name, timing.median_us, "µs")))
    reached = True
    for target in targets:
        if target.slow not in timings or target.quick not in timings:
            continue
        ratio = timings[target.slow].median_us / timings[target.quick].median_us
        verdict = "reached" if ratio >= target.at_least else "MISSED"
        reached = reached and ratio >= target.at_least
        print(f"{target.slow} / {target.quick}: {ratio:.2f} × (target {target.at_least:g} ×: {verdict})")
        goal = f"at least {target.at_least:g} ×"
        name = f"{target.slow} / {target.quick}"
        keep("measured", asdict(Measured(title, name, ratio, "×", goal, ratio >= target.at_least)))
    return reached


def where_and_what() -> str:
    """Machine, interpreter, load and commit in one line."""
    load = ", ".join(f"{share:.1f}" for share in os.getloadavg())
    return (
        f"{_processor()}, {os.cpu_count()} CPUs, load {load}; {platform.python_implementation()} "
        f"{platform.python_version()}; {_commit()}"
    )


def corpus(family: str) -> Path:
    """The folder of one family of recordings, outside the repository, named by METERSIDE_CORPUS."""
    root = os.environ.get("METERSIDE_CORPUS")
    if not root:
        raise Skipped("METERSIDE_CORPUS names no folder of recordings")
    folder = Path(root) / family
    if not folder.is_dir():
        raise Skipped(f"there is no {folder}")
    return folder


def main(benchmark: Callable[[], bool]) -> int:
    """Run one benchmark as a program: 0 reached or skipped with a reason, 1 missed."""
    try:
        reached = benchmark()
    except Skipped as reason:
        print(f"skipped: {reason}")
        keep("ended", {"verdict": "skipped", "reason": str(reason)})
        return 0
    keep("ended", {"verdict": "reached" if reached else "missed", "reason": ""})
    return 0 if reached else 1


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    def git(*words: str) -> str:
        answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return answer.stdout.strip()

    return f"commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}" + (
        " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    )
