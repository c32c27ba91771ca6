"""Pages and ingest as processes of their own: each is killed and comes back while the others run."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import shown_value, wait_for
from tests.journeys.portal_process import PortalProcess, free_port
from tests.journeys.simulated_meter import MeterFactory, SimulatedMeter
from tests.journeys.test_pty_to_browser import connect, set_up
from tests.journeys.told import POWER, told_by

pytestmark = pytest.mark.journey


@pytest.fixture
def pages_and_ingest(tmp_path: Path, redis_url: str) -> Iterator[tuple[PortalProcess, PortalProcess]]:
    """`serve --no-ingest` and `ingest` on the same data, with Redis between them."""
    redis = {"METERSIDE_REDIS_URL": redis_url}
    pages = PortalProcess(tmp_path / "var", free_port(), command=("serve", "--no-ingest"), given=redis)
    pages.start()
    ingest = PortalProcess(tmp_path / "var", 0, command=("ingest",), given=redis)
    ingest.start()
    yield pages, ingest
    pages.stop()
    ingest.stop()


def shows_a_telegram_since(page: Page, meter: SimulatedMeter, count: int) -> bool:
    told = {abs(told_by(sent.octets)[POWER]) for sent in meter.sent[count:]}
    return Decimal(shown_value(page, "power") or -1) in told


def test_each_part_may_be_killed_while_the_others_run(
    pages_and_ingest: tuple[PortalProcess, PortalProcess], page: Page, simulated_meter: MeterFactory
):
    pages, ingest = pages_and_ingest
    meter = simulated_meter()
    today = set_up(page, pages)
    connect(page, meter)
    page.goto(today)
    wait_for(lambda: shows_a_telegram_since(page, meter, 0), "the first number")
    page.evaluate("window.neverReloaded = true")

    for part in (ingest, pages):
        part.kill()
        meter.wait_for_telegrams(2)
        count = len(meter.sent)
        part.start()
        what = f"a number from after the restart of {part.command[0]}"
        wait_for(partial(shows_a_telegram_since, page, meter, count), what)
    assert page.evaluate("window.neverReloaded") is True
