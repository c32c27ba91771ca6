"""A person's own choices: appearance and language; pages of the library in our look."""

from __future__ import annotations

import pytest
from django.test import Client


def test_the_appearance_is_kept_in_this_browser(household, as_alice):
    answer = as_alice.post("/appearance/", {"theme": "dark", "next": f"/h/{household.public_id}/"})
    assert answer["Location"] == f"/h/{household.public_id}/"
    assert '<html lang="en" data-theme="dark">' in as_alice.get("/you/").text
    as_alice.post("/appearance/", {"theme": "auto"})
    assert "data-theme=" not in as_alice.get("/you/").text.split(">")[1]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_switch_leads_nowhere_else(target, db):
    assert Client().post("/appearance/", {"theme": "dark", "next": target})["Location"] == "/"


def test_a_made_up_appearance_is_none(db):
    client = Client()
    client.post("/appearance/", {"theme": '"><script>'})
    assert "data-theme=" not in client.get("/accounts/login/").text.split(">")[1]


def test_a_person_chooses_their_language(alice, as_alice):
    as_alice.post("/you/", {"name": "Alice", "language": "de"})
    alice.refresh_from_db()
    assert alice.language == "de"
    assert "Sprache" in as_alice.get("/you/").text


def test_nobody_in_particular_is_sent_to_sign_in(db):
    assert Client().get("/you/")["Location"].startswith("/accounts/login/")


PAGES = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/password/change/",
    "/accounts/logout/",
]


@pytest.mark.parametrize("page", PAGES)
def test_security_pages_wear_our_look(page, as_alice):
    answer = as_alice.get(page, follow=True)
    assert answer.status_code == 200
    assert "css/variables" in answer.text
    assert 'class="top"' in answer.text
    assert "Menu:" not in answer.text


def test_signing_in_offers_password_and_passkey_and_no_sign_up(db):
    text = Client().get("/accounts/login/").text
    assert 'autocomplete="current-password"' in text or 'type="password"' in text
    assert 'id="passkey_login"' in text
    assert "/accounts/signup/" not in text


def test_what_is_not_there_is_told_in_our_look(db):
    answer = Client().get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "css/variables" in answer.text


def test_germans_are_told_in_german(db):
    text = Client().get("/nowhere/", headers={"Accept-Language": "de-AT,de;q=0.9"}).text
    assert "Hier ist nichts" in text
