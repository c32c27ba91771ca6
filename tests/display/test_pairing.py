"""Pairing with a portal, against a real HTTP server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from display.pairing import FEED_PATH, PAIR_PATH, PairingError, feed_address, pair, tls_context


class Portal(HTTPServer):
    """The part of a portal that pairs; answers what the test wants."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Pairs)
        self.status = 201
        self.answer: bytes = b'{"token": "t0ken", "household": "Kerkstraat 12", "feed": "/h3/v1/display"}'
        self.asked: list[tuple[str, Any]] = []

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.server_port}"


class _Pairs(BaseHTTPRequestHandler):
    server: Portal

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Tests are quiet."""


@pytest.fixture
def portal() -> Iterator[Portal]:
    server = Portal()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_code_becomes_a_token(portal: Portal) -> None:
    pairing = pair(portal.address, " abcd2345 ")
    assert pairing.token == "t0ken"
    assert pairing.name == "Kerkstraat 12"
    assert pairing.portal == f"{portal.address}{FEED_PATH}"
    path, body = portal.asked[0]
    assert path == PAIR_PATH
    assert body["code"] == "ABCD2345"
    assert body["kind"] == "terminal"
    assert body["name"]


@pytest.mark.parametrize(
    ("status", "sentence"), [(404, "does not take this code"), (429, "too many"), (500, "does not take")]
)
def test_a_refusal_says_what_to_do(portal: Portal, status: int, sentence: str) -> None:
    portal.status = status
    with pytest.raises(PairingError, match=sentence):
        pair(portal.address, "ABCD2345")


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"token": 3}', b'{"token": "a b"}', b'{"token": "a\\nb"}', b"<html>"]
)
def test_an_answer_without_a_token_is_refused(portal: Portal, answer: bytes) -> None:
    portal.answer = answer
    with pytest.raises(PairingError, match="holds no token"):
        pair(portal.address, "ABCD2345")


def test_a_portal_that_is_not_there_is_named() -> None:
    server = Portal()
    address = server.address
    server.server_close()
    with pytest.raises(PairingError, match=r"127\.0\.0\.1 does not answer"):
        pair(address, "ABCD2345")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("wss://meter.example", "wss://meter.example/h3/v1/display"),
        ("https://meter.example/", "wss://meter.example/h3/v1/display"),
        ("meter.example:8443", "wss://meter.example:8443/h3/v1/display"),
        ("wss://meter.example/under/h3/v1/display", "wss://meter.example/under/h3/v1/display"),
        ("http://192.168.1.7:8000", "ws://192.168.1.7:8000/h3/v1/display"),
        ("ws://[::1]:8000", "ws://[::1]:8000/h3/v1/display"),
        ("ws://meter.local", "ws://meter.local/h3/v1/display"),
        ("ws://localhost:8000", "ws://localhost:8000/h3/v1/display"),
    ],
)
def test_addresses_people_type_are_understood(given: str, address: str) -> None:
    assert feed_address(given) == address


@pytest.mark.parametrize("given", ["ws://meter.example", "http://8.8.8.8:8000", "ws://evil.local.example"])
def test_a_token_never_leaves_the_house_in_the_clear(given: str) -> None:
    with pytest.raises(PairingError, match="outside the home network"):
        feed_address(given)


@pytest.mark.parametrize("given", ["", "ftp://x", "wss://", "wss://user:word@host", "wss://host:port"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(PairingError, match="is no portal"):
        feed_address(given)


def test_certificates_are_always_checked() -> None:
    context = tls_context()
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    with pytest.raises(PairingError, match="no certificate"):
        tls_context("/dev/null")
