"""Colours: contrast, and the same names in every theme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

import display
from display import themes

MEANINGS = ("text-plain", "muted", "grid-import", "grid-export", "good", "attention", "bad")


def luminance(colour: Color) -> float:
    """Relative luminance (WCAG 2.2 - relative luminance)."""
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """From 1 to 21 (WCAG 2.2 - contrast ratio)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", themes.ALL, ids=lambda theme: theme.name)
def test_everything_stands_out_from_the_ground(theme: Theme) -> None:
    assert theme.background is not None
    ground = Color.parse(theme.background)
    for meaning in MEANINGS:
        colour = Color.parse(theme.variables[meaning])
        assert contrast(ground, colour) >= 4, meaning


def test_every_theme_has_the_same_variables() -> None:
    assert len({frozenset(theme.variables) for theme in themes.ALL}) == 1
    assert len({theme.name for theme in themes.ALL}) == len(themes.ALL)


def test_sixteen_colours_get_themes_of_their_own() -> None:
    for theme in (themes.LIGHT, themes.DARK, themes.NIGHT):
        few = themes.of_16_colours(theme)
        assert few.dark is theme.dark
        assert {part for colour in few.variables.values() for part in Color.parse(colour).rgb} <= {
            0,
            85,
            170,
            255,
        }


def test_colours_are_named_nowhere_else() -> None:
    folder = Path(display.__file__).parent
    for path in [*folder.rglob("*.py"), *folder.rglob("*.tcss")]:
        if path.name != "themes.py":
            assert not re.search(r"#[0-9A-Fa-f]{6}\b|\brgb\(|\bansi_", path.read_text()), path
