"""Texts that come off a wire, made fit for a screen: no control characters, bounded, never markup."""

from __future__ import annotations

import unicodedata

MAX_CHARS = 1024
"""The longest message a meter may carry (DSMR P1 Companion Standard v5.0.2 - §?)."""
_SHORTEST_HEX_CHARS = 8
"""Shorter digits are more likely a number than characters in hexadecimal."""


def printable(text: str, max_chars: int = MAX_CHARS) -> str:
    """The text in one line without control, format and unassigned characters, cut at `max_chars`.

    Format characters go too: a right-to-left override could make a message read as another one.
    """
    kept: list[str] = []
    for character in text[: 4 * max_chars]:
        category = unicodedata.category(character)
        if category in ("Zl", "Zp") or character in "\t\n\r":
            kept.append(" ")
        elif category[0] != "C":
            kept.append(character)
    return "".join(kept).strip()[:max_chars]


def from_hexadecimal(text: str) -> str:
    """The characters that hexadecimal digits stand for, where they stand for any; else the text itself."""
    if len(text) < _SHORTEST_HEX_CHARS or len(text) % 2 or not text.isascii() or not text.isalnum():
        return text
    try:
        characters = bytes.fromhex(text).decode()
    except ValueError:
        return text
    without_padding = characters.rstrip("\0 ")
    if not without_padding or any(unicodedata.category(found) == "Cc" for found in without_padding):
        return text
    return without_padding
