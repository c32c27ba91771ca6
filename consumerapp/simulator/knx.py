"""The household's meters on a KNX bus: a test tool, and the only part of Meterside that writes to one.

Each value goes to its group when it changed, and all of them every so often, as cyclic group objects do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from consumerapp.errors import TransportError
from consumerapp.h2.knx_table import GroupRow, GroupTable
from consumerapp.readings import Commodity
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import HouseholdMeter, Measure
from consumerapp.simulator.pipes import HeatMeter, VolumeMeter, pipe_meters
from consumerapp.simulator.push import Faults

PORT: Final = 3671
ALL_EVERY_TICKS: Final = 30
CONNECT_WITHIN_S: Final = 12.0

_ELECTRICITY = {
    "1/0/1; 1-0:1.8.0; 13.010; ; ; KNX-1001": (Measure.IMPORT, 0),
    "1/0/2; 1-0:2.8.0; 13.010; ; ; KNX-1001": (Measure.EXPORT, 0),
    "1/0/3; 1-0:16.7.0; 14.056; ; ; KNX-1001": (Measure.NET_POWER, 0),
    "1/0/4; 1-0:32.7.0; 14.027; ; ; KNX-1001": (Measure.VOLTAGE_L1, -1),
    "1/0/5; 1-0:52.7.0; 14.027; ; ; KNX-1001": (Measure.VOLTAGE_L2, -1),
    "1/0/6; 1-0:72.7.0; 14.027; ; ; KNX-1001": (Measure.VOLTAGE_L3, -1),
}
_VOLUMES = {
    Commodity.COLD_WATER: "1/1/1; 8-0:1.0.0; 13.1200; ; ; KNX-2001",
    Commodity.GAS: "1/1/2; 7-0:3.0.0; 13.1200; ; ; KNX-3001",
    Commodity.HOT_WATER: "1/1/3; 9-0:1.0.0; 13.1200; ; ; KNX-4001",
}
_HEAT = (
    "1/1/4; 6-0:1.0.0; 229.001; ; ; KNX-5001",
    "1/1/5; 6-0:8.0.0; 14.056; ; ; KNX-5001",
    "1/1/6; 6-0:10.0.0; 9.001; ; ; KNX-5001",
    "1/1/7; 6-0:11.0.0; 9.001; ; ; KNX-5001",
)
_WATT_HOURS_VIF = 0x03


class BusMeters:
    """What the meters of a home have to say on the bus. It owns no port."""

    def __init__(self, household: Household, installed: date) -> None:
        self._electricity = HouseholdMeter(household)
        self._pipes = pipe_meters(household, installed)
        rows = list(_ELECTRICITY)
        for commodity, meter in self._pipes.items():
            rows += _HEAT if isinstance(meter, HeatMeter) else (_VOLUMES[commodity],)
        self.table = GroupTable.parse("\n".join(rows))

    def octets_at(self, at: datetime) -> Iterator[tuple[GroupRow, bytes]]:
        """Every group with what it holds at an instant."""
        values = self._values(at)
        for row, value in zip(self.table.rows.values(), values, strict=True):
            if row.datapoint.number == "229.001":
                yield row, int(value).to_bytes(4, "big") + bytes((_WATT_HOURS_VIF, 0))
            else:
                yield row, row.datapoint.encode_value(value)

    def _values(self, at: datetime) -> Iterator[Decimal]:
        sample = self._electricity.sample(at)
        for measure, exponent in _ELECTRICITY.values():
            yield Decimal(sample.raw(measure, exponent)).scaleb(exponent)
        for meter in self._pipes.values():
            if isinstance(meter, VolumeMeter):
                # A meter shows whole litres that have passed.
                yield Decimal(meter.sample(at).volume_ml // 1000).scaleb(-3)
                continue
            heat = meter.sample(at)
            yield Decimal(heat.energy_wh)
            yield Decimal(heat.power_w)
            yield Decimal(heat.supply_tenths_c).scaleb(-1)
            yield Decimal(heat.return_tenths_c).scaleb(-1)


class BusPusher:
    """Writes what the meters say to a bus, through a tunnel of its gateway, until it is told to stop."""

    def __init__(
        self,
        meters: BusMeters,
        host: str,
        port: int = PORT,
        *,
        interval_s: float = 1.0,
        local_ip: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._meters = meters
        self._address = (host, port)
        self._interval_s = interval_s
        self._local_ip = local_ip
        self._clock = clock
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_stopped = False
        self.faults = Faults()
        """Of these only `unplugged` means something on a bus: nothing is written."""

    def stop(self) -> None:
        """Come to an end. May be called from any thread."""
        self._is_stopped = True
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    def run(self) -> None:
        """Write until stopped. Raises TransportError where the gateway cannot be reached."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        # xknx takes 0.4 s to import; the other ways of simulating do not wait for it.
        from xknx import XKNX  # noqa: PLC0415 - see above
        from xknx.exceptions import XKNXException  # noqa: PLC0415 - see above
        from xknx.io import ConnectionConfig, ConnectionType  # noqa: PLC0415 - see above

        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        if self._is_stopped:
            return
        host, port = self._address
        config = ConnectionConfig(
            connection_type=ConnectionType.TUNNELING,
            gateway_ip=host,
            gateway_port=port,
            local_ip=self._local_ip,
        )
        try:
            async with XKNX(connection_config=config) as xknx:
                await self._write_for_ever(xknx, self._stopping)
        except XKNXException as error:
            raise TransportError(f"the KNX gateway {host}:{port}: {error}") from error

    async def _write_for_ever(self, xknx: object, stopping: asyncio.Event) -> None:
        from xknx import XKNX  # noqa: PLC0415 - see _run
        from xknx.dpt.payload import DPTArray  # noqa: PLC0415 - see _run
        from xknx.telegram import GroupAddress, Telegram  # noqa: PLC0415 - see _run
        from xknx.telegram.apci import GroupValueWrite  # noqa: PLC0415 - see _run

        assert isinstance(xknx, XKNX)
        written: dict[int, bytes] = {}
        tick = 0
        while not stopping.is_set():
            if tick % ALL_EVERY_TICKS == 0:
                written.clear()
            for row, octets in () if self.faults.unplugged else self._meters.octets_at(self._clock()):
                if written.get(row.group) == octets or stopping.is_set():
                    continue
                payload = GroupValueWrite(DPTArray(tuple(octets)))
                telegram = Telegram(destination_address=GroupAddress(int(row.group)), payload=payload)
                await xknx.cemi_handler.send_telegram(telegram)
                written[row.group] = octets
            tick += 1
            try:
                async with asyncio.timeout(self._interval_s):
                    await stopping.wait()
            except TimeoutError:
                continue
