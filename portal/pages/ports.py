"""The serial ports that this computer has."""

from __future__ import annotations

from dataclasses import dataclass

import serialx


@dataclass(frozen=True, slots=True)
class Port:
    """One port as it is offered."""

    address: str
    words: str


def find_ports() -> tuple[Port, ...]:
    """Ports that something is plugged into, those of USB adapters first."""
    found = sorted(serialx.list_serial_ports(), key=lambda port: (port.vid is None, port.device))
    return tuple(Port(str(port.device), _words(port)) for port in found)


def _words(port: serialx.SerialPortInfo) -> str:
    """The adapter's own name before its path: two of a kind differ by the path."""
    name = " ".join(part for part in (port.manufacturer, port.product) if part)
    return f"{name} ({port.device})" if name else str(port.device)
