"""Encoder of TIC frames, historique and standard (Enedis-NOI-CPT_54E - §?)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One labelled value; `horodate` SAAMMJJhhmmss only where standard mode sends one."""

    label: str
    data: str
    horodate: str = ""


def checksum(octets: bytes) -> bytes:
    """The printable six-bit sum behind each group."""
    return bytes([(sum(octets) & 0x3F) + 0x20])


def historique(groups: Sequence[Group]) -> bytes:
    """A frame with blanks; the last blank is not summed."""
    return _frame([(f"{group.label} {group.data}".encode("ascii"), b" ") for group in groups])


def standard(groups: Sequence[Group]) -> bytes:
    """A frame with tabs; the last tab is summed."""
    lines = []
    for group in groups:
        fields = [group.label, group.horodate, group.data] if group.horodate else [group.label, group.data]
        lines.append(("\t".join([*fields, ""]).encode("ascii"), b""))
    return _frame(lines)


def _frame(lines: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(b"\n" + summed + blank + checksum(summed) + b"\r" for summed, blank in lines)
    return b"\x02" + body + b"\x03"
