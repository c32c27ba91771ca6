"""Every string of the portal is translatable, and every one has its German words."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted(
    path for folder in ("templates", "portal") for path in (ROOT / folder).rglob("*.html") if path.is_file()
)


def catalogue(language: str) -> Catalog:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_message_has_its_words(language):
    unfinished = [
        message.id
        for message in catalogue(language)
        if message.id and (message.fuzzy or not all(texts(message.string)))
    ]
    assert unfinished == []


def test_german_keeps_every_placeholder():
    placeholder = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
    for message in catalogue("de"):
        if message.id:
            for words in texts(message.string):
                wanted = set(placeholder.findall(texts(message.id)[-1]))
                assert set(placeholder.findall(words)) == wanted, message.id


def test_both_catalogues_hold_the_same_messages():
    german, english = (
        {(message.context, texts(message.id)) for message in catalogue(it)} for it in ("de", "en")
    )
    assert german == english


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext is not installed")
def test_the_catalogue_knows_every_string_of_code_and_templates(tmp_path):
    for folder in ("portal", "templates"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "migrations")
        )
    (tmp_path / "locale").mkdir()
    (tmp_path / "manage.py").write_text((ROOT / "manage.py").read_text())
    subprocess.run(
        ["django-admin", "makemessages", "--locale=de", "--no-location", "--verbosity=0"],
        cwd=tmp_path,
        check=True,
        env={"PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": ""},
    )
    with (tmp_path / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
        found = {(message.context, texts(message.id)) for message in read_po(file) if message.id}
    known = {(message.context, texts(message.id)) for message in catalogue("de") if message.id}
    assert found - known == set()
    assert known - found == set()


class _Literals(HTMLParser):
    """Collects text and attributes that people read."""

    READ_ATTRIBUTES = frozenset({"title", "aria-label", "alt", "placeholder", "data-confirm"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag, attributes):
        self._inside.append(tag)
        self.found += [value or "" for name, value in attributes if name in self.READ_ATTRIBUTES]

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, text):
        if not self._inside or self._inside[-1] not in {"script", "style"}:
            self.found.append(text)


def literals(source: str) -> list[str]:
    """Words in a template that no translation reaches."""
    source = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", source, flags=re.DOTALL)
    source = re.sub(r"{% block \w+_class %}.*?{% endblock %}", "", source)
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", source, flags=re.DOTALL)
    source = re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
    parser = _Literals()
    parser.feed(source)
    texts = (text.strip() for text in parser.found)
    return [text for text in texts if re.search(r"[^\W\d_]{2,}", text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_an_untranslated_word(path):
    known = {"Meterside", "kW", "kWh", "python -m display --portal"}
    assert [text for text in literals(path.read_text()) if text.strip("·\xa0 ") not in known] == []


def test_the_check_finds_a_literal():
    assert literals('<p title="Hello">{{ name }} there</p>{% translate "fine" %}') == ["Hello", "there"]
