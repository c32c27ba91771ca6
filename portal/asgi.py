"""The ASGI entry: pages by Django, sockets by `portal.live`."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.home")
_pages = get_asgi_application()

from portal.routing import with_sockets  # noqa: E402  Django has to be set up first

application = with_sockets(_pages)
