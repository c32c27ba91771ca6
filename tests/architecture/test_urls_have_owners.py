"""Every URL is owned, and a stranger to a household is told 404 at each of them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.common.ownership import OwnedRoute, Owner, owned_routes

ROUTES = list(owned_routes())
HOUSEHOLD_ROUTES = [route for route in ROUTES if route.owner is Owner.HOUSEHOLD]
METHODS = ["get", "post", "put", "patch", "delete"]

EXAMPLES = {"int": "1", "slug": "day", "str": "something", "uuid": "5d0e4bd3-2f4f-4a4b-9d0f-1c2d3e4f5a6b"}
"""A value for each kind of path argument that is not the household."""


def address(route: OwnedRoute, public_id: str) -> str:
    """A concrete URL of a route, for one household."""
    concrete = re.sub(r"<(?:\w+:)?public_id>", public_id, route.route)
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda match: EXAMPLES.get(match[1] or "str", "1"), concrete)


def names(routes: list[OwnedRoute]) -> list[str]:
    return [route.name or route.route for route in routes]


def test_every_route_says_whose_it_is():
    assert [route.route for route in ROUTES if route.owner is None] == []


def test_there_are_routes_of_households():
    assert len(HOUSEHOLD_ROUTES) >= 4


@pytest.mark.parametrize("route", HOUSEHOLD_ROUTES, ids=names(HOUSEHOLD_ROUTES))
def test_route_of_a_household_names_it(route):
    assert "public_id>" in route.route


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", HOUSEHOLD_ROUTES, ids=names(HOUSEHOLD_ROUTES))
def test_stranger_is_told_404(route, method, household, as_charlie):
    answer = getattr(as_charlie, method)(address(route, household.public_id))
    # 405 says only what the table of URLs says anyway, and says it of households that do not exist too.
    assert answer.status_code in {404, 405}
    if answer.status_code == 405:
        assert getattr(as_charlie, method)(address(route, "nosuchhousehold")).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("route", HOUSEHOLD_ROUTES, ids=names(HOUSEHOLD_ROUTES))
def test_a_household_that_does_not_exist_looks_the_same(route, household, as_charlie):
    theirs = as_charlie.get(address(route, household.public_id))
    nobodys = as_charlie.get(address(route, "bcdfghjkmnpq"))
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)


@pytest.mark.django_db
@pytest.mark.parametrize("route", HOUSEHOLD_ROUTES, ids=names(HOUSEHOLD_ROUTES))
def test_nobody_in_particular_is_sent_to_sign_in_or_told_404(route, household):
    answer = Client().get(address(route, household.public_id))
    assert answer.status_code in {302, 404, 405}
    if answer.status_code == 302:
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.owner is Owner.DEVICE],
    ids=names([route for route in ROUTES if route.owner is Owner.DEVICE]),
)
def test_device_route_gives_a_person_nothing_of_a_household(route, household, as_charlie):
    answer = as_charlie.get(address(route, household.public_id))
    assert household.name.encode() not in answer.content
