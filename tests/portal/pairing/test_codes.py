"""Eight letters, for a quarter of an hour, and no second guess for long."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.utils import timezone

from portal.pairing import codes
from portal.pairing.models import DeviceProfile, PairingCode

ADDRESS = "192.0.2.17"


def _code(household) -> str:
    return codes.make_code(household, DeviceProfile.SHARED_SPACE)


def _wrong(code: str) -> str:
    return code[:-1] + ("B" if code[-1] != "B" else "C")


def test_form_of_a_code(household):
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", _code(household))


def test_code_itself_is_not_kept(household):
    code = _code(household)
    assert code.replace("-", "") not in repr(PairingCode.objects.values().get())


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0}"])
def test_typed_in_any_manner(household, typed):
    code = _code(household)
    assert codes.claim_code(typed.format(code.lower().replace("-", " ")), ADDRESS).household == household


def test_code_works_once(household):
    code = _code(household)
    codes.claim_code(code, ADDRESS)
    with pytest.raises(codes.UnknownCode):
        codes.claim_code(code, ADDRESS)


def test_code_ends_after_a_quarter_of_an_hour(household):
    code = _code(household)
    with time_machine.travel(timezone.now() + codes.LIFETIME, tick=False), pytest.raises(codes.UnknownCode):
        codes.claim_code(code, ADDRESS)


def test_a_new_code_ends_the_one_before(household):
    first, second = _code(household), _code(household)
    with pytest.raises(codes.UnknownCode):
        codes.claim_code(first, ADDRESS)
    assert codes.claim_code(second, ADDRESS).household == household


def test_guessing_locks_the_address_out_even_for_the_right_code(household):
    code = _code(household)
    for _ in range(codes.MOST_FAILURES):
        with pytest.raises(codes.UnknownCode):
            codes.claim_code(_wrong(code), ADDRESS)
    with pytest.raises(codes.LockedOut):
        codes.claim_code(code, ADDRESS)
    assert codes.claim_code(code, "192.0.2.18").household == household


def test_lock_ends(household):
    code = _code(household)
    for _ in range(codes.MOST_FAILURES):
        with pytest.raises(codes.UnknownCode):
            codes.claim_code(_wrong(code), ADDRESS)
    with time_machine.travel(timezone.now() + codes.LOCKED_FOR, tick=False):
        assert codes.claim_code(_code(household), ADDRESS).household == household


def test_all_addresses_of_one_network_count_together(household):
    code = _code(household)
    for host in range(codes.MOST_FAILURES):
        with pytest.raises(codes.UnknownCode):
            codes.claim_code(_wrong(code), f"2001:db8:1:2::{host:x}")
    with pytest.raises(codes.LockedOut):
        codes.claim_code(code, "2001:db8:1:2:ffff::1")
    assert codes.claim_code(code, "2001:db8:1:3::1").household == household
