"""The way in, through the browser."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from portal.accounts import services
from portal.accounts.models import Household, Membership, Role, User

ALICE_SIGNS_IN = {"login": "alice@example.org", "password": "alice's own passphrase"}


@pytest.fixture(autouse=True)
def fresh_rate_limits():
    cache.clear()


def _signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_home_leads_to_the_first_household(as_alice, household):
    assert as_alice.get("/").headers["Location"] == f"/h/{household.public_id}/"


def test_home_sends_strangers_to_sign_in(client, alice):
    assert client.get("/").headers["Location"] == "/accounts/login/"


def test_home_says_what_to_do_at_the_very_first_start(client, db):
    response = client.get("/")
    assert response.status_code == 200
    assert "setup/" not in response.content.decode()


def test_first_start_by_the_printed_link(client, db):
    path = f"/setup/{services.make_setup_link()}/"
    page = client.get(path)
    assert page.status_code == 200
    given = {
        "email": "alice@example.org",
        "password": "a passphrase of hers",
        "household": "Kerkstraat 12",
        "timezone": "Europe/Amsterdam",
        "country": "nl",
        "language": "de",
    }
    assert client.post(path, {**given, "password": "short"}).status_code == 200
    assert client.post(path, given).status_code == 302
    household = Household.objects.get()
    assert (household.timezone, household.country) == ("Europe/Amsterdam", "NL")
    assert _signed_in_as(client) == str(User.objects.get().pk)
    assert Client().get(path).status_code == 404


def test_looking_at_a_login_link_does_not_use_it_up(client, alice):
    path = f"/login-link/{services.make_login_link(alice)}/"
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert _signed_in_as(client) is None
    assert client.post(path).status_code == 302
    assert _signed_in_as(client) == str(alice.pk)
    assert Client().post(path).status_code == 404


def test_login_link_needs_the_forms_own_token(alice):
    strict = Client(enforce_csrf_checks=True)
    path = f"/login-link/{services.make_login_link(alice)}/"
    assert strict.post(path).status_code == 403
    assert _signed_in_as(strict) is None


def test_command_prints_a_link_that_works(client, alice, capsys):
    call_command("login_link", "ALICE@example.org", base_url="http://meter.local:8000/")
    link = capsys.readouterr().out.strip()
    assert re.fullmatch(r"http://meter\.local:8000/login-link/[\w-]{43}/", link)
    client.post(link.removeprefix("http://meter.local:8000"))
    assert _signed_in_as(client) == str(alice.pk)


def test_command_knows_nobody_else(db):
    with pytest.raises(CommandError):
        call_command("login_link", "nobody@example.org")


def test_invited_newcomer_joins_with_a_new_account(client, household):
    path = f"/join/{services.make_invitation(household, role=Role.MEMBER, email='bob@example.org')}/"
    assert "bob@example.org" in client.get(path).content.decode()
    answer = client.post(path, {"email": "bob@example.org", "password": "another long passphrase"})
    assert answer.headers["Location"] == f"/h/{household.public_id}/"
    assert Membership.objects.get(user__email="bob@example.org").role == Role.MEMBER


def test_invited_person_joins_with_the_account_they_have(as_charlie, charlie, household):
    path = f"/join/{services.make_invitation(household, role=Role.VIEWER)}/"
    assert as_charlie.post(path).status_code == 302
    assert Membership.objects.filter(user=charlie, household=household, role=Role.VIEWER).exists()


def test_nobody_takes_anothers_account_by_invitation(client, alice, household):
    path = f"/join/{services.make_invitation(household, role=Role.OWNER)}/"
    answer = client.post(path, {"email": "ALICE@example.org", "password": "a guess of ten letters"})
    assert answer.status_code == 200
    assert _signed_in_as(client) is None


def test_sign_in_with_password(client, alice):
    answer = client.post("/accounts/login/", ALICE_SIGNS_IN)
    assert answer.status_code == 302
    assert _signed_in_as(client) == str(alice.pk)


def test_wrong_passwords_are_rate_limited(client, alice):
    for _ in range(6):
        client.post("/accounts/login/", {"login": "alice@example.org", "password": "wrong"})
    client.post("/accounts/login/", ALICE_SIGNS_IN)
    assert _signed_in_as(client) is None


def test_strangers_cannot_sign_up(client, db):
    client.post(
        "/accounts/signup/",
        {"email": "x@example.org", "password1": "a long passphrase", "password2": "a long passphrase"},
    )
    assert not User.objects.exists()


def test_second_factor_is_asked_for(client, alice):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        generate_totp_secret,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    assert secret not in repr(Authenticator.objects.values().get())
    client.post("/accounts/login/", ALICE_SIGNS_IN)
    assert _signed_in_as(client) is None
    assert client.get("/accounts/2fa/authenticate/").status_code == 200
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert _signed_in_as(client) == str(alice.pk)


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "recovery-codes/generate/", ""])
def test_pages_of_second_factors_open(as_alice, path):
    assert as_alice.get(f"/accounts/2fa/{path}").status_code in {200, 302}


def test_page_speaks_the_persons_language(as_alice, alice):
    User.objects.filter(pk=alice.pk).update(language="de")
    page = as_alice.get("/accounts/2fa/", headers={"accept-language": "en"})
    assert page.headers["Content-Language"] == "de"
    assert '<html lang="de"' in page.content.decode()


def test_a_new_password_by_mail_is_offered_only_where_mail_works(client, alice, settings):
    settings.MAIL_WORKS = False
    assert "password/reset" not in client.get("/accounts/login/").content.decode()
    settings.MAIL_WORKS = True
    assert "password/reset" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/change/",
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
    ],
)
def test_pages_of_the_library_need_nothing_inline(alice, client, path):
    client.post("/accounts/login/", ALICE_SIGNS_IN)
    page = client.get(path, follow=True).content.decode()
    assert "<html" in page
    assert not re.search(r'<style|\sstyle="|\son[a-z]+="|javascript:', page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
