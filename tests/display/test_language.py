"""Languages: complete catalogues, numbers, dates."""

from __future__ import annotations

import string
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import display
from display.language import DOMAIN, LOCALE_FOLDER, Language, preferred_codes
from tests.display.conftest import AMSTERDAM, MOMENT

KEYWORDS = {"gettext": None, "text": None, "pgettext": ((1, "c"), 2)}
LANGUAGES = ("en", "de")


@pytest.fixture(scope="module")
def sentences() -> set[tuple[str | None, str]]:
    """(context, sentence) of everything that the code asks the catalogues for."""
    source = Path(display.__file__).parent
    found = extract_from_dir(str(source), method_map=[("**.py", "python")], keywords=KEYWORDS)
    return {(context, str(message)) for _file, _line, message, _comments, context in found}


def catalogue(code: str) -> Catalog:
    with (LOCALE_FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as stream:
        return read_po(stream, locale=code, domain=DOMAIN)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_is_translated(code: str, sentences: set[tuple[str | None, str]]) -> None:
    entries = {(entry.context, str(entry.id)): entry for entry in catalogue(code) if entry.id}
    assert set(entries) == sentences
    for entry in entries.values():
        assert entry.string, entry.id
        assert not entry.fuzzy, entry.id


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_placeholder_survives_translation(code: str) -> None:
    def names(text: object) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(str(text)) if name}

    for entry in catalogue(code):
        if entry.id:
            assert names(entry.id) == names(entry.string), entry.id


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_week_has_seven_days_and_a_year_twelve_months(
    code: str, language: Callable[[str], Language]
) -> None:
    assert len(language(code)._weekdays) == 7
    assert len(language(code)._months) == 12


def test_numbers_have_the_languages_marks(english: Language, german: Language) -> None:
    assert english.number(Decimal("12937.5")) == "12,937.5"
    assert german.number(Decimal("12937.5")) == "12.937,5"
    assert german.number(Decimal(-1234567), 2) == "−1.234.567,00"
    assert english.number(Decimal("0.005"), 2) == "0.01"
    assert english.number(Decimal("1E+3")) == "1,000"


def test_dates_are_local(english: Language, german: Language) -> None:
    assert english.day(MOMENT, AMSTERDAM) == "Tue 24 Nov"
    assert german.day(MOMENT, AMSTERDAM) == "Di 24. Nov"
    assert english.time_of_day(MOMENT, AMSTERDAM) == "14:07"


def test_without_a_catalogue_it_speaks_english(tmp_path: Path) -> None:
    assert Language("de", folder=tmp_path).gettext("using") == "using"


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "de_AT.UTF-8")
    assert preferred_codes() == ["de_AT", "de"]
    assert preferred_codes("en_GB") == ["en_GB", "en"]
