"""What operators, installers and developers can meet is in the docs, or this fails."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from consumerapp import errors
from consumerapp.sources import available_sources
from portal.common.settings_page import declared_settings, settings_page
from portal.settings.env import DECLARED

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_settings_page_is_what_the_settings_modules_say():
    assert page("settings.md") == settings_page(), "run: python manage.py settings_page > docs/settings.md"


def test_every_setting_read_at_run_time_is_one_the_page_knows():
    assert set(DECLARED) <= {setting.name for setting in declared_settings()}


def test_every_source_is_documented():
    assert [kind for kind in available_sources() if f"`{kind}`" not in page("operations.md")] == []


def test_every_error_is_in_the_tree_of_its_module():
    classes = [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    ]
    assert [name for name in classes if name.endswith("Error") and name not in (errors.__doc__ or "")] == []


def test_every_decision_says_what_it_costs_and_when_to_revisit():
    for decision in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        text = decision.read_text(encoding="utf-8")
        assert "**Context.**" in text, decision.name
        assert "**Cost.**" in text, decision.name
        assert "**Revisit**" in text, decision.name


@pytest.mark.parametrize(
    "document", ["../README.md", "../CONTRIBUTING.md", *(path.name for path in DOCS.glob("*.md"))]
)
def test_links_between_documents_lead_somewhere(document):
    source = DOCS / document
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", source.read_text(encoding="utf-8")):
        assert (source.parent / target).resolve().exists(), f"{document} → {target}"
