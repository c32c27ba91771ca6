"""The colours of the display: one light, one dark theme, and the dark one dimmed for the night.

Widgets and style sheet name variables only; every colour that people see stands here.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme


def _theme(
    name: str,
    *,
    dark: bool,
    ground: str,
    text: str,
    muted: str,
    line: str,
    grid_import: str,
    grid_export: str,
    good: str,
    attention: str,
    bad: str,
) -> Theme:
    return Theme(
        name=name,
        dark=dark,
        primary=grid_import,
        secondary=grid_export,
        accent=grid_import,
        success=good,
        warning=attention,
        error=bad,
        foreground=text,
        background=ground,
        surface=ground,
        panel=ground,
        variables={
            "text-plain": text,
            "muted": muted,
            "line": line,
            "grid-import": grid_import,
            "grid-export": grid_export,
            "good": good,
            "attention": attention,
            "bad": bad,
            "input-cursor-background": text,
            "input-cursor-foreground": ground,
        },
    )


LIGHT: Final = _theme(
    "meterside-light",
    dark=False,
    ground="#FBFAF7",
    text="#1B1F23",
    muted="#59626B",
    line="#D9D5CC",
    grid_import="#1F5FA8",
    grid_export="#0B7A5B",
    good="#2E6B2E",
    attention="#8F5B00",
    bad="#A5281F",
)
DARK: Final = _theme(
    "meterside-dark",
    dark=True,
    ground="#0F1317",
    text="#E8ECEF",
    muted="#9AA5AF",
    line="#2A3138",
    grid_import="#6FB1F5",
    grid_export="#45C9A0",
    good="#7CC47C",
    attention="#E8B04A",
    bad="#F0877E",
)
NIGHT: Final = _theme(
    "meterside-night",
    dark=True,
    ground="#000000",
    text="#8A8F94",
    muted="#6C7379",
    line="#1C2024",
    grid_import="#4E7FB2",
    grid_export="#348A70",
    good="#5A8A5A",
    attention="#9A7534",
    bad="#A8615B",
)

# A terminal with 16 colours takes the nearest one, which may not stand out from the ground. These are
# its own colours, as its palette is usually set, chosen for contrast.
_LIGHT_16: Final = _theme(
    "meterside-light-16",
    dark=False,
    ground="#FFFFFF",
    text="#000000",
    muted="#555555",
    line="#AAAAAA",
    grid_import="#0000AA",
    grid_export="#AA00AA",
    good="#0000AA",
    attention="#AA0000",
    bad="#AA0000",
)
_DARK_16: Final = _theme(
    "meterside-dark-16",
    dark=True,
    ground="#000000",
    text="#FFFFFF",
    muted="#AAAAAA",
    line="#555555",
    grid_import="#55FFFF",
    grid_export="#55FF55",
    good="#55FF55",
    attention="#FFFF55",
    bad="#FF5555",
)
_NIGHT_16: Final = _theme(
    "meterside-night-16",
    dark=True,
    ground="#000000",
    text="#AAAAAA",
    muted="#AAAAAA",
    line="#555555",
    grid_import="#00AAAA",
    grid_export="#00AA00",
    good="#00AA00",
    attention="#AA5500",
    bad="#AA5500",
)
_OF_16_COLOURS: Final = {
    LIGHT.name: _LIGHT_16,
    DARK.name: _DARK_16,
    NIGHT.name: _NIGHT_16,
}
ALL: Final = (LIGHT, DARK, NIGHT, *_OF_16_COLOURS.values())


def of_16_colours(theme: Theme) -> Theme:
    """The theme for a terminal that has no more."""
    return _OF_16_COLOURS[theme.name]
