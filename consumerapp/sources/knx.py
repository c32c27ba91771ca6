"""Meters on a KNX bus, through its IP gateway: each telegram of a group in the table, as it comes.

It only listens. Values are asked for once, when the connection opens, and only where `ask` says so. Plain
KNXnet/IP proves nothing of where a telegram comes from, so its readings are `plain`; a list of senders keeps
mistakes out, not an attacker.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import Refused, Telegram
from consumerapp.h2.knx import GroupTelegram, IndividualAddress
from consumerapp.h2.knx_table import GroupTable
from consumerapp.readings import Authenticity
from consumerapp.sources._settings import config_from
from consumerapp.sources._watch import LinkWatch
from consumerapp.sources.link import (
    Deliver,
    FrameRefused,
    LinkChanged,
    LinkState,
    LinkStatus,
    TelegramArrived,
)
from consumerapp.transports.line import LineBroken

if TYPE_CHECKING:
    from consumerapp.transports.knx_ip import KnxConnection, KnxIpLine

PORT = 3671
SILENT_AFTER_S = 1200.0
"""Meters on a bus send by the quarter of an hour, or when something changed."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
REOPEN_AFTER_S = 900.0
"""A bus that has been silent for so long after that is opened anew: a network interface may have changed."""
PROBE_EVERY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnxSourceConfig:
    """Which bus, which groups, whom to believe."""

    name: str
    url: str
    """`knx://192.168.1.20` a gateway's tunnel; `knx-routing://` or `knx-routing://224.0.23.12` multicast."""
    table: str
    """Rows of `group; register; type; factor; unit; meter`."""
    interface: str = ""
    """Address or name of our network interface; empty: the one that leads there."""
    senders: str = ""
    """Individual addresses that are believed, separated by blanks or commas; empty: all."""
    ask: bool = False
    """Ask each group for its value when the connection opens."""
    timezone: str = ""
    """In which clocks on the bus tell the time; empty: their times are not taken."""
    keyring: str = field(default="", repr=False)
    """Content of the .knxkeys file; empty: plain KNXnet/IP."""
    keyring_password: str = field(default="", repr=False)
    tunnel_address: str = ""
    """Individual address of the tunnel to take from the keyring; empty: any that is free."""
    silent_after_s: float = SILENT_AFTER_S
    probe_every_s: float = PROBE_EVERY_S


class KnxSource:
    """One bus."""

    def __init__(self, config: KnxSourceConfig, *, now: Callable[[], datetime]) -> None:
        """Raises ConsumerAppError for a setting that cannot be."""
        self._config = config
        self._now = now
        self._table = GroupTable.parse(config.table)
        if not self._table.rows:
            raise ConsumerAppError("the table has no row, so there is nothing to listen to")
        self._senders = frozenset(map(IndividualAddress.parse, config.senders.replace(",", " ").split()))
        self._zone = _zone(config.timezone)
        self._address = _address(config.url)
        if config.tunnel_address:
            IndividualAddress.parse(config.tunnel_address)

    @property
    def name(self) -> str:
        """What the household calls it."""
        return self._config.name

    async def run(self, deliver: Deliver) -> None:
        """Deliver until cancelled."""

        def on_change(status: LinkStatus) -> None:
            deliver(LinkChanged(self.name, status))

        watch = LinkWatch(
            on_change,
            now=self._now,
            monotonic_s=asyncio.get_running_loop().time,
            silent_after_s=self._config.silent_after_s,
        )
        watch.connecting()
        line = self._line()
        pause_s = FIRST_PAUSE_S
        try:
            while True:
                receiver = _Receiver(self, deliver, watch)
                try:
                    await self._carry_watched(line, receiver, watch)
                except LineBroken as broken:
                    watch.lost(broken.detail)
                pause_s = FIRST_PAUSE_S if receiver.was_open else min(pause_s * 2, LONGEST_PAUSE_S)
                # All links of a house lose their gateway at once; they need not come back at once.
                await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
        finally:
            watch.stopped()

    async def _carry_watched(self, line: KnxIpLine, receiver: _Receiver, watch: LinkWatch) -> None:
        carrying = asyncio.ensure_future(line.carry(receiver))
        try:
            while True:
                due_s = min(watch.check(), self._config.silent_after_s)
                await asyncio.wait((carrying,), timeout=max(due_s, 0.01))
                if carrying.done():
                    carrying.result()
                is_silent = watch.status.state is LinkState.SILENT
                if is_silent and watch.silent_for_s >= self._config.silent_after_s + REOPEN_AFTER_S:
                    return
        finally:
            carrying.cancel()
            await asyncio.wait((carrying,))
            if not carrying.cancelled():
                carrying.exception()  # taken, so that nobody reports it as lost

    def _line(self) -> KnxIpLine:
        # xknx takes 0.4 s to import; nobody without a bus waits for it.
        from consumerapp.transports.knx_ip import KnxIpLine  # noqa: PLC0415 - see above

        groups = tuple(self._table.rows)
        return KnxIpLine(
            self._connection(),
            groups,
            ask=groups if self._config.ask else (),
            probe_every_s=self._config.probe_every_s,
        )

    def _connection(self) -> KnxConnection:
        from consumerapp.transports.knx_ip import KnxConnection  # noqa: PLC0415 - see _line

        config = self._config
        is_routing, host, port = self._address
        places = {"multicast_group": host} if is_routing and host else {} if is_routing else {"host": host}
        return KnxConnection(
            **places,
            port=port,
            local_ip=config.interface or None,
            keyring=config.keyring or None,
            keyring_password=config.keyring_password,
            tunnel_address=config.tunnel_address or None,
        )

    def read(self, telegram: GroupTelegram) -> Telegram | Refused | None:
        """What a telegram says; None: it is not for us. Raises nothing."""
        if not self.believes(telegram.source):
            detail = f"{telegram.source} is not among the senders of {telegram.group}"
            return Refused(RefusalKind.UNSUPPORTED, 0, detail)
        return self._table.receive_telegram(
            telegram,
            own_meter=f"source:{self.name}",
            zone=self._zone,
            authenticity=Authenticity.AUTHENTICATED if telegram.is_secured else Authenticity.PLAIN,
        )

    def believes(self, sender: IndividualAddress) -> bool:
        """Whether this device is one of those that are read."""
        return not self._senders or sender in self._senders

    def now(self) -> datetime:
        """Our clock."""
        return self._now()


class _Receiver:
    """Makes deliveries of telegrams, in the same turn of the loop."""

    def __init__(self, source: KnxSource, deliver: Deliver, watch: LinkWatch) -> None:
        self._source = source
        self._deliver = deliver
        self._watch = watch
        self.was_open = False

    def line_opened(self) -> None:
        """The bus is open."""
        self.was_open = True
        self._watch.opened()

    def telegram_arrived(self, telegram: GroupTelegram) -> None:
        """Deliver what it says."""
        made = self._source.read(telegram)
        if made is None:
            return
        if isinstance(made, Refused):
            self._deliver(FrameRefused(self._source.name, made, self._source.now()))
            if self._source.believes(telegram.source):
                self._watch.frame_refused(made.kind)
            return
        received_at = self._source.now()
        self._watch.bytes_arrived()
        self._deliver(TelegramArrived(self._source.name, made, received_at))
        self._watch.telegram_arrived(received_at)

    def frame_refused(self, refused: Refused) -> None:
        """A frame of one of our groups that cannot be opened."""
        self._deliver(FrameRefused(self._source.name, refused, self._source.now()))
        self._watch.frame_refused(refused.kind)


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ConsumerAppError(f"there is no time zone {name[:40]!r}") from error


def _address(url: str) -> tuple[bool, str, int]:
    """Whether it is routing, host or multicast group, and port. Raises ConsumerAppError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError as error:
        raise ConsumerAppError(f"{url[:60]!r} is no address of a bus") from error
    is_routing = parts.scheme == "knx-routing"
    if parts.scheme not in ("knx", "knx-routing") or (not host and not is_routing):
        raise ConsumerAppError(f"{url[:60]!r} is no address of a bus (want knx://HOST or knx-routing://)")
    return is_routing, host, port


def open_source(settings: Mapping[str, object], *, now: Callable[[], datetime]) -> KnxSource:
    """The source that these settings describe. Raises ConsumerAppError."""
    return KnxSource(config_from(KnxSourceConfig, settings), now=now)
