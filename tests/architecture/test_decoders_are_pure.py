"""Decoders own no port, no clock, no log and no chance: bytes and the time come in as arguments."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "consumerapp"
PURE = sorted(
    [*CORE.glob("h[123]/**/*.py"), *(CORE / f"{name}.py" for name in ("readings", "catalogue", "normalise"))]
)
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(CORE)))
def test_module_asks_no_clock_and_opens_nothing(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Name) and called.id in {"open", "print", "input"}), node.lineno
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
                owner = called.value
                assert not (isinstance(owner, ast.Name) and owner.id in {"datetime", "date", "time"}), (
                    node.lineno
                )
