"""Links to meters, and their secrets."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.utils import timezone

from consumerapp.sources.link import LinkState
from portal.pairing import links
from portal.pairing.models import MeterLink

KEY = "00112233445566778899AABBCCDDEEFF"


@pytest.fixture
def link(household) -> MeterLink:
    settings = {"url": "/dev/ttyUSB0", "baudrate": 9600, "key": KEY}
    return links.add_link(household, kind="serial", name="Reading head", settings=settings)


def test_secret_settings_are_sealed(link):
    kept = MeterLink.objects.values().get()
    assert KEY not in repr(kept)
    assert kept["settings"] == {"url": "/dev/ttyUSB0", "baudrate": 9600}
    assert links.opened_settings(link) == {
        "name": "Reading head",
        "url": "/dev/ttyUSB0",
        "baudrate": 9600,
        "key": KEY,
    }


def test_fingerprint_tells_keys_apart(link, household):
    other = links.add_link(household, kind="serial", name="Other", settings={"key": KEY[::-1]})
    assert links.fingerprints(link)["key"] != links.fingerprints(other)["key"]


def test_secret_that_is_not_given_again_stays(link):
    links.change_settings(link, {"url": "/dev/ttyUSB1", "key": ""})
    opened = links.opened_settings(MeterLink.objects.get())
    assert opened["url"] == "/dev/ttyUSB1"
    assert opened["key"] == KEY


def test_every_change_raises_the_version(link):
    versions = [MeterLink.objects.get().version]
    for change in (
        lambda: links.rename_link(link, "Hall"),
        lambda: links.switch_link(link, enabled=False),
        lambda: links.change_settings(link, {"url": "x"}),
    ):
        change()
        versions.append(MeterLink.objects.get().version)
    assert versions == sorted(set(versions))


def test_link_of_another_household_is_not_found(link, other_household):
    with pytest.raises(Http404):
        links.access_link(other_household, link.pk)


def test_what_a_snapshot_says_of_links(link, household):
    assert links.link_words(household.pk) == ()
    since = timezone.now()
    MeterLink.objects.update(state=LinkState.SILENT, state_since=since, state_detail="nothing_received")
    (word,) = links.link_words(household.pk)
    assert (word.source, word.state, word.since) == ("Reading head", LinkState.SILENT, since)


def test_removed_link_leaves_nothing(link):
    links.remove_link(link)
    assert not MeterLink.objects.exists()
