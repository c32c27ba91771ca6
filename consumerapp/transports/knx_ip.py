"""A KNX bus through its IP gateway, listened to: a tunnel or multicast routing, by xknx.

Nothing of ours writes to the bus. xknx can, so its one way out is closed here
(`ListeningInterface.send_cemi`); the question for a group's value is the only telegram that is ever made, and
only for groups it is told.

Importing xknx takes 0.4 s: import this module only to carry.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Never
from typing import Protocol as TypingProtocol

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from xknx import XKNX
from xknx.cemi.cemi_frame import CEMIFrame, CEMILData
from xknx.cemi.const import CEMIMessageCode
from xknx.core.connection_state import XknxConnectionState
from xknx.exceptions import (
    CommunicationError,
    DataSecureError,
    InvalidSecureConfiguration,
    IPSecureError,
    RequestResponseError,
    XKNXException,
)
from xknx.io import ConnectionConfig, ConnectionType, SecureConfig
from xknx.io.knxip_interface import KNXIPInterface
from xknx.io.request_response.connectionstate import ConnectionState
from xknx.io.tunnel import UDPTunnel
from xknx.knxip import ErrorCode
from xknx.secure.keyring import Keyring, load_keyring
from xknx.telegram import GroupAddress as XknxGroupAddress
from xknx.telegram import Telegram
from xknx.telegram.apci import GroupValueRead

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h1.decoder import Refused
from consumerapp.h2.knx import GroupAddress, GroupTelegram, MessageCode, SecuredTelegram, parse_cemi
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import LineBroken, detail_of

CONNECT_WITHIN_S: Final = 12.0
PROBE_EVERY_S: Final = 30.0
"""A gateway forgets a tunnel that does not ask within 120 s (KNXnet/IP Core 3/8/2 - §?); one that was
restarted has forgotten it already, and only the next question tells."""
CLOSE_WITHIN_S: Final = 1.0
ASK_EVERY_S: Final = 0.1
"""The bus carries some twenty telegrams a second; questions take half of them at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnxConnection:
    """Where the bus is and how to get to it."""

    host: str = ""
    """The gateway's; empty: multicast routing."""
    port: int = 3671
    multicast_group: str = "224.0.23.12"
    local_ip: str | None = None
    """Address or name of our network interface; None: the one that leads there."""
    keyring: str | None = field(default=None, repr=False)
    """A .knxkeys file's content; None: plain KNXnet/IP."""
    keyring_password: str = field(default="", repr=False)
    tunnel_address: str | None = None
    """Individual address of the tunnel to take from the keyring; None: any that is free."""


class KnxReceiver(TypingProtocol):
    """Who takes the telegrams."""

    def line_opened(self) -> None:
        """The bus is open; telegrams may follow."""

    def telegram_arrived(self, telegram: GroupTelegram) -> None:
        """A telegram of one of our groups. It must not block."""

    def frame_refused(self, refused: Refused) -> None:
        """A frame that gave no telegram."""


class KnxIpLine:
    """One connection to one bus."""

    def __init__(
        self,
        connection: KnxConnection,
        groups: Collection[GroupAddress],
        *,
        ask: Collection[GroupAddress] = (),
        probe_every_s: float = PROBE_EVERY_S,
    ) -> None:
        """`groups` are listened to; of those in `ask` the value is asked once, when the bus is open."""
        self._connection = connection
        self._groups = frozenset(groups)
        self._ask = tuple(ask)
        self._probe_every_s = probe_every_s

    async def carry(self, receiver: KnxReceiver) -> Never:
        """Connect and hand on until the connection breaks (LineBroken)."""
        config = await self._config()
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def state_changed(state: XknxConnectionState) -> None:
            if state is XknxConnectionState.DISCONNECTED and not ended.done():
                ended.set_result(None)

        def cemi_arrived(octets: bytes) -> None:
            try:
                self._take(octets, bus, receiver)
            except Exception as error:  # noqa: BLE001 - handed to the task that carries, which raises it
                if not ended.done():
                    ended.set_exception(error)

        xknx = XKNX(connection_config=config)
        bus = ListeningInterface(xknx, config, cemi_arrived)
        xknx.knxip_interface = bus
        try:
            await self._open(bus)
            xknx.connection_manager.register_connection_state_changed_cb(state_changed)
            receiver.line_opened()
            await self._stay(bus, ended)
        finally:
            with contextlib.suppress(XKNXException, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await bus.stop()
            if ended.done() and not ended.cancelled():
                ended.exception()  # taken, so that nobody reports it as lost
        raise LineBroken(LinkDetail.PEER_CLOSED, "the gateway ended the connection")

    async def _open(self, bus: ListeningInterface) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await bus.start()
        except (InvalidSecureConfiguration, IPSecureError) as error:
            raise LineBroken(LinkDetail.WRONG_KEY, f"the keyring does not open it: {error}") from error
        except (XKNXException, OSError) as error:
            raise LineBroken(_why_not(error), f"not connected: {error}") from error

    async def _stay(self, bus: ListeningInterface, ended: asyncio.Future[None]) -> None:
        for group in self._ask:
            if ended.done():
                break
            with contextlib.suppress(CommunicationError):
                await bus.ask(group)
            await asyncio.sleep(ASK_EVERY_S)
        while not ended.done():
            await asyncio.wait((ended,), timeout=self._probe_every_s)
            if not ended.done():
                await bus.probe()
        ended.result()

    async def _config(self) -> ConnectionConfig:
        wanted = self._connection
        secure = None
        if wanted.keyring is not None:
            keyring = await _read_keyring(wanted.keyring, wanted.keyring_password)
            secure = SecureConfig(keyring=keyring)
        if wanted.host:
            # Plain tunnels go over UDP: many gateways, and knxd, have no other.
            kind = ConnectionType.TUNNELING_TCP_SECURE if secure else ConnectionType.TUNNELING
        else:
            kind = ConnectionType.ROUTING_SECURE if secure else ConnectionType.ROUTING
        return ConnectionConfig(
            connection_type=kind,
            gateway_ip=wanted.host or None,
            gateway_port=wanted.port,
            multicast_group=wanted.multicast_group,
            multicast_port=wanted.port,
            local_ip=wanted.local_ip,
            individual_address=wanted.tunnel_address,
            auto_reconnect=False,
            secure_config=secure,
        )

    def _take(self, octets: bytes, bus: ListeningInterface, receiver: KnxReceiver) -> None:
        try:
            found = parse_cemi(octets)
            if found is None or found.group not in self._groups or found.code is not MessageCode.INDICATION:
                return
            telegram = bus.opened(octets, found)
        except DecodeError as error:
            receiver.frame_refused(Refused(error.kind, 0, error.detail))
            return
        receiver.telegram_arrived(telegram)


class ListeningInterface(KNXIPInterface):
    """xknx's connection with its way out closed."""

    __slots__ = ("_arrived",)

    def __init__(self, xknx: XKNX, config: ConnectionConfig, arrived: Callable[[bytes], None]) -> None:
        super().__init__(xknx, config)
        self._arrived = arrived

    def cemi_received(self, raw_cemi: bytes) -> None:
        """Take a frame before xknx does: nothing of it answers what comes from the bus."""
        self._arrived(raw_cemi)

    async def send_cemi(self, cemi: CEMIFrame) -> None:
        """Whatever xknx would send stays here."""
        raise CommunicationError("this side of the bus only listens")

    async def ask(self, group: GroupAddress) -> None:
        """Ask for a group's value, without which nobody on the bus changes anything."""
        if self._interface is None:
            return
        question = Telegram(destination_address=XknxGroupAddress(int(group)), payload=GroupValueRead())
        data = CEMILData.init_from_telegram(question, src_addr=self.xknx.current_address)
        if self.xknx.cemi_handler.data_secure is not None:
            data = self.xknx.cemi_handler.data_secure.outgoing_cemi(cemi_data=data)
        await self._interface.send_cemi(CEMIFrame(code=CEMIMessageCode.L_DATA_REQ, data=data))

    async def probe(self) -> None:
        """Ask the gateway whether it still knows our tunnel. Raises LineBroken where it does not."""
        tunnel = self._interface
        if not isinstance(tunnel, UDPTunnel) or tunnel.communication_channel is None:
            return
        question = ConnectionState(
            transport=tunnel.transport,
            communication_channel_id=tunnel.communication_channel,
            local_hpai=tunnel.local_hpai,
        )
        try:
            await question.request()
        except RequestResponseError as error:
            raise LineBroken(_why_not(error), f"the gateway does not know us any more: {error}") from error

    def opened(self, octets: bytes, found: GroupTelegram | SecuredTelegram) -> GroupTelegram:
        """The telegram, deciphered where it is under Data Secure. Never raises anything but DecodeError."""
        data_secure = self.xknx.cemi_handler.data_secure
        is_secured = isinstance(found, SecuredTelegram)
        if data_secure is None:
            if isinstance(found, SecuredTelegram):
                raise DecodeError(f"{found.group} is under KNX Data Secure", RefusalKind.NEEDS_KEY)
            return found
        frame = CEMIFrame.from_knx(octets)
        assert isinstance(frame.data, CEMILData)
        try:
            # A plain telegram to a group that has a key is refused here.
            frame.data = data_secure.received_cemi(cemi_data=frame.data)
        except DataSecureError as error:
            is_replay = "number" in str(error)
            kind = RefusalKind.REPLAY if is_replay else RefusalKind.WRONG_KEY
            raise DecodeError(f"{found.group}: {error}", kind) from error
        inside = parse_cemi(frame.to_knx())
        if not isinstance(inside, GroupTelegram):
            raise DecodeError(f"{found.group}: no group telegram inside", RefusalKind.UNSUPPORTED)
        return inside._replace(is_secured=is_secured)


def _why_not(error: BaseException) -> LinkDetail:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RequestResponseError) and cause.error_code is ErrorCode.E_NO_MORE_CONNECTIONS:
            return LinkDetail.TUNNELS_TAKEN
        cause = cause.__cause__
    return detail_of(error, LinkDetail.UNREACHABLE)


async def _read_keyring(content: str, password: str) -> Keyring:
    try:
        # xknx's own reader would follow entities.
        fromstring(content.encode(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise LineBroken(LinkDetail.WRONG_KEY, "the keyring is no XML") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keyring.knxkeys"
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        try:
            return await load_keyring(path, password)
        except (XKNXException, OSError, ValueError) as error:
            raise LineBroken(LinkDetail.WRONG_KEY, "the password does not open the keyring") from error
