"""What must start in a moment, or without a part of the product, does not import it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(printed.stdout.split())


@pytest.mark.parametrize(
    "module", ["consumerapp.readings", "consumerapp.h1.sml", "consumerapp.commands.decode"]
)
def test_decoding_needs_the_standard_library_only(module):
    loaded = {name.partition(".")[0] for name in modules_after(f"import {module}")}
    assert not loaded & {"serialx", "bleak", "cryptography", "paho", "django", "textual", "asyncio"}


def test_display_runs_without_the_portal():
    loaded = {name.partition(".")[0] for name in modules_after("import display.app")}
    assert "textual" in loaded
    assert not loaded & {"django", "channels", "daphne", "portal", "plotly"}


def test_portal_does_not_load_plotly_in_python():
    loaded = {
        name.partition(".")[0]
        for name in modules_after(
            "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings.test'\n"
            "import django; django.setup()\nimport portal.urls"
        )
    }
    assert "django" in loaded
    assert not loaded & {"textual", "display", "plotly"}
