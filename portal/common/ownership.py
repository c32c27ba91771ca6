"""Every URL is owned. A view says by whom; the architecture test walks the table and tries each one.

    @owned_by(Owner.HOUSEHOLD)
    def today(request, public_id): ...

Views of installed libraries are owned as a whole: `owned_include(Owner.PERSON, "allauth.urls")`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.urls import URLPattern, URLResolver, get_resolver, include, path


class Owner(StrEnum):
    """Whose data is behind a URL, which decides who is told 404."""

    HOUSEHOLD = "household"
    """One household's: any other person is told 404."""
    PERSON = "person"
    """The signed-in person's own account, or the way to sign in; names no object of anyone else."""
    DEVICE = "device"
    """A paired device's: any other caller is told 401 or 404."""
    THIRD_PARTY = "third_party"
    """A recipient's, through the consent gate."""
    PUBLIC = "public"
    """Anyone's, and nothing personal behind it."""


_View = TypeVar("_View", bound=Callable[..., Any])


def owned_by(owner: Owner) -> Callable[[_View], _View]:
    """Declare a view's owner."""

    def declare(view: _View) -> _View:
        view.owner = owner  # type: ignore[attr-defined]  # functions carry attributes; mypy does not know
        return view

    return declare


def owned_include(owner: Owner, route: str, urlconf: str) -> URLResolver:
    """Include a library's URLs, all of one owner."""
    resolver = path(route, include(urlconf))
    resolver.owner = owner  # type: ignore[attr-defined]  # read back by `owned_routes` only
    return resolver


@dataclass(frozen=True, slots=True)
class OwnedRoute:
    """One line of the URL table."""

    route: str
    """As Django prints the pattern, without the leading slash."""
    name: str | None
    """Namespace and name, as `reverse()` takes them."""
    owner: Owner | None
    """None: nobody has said; the architecture test fails."""
    pattern: URLPattern


def owned_routes() -> Iterator[OwnedRoute]:
    """Every route of the portal with its owner."""
    yield from _walk(get_resolver().url_patterns, "", "", None)


def _walk(
    patterns: Sequence[URLPattern | URLResolver], route: str, namespace: str, inherited: Owner | None
) -> Iterator[OwnedRoute]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        owner = getattr(pattern, "owner", inherited)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, here, inner, owner)
        else:
            name = f"{namespace}{pattern.name}" if pattern.name else None
            yield OwnedRoute(here, name, _owner_of(pattern.callback) or owner, pattern)


def _owner_of(view: Callable[..., Any]) -> Owner | None:
    """A decorated function's, or a class-based view's class attribute."""
    owner = getattr(view, "owner", None) or getattr(getattr(view, "view_class", None), "owner", None)
    return owner if isinstance(owner, Owner) else None
