"""Messages of an MQTT broker, over paho-mqtt: MQTT 5 or 3.1.1, TLS, a session that outlives the process.

It subscribes and never publishes: it has no last will, and nothing here can send a message. Each message of
QoS 1 is acknowledged by whoever took it, once what it says is kept; until then the broker keeps it, and sends
no more than `window` of them, so that memory is bounded. Acknowledgements leave in the order of the messages
(MQTT Version 5.0 - §4.6).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import ssl
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import LineBroken, detail_of

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage
    from paho.mqtt.properties import Properties

CONNECT_TIMEOUT_S: Final = 10.0
KEEPALIVE_S: Final = 30
SESSION_EXPIRY_S: Final = 30 * 24 * 3600
"""The broker keeps messages for a portal that is away for so long, if its own limits let it."""
WINDOW: Final = 500
"""Messages that may wait for their acknowledgement."""
MAX_PACKET_BYTES: Final = 1 << 20
MESSAGES_AT_ONCE: Final = 64
"""After so many the event loop gets its turn."""
_SUBSCRIPTION_REFUSED: Final = 0x80
_REFUSED_BY: Final = {
    0x84: LinkDetail.UNSUPPORTED,  # protocol version
    0x85: LinkDetail.BROKER_DENIED,  # client identifier
    0x86: LinkDetail.BROKER_DENIED,  # user name or password
    0x87: LinkDetail.BROKER_DENIED,  # not authorised
    0x8A: LinkDetail.BROKER_DENIED,  # banned
    0x8C: LinkDetail.BROKER_DENIED,  # authentication method
}
"""CONNACK reason codes (MQTT Version 5.0 - §3.2.2.2)."""
_PROTOCOL_REFUSED: Final = (0x84, 0x01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is, how it is trusted, and who we are to it."""

    host: str
    port: int
    client_id: str
    """Names our session at the broker: the same after a restart, and nobody else's."""
    is_encrypted: bool = True
    """False only where somebody chose it: then readings and password travel in the open."""
    ca_pem: str = ""
    """The authority that the broker's certificate comes from; empty: those that this machine trusts."""
    pinned_sha256: str = ""
    """The broker's own certificate, by its SHA-256; then no authority is asked."""
    certificate_pem: str = ""
    certificate_key_pem: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    version: str = "auto"
    """`5`, `3.1.1`, or `auto`: 5, and 3.1.1 where the broker does not know it."""

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65536:
            raise ConsumerAppError("a broker needs a host and a port from 1 to 65535")
        if self.version not in ("auto", "5", "3.1.1"):
            raise ConsumerAppError(f"the version is auto, 5 or 3.1.1, not {self.version[:10]!r}")
        if not 1 <= len(self.client_id) <= 64:
            raise ConsumerAppError("a client id has 1 to 64 characters")
        if self.pinned_sha256 and len(_fingerprint(self.pinned_sha256)) != hashlib.sha256().digest_size:
            raise ConsumerAppError("a SHA-256 fingerprint has 64 hexadecimal digits")
        if bool(self.certificate_pem) != bool(self.certificate_key_pem):
            raise ConsumerAppError("a client certificate and its key come together")


class ArrivedMessage(NamedTuple):
    """One message, and how to let the broker forget it."""

    topic: str
    payload: bytes
    is_retained: bool
    is_repeated: bool
    """The broker sent it before and heard nothing of us."""
    acknowledge: Callable[[], None]
    """To be called once, on the event loop, when all it says is kept."""


class MessageReceiver(Protocol):
    """Who takes the messages."""

    def session_begun(self, *, is_resumed: bool) -> None:
        """Connected and subscribed; a resumed session may bring what waited at the broker."""

    def message_arrived(self, message: ArrivedMessage) -> None:
        """The next message, just arrived. It must not block."""


class MqttLine:
    """One session at a broker."""

    def __init__(
        self, broker: Broker, topic_filters: tuple[str, ...], *, window: int = WINDOW, is_lasting: bool = True
    ) -> None:
        """`is_lasting`: the broker keeps the session when we leave; a passing look leaves nothing behind."""
        self._broker = broker
        self._filters = topic_filters
        self._window = window
        self._is_lasting = is_lasting
        self._version = "5" if broker.version == "auto" else broker.version

    async def carry(self, receiver: MessageReceiver) -> None:
        """Connect, subscribe and hand on until the connection breaks; raises LineBroken."""
        session = _Session(self._client(), receiver, self._filters)
        try:
            await session.run(self._broker)
        except _OtherVersion as refused:
            if self._broker.version == "auto" and self._version == "5":
                self._version = "3.1.1"
            raise LineBroken(LinkDetail.UNSUPPORTED, "the broker does not know this version") from refused

    def _client(self) -> Client:
        from paho.mqtt import client as mqtt  # noqa: PLC0415 - not needed before there is a broker
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        broker, is_five = self._broker, self._version == "5"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            protocol=mqtt.MQTTv5 if is_five else mqtt.MQTTv311,
            clean_session=None if is_five else not self._is_lasting,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.user_data_set(self._properties() if is_five else None)
        if broker.username:
            client.username_pw_set(broker.username, broker.password or None)
        if broker.is_encrypted:
            client.tls_set_context(tls_context(broker))
            if broker.pinned_sha256:
                client.tls_insecure_set(True)
        return client

    def _properties(self) -> Properties:
        from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415
        from paho.mqtt.properties import Properties  # noqa: PLC0415

        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # of paho
        properties.SessionExpiryInterval = SESSION_EXPIRY_S if self._is_lasting else 0
        properties.ReceiveMaximum = self._window
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        return properties


class _OtherVersion(Exception):
    """The broker speaks another version of MQTT."""


class _Session:
    """One connection: paho's client on asyncio's loop, without a thread of its own."""

    def __init__(self, client: Client, receiver: MessageReceiver, topic_filters: tuple[str, ...]) -> None:
        self._client = client
        self._receiver = receiver
        self._filters = topic_filters
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._unacknowledged: deque[_Waiting] = deque()
        self._arrived = 0
        self._subscription: int | None = None
        self._is_resumed = False
        self._fd = -1
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect

    async def run(self, broker: Broker) -> None:
        """Until it breaks; cancelled: the broker is left as it is."""
        await self._connect(broker)
        opened = self._client.socket()
        if opened is None:
            raise LineBroken(LinkDetail.PEER_CLOSED, "the broker closed the connection")
        self._fd = opened.fileno()
        self._loop.add_reader(self._fd, self._read)
        try:
            async with asyncio.TaskGroup() as group:
                tending = group.create_task(self._tend())
                try:
                    await self._ended
                finally:
                    tending.cancel()
        except* LineBroken as broken:
            raise broken.exceptions[0] from None
        except* _OtherVersion as other:
            raise other.exceptions[0] from None
        finally:
            self._unacknowledged.clear()
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._client.on_disconnect = None
            with contextlib.suppress(OSError, ValueError):
                self._client.disconnect()

    async def _connect(self, broker: Broker) -> None:
        kwargs: dict[str, Any] = {}
        properties = self._client.user_data_get()
        if properties is not None:
            kwargs = {"clean_start": properties.SessionExpiryInterval == 0, "properties": properties}
        try:
            async with asyncio.timeout(2 * CONNECT_TIMEOUT_S):
                await asyncio.to_thread(self._client.connect, broker.host, broker.port, KEEPALIVE_S, **kwargs)
        except ssl.SSLCertVerificationError as error:
            facts = f"the broker's certificate: {getattr(error, 'verify_message', '') or error}"
            raise LineBroken(LinkDetail.CERTIFICATE_REFUSED, facts) from error
        except ssl.SSLError as error:
            raise LineBroken(LinkDetail.CERTIFICATE_REFUSED, f"no TLS: {error.reason}") from error
        except (OSError, ValueError, UnicodeError) as error:
            detail = detail_of(error, LinkDetail.UNREACHABLE)
            raise LineBroken(detail, f"no connection to port {broker.port}: {error}") from error

    async def _tend(self) -> None:
        """Keep-alive, and whatever paho wants done now and then."""
        deadline = self._loop.time() + CONNECT_TIMEOUT_S
        while True:
            await asyncio.sleep(1.0)
            self._client.loop_misc()
            self._write_on()
            if self._subscription != 0 and self._loop.time() > deadline:
                raise LineBroken(LinkDetail.UNREACHABLE, "the broker does not answer")

    def _read(self) -> None:
        """Read what is there, some messages at a time."""
        try:
            for _ in range(MESSAGES_AT_ONCE):
                arrived = self._arrived
                self._client.loop_read()
                opened = self._client.socket()
                if opened is None:
                    break
                pending = getattr(opened, "pending", None)  # of TLS: decrypted already, no event will tell
                if self._arrived == arrived and not (pending is not None and pending()):
                    break
            self._write_on()
        except Exception as error:  # noqa: BLE001 - handed to the task that carries, which raises it
            self._fail(error)

    def _write_on(self) -> None:
        if self._client.socket() is None:
            return
        if self._client.want_write():
            self._client.loop_write()
        if self._client.want_write():
            self._loop.add_writer(self._fd, self._write_on)
        else:
            self._loop.remove_writer(self._fd)

    def _fail(self, error: Exception) -> None:
        if not self._ended.done():
            self._ended.set_exception(error)

    # --- what paho calls ------------------------------------------------------------------------

    def _on_connect(self, client: Client, _userdata: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            if reason.value in _PROTOCOL_REFUSED:
                self._fail(_OtherVersion())
                return
            detail = _REFUSED_BY.get(reason.value, LinkDetail.CONNECTION_REFUSED)
            self._fail(LineBroken(detail, f"the broker refused: {reason}"))
            return
        self._is_resumed = bool(flags.session_present)
        _, self._subscription = client.subscribe([(topic, 1) for topic in self._filters])

    def _on_subscribe(
        self, _client: Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        if any(reason.value >= _SUBSCRIPTION_REFUSED for reason in reasons):
            self._fail(LineBroken(LinkDetail.SUBSCRIPTION_DENIED, "the broker refused the subscription"))
            return
        self._subscription = 0
        self._receiver.session_begun(is_resumed=self._is_resumed)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._arrived += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        acknowledge = _nothing
        if message.qos:
            waiting = _Waiting(self, message.mid)
            self._unacknowledged.append(waiting)
            acknowledge = waiting.done
        if not topic:
            acknowledge()
            return
        self._receiver.message_arrived(
            ArrivedMessage(topic, bytes(message.payload), message.retain, message.dup, acknowledge)
        )

    def _on_disconnect(
        self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        self._fail(LineBroken(LinkDetail.PEER_CLOSED, f"the connection ended: {reason}"))

    def acknowledge_in_order(self) -> None:
        """Send what may be sent: everything before the first message that is still being kept."""
        while self._unacknowledged and self._unacknowledged[0].is_done:
            self._client.ack(self._unacknowledged.popleft().mid, 1)
        self._write_on()


class _Waiting:
    """A message that the broker still remembers."""

    __slots__ = ("_session", "is_done", "mid")

    def __init__(self, session: _Session, mid: int) -> None:
        self._session = session
        self.mid = mid
        self.is_done = False

    def done(self) -> None:
        """It may be forgotten. After the connection has ended this does nothing: it comes again."""
        self.is_done = True
        self._session.acknowledge_in_order()


def _nothing() -> None:
    """QoS 0 wants no acknowledgement."""


def tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or later to this broker. Raises ConsumerAppError for certificates that cannot be read."""
    try:
        context = ssl.create_default_context(cadata=broker.ca_pem or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if broker.pinned_sha256:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.sslsocket_class = _socket_class(_fingerprint(broker.pinned_sha256))
        if broker.certificate_pem:
            _load_certificate(context, broker.certificate_pem, broker.certificate_key_pem)
    except (ssl.SSLError, ValueError) as error:
        raise ConsumerAppError("a certificate or its key cannot be read; want PEM") from error
    return context


def _socket_class(fingerprint: bytes) -> type[ssl.SSLSocket]:
    class CheckedSocket(ssl.SSLSocket):
        """Closed when the handshake fails, or shows another certificate than the pinned one."""

        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
                shown = hashlib.sha256(self.getpeercert(binary_form=True) or b"").digest()
                if fingerprint and not hmac.compare_digest(shown, fingerprint):
                    raise ssl.SSLCertVerificationError("the certificate is not the pinned one")
            except BaseException:
                self.close()
                raise

    return CheckedSocket


def _load_certificate(context: ssl.SSLContext, certificate_pem: str, key_pem: str) -> None:
    """The ssl module reads files only: one of ours alone, for a moment."""
    with tempfile.TemporaryDirectory(prefix="meterside-") as folder:
        path = Path(folder, "client.pem")
        path.touch(mode=0o600)
        path.write_text(f"{certificate_pem}\n{key_pem}\n")
        context.load_cert_chain(path)


def _fingerprint(text: str) -> bytes:
    digits = text.strip().lower().removeprefix("sha256:").translate({ord(sign): None for sign in " :-\n"})
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""
