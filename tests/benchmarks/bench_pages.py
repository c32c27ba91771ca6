"""Every page with ten years of history behind it: server time, queries, and how soon a chart is in sight.

Server time over HTTP against `manage.py serve` (its ingest worker runs, its meter is silent), and beside
it the same page in one process through Django's own client, without server and network.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from harness import Skipped, main, where_and_what
from pages_of_a_household import fetch, pages_to_see, with_wall_screen
from portal_at_home import Home, Served, serving
from results import measured, percentile
from ten_years import ten_years

VIEWS = 60
WITHOUT_CHART = {"Devices", "History, a year's heat map"}
"""The heat map comes as a part of a page, when it is scrolled to."""
SIGHTS = 9
MOST_P95_MS = 30.0
MOST_SIGHT_MS = 500.0
SERVER, INSIDE, SIGHT = (
    "Pages over HTTP",
    "Pages in one process",
    "First sight of a chart, Chromium, empty cache",
)


def bench_server(portal: Served, home: Home) -> bool:
    """All pages in turns, so that a busy minute of the machine meets all of them."""
    print(f"\n{SERVER}\n{where_and_what()}")
    connection, pages = portal.connection(), pages_to_see(home)
    spent: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(VIEWS + 3):
        for name, path in pages.items():
            begin = time.perf_counter()
            fetch(connection, path, home.cookie)
            if number >= 3:
                spent[name].append((time.perf_counter() - begin) * 1000)
    reached = True
    for name, took_ms in spent.items():
        measured(SERVER, f"{name}, p50", percentile(took_ms, 0.5), "ms")
        p95_ms = percentile(took_ms, 0.95)
        reached &= measured(SERVER, f"{name}, p95", p95_ms, "ms", at_most=MOST_P95_MS)
    return reached


def bench_inside(home: Home) -> None:
    """CPU time of each page, and its queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    print(f"\n{INSIDE}\n{where_and_what()}")
    client = Client(headers={"host": "127.0.0.1", "cookie": home.cookie})
    for name, path in pages_to_see(home).items():
        spent = sorted(cpu_ms(partial(client.get, path)) for _ in range(25))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        measured(INSIDE, f"{name}, CPU, median", percentile(spent, 0.5), "ms")
        measured(INSIDE, f"{name}, queries", len(queries), "")


def cpu_ms(work: Callable[[], object]) -> float:
    """Milliseconds of CPU."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


WATCH = """
(() => {
  window.sightMs = null;
  const look = () => {
    const chart = document.querySelector("svg.chart-plot, svg.wall-plot");
    if (chart && chart.getBoundingClientRect().height > 20) {
      // Called before the frame with the chart is painted; the next call comes after it.
      requestAnimationFrame(() => { window.sightMs = performance.now(); });
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
})();
"""
SEEN = """
() => {
  const paints = performance.getEntriesByName("first-contentful-paint");
  if (window.sightMs === null || !paints.length) return null;
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {
    sight: Math.max(window.sightMs, paints[0].startTime),
    page: loaded[0].transferSize, all: loaded.reduce((sum, one) => sum + one.transferSize, 0),
  };
}
"""


def bench_sight(portal: Served, home: Home) -> bool:
    """Each time a browser context that has never been here."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Skipped("Playwright is not installed") from error
    if program is None:
        raise Skipped("there is no Chromium (Debian: apt install chromium)")
    print(f"\n{SIGHT}\n{where_and_what()}")
    reached = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        see_chart(browser, portal, home, home.path)  # The browser's own first page is not ours.
        for name, path in pages_to_see(home).items():
            if name in WITHOUT_CHART:
                continue
            seen = [see_chart(browser, portal, home, path) for _ in range(SIGHTS)]
            sight = sorted(one["sight"] for one in seen)
            reached &= measured(SIGHT, f"{name}, median", percentile(sight, 0.5), "ms", at_most=MOST_SIGHT_MS)
            measured(SIGHT, f"{name}, slowest of {SIGHTS}", sight[-1], "ms")
            measured(SIGHT, f"{name}, page transferred", seen[0]["page"] / 1000, "kB")
            measured(SIGHT, f"{name}, transferred by then", seen[0]["all"] / 1000, "kB")
        browser.close()
    return reached


def see_chart(browser: Any, portal: Served, home: Home, path: str) -> dict[str, float]:
    """Milliseconds from the start of the navigation until the frame with the chart was painted; bytes."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.add_cookies(
        [
            {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
            for name, _, value in (pair.partition("=") for pair in home.cookie.split("; "))
        ]
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"http://127.0.0.1:{portal.port}{path}", wait_until="load")
    for tries in count():
        # Playwright's own waiting needs eval, which our content security policy forbids.
        seen: dict[str, float] | None = page.evaluate(SEEN)
        if seen is not None:
            context.close()
            return seen
        assert tries < 500, f"no chart on {path}"
        time.sleep(0.02)
    raise AssertionError("unreachable")


def bench() -> bool:
    """Server, inside, sight."""
    folder, home = ten_years()
    home = with_wall_screen(home)
    print(f"ten years in {Path(folder, 'meterside.sqlite3').stat().st_size / 1e6:.1f} MB of SQLite")
    with serving(folder) as portal:
        reached = bench_server(portal, home)
        bench_inside(home)
        return bench_sight(portal, home) and reached


if __name__ == "__main__":
    sys.exit(main(bench))
