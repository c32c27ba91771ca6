"""A screen's life: paired, seen, renamed, removed."""

from __future__ import annotations

import json

import pytest
from django.http import Http404
from django.utils import timezone

from portal.pairing import codes, devices
from portal.pairing.models import Device, DeviceKind, DeviceProfile, PairingAttempts


@pytest.fixture
def paired(household) -> devices.Paired:
    code = codes.make_code(household, DeviceProfile.FULL)
    return devices.pair_device(code=code, name="Kitchen", kind=DeviceKind.TERMINAL, address="192.0.2.1")


def test_token_is_recognised_and_not_kept(paired, household):
    assert devices.find_device(paired.token) == paired.device
    assert paired.token not in repr(Device.objects.values().get())
    assert paired.device.household == household
    assert paired.device.profile == DeviceProfile.FULL


@pytest.mark.parametrize("token", ["", "wrong", "x" * 4000])
def test_other_tokens_are_nobody(paired, token):
    assert devices.find_device(token) is None


def test_removed_device_is_nobody(paired, household):
    devices.remove_device(paired.device)
    assert devices.find_device(paired.token) is None
    assert devices.find_device(f"removed-{paired.device.pk}") is None
    assert devices.devices_of(household) == []
    with pytest.raises(Http404):
        devices.access_device(household, paired.device.pk)


def test_device_of_another_household_is_not_found(paired, other_household):
    with pytest.raises(Http404):
        devices.access_device(other_household, paired.device.pk)


def test_last_seen_is_written_now_and_then(paired, django_assert_num_queries):
    Device.objects.update(last_seen_at=None)
    devices.note_seen(paired.device)
    seen = Device.objects.get().last_seen_at
    assert seen is not None
    devices.note_seen(paired.device)
    assert Device.objects.get().last_seen_at == seen
    Device.objects.update(last_seen_at=timezone.now() - 2 * devices.SEEN_EVERY)
    devices.note_seen(paired.device)
    seen_again = Device.objects.get().last_seen_at
    assert seen_again is not None
    assert seen_again >= seen


def test_wrong_code_is_counted_though_nothing_is_paired(household):
    with pytest.raises(codes.UnknownCode):
        devices.pair_device(code="BCDFGHJK", name="", kind=DeviceKind.KIOSK, address="192.0.2.1")
    assert PairingAttempts.objects.get().failures == 1
    assert not Device.objects.exists()


def _pair(client, **asked):
    return client.post("/h3/v1/pair", json.dumps(asked), content_type="application/json")


def test_terminal_pairs_over_http(client, household):
    code = codes.make_code(household, DeviceProfile.SHARED_SPACE)
    answer = _pair(client, code=code, name="Hall", kind="terminal")
    assert answer.status_code == 201
    found = answer.json()
    assert (found["household"], found["timezone"]) == ("Kerkstraat 12", "Europe/Amsterdam")
    device = devices.find_device(found["token"])
    assert device is not None
    assert device.name == "Hall"
    assert "no-store" in answer.headers["Cache-Control"]
    assert _pair(client, code=code, name="Hall", kind="terminal").status_code == 404


def test_http_locks_out(client, household):
    for _ in range(codes.MOST_FAILURES):
        assert _pair(client, code="BCDFGHJK").json() == {"error": "unknown_code"}
    assert _pair(client, code="BCDFGHJK").status_code == 429


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        '{"code": 1}',
        '{"code": "BCDFGHJK", "name": []}',
        '{"code":"B","kind":"kiosk"}',
        "x" * 5000,
    ],
)
def test_malformed_requests_are_refused(client, db, body):
    answer = client.post("/h3/v1/pair", body, content_type="application/json")
    assert answer.status_code == 400


def test_looking_is_not_pairing(client, db):
    assert client.get("/h3/v1/pair").status_code == 405
