"""Every sentence and figure that people see, for the screen and for `--text` alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from consumerapp.live_values import Ambient, WhyNoPower
from consumerapp.readings import Authenticity, Quality
from consumerapp.sources.link import LinkState
from consumerapp.wire import Link, Now
from display.known import Freshness, Known
from display.language import MINUS, Language

SHAPES: Final = {Ambient.LOW: "▁", Ambient.MEDIUM: "▄", Ambient.HIGH: "█"}
AUTHENTICITY_MARKS: Final = {
    Authenticity.AUTHENTICATED: "◆",
    Authenticity.ENCRYPTED: "◈",
    Authenticity.PLAIN: "◇",
}
_KILO: Final = Decimal(1000)
_SHOWN_STEP_W: Final = 10
"""The big number shows hundredths of a kilowatt."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know besides the number: what is wrong, and what to do."""

    headline: str
    advice: str = ""
    urgent: bool = False
    """Whether the number above it can no longer be taken for the present one."""

    def __len__(self) -> int:
        """Characters with mark and blanks."""
        return len(self.headline) + len(self.advice) + 3


class Words:
    """Turns what is known into one language's words."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def kilowatts(self, power_w: Decimal) -> str:
        """The big number: kW with two decimals; export carries a minus."""
        shown = self.language.number(abs(power_w) / _KILO, 2)
        return MINUS + shown if self.exports(power_w) else shown

    @staticmethod
    def exports(power_w: Decimal) -> bool:
        """Whether the power shown is sent to the grid (what rounds to nothing is not)."""
        return power_w <= -_SHOWN_STEP_W / 2

    @staticmethod
    def imports(power_w: Decimal) -> bool:
        """Whether the power shown is drawn from the grid (what rounds to nothing is not)."""
        return power_w >= _SHOWN_STEP_W / 2

    def watts(self, power_w: Decimal) -> str:
        """The exact power as the meter sent it."""
        return f"{self.language.number(abs(power_w))} W"

    def kilowatt_hours(self, energy_wh: Decimal, places: int = 2) -> str:
        """Energy in kWh."""
        return f"{self.language.number(energy_wh / _KILO, places)} kWh"

    def direction(self, power_w: Decimal, *, old: bool = False) -> str:
        """Where the power goes, in words."""
        text = self.language.gettext
        if self.imports(power_w):
            return text("was using") if old else text("using")
        if self.exports(power_w):
            return text("was sending to the grid") if old else text("sending to the grid")
        return text("was balanced") if old else text("balanced: nothing drawn, nothing sent")

    def level(self, level: Ambient) -> str:
        """Low, medium or high."""
        match level:
            case Ambient.LOW:
                return self.language.pgettext("ambient", "low")
            case Ambient.MEDIUM:
                return self.language.pgettext("ambient", "medium")
            case Ambient.HIGH:
                return self.language.pgettext("ambient", "high")

    def span(self, seconds: float) -> str:
        """A length of time in its largest fitting unit."""
        whole = max(0, int(seconds))
        if whole < 60:
            return self.language.gettext("{number} s").format(number=whole)
        if whole < 3600:
            return self.language.gettext("{number} min").format(number=whole // 60)
        if whole < 48 * 3600:
            return self.language.gettext("{number} h").format(number=whole // 3600)
        return self.language.gettext("{number} days").format(number=whole // 86400)

    def age(self, now: Now, clock: datetime) -> str:
        """How long ago a value came."""
        span = self.span((clock - now.received_at).total_seconds())
        return self.language.gettext("{span} ago").format(span=span)

    def old(self, now: Now, clock: datetime) -> str:
        """The age of a value that is no longer the present one."""
        span = self.span((clock - now.received_at).total_seconds())
        return self.language.gettext("{span} old").format(span=span)

    def authenticity(self, proof: Authenticity) -> str:
        """How far the origin is proved."""
        match proof:
            case Authenticity.AUTHENTICATED:
                return self.language.gettext("authenticated")
            case Authenticity.ENCRYPTED:
                return self.language.gettext("encrypted, not authenticated")
            case Authenticity.PLAIN:
                return self.language.gettext("not authenticated")

    def link_state(self, state: LinkState) -> str:
        """A link's state in a word or two."""
        text = self.language.gettext
        match state:
            case LinkState.CONNECTING:
                return text("connecting")
            case LinkState.LIVE:
                return text("live")
            case LinkState.SILENT:
                return text("silent")
            case LinkState.GARBAGE:
                return text("unreadable")
            case LinkState.LOST:
                return text("connection lost")
            case LinkState.STOPPED:
                return text("stopped")

    def link_notice(self, link: Link, known: Known) -> Notice | None:
        """What a link that is not live means for people; None when all is well."""
        text = self.language.gettext
        since = self.language.time_of_day(link.since, known.zone)
        source = link.source
        match link.state:
            case LinkState.LIVE:
                return None
            case LinkState.CONNECTING:
                return Notice(text("Waiting for the first telegram from {source}.").format(source=source))
            case LinkState.SILENT:
                return Notice(
                    text("Nothing has come from {source} since {time}.").format(source=source, time=since),
                    text("Is the reading head seated on the meter, and is the meter's port switched on?"),
                )
            case LinkState.GARBAGE:
                return Notice(
                    text("What comes from {source} cannot be read.").format(source=source),
                    self.link_advice(link)
                    or text("Turn the reading head slightly, keep light off it, check the speed."),
                )
            case LinkState.LOST:
                return Notice(
                    text("The connection to {source} is lost since {time}.").format(
                        source=source, time=since
                    ),
                    self.link_advice(link) or text("It is tried again by itself."),
                )
            case LinkState.STOPPED:
                return Notice(text("{source} has stopped.").format(source=source), self.link_advice(link))

    def link_advice(self, link: Link) -> str:
        """What to do about a link's detail code; empty for a code that has no sentence here."""
        return self.detail_advice(link.detail)

    def detail_advice(self, detail: str) -> str:
        """The same of the code alone."""
        text = self.language.gettext
        sentences = {
            "port_missing": text("There is no such port. Plug the reading head in."),
            "port_busy": text("Another program has the port. End it; this display takes over by itself."),
            "port_denied": text("This user may not open the port. Add the user to the group dialout."),
            "port_unplugged": text("The reading head was unplugged. Plug it in; it goes on by itself."),
            "port_failed": text("The port reports errors. Try another cable or another USB socket."),
            "setting_refused": text("The port cannot do this speed. Choose another one."),
            "address_unknown": text("This host name has no address. Check how it is spelled."),
            "connection_refused": text("The host is there, but nothing listens on this port."),
            "unreachable": text("The host does not answer. Is it switched on?"),
            "bluetooth_off": text("This machine has no Bluetooth, or it is switched off."),
            "head_not_found": text("The Bluetooth head was not heard. Has it power, and is it near?"),
            "not_a_head": text("This Bluetooth device is no optical head that can be read."),
            "tunnels_taken": text("The KNX gateway has no free tunnel: other programs hold them all."),
            "broker_denied": text("The broker does not let us in. Check name, password and certificate."),
            "certificate_refused": text("The broker's certificate is not the expected one."),
            "subscription_denied": text("The broker does not allow these topics."),
            "device_offline": text("The broker says that the gateway is gone. Has it power and network?"),
            "no_frames": text("Bytes arrive that are no telegram: check speed and framing, keep light off."),
            "frames_broken": text("Every telegram arrives damaged. Turn the reading head slightly."),
            "needs_key": text("The telegrams are encrypted. Ask the grid operator for the key."),
            "wrong_key": text("The key does not open the telegrams. Check it."),
            "unsupported": text("The telegrams have a form that is not supported yet."),
            "recording_ended": text("The recording has been played to its end."),
            "recording_missing": text("The recording cannot be read."),
        }
        return sentences.get(str(detail), "")

    def portal_notice(self, portal: Link, known: Known) -> Notice | None:
        """What a broken connection to the portal means; None when it stands."""
        text = self.language.gettext
        if portal.state is LinkState.LIVE:
            return None
        if portal.state is LinkState.STOPPED:
            return Notice(
                text("This display was removed from the household."),
                text("Pair it again with a new code from the Devices page."),
                urgent=True,
            )
        if portal.state is LinkState.CONNECTING:
            return Notice(text("Connecting to the portal."))
        since = self.language.time_of_day(portal.since, known.zone)
        if portal.detail == "not_accepted":
            return Notice(
                text("The portal does not accept this display."),
                text("Was it removed there? Pair it again with a new code from the Devices page."),
            )
        return Notice(
            text("No connection to the portal since {time}.").format(time=since),
            text("It is tried again by itself."),
        )

    def no_power(self, why: WhyNoPower | None) -> Notice:
        """Why there is no power to show, and the remedy."""
        text = self.language.gettext
        match why:
            case WhyNoPower.PIN_LOCKED:
                return Notice(
                    text("The meter hides its power until its PIN is entered."),
                    text("Ask the grid operator for the PIN, enter it at the meter and switch on InF."),
                )
            case WhyNoPower.COARSE:
                return Notice(
                    text("The meter counts in steps too coarse to show a power."),
                    text("A PIN from the grid operator often switches on finer ones."),
                )
            case WhyNoPower.NOT_SENT | None:
                return Notice(text("This meter sends energy, but no power."))

    def notice(self, known: Known, now: Now | None, clock: datetime) -> Notice | None:
        """The one thing to say besides the number, the most pressing first."""
        freshness = known.freshness(now, clock)
        found = self.portal_notice(known.portal, known) if known.portal is not None else None
        if found is None and known.link is not None:
            found = self.link_notice(known.link, known)
        if freshness is Freshness.OLD and now is not None:
            last = self.language.gettext("Last value from {time}, {age}.").format(
                time=self.moment(now.received_at, known, clock), age=self.old(now, clock)
            )
            reason = self.link_advice(known.link) if known.link is not None else ""
            return Notice(last, reason or (found.headline if found else ""), urgent=True)
        if freshness is Freshness.LATE and now is not None:
            return found or Notice(self.language.gettext("The next value is late."))
        if now is not None and now.power_w is None:
            return self.no_power(now.why_no_power)
        if found is None and now is None:
            return Notice(self.language.gettext("Waiting for the first value."))
        return found

    def moment(self, instant: datetime, known: Known, clock: datetime) -> str:
        """A time of day, with its date when it is not today's."""
        time = self.language.time_of_day(instant, known.zone)
        if instant.astimezone(known.zone).date() == clock.astimezone(known.zone).date():
            return time
        return f"{self.language.day(instant, known.zone)} {time}"

    def register_places(self, now: Now) -> int:
        """Decimals of a meter reading in kWh: none where the meter counts in whole ones."""
        return 0 if now.quality & Quality.COARSE else 1
