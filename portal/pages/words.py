"""What a household calls the things that meters, links and standards have codes for."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consumerapp.errors import RefusalKind
from consumerapp.live_values import Ambient, WhyNoPower
from consumerapp.readings import Authenticity, Commodity, Obis, Quantity
from consumerapp.sources.link import LinkDetail, LinkState
from portal.pairing.models import MeterLink

_PHASES = {20: "L1", 40: "L2", 60: "L3"}
"""Offset of OBIS group C for the values of one phase (Blue Book 13 - §?)."""

QUANTITIES: dict[Quantity, str | Promise] = {
    Quantity.ACTIVE_ENERGY_IMPORT: _("Bought from the grid"),
    Quantity.ACTIVE_ENERGY_EXPORT: _("Sent to the grid"),
    Quantity.ACTIVE_ENERGY_ABSOLUTE: _("Energy in either direction"),
    Quantity.ACTIVE_ENERGY_NET: _("Bought minus sent"),
    Quantity.REACTIVE_ENERGY_IMPORT: _("Reactive energy from the grid"),
    Quantity.REACTIVE_ENERGY_EXPORT: _("Reactive energy to the grid"),
    Quantity.REACTIVE_ENERGY_Q1: _("Reactive energy, quadrant 1"),
    Quantity.REACTIVE_ENERGY_Q2: _("Reactive energy, quadrant 2"),
    Quantity.REACTIVE_ENERGY_Q3: _("Reactive energy, quadrant 3"),
    Quantity.REACTIVE_ENERGY_Q4: _("Reactive energy, quadrant 4"),
    Quantity.APPARENT_ENERGY_IMPORT: _("Apparent energy from the grid"),
    Quantity.APPARENT_ENERGY_EXPORT: _("Apparent energy to the grid"),
    Quantity.ACTIVE_POWER_IMPORT: _("Power from the grid"),
    Quantity.ACTIVE_POWER_EXPORT: _("Power to the grid"),
    Quantity.ACTIVE_POWER_NET: _("Power, from (+) or to (−) the grid"),
    Quantity.ACTIVE_POWER_ABSOLUTE: _("Power in either direction"),
    Quantity.REACTIVE_POWER_IMPORT: _("Reactive power from the grid"),
    Quantity.REACTIVE_POWER_EXPORT: _("Reactive power to the grid"),
    Quantity.REACTIVE_POWER_Q1: _("Reactive power, quadrant 1"),
    Quantity.REACTIVE_POWER_Q2: _("Reactive power, quadrant 2"),
    Quantity.REACTIVE_POWER_Q3: _("Reactive power, quadrant 3"),
    Quantity.REACTIVE_POWER_Q4: _("Reactive power, quadrant 4"),
    Quantity.APPARENT_POWER_IMPORT: _("Apparent power from the grid"),
    Quantity.APPARENT_POWER_EXPORT: _("Apparent power to the grid"),
    Quantity.DEMAND_IMPORT: _("Average power of this period"),
    Quantity.DEMAND_EXPORT: _("Average power to the grid of this period"),
    Quantity.DEMAND_MAXIMUM_IMPORT: _("Highest average power"),
    Quantity.DEMAND_MAXIMUM_EXPORT: _("Highest average power to the grid"),
    Quantity.VOLTAGE: _("Voltage"),
    Quantity.AMPERAGE: _("Amperage"),
    Quantity.POWER_FACTOR: _("Power factor"),
    Quantity.FREQUENCY: _("Frequency"),
    Quantity.PHASE_ANGLE: _("Phase angle"),
    Quantity.POWER_LIMIT: _("Power limit"),
    Quantity.FUSE_LIMIT: _("Fuse limit"),
    Quantity.VOLTAGE_SAGS: _("Voltage sags"),
    Quantity.VOLTAGE_SWELLS: _("Voltage swells"),
    Quantity.POWER_FAILURES: _("Power failures"),
    Quantity.LONG_POWER_FAILURES: _("Long power failures"),
    Quantity.GAS_VOLUME: _("Gas"),
    Quantity.GAS_VOLUME_UNCORRECTED: _("Gas, not corrected for temperature"),
    Quantity.GAS_ENERGY: _("Gas as energy"),
    Quantity.GAS_FLOW: _("Gas flow"),
    Quantity.HEAT_ENERGY: _("Heat"),
    Quantity.HEAT_VOLUME: _("Heating water"),
    Quantity.HEAT_POWER: _("Heat power"),
    Quantity.HEAT_FLOW: _("Heating water flow"),
    Quantity.HEAT_FLOW_TEMPERATURE: _("Flow temperature"),
    Quantity.HEAT_RETURN_TEMPERATURE: _("Return temperature"),
    Quantity.HEAT_TEMPERATURE_DIFFERENCE: _("Temperature difference"),
    Quantity.COOLING_ENERGY: _("Cooling"),
    Quantity.COOLING_VOLUME: _("Cooling water"),
    Quantity.COOLING_POWER: _("Cooling power"),
    Quantity.COLD_WATER_VOLUME: _("Cold water"),
    Quantity.COLD_WATER_FLOW: _("Cold water flow"),
    Quantity.HOT_WATER_VOLUME: _("Hot water"),
    Quantity.HOT_WATER_FLOW: _("Hot water flow"),
    Quantity.HEAT_COST_UNITS: _("Heat cost units"),
    Quantity.TARIFF_INDICATOR: _("Tariff in force"),
    Quantity.BREAKER_STATE: _("Breaker"),
    Quantity.VALVE_STATE: _("Valve"),
    Quantity.STATUS_WORD: _("Status word"),
}


COMMODITIES: dict[str, str | Promise] = {
    Commodity.ABSTRACT: _("Meter"),
    Commodity.ELECTRICITY: _("Electricity"),
    Commodity.GAS: _("Gas"),
    Commodity.HEAT: _("Heat"),
    Commodity.COOLING: _("Cooling"),
    Commodity.COLD_WATER: _("Cold water"),
    Commodity.HOT_WATER: _("Hot water"),
    Commodity.HEAT_COST_ALLOCATION: _("Heat cost allocator"),
}


def register_title(quantity: Quantity, obis: Obis) -> str:
    """What this register holds: "Bought from the grid, tariff 1", "Voltage L2"."""
    title = str(QUANTITIES[quantity])
    phase = _PHASES.get(obis.c - obis.c % 20) if obis.a == 1 and 20 <= obis.c < 80 else None
    if phase:
        return f"{title} {phase}"
    if obis.a == 1 and obis.d == 8 and 1 <= obis.e <= 63:
        words = gettext("%(title)s, tariff %(number)d") % {"title": title, "number": obis.e}
        return words.replace(f" {obis.e}", f"\N{NO-BREAK SPACE}{obis.e}")
    return title


AMBIENT_WORDS: dict[Ambient, str | Promise] = {
    Ambient.LOW: _("low"),
    Ambient.MEDIUM: _("medium"),
    Ambient.HIGH: _("high"),
}


@dataclass(frozen=True, slots=True)
class Lock:
    """How far the origin of a value is proved: one mark, one word, one sentence."""

    icon: str
    word: str | Promise
    sentence: str | Promise


LOCKS: dict[Authenticity, Lock] = {
    Authenticity.AUTHENTICATED: Lock(
        "lock-shut",
        _("authenticated"),
        _("Each telegram carries a seal that was checked with your meter's own key: nobody altered it."),
    ),
    Authenticity.ENCRYPTED: Lock(
        "lock-half",
        _("encrypted only"),
        _(
            "The telegrams are encrypted, but carry no seal: nobody can read them, "
            "yet nothing proves their origin."
        ),
    ),
    Authenticity.PLAIN: Lock(
        "lock-open",
        _("not authenticated"),
        _(
            "This meter sends its telegrams openly and without a seal. "
            "That is usual for an optical port in your own home."
        ),
    ),
}

WHY_NO_POWER: dict[WhyNoPower, str | Promise] = {
    WhyNoPower.PIN_LOCKED: _("The meter keeps its power to itself until its PIN has been entered."),
    WhyNoPower.NOT_SENT: _("This meter sends energy, but no power."),
    WhyNoPower.COARSE: _("This meter sends energy in steps too wide to tell the power from them."),
}

STATE_WORDS: dict[LinkState, str | Promise] = {
    LinkState.CONNECTING: _("being connected"),
    LinkState.LIVE: _("telegrams arrive"),
    LinkState.SILENT: _("nothing arrives"),
    LinkState.GARBAGE: _("something arrives, but no whole telegram"),
    LinkState.LOST: _("not connected"),
    LinkState.STOPPED: _("switched off"),
}

DETAIL_SENTENCES: dict[LinkDetail, str | Promise] = {
    LinkDetail.NOTHING_TO_SAY: "",
    LinkDetail.PORT_MISSING: _("There is no such port. Is the reading head plugged in?"),
    LinkDetail.PORT_BUSY: _("Another program is using the port. Close it, and this link recovers by itself."),
    LinkDetail.PORT_DENIED: _(
        "Meterside may not open the port. Add its user to the group that owns the port, often “dialout”."
    ),
    LinkDetail.PORT_UNPLUGGED: _(
        "The reading head was unplugged. Plug it in again, and this link recovers by itself."
    ),
    LinkDetail.PORT_FAILED: _("The port reports an input/output error. Try another USB socket or cable."),
    LinkDetail.SETTING_REFUSED: _("The port cannot do this speed or framing. Choose another one."),
    LinkDetail.ADDRESS_UNKNOWN: _("No device has this name on the network. Check the address."),
    LinkDetail.CONNECTION_REFUSED: _("The device answers, but nothing listens on this port number."),
    LinkDetail.UNREACHABLE: _("The device does not answer. Is it switched on and on the network?"),
    LinkDetail.PEER_CLOSED: _("The other side ended the connection. It is tried again by itself."),
    LinkDetail.BLUETOOTH_OFF: _("This computer has no Bluetooth, or it is switched off."),
    LinkDetail.HEAD_NOT_FOUND: _(
        "The Bluetooth head was not heard. Has it power, is it near, and does nothing else use it?"
    ),
    LinkDetail.NOT_A_HEAD: _("This Bluetooth device is no optical head that Meterside can read."),
    LinkDetail.TUNNELS_TAKEN: _(
        "The KNX gateway has no free tunnel. End another program that uses one, "
        "or give the gateway more in ETS."
    ),
    LinkDetail.NOTHING_RECEIVED: _(
        "Not one byte since it was opened. Seat the head straight on the optical port, cable downwards; "
        "on some meters the port must be switched on."
    ),
    LinkDetail.WENT_QUIET: _("Telegrams came, and then no more. Has the head slipped?"),
    LinkDetail.NO_FRAMES: _(
        "Bytes arrive that are no telegram. The speed or the framing is another one, "
        "or light falls on the head."
    ),
    LinkDetail.FRAMES_BROKEN: _("Every telegram is damaged. Turn the head a little and keep light off it."),
    LinkDetail.NEEDS_KEY: _(
        "The telegrams are encrypted, and there is no key. Ask your grid operator for it."
    ),
    LinkDetail.WRONG_KEY: _(
        "The telegrams are encrypted, and the key does not open them. Check it digit by digit."
    ),
    LinkDetail.UNSUPPORTED: _("Whole telegrams arrive in a form that Meterside does not know yet."),
    LinkDetail.FLOODED: _("More arrives than can be read; the excess is thrown away."),
    LinkDetail.BROKER_DENIED: _(
        "The broker does not let Meterside in. Check user name, password and client certificate."
    ),
    LinkDetail.CERTIFICATE_REFUSED: _(
        "The broker’s certificate is not the expected one. Give its authority or its fingerprint."
    ),
    LinkDetail.SUBSCRIPTION_DENIED: _(
        "The broker does not allow these topics to this user. Check the topics and the broker’s rules."
    ),
    LinkDetail.DEVICE_OFFLINE: _("The broker says that the gateway is gone. Has it power and network?"),
    LinkDetail.RECORDING_ENDED: _("The recording has been played to its end."),
    LinkDetail.RECORDING_MISSING: _("The recording cannot be read."),
}

REFUSAL_WORDS: dict[RefusalKind, str | Promise] = {
    RefusalKind.CHECKSUM: _("damaged on the way"),
    RefusalKind.TRUNCATED: _("cut short"),
    RefusalKind.NEEDS_KEY: _("encrypted, no key"),
    RefusalKind.WRONG_KEY: _("encrypted, key does not fit"),
    RefusalKind.REPLAY: _("repeated from before"),
    RefusalKind.UNSUPPORTED: _("of an unknown kind"),
    RefusalKind.MALFORMED: _("not well formed"),
}


def link_words(link: MeterLink) -> str:
    """How a link is doing, as one phrase."""
    return str(STATE_WORDS[LinkState.STOPPED]) if not link.enabled else state_words(link.state)


def state_words(state: str) -> str:
    """The words for a link's state; an empty or unknown one has not been tried yet."""
    try:
        return str(STATE_WORDS[LinkState(state)])
    except ValueError:
        return gettext("not tried yet")


def detail_sentence(detail: str) -> str:
    """The sentence for a link's detail; an unknown code says nothing rather than something wrong."""
    try:
        return str(DETAIL_SENTENCES[LinkDetail(detail)])
    except ValueError:
        return ""


def link_advice(link: MeterLink) -> str:
    """What to do about a link; empty: nothing."""
    if link.paired_title and link.sealed and link.state_detail == LinkDetail.NEEDS_KEY:
        # There is a key, and it knows its meter: what comes is another one's.
        return gettext(
            "Telegrams of another meter arrive. If yours was exchanged, say so on this connection's page."
        )
    return detail_sentence(link.state_detail)


def direction_words(power_is_export: bool, power_is_known: bool) -> str:
    """What the home does with the grid right now."""
    if not power_is_known:
        return gettext("power unknown")
    return gettext("sending to the grid") if power_is_export else gettext("using")
