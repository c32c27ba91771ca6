"""How soon a portal answers and what it holds in memory, with a meter pushing; how soon `decode` is ready.

The portal has ten years of a household behind it and is looked at: every page once a round.
"""

from __future__ import annotations

import http.client
import resource
import shutil
import statistics
import subprocess
import sys

from harness import ROOT, main, where_and_what
from pages_of_a_household import fetch, pages_to_see
from portal_at_home import Home, environment_as_installed, serving
from results import measured
from ten_years import ten_years

ROUNDS = 5
VIEWS = 10
MOST_START_S = 3.0
MOST_MIB = 150.0
MOST_IMPORT_MS = 12.0
PORTAL, DECODE = "Portal: start and memory", "Command line: start"


def bench_portal() -> bool:
    """`manage.py serve`, ingest in the same process."""
    print(f"\n{PORTAL}\n{where_and_what()}")
    folder, home = ten_years()
    shutil.rmtree(folder / "static", ignore_errors=True)
    with serving(folder) as first:
        measured(PORTAL, "start that collects the static files first", first.started_in_s, "s")
    started: list[float] = []
    for _ in range(ROUNDS):
        with serving(folder) as portal:
            started.append(portal.started_in_s)
    reached = measured(
        PORTAL, "start to first answer, median", statistics.median(started), "s", at_most=MOST_START_S
    )
    with serving(folder) as portal:
        measured(PORTAL, "resident, nothing seen yet", portal.resident_mib, "MiB")
        look_at_everything(portal.connection(), home)
        resident = portal.resident_mib
    views = VIEWS * len(pages_to_see(home))
    return (
        measured(PORTAL, f"resident after {views} page views", resident, "MiB", at_most=MOST_MIB) and reached
    )


def look_at_everything(connection: http.client.HTTPConnection, home: Home) -> None:
    """Every page, several times."""
    for _ in range(VIEWS):
        for path in pages_to_see(home).values():
            fetch(connection, path, home.cookie)


def bench_decode() -> bool:
    """What `import` and a first SML telegram cost over a bare start of the interpreter."""
    print(f"\n{DECODE}")
    bare = median_ms("pass")
    ready = median_ms(
        "from consumerapp.h1.sml import SmlDecoder as D; d = D(); d.receive_data(bytes(8)); d.next_event()"
    )
    command = median_ms("import consumerapp.commands.decode")
    measured(DECODE, "bare interpreter", bare, "ms")
    reached = measured(
        DECODE, "SML decoder made, over the bare start", ready - bare, "ms", at_most=MOST_IMPORT_MS
    )
    measured(DECODE, "`decode` imported, over the bare start", command - bare, "ms")
    return reached


def median_ms(program: str) -> float:
    """Milliseconds of CPU of a Python process that runs this, the median of many."""
    spent: list[float] = []
    for number in range(22):
        before = children_cpu_s()
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment_as_installed(), check=True)
        if number:  # The first one compiles.
            spent.append((children_cpu_s() - before) * 1000)
    return statistics.median(spent)


def children_cpu_s() -> float:
    """CPU time of all our children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bench() -> bool:
    """Both."""
    decode = bench_decode()
    return bench_portal() and decode


if __name__ == "__main__":
    sys.exit(main(bench))
