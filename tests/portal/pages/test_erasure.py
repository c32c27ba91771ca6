"""Everything goes: households, people, the history of those who left; and every model has its way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.apps import apps
from django.db import connection, models
from django.test import Client

from portal.accounts.models import Household, Membership, Occupancy, Role, User
from portal.accounts.services import make_invitation
from portal.pages import erasure
from portal.pairing import codes, devices, links
from portal.pairing.models import DeviceKind, DeviceProfile, MeterLink
from tests.portal.pages.written_history import NOW


@pytest.fixture
def base(household, history) -> str:
    return f"/h/{household.public_id}/"


@pytest.fixture
def furnished(household, history, alice, bob) -> Household:
    """A home with everything in it."""
    links.add_link(household, kind="serial", name="Head", settings={"url": "/dev/null"})
    code = codes.make_code(household, DeviceProfile.FULL)
    devices.pair_device(code=code, name="Wall", kind=DeviceKind.KIOSK, address="192.0.2.1")
    codes.make_code(household, DeviceProfile.FULL)
    make_invitation(household, role=Role.VIEWER)
    return household


def goes_with(model: type[models.Model], seen: frozenset[str] = frozenset()) -> bool:
    """Whether rows of a model go by cascade when a household or a person goes."""
    if model in {Household, User}:
        return True
    if model._meta.label in seen:
        return False
    return any(
        isinstance(field, models.ForeignKey)
        and field.remote_field.on_delete is models.CASCADE
        and goes_with(field.related_model, seen | {model._meta.label})
        for field in model._meta.get_fields()
        if not field.auto_created
    )


@pytest.mark.parametrize(
    "model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label
)
def test_every_model_has_an_eraser(model):
    label = model._meta.label
    by_name = (
        erasure.ERASED_BY_STORE | erasure.ERASED_BY_HAND | erasure.NOTHING_PERSONAL | erasure.ERASED_BY_TIME
    )
    if label in by_name:
        assert not goes_with(model), f"{label} goes by cascade already"
    elif label == "auth.Group_permissions":
        assert model._meta.get_field("group").related_model.objects.model is not User
    else:
        assert goes_with(model), f"say in portal.pages.erasure how {label} is erased"


def rows_naming(household_id: int) -> dict[str, int]:
    """Rows of any table that still name that household."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.local_concrete_fields:
                is_it = field.name in {"household", "household_id"} or (
                    model is Household and field.primary_key
                )
                if is_it:
                    quote = connection.ops.quote_name
                    table, column = quote(model._meta.db_table), quote(str(field.column))
                    cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = %s", (household_id,))
                    if count := cursor.fetchone()[0]:
                        found[model._meta.label] = count
    return found


def test_nothing_of_a_household_is_left(furnished, base, as_alice, as_charlie, other_household):
    named = rows_naming(furnished.pk)
    assert {"metering.DayRow", "metering.Meter", "pairing.Device", "accounts.Membership"} <= set(named)
    household_id = furnished.pk
    answer = as_alice.post(f"{base}data/erase/", {"typed": " kerkstraat 12"})
    assert answer.status_code == 302
    assert rows_naming(household_id) == {}
    assert User.objects.filter(email="bob@example.org").exists()
    assert rows_naming(other_household.pk) != {}


def test_its_screens_go_dark(furnished, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as closing:
        erasure.erase_household(furnished)
    assert len(closing) == 1


@pytest.mark.parametrize("typed", ["", "Kerkstraat", "yes"])
def test_another_word_erases_nothing(base, as_alice, typed):
    assert as_alice.post(f"{base}data/erase/", {"typed": typed}).status_code == 200
    assert Household.objects.filter(name="Kerkstraat 12").exists()


def test_only_an_owner_erases(base, as_bob, as_vera):
    for client in (as_bob, as_vera):
        assert client.post(f"{base}data/erase/", {"typed": "Kerkstraat 12"}).status_code == 404


def test_a_person_goes_and_the_home_stays_with_the_others(household, bob, as_bob, alice):
    another = Client()
    another.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert as_bob.post("/you/erase/", {"typed": "BOB@example.org"})["Location"] == "/"
    assert not User.objects.filter(email="bob@example.org").exists()
    assert Household.objects.filter(pk=household.pk).exists()
    assert another.get("/you/").status_code == 302, "signed out everywhere"


def test_who_lives_alone_takes_the_home_along(household, history, alice, as_alice):
    household_id = household.pk
    assert "Kerkstraat 12" in as_alice.get("/you/erase/").text
    as_alice.post("/you/erase/", {"typed": "alice@example.org"})
    assert rows_naming(household_id) == {}
    assert not User.objects.exists()


def test_the_only_owner_first_finds_another(household, alice, bob, as_alice):
    answer = as_alice.post("/you/erase/", {"typed": "alice@example.org"})
    assert "only owner" in answer.text
    assert User.objects.filter(email="alice@example.org").exists()


def test_a_slip_erases_nobody(alice, as_alice):
    assert as_alice.post("/you/erase/", {"typed": "alice"}).status_code == 200
    assert User.objects.filter(email="alice@example.org").exists()


def test_who_moved_out_erases_their_own_time_only(household, base, alice, as_alice):
    Household.objects.filter(pk=household.pk).update(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    with time_machine.travel(NOW, tick=False):
        as_alice.post(
            f"{base}settings/moving/", {"last_day": "2026-11-20", "keep_days": "366", "understood": "on"}
        )
        assert as_alice.post(f"{base}data/erase/", {"typed": "Kerkstraat 12"}).status_code == 302
        home = Household.objects.get(pk=household.pk)
        assert not Occupancy.objects.exists()
        assert not Membership.objects.filter(user=alice).exists()
        assert rows_naming(home.pk)["metering.DayRow"] > 0
        assert as_alice.get(f"{base}data/").status_code == 404


def test_a_home_with_others_history_is_not_erased_by_who_lives_there_now(
    household, base, alice, as_alice, bob
):
    Household.objects.filter(pk=household.pk).update(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    with time_machine.travel(NOW, tick=False):
        as_alice.post(
            f"{base}settings/moving/", {"last_day": "2026-11-20", "keep_days": "366", "understood": "on"}
        )
        dora = User.objects.create_user("dora@example.org", "a long and quiet word")
        Membership.objects.create(user=dora, household=household, role=Role.OWNER)
        assert erasure.homes_of_alone(dora) == []


def test_links_of_an_erased_home_are_gone(furnished):
    erasure.erase_household(furnished)
    assert not MeterLink.objects.exists()
