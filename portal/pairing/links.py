"""Adding, changing and removing the links to a household's meters.

The ingest worker acts on every change within a moment: it is told through the channel layer, and
looks at the table now and then in case the word was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F
from django.http import Http404

from consumerapp import wire
from consumerapp.sources.link import LinkState
from portal.accounts.models import Household
from portal.common.sealing import fingerprint, open_sealed, seal
from portal.live.announce import announce_link_removed
from portal.pairing.models import MeterLink

LINKS_GROUP: Final = "ingest.links"
"""Group of the channel layer in which ingest workers wait for changes."""
LINKS_CHANGED: Final = "links.changed"

SECRET_SETTINGS: Final = frozenset(
    {
        "keyring",
        "keyring_password",
        "key",
        "auth_key",
        "next_key",
        "next_auth_key",
        "authentication_key",
        "encryption_key",
        "password",
        "client_key",
    }
)
"""Settings of a source that are kept sealed and never shown again."""


_IN_FORCE: Final = frozenset({"key", "auth_key"})
_NEXT: Final = frozenset({"next_key", "next_auth_key"})


def links_of(household: Household) -> list[MeterLink]:
    """The household's links, in the order they were added."""
    return list(MeterLink.objects.filter(household=household))


def access_link(household: Household, pk: int) -> MeterLink:
    """One link of this household; raises `Http404`."""
    link = MeterLink.objects.filter(household=household, pk=pk).first()
    if link is None:
        raise Http404
    return link


@transaction.atomic
def add_link(household: Household, *, kind: str, name: str, settings: Mapping[str, Any]) -> MeterLink:
    """A new link; its secret settings are sealed."""
    link = MeterLink.objects.create(household=household, kind=kind, name=name.strip()[:80])
    _keep_settings(link, settings)
    link.save(update_fields=["settings", "sealed"])
    _tell_workers()
    return link


@transaction.atomic
def change_settings(link: MeterLink, settings: Mapping[str, Any], *, kind: str | None = None) -> None:
    """Other settings, perhaps of another kind of source; a secret that is not given again stays."""
    link.kind = kind or link.kind
    _keep_settings(link, settings)
    _save_changed(link, "kind", "settings", "sealed")


@transaction.atomic
def enter_keys(link: MeterLink, *, key: bytes, auth_key: bytes | None) -> None:
    """Keys that people pasted: tried beside the ones in force, and in force once telegrams proved them."""
    sealed = {name: value for name, value in link.sealed.items() if name not in _NEXT}
    sealed["next_key"] = seal(key.hex().upper(), _purpose(link, "next_key"))
    if auth_key is not None:
        sealed["next_auth_key"] = seal(auth_key.hex().upper(), _purpose(link, "next_auth_key"))
    link.sealed = sealed
    _save_changed(link, "sealed")


@transaction.atomic
def activate_keys(pk: int) -> None:
    """The keys that were entered have opened telegrams: they are in force, and the old ones are forgotten."""
    link = MeterLink.objects.select_for_update().filter(pk=pk).first()
    if link is None or "next_key" not in link.sealed:
        return
    opened = {name: open_sealed(link.sealed[name], _purpose(link, name)) for name in _NEXT & set(link.sealed)}
    kept = {name: value for name, value in link.sealed.items() if name not in _NEXT | _IN_FORCE}
    in_force = {name.removeprefix("next_"): secret for name, secret in opened.items()}
    link.sealed = {**kept, **{name: seal(secret, _purpose(link, name)) for name, secret in in_force.items()}}
    _save_changed(link, "sealed")


@transaction.atomic
def forget_meter(link: MeterLink) -> None:
    """The meter was exchanged: the next one that proves itself is the link's. Its counters stay known."""
    link.paired_title = ""
    _save_changed(link, "paired_title")


@transaction.atomic
def rename_link(link: MeterLink, name: str) -> None:
    """What people call it; readings that come from now on carry the new name."""
    old_name, household_id = link.name, link.household_id
    link.name = name.strip()[:80]
    _save_changed(link, "name")
    transaction.on_commit(lambda: announce_link_removed(household_id, old_name), robust=True)


@transaction.atomic
def switch_link(link: MeterLink, *, enabled: bool) -> None:
    """Read it, or leave it alone."""
    link.enabled = enabled
    if not enabled:
        link.state = LinkState.STOPPED
    _save_changed(link, "enabled", "state")


@transaction.atomic
def remove_link(link: MeterLink) -> None:
    """Stop reading it and forget its settings and keys. Readings that came through it stay."""
    household_id, name = link.household_id, link.name
    link.delete()
    _tell_workers()
    transaction.on_commit(lambda: announce_link_removed(household_id, name), robust=True)


def opened_settings(link: MeterLink) -> dict[str, Any]:
    """What `consumerapp.sources.open_source` takes, secrets opened. For the ingest worker only."""
    opened = {name: open_sealed(sealed, _purpose(link, name)) for name, sealed in link.sealed.items()}
    return {**link.settings, "name": link.name, **opened}


def fingerprints(link: MeterLink) -> dict[str, str]:
    """By which people recognise the keys of a link without seeing them."""
    return {
        name: fingerprint(open_sealed(sealed, _purpose(link, name))) for name, sealed in link.sealed.items()
    }


def link_words(household_id: int) -> tuple[wire.Link, ...]:
    """What the table knows of a household's links, for a first snapshot."""
    tried = MeterLink.objects.filter(household_id=household_id).exclude(state="")
    return tuple(
        wire.Link(
            seq=0,
            source=link.name,
            state=LinkState(link.state),
            since=link.state_since,
            detail=link.state_detail,
            last_telegram_at=link.last_telegram_at,
        )
        for link in tried
        if link.state_since is not None
    )


def _purpose(link: MeterLink, setting: str) -> str:
    return f"meter-link:{link.pk}:{setting}"


def _keep_settings(link: MeterLink, settings: Mapping[str, Any]) -> None:
    link.settings = {name: value for name, value in settings.items() if name not in SECRET_SETTINGS}
    given = {name: str(value) for name, value in settings.items() if name in SECRET_SETTINGS and value}
    link.sealed = {
        **link.sealed,
        **{name: seal(secret, _purpose(link, name)) for name, secret in given.items()},
    }


def _save_changed(link: MeterLink, *fields: str) -> None:
    link.save(update_fields=list(fields))
    MeterLink.objects.filter(pk=link.pk).update(version=F("version") + 1)
    _tell_workers()


def _tell_workers() -> None:
    send = async_to_sync(get_channel_layer().group_send)
    transaction.on_commit(lambda: send(LINKS_GROUP, {"type": LINKS_CHANGED}), robust=True)
