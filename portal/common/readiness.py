"""Tell the supervisor that this process serves now (systemd's `Type=notify`, sd_notify(3))."""

from __future__ import annotations

import os
import socket


def tell_ready() -> None:
    """Say READY=1 to the socket that `NOTIFY_SOCKET` names; nothing where nobody asked."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # An abstract socket is written with @ for its leading zero byte.
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.sendto(b"READY=1", name)
