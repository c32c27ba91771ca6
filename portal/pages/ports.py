"""The serial ports that this computer has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Port:
    """One port as it is offered."""

    address: str
    words: str


def find_ports() -> tuple[Port, ...]:
    """Ports that something is plugged into, those of USB adapters first."""
    from serialx import list_serial_ports  # noqa: PLC0415 - slow to import, and only asked for here

    found = sorted(list_serial_ports(), key=lambda port: (port.vid is None, str(port.device)))
    return tuple(
        Port(
            address=str(port.device),
            # The adapter's own name before its path: two of a kind differ by the path.
            words=" · ".join(filter(None, (port.product or port.manufacturer, str(port.device)))),
        )
        for port in found
    )
