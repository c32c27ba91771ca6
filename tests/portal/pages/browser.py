"""The pages in a real Chromium without a server: the answers are made beforehand, the socket is ours.

Playwright occupies the thread's event loop, in which Django forbids the database: so every page is
fetched by Django's test client first, and Chromium gets exactly those answers, headers included.
"""

from __future__ import annotations

import json
import mimetypes
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Page, Route, WebSocketRoute, sync_playwright

ORIGIN = "http://localhost"
"""A name that browsers trust without TLS."""
PATIENCE_S = 20.0


@dataclass
class Answers:
    """What the portal answered, by path and query."""

    client: Client
    made: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    def make(self, address: str, *, part: bool = False, client: Client | None = None) -> None:
        """Ask the portal now, for the whole page or as htmx does; Chromium is told the same later."""
        headers = {"HX-Request": "true"} if part else None
        answer = (client or self.client).get(address, headers=headers)
        kind = "part " if part else ""
        self.made[kind + address] = (answer.status_code, dict(answer.headers), answer.content)

    def give(self, route: Route) -> None:
        """Answer one request of the browser."""
        asked = urlsplit(route.request.url)
        address = asked.path + (f"?{asked.query}" if asked.query else "")
        if asked.path.startswith("/static/"):
            found = finders.find(asked.path.removeprefix("/static/"))
            kind = mimetypes.guess_type(asked.path)[0] or "application/octet-stream"
            route.fulfill(path=found, content_type=kind)
            return
        kind = "part " if route.request.headers.get("hx-request") else ""
        status, headers, body = self.made[kind + address]
        route.fulfill(status=status, headers=headers, body=body)


@dataclass
class Screen:
    """One tab, what it complained about, and the socket it opened."""

    page: Page
    complaints: list[str]
    sockets: list[WebSocketRoute] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(ORIGIN + address)

    def send(self, message: dict[str, Any]) -> None:
        """Tell the page something by its newest socket."""
        self.sockets[-1].send(json.dumps(message))

    def wait_for(self, look: Callable[[], object], what: str) -> None:
        """Until `look` finds something. Each look lets Playwright hear what happened meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while not look():
            assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
            self.page.evaluate("1")

    def text(self, selector: str) -> str:
        return " ".join(self.page.locator(selector).first.inner_text().split())


@pytest.fixture(scope="session")
def _chromium() -> str:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    return program


@pytest.fixture
def show(_chromium: str, answers: Answers) -> Iterator[Callable[..., Screen]]:
    """Open a tab on the answers that the test module made: `show(width=360, height=740)`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium, args=["--no-sandbox", "--disable-gpu"]
        )

        def shown(*, width: int = 1280, height: int = 800, **options: Any) -> Screen:
            context = browser.new_context(
                viewport={"width": width, "height": height}, locale="en-GB", **options
            )
            page = context.new_page()
            screen = Screen(page, [])
            page.on("pageerror", lambda error: screen.complaints.append(str(error)))
            page.on(
                "console",
                lambda message: screen.complaints.append(message.text) if message.type == "error" else None,
            )
            page.route("**/*", answers.give)

            def connected(socket: WebSocketRoute) -> None:
                screen.sockets.append(socket)

            page.route_web_socket("**/live/**", connected)
            return screen

        yield shown
        browser.close()
