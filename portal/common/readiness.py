"""The last steps before a long-running process serves."""

from __future__ import annotations

import gc
import os
import socket
import sys

SWITCH_AFTER_S = 0.0005


def prefer_the_loop() -> None:
    """Keep the event loop from waiting for threads and for the garbage collector.

    A thread in the store or in a page gives the interpreter back after half a millisecond instead of
    five, and what was imported is never looked through for garbage again.
    """
    sys.setswitchinterval(SWITCH_AFTER_S)
    gc.collect()
    gc.freeze()


def tell_ready() -> None:
    """Tell the supervisor: READY=1 to the socket that `NOTIFY_SOCKET` names (sd_notify(3)), if it asked."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # An abstract socket is written with @ for its leading zero byte.
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.sendto(b"READY=1", name)
