"""Which browser is a household's wall screen: it holds a device's token in a cookie of its own.

The cookie is not the session: a wall screen is nobody signed in, and signing out anywhere leaves it.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from portal.pairing.devices import find_device, note_seen
from portal.pairing.models import Device, DeviceKind
from portal.pairing.socket_access import KIOSK_COOKIE

COOKIE_AGE_S: Final = 400 * 24 * 3600
"""The longest that browsers keep a cookie (RFC 6265bis - §?); every visit starts it anew."""


def bind(response: HttpResponse, token: str) -> None:
    """Make the browser that gets this response the wall screen of that token, or keep it so."""
    response.set_cookie(
        KIOSK_COOKIE,
        token,
        max_age=COOKIE_AGE_S,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def unbind(response: HttpResponse) -> None:
    """The browser is no wall screen any more."""
    response.delete_cookie(KIOSK_COOKIE, samesite="Lax")


def find_kiosk(request: HttpRequest) -> Device | None:
    """The wall screen that asks, unless it was removed or never was one."""
    device = find_device(request.COOKIES.get(KIOSK_COOKIE, ""))
    if device is None or device.kind != DeviceKind.KIOSK:
        return None
    note_seen(device)
    return device


def access_kiosk(request: HttpRequest) -> Device:
    """The wall screen that asks; raises `Http404`."""
    device = find_kiosk(request)
    if device is None:
        raise Http404
    return device
