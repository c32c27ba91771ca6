"""Debian's Chromium, driven by Playwright, with an eye on what the browser complains about."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_S = 40.0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module: while it is open, Playwright runs an event loop in this thread."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab with no past, at desktop size. What the browser complains about fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: _note(complaints, message))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert complaints == []


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    # A socket that breaks when the portal is restarted is part of the journey, not a complaint.
    if (
        message.type in {"warning", "error"}
        and "WebSocket" not in message.text
        and "ERR_CONNECTION" not in message.text
    ):
        complaints.append(message.text)


def wait_for[Found](look: Callable[[], Found | None], what: str) -> Found:
    """What `look` finds, as soon as it does. Playwright's own waiting needs `eval`, which CSP forbids."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
        pause.wait(0.02)


def shown_value(page: Page, part: str) -> str | None:
    """The machine-readable value of a live figure, in its base unit; None: not there (yet)."""
    return attribute(page, f'[data-part="{part}"]', "value")


def attribute(page: Page, selector: str, name: str) -> str | None:
    """An attribute of the first element that a selector finds; None: there is none (yet)."""
    look = "([selector, name]) => document.querySelector(selector)?.getAttribute(name) ?? null"
    try:
        value: Any = page.evaluate(look, [selector, name])
    except Error as error:
        # The page is just becoming another one by itself.
        if "context was destroyed" in str(error):
            return None
        raise
    return None if value is None else str(value)
