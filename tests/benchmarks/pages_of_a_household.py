"""Which pages a household looks at, and how a benchmark fetches them."""

from __future__ import annotations

import http.client
from datetime import timedelta

from portal_at_home import Home


def pages_to_see(home: Home) -> dict[str, str]:
    """Name → path. Each History range around the day before yesterday, so that it is a whole day."""
    from django.utils import timezone

    day = (timezone.now() - timedelta(days=2)).date().isoformat()
    history = {
        f"History, {name}": f"{home.path}history/?range={range_}&on={day}"
        for name, range_ in (
            ("day", "day"),
            ("week", "week"),
            ("month", "month"),
            ("year", "year"),
            ("all years", "all"),
        )
    }
    return {
        "Today": home.path,
        **history,
        "History, a year's heat map": f"{home.path}history/heat/?range=year&on={day}",
        "Devices": f"{home.path}devices/",
        "Kiosk": "/kiosk/",
    }


def with_wall_screen(home: Home) -> Home:
    """The same home; its cookies also make the browser a wall screen."""
    from portal.common.tokens import new_token, token_hash
    from portal.pairing.models import Device, DeviceKind, DeviceProfile
    from portal.pairing.socket_access import KIOSK_COOKIE

    token = new_token()
    Device.objects.filter(household=home.household, name="Bench").delete()
    Device.objects.create(
        household=home.household,
        kind=DeviceKind.KIOSK,
        profile=DeviceProfile.FULL,
        name="Bench",
        token_hash=token_hash(token),
    )
    return Home(home.household, f"{home.cookie}; {KIOSK_COOKIE}={token}")


def fetch(connection: http.client.HTTPConnection, path: str, cookie: str) -> bytes:
    """A page over HTTP, whole."""
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{path}: {answer.status}"
    return body
