"""The serial ports of this machine, for the first screen."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from display.screens.first_start_screen import PortFound


def find_ports() -> tuple[PortFound, ...]:
    """Ports that can be read, USB ones first: reading heads are USB. Blocks for some milliseconds."""
    # Imported when somebody looks, in the thread that looks: a display with its port set starts without it.
    serialx: Any = import_module("serialx")
    found = [
        PortFound(port.device, port.product or port.manufacturer or "")
        for port in serialx.list_serial_ports()
    ]
    return tuple(sorted(found, key=lambda port: (not port.description, port.device)))
