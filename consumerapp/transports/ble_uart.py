"""An optical head over Bluetooth LE: a transparent UART whose notifications are the meter's bytes.

Most heads speak as the Nordic UART service does; others have the same two characteristics under numbers of
their own. Only ever read: notifications are subscribed to, nothing is written.
`bleak` is imported when the first head is looked for, so that a display starts without it.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import MAX_BYTES_PER_S, LineBroken, LineReceiver

SCHEME: Final = "ble"
NORDIC_UART_SERVICE: Final = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
NORDIC_UART_NOTIFY: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
"""The characteristic that notifies what the peripheral received on its UART (Nordic UART Service - §?)."""

SCAN_S: Final = 8.0
"""Heads that run on a battery advertise once a second or two."""
LOOK_EVERY_S: Final = 0.2
CONNECT_TIMEOUT_S: Final = 20.0
_PARAMETERS: Final = frozenset({"service", "notify", "adapter"})
_ADAPTER = re.compile(r"[a-z]{2,8}[0-9]{1,3}")
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
_BASE_UUID = "-0000-1000-8000-00805f9b34fb"
"""Behind a number of 16 bits (Bluetooth Core Specification - §?)."""


@dataclass(frozen=True, slots=True)
class HeadAtHand:
    """A Bluetooth device that was heard."""

    address: str
    name: str
    rssi_dbm: int | None
    is_uart: bool
    """It says of itself that it is a transparent UART; some heads do not say it."""

    @property
    def url(self) -> str:
        """The address as links keep it."""
        return f"{SCHEME}://{self.address}"


class BleUart:
    """One head, only ever read."""

    def __init__(
        self,
        address: str,
        *,
        service: str = NORDIC_UART_SERVICE,
        notify: str = NORDIC_UART_NOTIFY,
        adapter: str | None = None,
        scan_s: float = SCAN_S,
    ) -> None:
        """`adapter`: which of several, such as hci1 (Linux only); None: the system chooses."""
        self._address = known_address(address)
        self._service = known_uuid(service)
        self._notify = known_uuid(notify)
        self._bluez = chosen_adapter(adapter)
        self._scan_s = scan_s
        self._known: Any = None
        """The device as it was last connected to: it need not be heard again to be called."""

    @classmethod
    def from_url(cls, url: str) -> BleUart:
        """Read `ble://AA:BB:CC:DD:EE:FF`, with `?service=…&notify=…` for a head that has numbers of its own.

        `adapter=hci1` chooses one of several adapters. Raises ConsumerAppError.
        """
        try:
            parts = urlsplit(url)
            more = parse_qs(parts.query, strict_parsing=bool(parts.query), max_num_fields=4)
        except ValueError as error:
            raise ConsumerAppError("no such address: want ble://AA:BB:CC:DD:EE:FF") from error
        if parts.scheme != SCHEME or parts.path not in {"", "/"} or not set(more) <= _PARAMETERS:
            raise ConsumerAppError("no such address: want ble://AA:BB:CC:DD:EE:FF")
        chosen = {name: values[-1] for name, values in more.items()}
        return cls(
            parts.netloc,
            service=chosen.get("service", NORDIC_UART_SERVICE),
            notify=chosen.get("notify", NORDIC_UART_NOTIFY),
            adapter=chosen.get("adapter"),
        )

    async def carry(self, receiver: LineReceiver) -> None:
        """Look for the head, connect and hand on until it goes; raises LineBroken."""
        bleak: Any = await asyncio.to_thread(import_module, "bleak")
        loop = asyncio.get_running_loop()
        gone: asyncio.Future[None] = loop.create_future()

        def on_gone(_client: object = None) -> None:
            if not gone.done():
                gone.set_result(None)

        intake = _Intake(receiver, gone)
        try:
            device, self._known = self._known or await self._find(bleak), None
            async with bleak.BleakClient(
                device, disconnected_callback=on_gone, timeout=CONNECT_TIMEOUT_S, **self._bluez
            ) as client:
                uart = client.services.get_service(self._service)
                notifies = None if uart is None else uart.get_characteristic(self._notify)
                if notifies is None:
                    raise LineBroken(LinkDetail.NOT_A_HEAD, "no transparent UART with these UUIDs")
                receiver.line_opened(intake)
                await client.start_notify(notifies, intake.notified)
                self._known = device
                await asyncio.shield(gone)
        except (LineBroken, asyncio.CancelledError):
            raise
        except Exception as error:
            if gone.done() and not gone.cancelled() and gone.exception() is error:
                raise
            # The library and its backends raise errors of many families; each means the same.
            raise LineBroken(_detail_of(error), f"the head cannot be read: {type(error).__name__}") from error
        raise LineBroken(LinkDetail.PEER_CLOSED, "the head ended the connection")

    def leads_elsewhere(self) -> bool:
        """An address belongs to one head."""
        return False

    async def _find(self, bleak: Any) -> Any:
        loop = asyncio.get_running_loop()
        async with bleak.BleakScanner(**self._bluez) as scanner:
            until_s = loop.time() + self._scan_s
            while loop.time() < until_s:
                for address, (device, _) in scanner.discovered_devices_and_advertisement_data.items():
                    if address.upper() == self._address:
                        return device
                await asyncio.sleep(LOOK_EVERY_S)
        raise LineBroken(LinkDetail.HEAD_NOT_FOUND, "the head was not heard")


class _Intake:
    """Hands notifications on, as many as a meter can fill."""

    def __init__(self, receiver: LineReceiver, gone: asyncio.Future[None]) -> None:
        self._receiver = receiver
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._window_ends_s = 0.0
        self._taken_bytes = 0

    def notified(self, _characteristic: object, octets: bytearray) -> None:
        """The next bytes; what is more than any meter sends is dropped, for a radio cannot be slowed down."""
        if self._gone.done():
            return
        now_s = self._loop.time()
        if now_s >= self._window_ends_s:
            self._window_ends_s, self._taken_bytes = now_s + 1.0, 0
        self._taken_bytes += len(octets)
        if self._taken_bytes > MAX_BYTES_PER_S:
            self._receiver.line_flooded()
            return
        try:
            self._receiver.bytes_arrived(bytes(octets))
        except Exception as error:  # noqa: BLE001 - handed to the task that carries, which raises it
            self._gone.set_exception(error)

    def hold(self, seconds: float) -> None:
        """A head sends when it has something; there is nothing to hold."""


async def heads_at_hand(seconds: float = SCAN_S, *, adapter: str | None = None) -> tuple[HeadAtHand, ...]:
    """What advertises within so many seconds, UARTs first, then the nearest. Raises LineBroken."""
    bleak: Any = await asyncio.to_thread(import_module, "bleak")
    try:
        heard = await bleak.BleakScanner.discover(timeout=seconds, return_adv=True, **chosen_adapter(adapter))
    except Exception as error:
        raise LineBroken(_detail_of(error), f"no scan is possible: {type(error).__name__}") from error
    heads = [
        HeadAtHand(
            address=address.upper(),
            name=told.local_name or device.name or "",
            rssi_dbm=told.rssi if told.rssi not in {None, 0, -127} else None,
            is_uart=NORDIC_UART_SERVICE in told.service_uuids,
        )
        for address, (device, told) in heard.items()
    ]
    return tuple(sorted(heads, key=lambda head: (not head.is_uart, not head.name, -(head.rssi_dbm or -127))))


def chosen_adapter(name: str | None) -> dict[str, Any]:
    """What bleak is told of the adapter; empty: nothing. Raises ConsumerAppError."""
    if name is None:
        return {}
    if not _ADAPTER.fullmatch(name):
        raise ConsumerAppError(f"{name[:20]!r} is no Bluetooth adapter; want a name such as hci0")
    return {"bluez": {"adapter": name}}


def known_address(text: str) -> str:
    """A device's address, in capitals: six octets, or a UUID on systems that show no address."""
    address = text.strip().upper().replace("-", ":") if text.count("-") == 5 else text.strip().upper()
    if _MAC.fullmatch(address):
        return address
    try:
        return str(uuid.UUID(text.strip())).upper()
    except ValueError:
        raise ConsumerAppError(f"{text[:40]!r} is no Bluetooth address; want AA:BB:CC:DD:EE:FF") from None


def known_uuid(text: str) -> str:
    """A UUID in full; four hexadecimal digits are a number of the Bluetooth SIG."""
    bare = text.strip().lower()
    try:
        if re.fullmatch(r"[0-9a-f]{4}", bare):
            return f"0000{bare}{_BASE_UUID}"
        return str(uuid.UUID(bare))
    except ValueError:
        raise ConsumerAppError(f"{text[:40]!r} is no UUID") from None


def _detail_of(error: BaseException) -> LinkDetail:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "BleakBluetoothNotAvailableError" in kinds or (
        isinstance(error, OSError) and not isinstance(error, TimeoutError)
    ):
        return LinkDetail.BLUETOOTH_OFF
    words = str(error)
    if any(
        word in words for word in ("NotReady", "ServiceUnknown", "not powered", "No powered", "turned off")
    ):
        return LinkDetail.BLUETOOTH_OFF
    return LinkDetail.UNREACHABLE
