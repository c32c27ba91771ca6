"""The rows of the OBIS catalogue (DLMS UA Blue Book ed. 13 - §?, DSMR P1 Companion Standard v5.0.2 - §?,
eMUCs-P1 v1.7.1 - §?, and the habits of meters in the field).

Letters in a pattern: `a` any medium, `b` any channel, `n` channel 1 to 63 of a meter behind this one,
`t` total or tariff 1 to 63, `x` any. Group F is 255, the running period, unless it is written. The first
row that fits is taken. Titles and explanations are marked for the translators of the pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from consumerapp.readings import Quantity


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the catalogue: the codes that share a meaning, each with its phase."""

    patterns: tuple[tuple[int, str], ...]
    quantity: Quantity | None
    title: str
    explanation: str


def gettext_noop(text: str) -> str:
    """Mark a text for the translators of the pages; nothing is translated here."""
    return text


_ = gettext_noop
_Q = Quantity


def _sum(pattern: str, quantity: Quantity | None, title: str, explanation: str) -> Row:
    return Row(((0, pattern),), quantity, title, explanation)


def _phases(group_c: int, tail: str, quantity: Quantity, title: str, explanation: str) -> Row:
    """One row for L1, L2 and L3, whose group C lies 20 apart (Blue Book 13 - §?)."""
    patterns = tuple((phase, f"1-b:{group_c + 20 * phase}.{tail}") for phase in (1, 2, 3))
    return Row(patterns, quantity, title, explanation)


_POWER = (
    _sum(
        "1-b:1.7.0", _Q.ACTIVE_POWER_IMPORT,
        _("Power from the grid"), _("Electric power taken from the grid at this moment."),
    ),
    _sum(
        "1-b:2.7.0", _Q.ACTIVE_POWER_EXPORT,
        _("Power to the grid"), _("Electric power sent to the grid at this moment."),
    ),
    _sum(
        "1-b:16.7.0", _Q.ACTIVE_POWER_NET,
        _("Net power"), _("Power taken from the grid minus power sent to it; negative means sending."),
    ),
    _sum(
        "1-b:15.7.0", _Q.ACTIVE_POWER_ABSOLUTE,
        _("Power without direction"), _("How much power flows, without saying in which direction."),
    ),
    _phases(
        1, "7.0", _Q.ACTIVE_POWER_IMPORT,
        _("Power from the grid on one phase"), _("Electric power taken from the grid on one phase."),
    ),
    _phases(
        2, "7.0", _Q.ACTIVE_POWER_EXPORT,
        _("Power to the grid on one phase"), _("Electric power sent to the grid on one phase."),
    ),
    _phases(
        16, "7.0", _Q.ACTIVE_POWER_NET,
        _("Net power on one phase"), _("Power taken on one phase minus power sent on it."),
    ),
    _phases(
        15, "7.0", _Q.ACTIVE_POWER_ABSOLUTE,
        _("Power without direction on one phase"), _("How much power flows on one phase, in any direction."),
    ),
    _sum(
        "1-b:3.7.0", _Q.REACTIVE_POWER_IMPORT,
        _("Reactive power, import"), _("Power that swings between grid and home without doing work."),
    ),
    _sum(
        "1-b:4.7.0", _Q.REACTIVE_POWER_EXPORT,
        _("Reactive power, export"), _("Power that swings between home and grid without doing work."),
    ),
    _phases(
        3, "7.0", _Q.REACTIVE_POWER_IMPORT,
        _("Reactive power on one phase, import"), _("Reactive power of one phase towards the home."),
    ),
    _phases(
        4, "7.0", _Q.REACTIVE_POWER_EXPORT,
        _("Reactive power on one phase, export"), _("Reactive power of one phase towards the grid."),
    ),
    *(
        row
        for quadrant, quantity in enumerate(
            (_Q.REACTIVE_POWER_Q1, _Q.REACTIVE_POWER_Q2, _Q.REACTIVE_POWER_Q3, _Q.REACTIVE_POWER_Q4), 5
        )
        for row in (
            _sum(
                f"1-b:{quadrant}.7.0", quantity,
                _("Reactive power in one quadrant"),
                _("Reactive power by direction of power and by lead or lag."),
            ),
            _phases(
                quadrant, "7.0", quantity,
                _("Reactive power in one quadrant on one phase"),
                _("Reactive power of one phase by direction of power and by lead or lag."),
            ),
        )
    ),
    _sum(
        "1-b:9.7.0", _Q.APPARENT_POWER_IMPORT,
        _("Apparent power"), _("Volts times amperes; what the wires have to carry."),
    ),
    _sum(
        "1-b:10.7.0", _Q.APPARENT_POWER_EXPORT,
        _("Apparent power, export"), _("Volts times amperes while power is sent to the grid."),
    ),
    _phases(
        9, "7.0", _Q.APPARENT_POWER_IMPORT,
        _("Apparent power on one phase"), _("Volts times amperes of one phase."),
    ),
    _phases(
        10, "7.0", _Q.APPARENT_POWER_EXPORT,
        _("Apparent power on one phase, export"), _("Volts times amperes of one phase while power is sent."),
    ),
)  # fmt: skip

_ENERGY = (
    _sum(
        "1-b:1.8.t", _Q.ACTIVE_ENERGY_IMPORT,
        _("Energy from the grid"), _("Everything that was taken from the grid since the meter was new."),
    ),
    _sum(
        "1-b:2.8.t", _Q.ACTIVE_ENERGY_EXPORT,
        _("Energy to the grid"), _("Everything that was sent to the grid since the meter was new."),
    ),
    _sum(
        "1-b:15.8.t", _Q.ACTIVE_ENERGY_ABSOLUTE,
        _("Energy without direction"), _("Energy taken and energy sent, counted together."),
    ),
    _sum(
        "1-b:16.8.t", _Q.ACTIVE_ENERGY_NET,
        _("Net energy"), _("Energy taken minus energy sent; it falls while the home sends."),
    ),
    _phases(
        1, "8.t", _Q.ACTIVE_ENERGY_IMPORT,
        _("Energy from the grid on one phase"), _("Energy taken from the grid on one phase."),
    ),
    _phases(
        2, "8.t", _Q.ACTIVE_ENERGY_EXPORT,
        _("Energy to the grid on one phase"), _("Energy sent to the grid on one phase."),
    ),
    _phases(
        15, "8.t", _Q.ACTIVE_ENERGY_ABSOLUTE,
        _("Energy without direction on one phase"), _("Energy of one phase, taken and sent together."),
    ),
    _phases(
        16, "8.t", _Q.ACTIVE_ENERGY_NET,
        _("Net energy on one phase"), _("Energy taken on one phase minus energy sent on it."),
    ),
    _sum(
        "1-b:3.8.t", _Q.REACTIVE_ENERGY_IMPORT,
        _("Reactive energy, import"), _("Reactive power towards the home, added up over time."),
    ),
    _sum(
        "1-b:4.8.t", _Q.REACTIVE_ENERGY_EXPORT,
        _("Reactive energy, export"), _("Reactive power towards the grid, added up over time."),
    ),
    _phases(
        3, "8.t", _Q.REACTIVE_ENERGY_IMPORT,
        _("Reactive energy on one phase, import"), _("Reactive energy of one phase towards the home."),
    ),
    _phases(
        4, "8.t", _Q.REACTIVE_ENERGY_EXPORT,
        _("Reactive energy on one phase, export"), _("Reactive energy of one phase towards the grid."),
    ),
    *(
        row
        for quadrant, quantity in enumerate(
            (_Q.REACTIVE_ENERGY_Q1, _Q.REACTIVE_ENERGY_Q2, _Q.REACTIVE_ENERGY_Q3, _Q.REACTIVE_ENERGY_Q4), 5
        )
        for row in (
            _sum(
                f"1-b:{quadrant}.8.t", quantity,
                _("Reactive energy in one quadrant"),
                _("Reactive energy by direction of power and by lead or lag."),
            ),
            _phases(
                quadrant, "8.t", quantity,
                _("Reactive energy in one quadrant on one phase"),
                _("Reactive energy of one phase by direction of power and by lead or lag."),
            ),
        )
    ),
    _sum(
        "1-b:9.8.t", _Q.APPARENT_ENERGY_IMPORT,
        _("Apparent energy"), _("Volts times amperes, added up over time."),
    ),
    _sum(
        "1-b:10.8.t", _Q.APPARENT_ENERGY_EXPORT,
        _("Apparent energy, export"), _("Volts times amperes while sending, added up over time."),
    ),
    _phases(
        9, "8.t", _Q.APPARENT_ENERGY_IMPORT,
        _("Apparent energy on one phase"), _("Volts times amperes of one phase, added up over time."),
    ),
    _phases(
        10, "8.t", _Q.APPARENT_ENERGY_EXPORT,
        _("Apparent energy on one phase, export"),
        _("Volts times amperes of one phase while sending, added up over time."),
    ),
    *(
        _sum(
            f"1-b:{group_c}.8.0*{period}", None,
            _("Energy of a past period"),
            _("Energy of the last day, week, month or year, as the meter counts."),
        )
        for group_c in (1, 2)
        for period in (96, 97, 98, 99)
    ),
)  # fmt: skip

_DEMAND = (
    _sum(
        "1-b:1.4.t", _Q.DEMAND_IMPORT,
        _("Mean power of this quarter-hour"), _("Mean power taken so far in the running quarter-hour."),
    ),
    _sum(
        "1-b:2.4.t", _Q.DEMAND_EXPORT,
        _("Mean power sent in this quarter-hour"), _("Mean power sent so far in the running quarter-hour."),
    ),
    _sum(
        "1-b:1.5.t", _Q.DEMAND_IMPORT,
        _("Mean power of the last quarter-hour"), _("Mean power taken in the quarter-hour that ended last."),
    ),
    _sum(
        "1-b:2.5.t", _Q.DEMAND_EXPORT,
        _("Mean power sent in the last quarter-hour"),
        _("Mean power sent in the quarter-hour that ended last."),
    ),
    _sum(
        "1-b:1.6.t", _Q.DEMAND_MAXIMUM_IMPORT,
        _("Highest quarter-hour of the month"),
        _("The highest mean power taken in any quarter-hour this month."),
    ),
    _sum(
        "1-b:2.6.t", _Q.DEMAND_MAXIMUM_EXPORT,
        _("Highest quarter-hour sent this month"),
        _("The highest mean power sent in any quarter-hour this month."),
    ),
    _sum(
        "a-b:98.1.x", None,
        _("Highest quarter-hours of past months"),
        _("The month's highest quarter-hour of the months before."),
    ),
)  # fmt: skip

_GRID = (
    _sum("1-b:12.7.0", _Q.VOLTAGE, _("Voltage"), _("Voltage of the grid at the meter.")),
    _phases(12, "7.0", _Q.VOLTAGE, _("Voltage of one phase"), _("Voltage between one phase and neutral.")),
    Row(
        tuple((0, f"1-b:{group_c}.7.0") for group_c in (124, 125, 126)), _Q.VOLTAGE,
        _("Voltage between two phases"), _("Voltage between one phase and the next."),
    ),
    _sum("1-b:11.7.0", _Q.AMPERAGE, _("Amperes"), _("How many amperes flow, whatever the phase.")),
    _phases(11, "7.0", _Q.AMPERAGE, _("Amperes of one phase"), _("How many amperes flow on one phase.")),
    _sum("1-b:91.7.0", _Q.AMPERAGE, _("Amperes in neutral"), _("How many amperes flow back in neutral.")),
    _sum(
        "1-b:13.7.0", _Q.POWER_FACTOR,
        _("Power factor"), _("The part of the apparent power that does work, from 0 to 1."),
    ),
    _phases(
        13, "7.0", _Q.POWER_FACTOR,
        _("Power factor of one phase"), _("The part of one phase's apparent power that does work."),
    ),
    _sum("1-b:14.7.0", _Q.FREQUENCY, _("Frequency"), _("Frequency of the grid, close to 50 Hz in Europe.")),
    _phases(14, "7.0", _Q.FREQUENCY, _("Frequency on one phase"), _("Frequency measured on one phase.")),
    Row(
        ((2, "1-b:81.7.1"), (3, "1-b:81.7.2")), _Q.PHASE_ANGLE,
        _("Angle between voltages"), _("How far the voltage of this phase stands from that of phase 1."),
    ),
    Row(
        ((1, "1-b:81.7.4"), (2, "1-b:81.7.15"), (3, "1-b:81.7.26")), _Q.PHASE_ANGLE,
        _("Angle between amperes and volts"), _("How far the amperes of this phase lag behind its voltage."),
    ),
    _sum("1-b:81.7.x", _Q.PHASE_ANGLE, _("Phase angle"), _("An angle between two voltages or amperages.")),
    _phases(
        12, "32.0", _Q.VOLTAGE_SAGS,
        _("Voltage sags"), _("How often the voltage of one phase was too low."),
    ),
    _phases(
        12, "36.0", _Q.VOLTAGE_SWELLS,
        _("Voltage swells"), _("How often the voltage of one phase was too high."),
    ),
    _sum("0-b:96.7.21", _Q.POWER_FAILURES, _("Power failures"), _("How often the power was cut.")),
    _sum(
        "0-b:96.7.9", _Q.LONG_POWER_FAILURES,
        _("Long power failures"), _("How often the power was cut for more than some minutes."),
    ),
    _sum("1-b:99.97.x", None, _("Log of power failures"), _("When the power was cut, and for how long.")),
    _sum(
        "0-0:17.0.0", _Q.POWER_LIMIT,
        _("Power limit"), _("The power at which the meter limits the connection."),
    ),
    _sum(
        "1-b:31.4.0", _Q.FUSE_LIMIT,
        _("Fuse limit"), _("The amperes at which the meter's breaker opens."),
    ),
    _sum(
        "0-b:96.3.10", _Q.BREAKER_STATE,
        _("Breaker"), _("Whether the breaker is open, closed, or ready to be closed by hand."),
    ),
    _sum(
        "0-b:96.14.0", _Q.TARIFF_INDICATOR,
        _("Tariff in force"),
        _("The number of the tariff that counts now; what it costs is in the contract."),
    ),
)  # fmt: skip

_SUB_METERS = (
    _sum(
        "0-n:24.1.0", None,
        _("Kind of the meter behind"), _("What the meter on this channel measures: gas, heat, water."),
    ),
    Row(
        ((0, "0-n:24.2.1"), (0, "0-n:24.2.2"), (0, "0-n:24.3.0")), None,
        _("Value of the meter behind"),
        _("The register of the gas, heat, water or other meter on this channel."),
    ),
    _sum(
        "0-n:24.2.3", None,
        _("Uncorrected value of the meter behind"),
        _("The gas volume as it flowed, not converted to standard temperature."),
    ),
    _sum(
        "0-n:24.4.0", _Q.VALVE_STATE,
        _("Valve"), _("Whether the valve of the meter on this channel is open or closed."),
    ),
)  # fmt: skip

_OTHER_MEDIA = (
    _sum("4-b:1.0.t", _Q.HEAT_COST_UNITS, _("Heat cost units"), _("What a heat cost allocator has counted.")),
    _sum("5-b:1.0.t", _Q.COOLING_ENERGY, _("Cooling energy"), _("Cold delivered since the meter was new.")),
    _sum(
        "5-b:2.0.t", _Q.COOLING_VOLUME,
        _("Cooling volume"), _("Cooling water that has passed since the meter was new."),
    ),
    _sum("5-b:8.0.0", _Q.COOLING_POWER, _("Cooling power"), _("Cold delivered at this moment.")),
    _sum("6-b:1.0.t", _Q.HEAT_ENERGY, _("Heat energy"), _("Heat delivered since the meter was new.")),
    _sum(
        "6-b:2.0.t", _Q.HEAT_VOLUME,
        _("Heating water volume"), _("Heating water that has passed since the meter was new."),
    ),
    _sum("6-b:8.0.0", _Q.HEAT_POWER, _("Heat power"), _("Heat delivered at this moment.")),
    _sum("6-b:9.0.0", _Q.HEAT_FLOW, _("Heating water flow"), _("Heating water that passes in an hour.")),
    _sum(
        "6-b:10.0.0", _Q.HEAT_FLOW_TEMPERATURE,
        _("Flow temperature"), _("How warm the heating water comes in."),
    ),
    _sum(
        "6-b:11.0.0", _Q.HEAT_RETURN_TEMPERATURE,
        _("Return temperature"), _("How warm the heating water goes back."),
    ),
    _sum(
        "6-b:12.0.0", _Q.HEAT_TEMPERATURE_DIFFERENCE,
        _("Temperature difference"), _("How much heat the home takes out of each litre."),
    ),
    Row(
        tuple((0, f"7-b:3.{processing}.t") for processing in (0, 1, 2)), _Q.GAS_VOLUME,
        _("Gas volume"), _("Gas that has passed since the meter was new."),
    ),
    _sum(
        "7-b:13.x.x", None,
        _("Gas volume, further register"), _("A further volume register of the gas meter."),
    ),
    _sum(
        "7-b:33.x.t", _Q.GAS_ENERGY,
        _("Gas energy"), _("Energy of the gas, as the meter itself works it out."),
    ),
    _sum("7-b:43.x.x", _Q.GAS_FLOW, _("Gas flow"), _("Gas that passes in an hour.")),
    _sum("8-b:1.0.t", _Q.COLD_WATER_VOLUME, _("Cold water"), _("Cold water used since the meter was new.")),
    _sum("8-b:2.0.0", _Q.COLD_WATER_FLOW, _("Cold water flow"), _("Cold water that passes in an hour.")),
    _sum("9-b:1.0.t", _Q.HOT_WATER_VOLUME, _("Hot water"), _("Hot water used since the meter was new.")),
    _sum("9-b:2.0.0", _Q.HOT_WATER_FLOW, _("Hot water flow"), _("Hot water that passes in an hour.")),
)  # fmt: skip

_ABOUT_THE_METER = (
    Row(((0, "0-b:1.0.0"), (0, "1-b:1.0.0")), None, _("Clock"), _("The meter's own date and time.")),
    Row(
        ((0, "1-b:0.9.1"), (0, "1-b:0.9.2")), None,
        _("Time or date"), _("The meter's own time or date, as text."),
    ),
    _sum("a-b:96.1.x", None, _("Meter number"), _("The identification of the meter.")),
    _sum("a-b:0.0.x", None, _("Meter number"), _("A number of the meter or of its place.")),
    _sum("0-0:42.0.0", None, _("Device name"), _("The name under which the meter speaks.")),
    _sum("a-b:0.2.x", None, _("Firmware"), _("Version of the meter's firmware or of its parameters.")),
    _sum("1-1:0.2.129", None, _("List version"), _("Version of the list of values that the meter sends.")),
    _sum("1-3:0.2.8", None, _("P1 version"), _("Version of the P1 interface that the meter speaks.")),
    _sum("1-b:96.50.1*1", None, _("Manufacturer"), _("Who made the meter.")),
    _sum("129-129:199.130.3", None, _("Manufacturer"), _("Who made the meter.")),
    _sum(
        "129-129:199.130.5", None,
        _("Public key"), _("The key that the meter's signatures are checked with."),
    ),
    _sum("129-129:199.130.x", None, _("Manufacturer's text"), _("A text of the manufacturer.")),
    _sum(
        "0-b:96.13.0", None,
        _("Message"), _("A message of the grid operator or supplier to the consumer."),
    ),
    _sum(
        "0-b:96.13.1", None,
        _("Message code"), _("A code for the consumer, to be read out to the operator."),
    ),
    _sum("a-b:96.5.x", _Q.STATUS_WORD, _("Status"), _("The meter's status, one bit for each fact.")),
    _sum("a-b:97.97.x", _Q.STATUS_WORD, _("Error"), _("The meter's error register; 0 is no error.")),
    _sum("1-b:96.90.x", None, _("Checksum"), _("Checksum of the meter's firmware or parameters.")),
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    *_POWER, *_ENERGY, *_DEMAND, *_GRID, *_SUB_METERS, *_OTHER_MEDIA, *_ABOUT_THE_METER,
)  # fmt: skip
