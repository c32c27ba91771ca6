"""Who may listen on which socket."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from portal.accounts.access import find_membership
from portal.accounts.models import Role
from portal.live.consumers import Pass, Scope
from portal.live.profiles import Profile
from portal.pairing.devices import find_device, note_seen
from portal.pairing.models import Device, DeviceKind

KIOSK_COOKIE = "meterside_kiosk"


async def browser_pass(scope: Scope) -> Pass | None:
    """`/live/<public_id>/`: a signed-in person of the household, or a wall screen bound to it."""
    if not comes_from_our_page(scope):
        return None
    public_id = str(scope["path"]).strip("/").rpartition("/")[2]
    granted: Pass | None = await database_sync_to_async(_browser_pass)(_cookies(scope), public_id)
    return granted


async def display_pass(scope: Scope) -> Pass | None:
    """`/h3/v1/display`: a paired device by its bearer token (RFC 6750 - §2.1)."""
    scheme, _space, token = _header(scope, b"authorization").partition(" ")
    if scheme.lower() != "bearer":
        return None
    granted: Pass | None = await database_sync_to_async(_device_pass)(token.strip())
    return granted


def comes_from_our_page(scope: Scope) -> bool:
    """Whether the Origin is the very host that is asked: cookies alone must not open a socket."""
    host = _header(scope, b"host")
    origin = urlsplit(_header(scope, b"origin"))
    domain, _port = split_domain_port(host)
    return (
        origin.scheme in {"http", "https"}
        and origin.netloc.lower() == host.lower()
        and bool(domain)
        and validate_host(domain, settings.ALLOWED_HOSTS)
    )


def _browser_pass(cookies: dict[str, str], public_id: str) -> Pass | None:
    request = HttpRequest()
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    membership = find_membership(get_user(request), public_id)
    if membership is not None and Role(membership.role).rank >= Role.VIEWER.rank:
        return Pass(household_id=membership.household_id, profile=Profile.FULL, user_id=membership.user_id)
    device = find_device(cookies.get(KIOSK_COOKIE, ""))
    if device is None or device.kind != DeviceKind.KIOSK or device.household.public_id != public_id:
        return None
    return _pass_for(device)


def _device_pass(token: str) -> Pass | None:
    device = find_device(token)
    return None if device is None else _pass_for(device)


def _pass_for(device: Device) -> Pass:
    note_seen(device)
    return Pass(household_id=device.household_id, profile=Profile(device.profile), device_id=device.pk)


def _cookies(scope: Scope) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(_header(scope, b"cookie"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _header(scope: Scope, wanted: bytes) -> str:
    for name, value in scope.get("headers", ()):
        if name == wanted:
            return str(value.decode("latin-1"))
    return ""
