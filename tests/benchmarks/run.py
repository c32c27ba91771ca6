"""Run the benchmarks, one after the other, and put their numbers into one table.

    python tests/benchmarks/run.py              all of them
    python tests/benchmarks/run.py sml store    these

METERSIDE_CORPUS names the folder of recordings that some need; what is not there is skipped, with its reason.
Each runs in a process of its own, so that none finds the machine's memory or Django as another left it.
What they measured is kept in tests/output/benchmarks.json. The exit status is 0 unless one broke: a goal
that is missed on a busy machine is said, and is no error.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import ROOT, where_and_what
from results import KEPT_IN, Measured

HERE = Path(__file__).parent
OUTPUT = ROOT / "tests" / "output" / "benchmarks.json"


@dataclass(slots=True)
class Outcome:
    """What one benchmark came to."""

    name: str
    verdict: str = "broke"
    """reached, missed, skipped, or broke: it ended without a word."""
    reason: str = ""
    measured: list[Measured] = field(default_factory=list)


def main() -> int:
    """Run, print, keep."""
    found = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(found)}")
    names: list[str] = parser.parse_args().names or list(found)
    if unknown := [name for name in names if name not in found]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are: {', '.join(found)}")
    where = where_and_what()
    started = datetime.now(UTC)
    outcomes = [run(name, found[name]) for name in names]
    print_table(outcomes, where)
    keep(outcomes, where, started)
    return 1 if any(outcome.verdict == "broke" for outcome in outcomes) else 0


def run(name: str, program: Path) -> Outcome:
    """One benchmark as a program; its own words go to the terminal as it says them."""
    outcome = Outcome(name)
    environment = dict(os.environ)
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl", encoding="utf-8") as kept:
        environment[KEPT_IN] = kept.name
        subprocess.run([sys.executable, str(program)], cwd=ROOT, env=environment, check=False)
        for line in kept:
            told: dict[str, Any] = json.loads(line)
            if "measured" in told:
                outcome.measured.append(Measured(**told["measured"]))
            elif "ended" in told:
                outcome.verdict, outcome.reason = told["ended"]["verdict"], told["ended"]["reason"]
    return outcome


def print_table(outcomes: list[Outcome], where: str) -> None:
    """Every number with its goal, under the machine that it was measured on."""
    print(f"\n{'=' * 100}\n{where}")
    for outcome in outcomes:
        print(f"\n{outcome.name}: {outcome.verdict}{f' ({outcome.reason})' if outcome.reason else ''}")
        title = ""
        for number in outcome.measured:
            if number.title != title:
                title = number.title
                print(f"  {title}")
            print(f"    {number}")


def keep(outcomes: list[Outcome], where: str, started: datetime) -> None:
    """The same for programs."""
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "started": started.isoformat(),
        "where": where,
        "benchmarks": [
            {
                "name": outcome.name,
                "verdict": outcome.verdict,
                "reason": outcome.reason,
                "measured": [
                    {
                        "title": number.title,
                        "name": number.name,
                        "value": number.value,
                        "unit": number.unit,
                        "goal": number.goal,
                        "reached": number.reached,
                    }
                    for number in outcome.measured
                ],
            }
            for outcome in outcomes
        ],
    }
    OUTPUT.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nKept in {OUTPUT.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
