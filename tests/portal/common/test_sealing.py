"""Secrets at rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.sealing import CannotOpen, fingerprint, open_sealed, seal

KEY = "00112233445566778899AABBCCDDEEFF"


@given(st.text(max_size=200))
def test_what_was_sealed_opens(secret):
    assert open_sealed(seal(secret, "meter-link:1:key"), "meter-link:1:key") == secret


def test_sealed_value_says_nothing_and_never_repeats():
    sealed = seal(KEY, "meter-link:1:key")
    assert KEY not in sealed
    assert seal(KEY, "meter-link:1:key") != sealed


def test_sealed_value_opens_only_in_its_own_place():
    with pytest.raises(CannotOpen):
        open_sealed(seal(KEY, "meter-link:1:key"), "meter-link:2:key")


def test_sealed_value_opens_only_under_its_own_key(settings):
    sealed = seal(KEY, "here")
    settings.SEALING_KEY = "another"
    with pytest.raises(CannotOpen):
        open_sealed(sealed, "here")


@given(st.data())
def test_altered_value_never_opens(data):
    sealed = bytearray(seal(KEY, "here").encode())
    position = data.draw(st.integers(0, len(sealed) - 1))
    replacement = data.draw(st.sampled_from(b"ABCDwxyz0189-_=%"))
    if sealed[position] == replacement:
        return
    sealed[position] = replacement
    try:
        opened = open_sealed(sealed.decode(), "here")
    except CannotOpen:
        return
    # The last digit of base64 may have bits that mean nothing.
    assert opened == KEY
    assert position >= len(sealed) - 3


@given(st.text(max_size=60))
def test_anything_else_is_refused(text):
    with pytest.raises(CannotOpen):
        open_sealed(text, "here")


def test_fingerprint_ignores_case_and_hides_the_secret():
    assert fingerprint(KEY) == fingerprint(KEY.lower() + " ")
    assert len(fingerprint(KEY)) == 8
    assert fingerprint(KEY) != fingerprint(KEY[:-1] + "0")
