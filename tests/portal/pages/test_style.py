"""Style sheets and templates keep the promises of the token table and of the content security policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VARIABLES = (ROOT / "static/css/variables.css").read_text()
SHEETS = sorted((ROOT / "static/css").rglob("*.css"))
TEMPLATES = sorted(path for folder in ("templates", "portal") for path in (ROOT / folder).rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))


def block(opening: str) -> str:
    start = VARIABLES.index(opening)
    return VARIABLES[start : VARIABLES.index("}", start)]


LIGHT = tokens(block(":root {"))
DARK = tokens(block(':root[data-theme="dark"] {'))


def test_dark_is_the_same_by_system_and_by_switch():
    assert tokens(block(':root:not([data-theme="light"]) {')) == DARK


def test_dark_renames_every_colour_of_light():
    colours = {name for name, value in LIGHT.items() if value.startswith(("#", "rgba"))}
    assert colours - set(DARK) == {"--paper"}  # white behind a QR code stays white


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    "name", ["--text", "--muted", "--import", "--export", "--good", "--attention", "--bad"]
)
def test_text_reaches_aa_on_its_ground(theme, name):
    for ground in ("--ground", "--raised"):
        assert contrast(theme[name], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_written_on_the_accent_reaches_aa(theme):
    assert contrast(theme["--on-accent"], theme["--import"]) >= 4.5


@pytest.mark.parametrize(
    "path", [path for path in SHEETS if path.name != "variables.css"], ids=lambda path: path.name
)
def test_only_the_variables_name_colours(path):
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b(?![\w-]*\s*\{)|rgba?\(|hsla?\(", path.read_text()) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_every_variable_used_is_known(path):
    known = set(LIGHT) | {"--chart-height"}
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text())) <= known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_carries_style_or_script_of_its_own(path):
    source = path.read_text()
    assert re.findall(r"\sstyle=|<style|\son\w+=|javascript:", source) == []
    inline = [
        tag
        for tag in re.findall(r"<script[^>]*>", source)
        if " src=" not in tag and "application/json" not in tag
    ]
    assert inline == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_build_no_markup_from_strings(path):
    source = path.read_text()
    assert "eval(" not in source
    assert "new Function" not in source
    # The wall's part of the day comes as a whole from our own server, escaped there.
    assert source.count("innerHTML") == (1 if path.name == "kiosk.js" else 0)


def test_the_wall_speaks_the_script_of_old_tablets():
    source = re.sub(
        r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\"", "", (ROOT / "static/js/kiosk.js").read_text(), flags=re.DOTALL
    )
    assert (
        re.findall(r"\b(?:let|const|class|async|await|import|export)\b|=>|`|\?\.|\?\?|\.\.\.", source) == []
    )


def test_the_wall_uses_no_style_that_old_tablets_lack():
    source = (ROOT / "static/css/kiosk.css").read_text()
    assert re.findall(r"display:\s*grid|[^-]\bgap:|clamp\(|\bmin\(|\bmax\(|:has\(|:is\(|inset:", source) == []


def test_the_wall_can_be_read_from_three_metres():
    sizes = {
        name: float(value.removesuffix("vmin")) for name, value in LIGHT.items() if value.endswith("vmin")
    }
    assert sizes["--kiosk-number"] >= 18
    assert min(sizes[f"--kiosk-{name}"] for name in ("unit", "word", "text", "small")) >= 3.5


def test_commented_components_name_their_variables():
    for path in (ROOT / "templates/components").glob("*.html"):
        assert "{% comment %}" in path.read_text().split("\n", 1)[0], path.name
