"""Digits of any height, drawn with half blocks so that a Linux console shows them too.

A cell holds two square dots, one above the other. Every digit has the same width; the stroke grows
with the height, corners are round from seven rows on. Pure functions, no terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SMALLEST_ROWS: Final = 3
LARGEST_ROWS: Final = 40
"""Taller digits are wider than any terminal that people use."""

NARROW: Final = ".,"
DIGITS: Final = "0123456789"
_HALF_BLOCKS: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@dataclass(frozen=True, slots=True)
class _Face:
    """Measures of one size, in dots."""

    height: int
    width: int
    stroke: int
    gap: int
    """Between two characters."""
    middle: int
    """First dot row of the middle bar."""
    radius: float
    """Of the outer corners."""


@lru_cache(maxsize=LARGEST_ROWS)
def _face(rows: int) -> _Face:
    height = rows * 2
    stroke = 1 if rows <= 4 else 2 * max(1, round(height / 14))
    return _Face(
        height=height,
        width=4 if rows <= 3 else round(height * 0.6),
        stroke=stroke,
        gap=max(1, round(stroke * 0.75)),
        middle=(height - stroke + 1) // 2,
        radius=0.0 if rows < 5 else height * (0.12 if rows < 7 else 0.2),
    )


def _in_round_box(x: float, y: float, box: tuple[float, float, float, float], radius: float) -> bool:
    left, top, right, bottom = box
    if not (left <= x <= right and top <= y <= bottom):
        return False
    dx = max(left + radius - x, x - (right - radius), 0.0)
    dy = max(top + radius - y, y - (bottom - radius), 0.0)
    return dx * dx + dy * dy <= radius * radius or dx == 0.0 or dy == 0.0


def _in_ring(x: float, y: float, box: tuple[float, float, float, float], face: _Face) -> bool:
    left, top, right, bottom = box
    radius = min(face.radius, (right - left) / 2, (bottom - top) / 2)
    inner = (left + face.stroke, top + face.stroke, right - face.stroke, bottom - face.stroke)
    return _in_round_box(x, y, box, radius) and not _in_round_box(x, y, inner, max(0.0, radius - face.stroke))


def _near_line(x: float, y: float, start: tuple[float, float], end: tuple[float, float], half: float) -> bool:
    """Whether a dot lies within `half` of a slanted line, measured along its row."""
    (x0, y0), (x1, y1) = start, end
    if not min(y0, y1) <= y <= max(y0, y1):
        return False
    return abs(x - (x0 + (x1 - x0) * (y - y0) / (y1 - y0))) <= half


def _inked(character: str, x: float, y: float, face: _Face) -> bool:  # noqa: C901 - one case a digit
    """Whether the dot whose centre is (x, y) belongs to the character."""
    width, height, stroke, middle = face.width, face.height, face.stroke, face.middle
    whole = (0.0, 0.0, float(width), float(height))
    upper = (0.0, 0.0, float(width), float(middle + stroke))
    lower = (0.0, float(middle), float(width), float(height))
    above, below = stroke < y < middle, middle + stroke < y < height - stroke
    left, right = x < width / 2, x > width / 2
    match character:
        case "0":
            return _in_ring(x, y, whole, face)
        case "1":
            centre = (width - stroke) // 2 + (width - stroke) % 2
            stem = centre <= x <= centre + stroke
            reach = max(1, round(width * 0.22))
            flag = centre - reach <= x <= centre and 0 < y < stroke
            foot = y > height - stroke and centre - reach <= x <= centre + stroke + reach
            return stem or flag or foot
        case "2":
            arch = _in_ring(x, y, upper, face) and not (left and above)
            sweep = _in_ring(x, y, lower, face) and not (right and y > middle + stroke)
            outside = left and middle <= y < middle + stroke and not _in_round_box(x, y, lower, face.radius)
            return (arch or sweep or y > height - stroke) and not outside
        case "3":
            bar = middle <= y <= middle + stroke and x > width * 0.25
            bowls = (_in_ring(x, y, upper, face) or _in_ring(x, y, lower, face)) and not (
                left and stroke < y < height - stroke
            )
            return bar or bowls
        case "4":
            return (
                (x < stroke and y < middle + stroke) or middle <= y <= middle + stroke or x > width - stroke
            )
        case "5":
            roof = y < stroke or (x < stroke and y < middle + stroke)
            return roof or (_in_ring(x, y, lower, face) and not (left and below))
        case "6":
            arch = _in_ring(x, y, whole, face) and (y < stroke or (left and y < middle + stroke))
            return arch or _in_ring(x, y, lower, face)
        case "7":
            if face.height < 14:
                return y < stroke or x > width - stroke
            half = stroke * 0.55
            leg = _near_line(x, y, (width - half, stroke), (width * 0.36, height), half)
            return y < stroke or leg
        case "8":
            return _in_ring(x, y, upper, face) or _in_ring(x, y, lower, face)
        case "9":
            arch = _in_ring(x, y, whole, face) and (y > height - stroke or (right and y > middle))
            return arch or _in_ring(x, y, upper, face)
        case "−" | "–":
            return middle <= y <= middle + stroke
        case "+":
            upright = abs(x - width / 2) <= stroke / 2 and abs(y - (middle + stroke / 2)) <= width / 2
            return upright or middle <= y <= middle + stroke
        case ".":
            return y > height - stroke
        case ",":
            # No room below the line: the tail takes the lower half dot rows, the dot sits on it.
            tail = max(1, stroke // 2)
            dot = height - tail - stroke < y < height - tail
            return dot or (x < tail and y > height - tail)
        case _:
            return False


def _advance(character: str, face: _Face) -> int:
    """Columns of one character without the gap behind it."""
    if character in NARROW:
        return face.stroke
    if character in "−+":
        return max(3, round(face.width * 0.7))
    return face.width


@lru_cache(maxsize=512)
def _glyph(character: str, rows: int) -> tuple[str, ...]:
    face = _face(rows)
    width = _advance(character, face)
    drawn = _Face(
        height=face.height,
        width=width,
        stroke=face.stroke,
        gap=face.gap,
        middle=face.middle,
        radius=face.radius,
    )
    dots = [
        [_inked(character, column + 0.5, row + 0.5, drawn) for column in range(width)]
        for row in range(face.height)
    ]
    return tuple(
        "".join(_HALF_BLOCKS[pair] for pair in zip(dots[row], dots[row + 1], strict=True))
        for row in range(0, face.height, 2)
    )


def columns(text: str, rows: int) -> int:
    """How many columns `text` takes at that height."""
    face = _face(rows)
    return sum(_advance(character, face) for character in text) + face.gap * max(0, len(text) - 1)


@lru_cache(maxsize=256)
def draw(text: str, rows: int) -> tuple[str, ...]:
    """`rows` lines of half blocks showing digits, sign, point or comma."""
    gap = " " * _face(rows).gap
    glyphs = [_glyph(character, rows) for character in text]
    return tuple(gap.join(glyph[row] for glyph in glyphs) for row in range(rows))


def tallest(text: str, *, max_columns: int, max_rows: int) -> int:
    """The greatest height at which `text` fits; 0: not even the smallest does."""
    for rows in range(min(max_rows, LARGEST_ROWS), SMALLEST_ROWS - 1, -1):
        if columns(text, rows) <= max_columns:
            return rows
    return 0
