"""Pairing with a portal: a short code becomes a token of this display's own (H3).

A code is typed once; the token that comes back is kept in a file of mode 0600 and sent over TLS only,
except inside a home network.
"""

from __future__ import annotations

import ipaddress
import json
import platform
import ssl
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from consumerapp.errors import ConsumerAppError
from display.remembered import Pairing

PAIR_PATH: Final = "/h3/v1/pair"
FEED_PATH: Final = "/h3/v1/display"
TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 16 * 1024
"""A token and a name."""

_SOCKET_SCHEMES: Final = {"wss": "wss", "https": "wss", "ws": "ws", "http": "ws"}
_HOME_SUFFIXES: Final = (".local", ".lan", ".home", ".home.arpa", ".internal", ".fritz.box", ".localhost")


class PairingError(ConsumerAppError):
    """Pairing did not work; the message says what to do."""


def feed_address(portal: str) -> str:
    """The feed's full address of a portal given as wss://host, https://host or with its path.

    Raises PairingError for what is no address, and for an unencrypted way out of the home network.
    """
    parts = _split(portal)
    scheme = _SOCKET_SCHEMES[parts.scheme]
    host = parts.hostname or ""
    if scheme == "ws" and not _is_at_home(host):
        raise PairingError(
            f"{host} lies outside the home network: use wss://, so that nobody on the way can read along"
        )
    path = parts.path if parts.path not in ("", "/") else FEED_PATH
    return urlunsplit((scheme, parts.netloc, path, "", ""))


def _split(portal: str) -> SplitResult:
    try:
        parts = urlsplit(portal if "://" in portal else f"wss://{portal}")
        usable = parts.scheme in _SOCKET_SCHEMES and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise PairingError(f"{portal[:80]!r} is no portal; want an address such as wss://meter.example")
    return parts


def _is_at_home(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_HOME_SUFFIXES)
    return address.is_private or address.is_loopback or address.is_link_local


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Certificates are always checked; `ca_file` adds a home portal's own authority."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise PairingError(f"{ca_file} holds no certificate that can be used") from error
    return context


def pair(portal: str, code: str, *, tls: ssl.SSLContext | None = None) -> Pairing:
    """Exchange a code from the Devices page for this display's own token. Blocks; raises PairingError."""
    # A display that is paired, or has a meter of its own, has no use for it.
    import http.client  # noqa: PLC0415

    address = feed_address(portal)
    parts = urlsplit(address)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection = (
        http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S, context=tls or tls_context())
        if parts.scheme == "wss"
        else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    )
    name = platform.node()[:80] or "terminal"
    asked = json.dumps({"code": code.strip().upper(), "name": name, "kind": "terminal"})
    try:
        connection.request("POST", PAIR_PATH, asked, {"Content-Type": "application/json"})
        response = connection.getresponse()
        status, answer = response.status, response.read(MAX_ANSWER_BYTES)
    except ssl.SSLCertVerificationError as error:
        raise PairingError(
            f"the certificate of {host} cannot be trusted ({error.verify_message}); "
            "--ca names a home portal's own authority"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise PairingError(f"{host} does not answer. Is the portal running, is the address right?") from error
    finally:
        connection.close()
    return _read_answer(address, status, answer)


def _read_answer(address: str, status: int, answer: bytes) -> Pairing:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise PairingError("too many wrong codes; wait a quarter of an hour and make a new code")
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise PairingError("the portal does not take this code; make a new one on its Devices page")
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    match found:
        case {"token": str(token), **others} if token.isascii() and token.isprintable() and " " not in token:
            name = others.get("household", "")
            return Pairing(address, token, name if isinstance(name, str) else "")
        case _:
            raise PairingError("the portal's answer holds no token; is this a Meterside portal?")
