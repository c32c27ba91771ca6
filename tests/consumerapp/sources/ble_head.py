# ruff: noqa: N802 - the members of a D-Bus interface are called as its document calls them
"""A made optical head on the private bus of a test: a transparent UART at the second adapter of mock BlueZ.

A process of its own. It notifies every line of its standard input (hexadecimal) in pieces of twenty bytes, as
heads do whose link has the smallest MTU.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

from dbus_fast import BusType, Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusBool,
    DBusBytes,
    DBusDict,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
    DBusUInt16,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

ADAPTER = "/org/bluez/hci1"
APP = "/meterside/head"
NOTIFICATION_OCTETS = 20
Strings = Annotated[list[str], DBusSignature("as")]


class Advertisement(ServiceInterface):
    """What the head says of itself."""

    def __init__(self, name: str, uuids: list[str]) -> None:
        super().__init__("org.bluez.LEAdvertisement1")
        self._name, self._uuids = name, uuids

    @dbus_property(PropertyAccess.READ)
    def Type(self) -> DBusStr:
        return "peripheral"

    @dbus_property(PropertyAccess.READ)
    def LocalName(self) -> DBusStr:
        return self._name

    @dbus_property(PropertyAccess.READ)
    def ServiceUUIDs(self) -> Strings:
        return self._uuids

    @dbus_property(PropertyAccess.READ)
    def Discoverable(self) -> DBusBool:
        return True

    @dbus_method()
    def Release(self):
        """Nothing to give back."""


class Service(ServiceInterface):
    """The UART."""

    def __init__(self, uuid: str) -> None:
        super().__init__("org.bluez.GattService1")
        self._uuid = uuid

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> DBusStr:
        return self._uuid

    @dbus_property(PropertyAccess.READ)
    def Primary(self) -> DBusBool:
        return True

    @dbus_property()
    def Handle(self) -> DBusUInt16:
        return 1

    @Handle.setter  # type: ignore[no-redef]  # dbus-fast makes properties of its own
    def Handle(self, value: DBusUInt16):
        """BlueZ tells which one it gave."""


class Characteristic(ServiceInterface):
    """What the UART received."""

    def __init__(self, uuid: str) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self._uuid = uuid
        self.notifying = False
        self._value = b""

    def notify(self, octets: bytes) -> None:
        for at in range(0, len(octets), NOTIFICATION_OCTETS):
            self._value = octets[at : at + NOTIFICATION_OCTETS]
            self.emit_properties_changed({"Value": self._value})

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> DBusStr:
        return self._uuid

    @dbus_property(PropertyAccess.READ)
    def Service(self) -> DBusObjectPath:
        return f"{APP}/service0"

    @dbus_property(PropertyAccess.READ)
    def Flags(self) -> Strings:
        return ["notify"]

    @dbus_property(PropertyAccess.READ)
    def Value(self) -> DBusBytes:
        return self._value

    @dbus_property(PropertyAccess.READ)
    def Notifying(self) -> DBusBool:
        return self.notifying

    @dbus_property()
    def Handle(self) -> DBusUInt16:
        return 2

    @Handle.setter  # type: ignore[no-redef]  # dbus-fast makes properties of its own
    def Handle(self, value: DBusUInt16):
        """BlueZ tells which one it gave."""

    @dbus_method()
    def ReadValue(self, options: DBusDict) -> DBusBytes:
        return self._value

    @dbus_method()
    def StartNotify(self):
        self.notifying = True
        print("listening", flush=True)

    @dbus_method()
    def StopNotify(self):
        self.notifying = False

    @dbus_method()
    def Confirm(self):
        """Only indications are confirmed."""


async def call(
    bus: MessageBus, path: str, interface: str, member: str, signature: str, body: list[object]
) -> None:
    reply = await bus.call(
        Message(
            destination="org.bluez",
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
    )
    assert reply is not None
    if reply.message_type is MessageType.ERROR:
        raise SystemExit(f"{member}: {reply.error_name} {reply.body}")


async def main(name: str, service_uuid: str, notify_uuid: str) -> None:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    characteristic = Characteristic(notify_uuid)
    bus.export(f"{APP}/service0", Service(service_uuid))
    bus.export(f"{APP}/service0/char0", characteristic)
    bus.export(f"{APP}/advertisement", Advertisement(name, [service_uuid]))
    powered = ["org.bluez.Adapter1", "Powered", Variant("b", True)]
    await call(bus, ADAPTER, "org.freedesktop.DBus.Properties", "Set", "ssv", powered)
    await call(bus, ADAPTER, "org.bluez.GattManager1", "RegisterApplication", "oa{sv}", [APP, {}])
    await call(
        bus,
        ADAPTER,
        "org.bluez.LEAdvertisingManager1",
        "RegisterAdvertisement",
        "oa{sv}",
        [f"{APP}/advertisement", {}],
    )
    print("advertising", flush=True)
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        if characteristic.notifying:
            characteristic.notify(bytes.fromhex(line.decode()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
