"""How a terminal display is paired: `POST /h3/v1/pair`."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.common.ownership import Owner, owned_by
from portal.pairing.codes import LockedOut, UnknownCode
from portal.pairing.devices import Paired, pair_device
from portal.pairing.models import DeviceKind

MAX_REQUEST_BYTES = 4096


@owned_by(Owner.DEVICE)
@csrf_exempt  # no cookie is read: the code in the body is the only proof
@require_POST
@never_cache
def pair(request: HttpRequest) -> JsonResponse:
    """`{code, name, kind}` in; the device's bearer token out, this one time."""
    asked = _read(request)
    if asked is None:
        return JsonResponse({"error": "malformed"}, status=400)
    try:
        paired = pair_device(
            code=asked["code"],
            name=asked["name"],
            kind=DeviceKind.TERMINAL,
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except LockedOut:
        return JsonResponse({"error": "locked_out"}, status=429, headers={"Retry-After": "900"})
    except UnknownCode:
        return JsonResponse({"error": "unknown_code"}, status=404)
    return JsonResponse(_answer(paired), status=201)


def _read(request: HttpRequest) -> dict[str, str] | None:
    """The request's members, if it has the right form and asks for a terminal."""
    if len(request.body) > MAX_REQUEST_BYTES:
        return None
    try:
        found: Any = json.loads(request.body)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("kind", "terminal") != DeviceKind.TERMINAL:
        return None
    asked = {"code": found.get("code"), "name": found.get("name", "")}
    return asked if all(isinstance(value, str) for value in asked.values()) else None


def _answer(paired: Paired) -> dict[str, object]:
    device = paired.device
    return {
        "token": paired.token,
        "device": device.name,
        "profile": device.profile,
        "household": device.household.name,
        "timezone": device.household.timezone,
        "feed": "/h3/v1/display",
    }
