"""What speaks on a port, said in the household's words, with what is missing and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from consumerapp.detection import Detection, Found
from consumerapp.errors import ConsumerAppError
from consumerapp.live_values import WhyNoPower
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.ble_uart import HeadAtHand
from consumerapp.transports.line import LineBroken
from portal.pages import words
from portal.pairing import probing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to "find out by itself"."""

    has_found: bool
    sentence: str
    reason: str = ""
    """Which meter type it is taken for, and why."""
    advice: str = ""
    """What is missing and what to do; empty: nothing."""
    speed: int | None = None
    framing: str | None = None


def find_out(url: str) -> Finding:
    """Try the speeds and framings of meters on a port, one after the other. Takes up to a minute."""
    try:
        return _finding(probing.probe(url))
    except probing.NoPortsHere:
        return Finding(has_found=False, sentence=gettext("This portal is not in the home and opens no port."))
    except ConsumerAppError:
        return Finding(has_found=False, sentence=gettext("This is no port and no address."))


def find_heads() -> tuple[tuple[HeadAtHand, ...], str]:
    """The Bluetooth heads within reach, and why there are none."""
    try:
        heads = probing.heads()
    except LineBroken as broken:
        return (), str(words.DETAIL_SENTENCES[broken.detail])
    return heads, "" if heads else gettext("No Bluetooth device was heard.")


def _finding(detection: Detection) -> Finding:
    found = detection.found
    if found is None:
        why = detection.why_nothing or LinkDetail.NOTHING_RECEIVED
        return Finding(
            has_found=False,
            sentence=gettext("No meter was found."),
            advice=str(words.DETAIL_SENTENCES[why]),
        )
    setting = found.setting
    return Finding(
        has_found=True,
        sentence=_sentence(found),
        reason=_reason(found),
        advice=_missing(found),
        speed=None if setting is None else setting.baudrate,
        framing=None if setting is None else setting.framing,
    )


def _sentence(found: Found) -> str:
    told = {
        "protocol": gettext("encrypted telegrams")
        if found.protocol is None
        else found.protocol.value.upper(),
        "speed": gettext("the speed of the bridge") if found.setting is None else str(found.setting),
    }
    return gettext("A meter speaks here: %(protocol)s at %(speed)s.") % told


def _reason(found: Found) -> str:
    if found.match is None:
        return ""
    told = {
        "title": found.match.profile.title,
        "score": found.match.score,
        "reason": found.match.reason,
    }
    return gettext("It is taken for: %(title)s (%(score)d of 100, by %(reason)s).") % told


def _missing(found: Found) -> str:
    if found.missing is LinkDetail.NEEDS_KEY:
        return gettext(
            "Its telegrams are encrypted. Ask your grid operator for the key, connect the meter, "
            "and paste the key on the next page."
        )
    if found.missing is not None:
        return str(words.DETAIL_SENTENCES[found.missing])
    if found.pin_locked:
        return str(words.WHY_NO_POWER[WhyNoPower.PIN_LOCKED])
    return ""
