"""The people of every test.

Alice owns the meter, Bob lives with her, Vera may look, Ida installs, Charlie is a stranger with a
household of his own.

In continuous integration nothing may be skipped: a run with a skipped test fails, and names it.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Household, Membership, Role, User


def _person(name: str) -> User:
    return User.objects.create_user(f"{name}@example.org", f"{name}'s own passphrase", name=name.title())


@pytest.fixture
def household(db) -> Household:
    """Alice's home, in a time zone with daylight saving time."""
    return Household.objects.create(
        name="Kerkstraat 12", timezone="Europe/Amsterdam", country="NL", language="en"
    )


@pytest.fixture
def alice(household) -> User:
    """Owns the meter."""
    person = _person("alice")
    Membership.objects.create(user=person, household=household, role=Role.OWNER)
    return person


@pytest.fixture
def bob(household) -> User:
    """Lives with Alice."""
    person = _person("bob")
    Membership.objects.create(user=person, household=household, role=Role.MEMBER)
    return person


@pytest.fixture
def vera(household) -> User:
    """May look on."""
    person = _person("vera")
    Membership.objects.create(user=person, household=household, role=Role.VIEWER)
    return person


@pytest.fixture
def ida(household) -> User:
    """Installs, until tomorrow."""
    person = _person("ida")
    tomorrow = timezone.now() + timedelta(days=1)
    Membership.objects.create(user=person, household=household, role=Role.INSTALLER, expires_at=tomorrow)
    return person


@pytest.fixture
def other_household(db) -> Household:
    """Charlie's home."""
    return Household.objects.create(name="Lindenweg 3", timezone="Europe/Berlin", country="DE", language="de")


@pytest.fixture
def charlie(other_household) -> User:
    """A stranger to Alice's household."""
    person = _person("charlie")
    Membership.objects.create(user=person, household=other_household, role=Role.OWNER)
    return person


def _signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def as_alice(alice) -> Client:
    """Alice's browser."""
    return _signed_in(alice)


@pytest.fixture
def as_bob(bob) -> Client:
    """Bob's browser."""
    return _signed_in(bob)


@pytest.fixture
def as_vera(vera) -> Client:
    """Vera's browser."""
    return _signed_in(vera)


@pytest.fixture
def as_ida(ida) -> Client:
    """Ida's browser."""
    return _signed_in(ida)


@pytest.fixture
def as_charlie(charlie) -> Client:
    """Charlie's browser."""
    return _signed_in(charlie)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in continuous integration that skipped anything; `-ra` has said what and why."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
