"""What every page says to the browser about what it may do."""

from __future__ import annotations

import pytest


@pytest.fixture
def policy(client, alice) -> dict[str, set[str]]:
    header = client.get("/accounts/login/").headers["Content-Security-Policy"]
    parts = (directive.split() for directive in header.split(";"))
    return {name: set(values) for name, *values in parts}


def test_no_inline_and_no_eval_anywhere(policy):
    everything = set().union(*policy.values())
    assert not {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:"} & everything


def test_scripts_and_sockets_are_our_own_only(policy):
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {"'self'"}
    assert policy["connect-src"] == {"'self'"}
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == {"'none'"}


def test_styles_allow_the_empty_string_and_nothing_else_inline(policy):
    import base64
    import hashlib

    of_nothing = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    assert policy["style-src"] == {"'self'", f"'sha256-{of_nothing}'"}


def test_other_headers(client, alice):
    headers = client.get("/accounts/login/").headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_security_txt_only_where_the_operator_names_a_contact(client, settings, db):
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    text = client.get("/.well-known/security.txt").content.decode()
    assert text.startswith("Contact: mailto:security@example.org\nExpires: ")


def test_a_host_name_that_is_not_ours_is_refused(client, db):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
