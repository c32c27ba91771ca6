from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.texts import MAX_CHARS, from_hexadecimal, printable


@given(st.text())
def test_what_is_shown_holds_nothing_that_controls(text):
    shown = printable(text)
    assert len(shown) <= MAX_CHARS
    assert not any(unicodedata.category(character)[0] == "C" for character in shown)
    assert printable(shown) == shown


def test_long_texts_are_cut():
    assert printable("x" * 100_000) == "x" * MAX_CHARS
    assert printable("abcdef", 3) == "abc"


def test_line_ends_become_spaces_and_direction_overrides_go():
    assert printable("Water\r\noff\u202e at 10\x1b[31m") == "Water  off at 10[31m"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("57617465722061622031302055687221", "Water ab 10 Uhr!"),
        ("c3bc6265726c61737465742121", "überlastet!!"),
        ("12345678", "12345678"),
        ("0001", "0001"),
        ("FFFFFFFFFF", "FFFFFFFFFF"),
        ("Water off", "Water off"),
        ("0000000000000000", "0000000000000000"),
        ("", ""),
    ],
)
def test_hexadecimal_is_read_where_it_stands_for_characters(sent, read):
    assert from_hexadecimal(sent) == read


@given(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=4, max_size=200))
def test_what_was_put_into_hexadecimal_comes_out(text):
    assert from_hexadecimal(text.encode().hex()) == text
