"""docs/settings.md, made from the settings modules' own source: all of them, whichever is in force."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import portal.settings
from portal.settings.env import PREFIX

_TAKES: Final = {
    "envstr": "text",
    "envbool": "yes or no",
    "envint": "whole number",
    "envlist": "list with commas",
    "envpath": "path",
    "find_secret": "secret, optional",
    "envsecret": "secret, required",
    "secret_kept_in": "secret, made at the first start",
}
"""Reader in `portal.settings.env` → what people give it."""

_HEAD: Final = """\
# Settings

Made from the settings modules by `python manage.py settings_page`; do not edit by hand.

A portal at home needs none of these. Each is an environment variable; a secret may also come from the file that `NAME_FILE` names, or from a systemd credential of the same name in lower case. `portal.settings.home` is the default; `DJANGO_SETTINGS_MODULE=portal.settings.cluster` is for several processes or machines and refuses to start without its secrets.

| name | where | takes | without it | what it does |
|---|---|---|---|---|
"""  # noqa: E501  a paragraph of Markdown is one line


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable that a settings module reads."""

    name: str
    module: str
    takes: str
    default: str
    meaning: str


def settings_page() -> str:
    """The whole page as Markdown."""
    return _HEAD + "".join(
        f"| `{setting.name}` | {setting.module} | {setting.takes} "
        f"| {f'`{setting.default}`' if setting.default else '–'} | {setting.meaning} |\n"
        for setting in declared_settings()
    )


def declared_settings() -> list[Setting]:
    """Every variable that base, home and cluster settings read, by name."""
    folder = Path(portal.settings.__path__[0])
    found = [setting for name in ("base", "home", "cluster") for setting in _read_by(folder / f"{name}.py")]
    return sorted(found, key=lambda setting: (setting.name, setting.module))


def _read_by(path: Path) -> Iterator[Setting]:
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _TAKES:
            reader = call.func.attr
            texts = [text.value for text in call.args if isinstance(text, ast.Constant)]
            name = next(str(text) for text in texts if isinstance(text, str) and text.isupper())
            default = texts[1] if reader in {"envstr", "envint", "envbool"} else ""
            yield Setting(PREFIX + name, path.stem, _TAKES[reader], _shown(default), str(texts[-1]))


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return str(default)
