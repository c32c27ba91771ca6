"""Bills out of files: a simple CSV, or the usage summaries of Green Button (ESPI).

    name,quantity,amount
    Energy,312.4,93.72
    Standing charge,31,12.50
    total,,126.41

Documents: NAESB REQ.21 (ESPI) 4.0, schema `espi.xsd`, UsageSummary - §?. Amounts there are whole numbers
of hundred-thousandths of the currency; `billingPeriod` counts seconds of UTC.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext

from consumerapp.errors import ConsumerAppError
from consumerapp.intervals import local_day
from portal.metering.bill_check import BillLine, Kind

MAX_FILE_BYTES = 4_000_000
"""A year of quarter-hours in ESPI is 3 MB; the summaries themselves are a few kilobytes."""
MAX_LINES = 60
MAX_BILLS = 36
_AMOUNT = Decimal("0.00001")
_UOM_WH, _UOM_M3 = "72", "42"
_NUMERIC_CURRENCIES = {
    "840": "USD", "978": "EUR", "826": "GBP", "756": "CHF", "124": "CAD", "752": "SEK", "578": "NOK",
    "208": "DKK", "985": "PLN", "203": "CZK", "348": "HUF", "36": "AUD", "554": "NZD",
}  # fmt: skip
"""ISO 4217 by number, as ESPI names them."""


class BillFileError(ConsumerAppError):
    """A file that cannot be taken in as a bill; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFile:
    """One bill as a file tells it."""

    lines: tuple[BillLine, ...]
    total: Decimal | None = None
    first: date | None = None
    """First local day; None: the file does not say."""
    last: date | None = None
    currency: str = ""


def parse_bills(content: bytes, zone: ZoneInfo) -> tuple[BillFile, ...]:
    """Every bill that a file holds. Raises BillFileError."""
    if len(content) > MAX_FILE_BYTES:
        raise BillFileError(gettext("The file is too long."))
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return _parse_espi(content, zone)
    try:
        return (_parse_csv(content.decode("utf-8-sig")),)
    except UnicodeDecodeError as error:
        raise BillFileError(gettext("The file is no text in UTF-8.")) from error


def read_number(text: str, where: str) -> Decimal | None:
    """A number with a point or a comma; None: nothing is there. Raises BillFileError."""
    plain = text.strip().replace("\N{NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-")
    if not plain:
        return None
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain)
        if not number.is_finite() or abs(number) >= 10**9:
            raise InvalidOperation
    except InvalidOperation as error:
        raise BillFileError(
            gettext("%(where)s: “%(text)s” is no number.") % {"where": where, "text": text[:40]}
        ) from error
    return number


def _parse_csv(text: str) -> BillFile:
    rows = text.splitlines()
    separator = ";" if rows and ";" in rows[0] else ","
    reader = csv.DictReader(rows, delimiter=separator)
    if not {"name", "amount"} <= {(name or "").strip().lower() for name in reader.fieldnames or ()}:
        raise BillFileError(gettext("The first line has to name the columns: name,quantity,amount"))
    lines: list[BillLine] = []
    total: Decimal | None = None
    try:
        for row in reader:
            named = {
                (name or "").strip().lower(): value.strip()
                for name, value in row.items()
                if isinstance(value, str)
            }
            where = gettext("Line %(number)d") % {"number": reader.line_num}
            name = named.get("name", "")[:80]
            quantity = read_number(named.get("quantity", ""), where)
            amount = read_number(named.get("amount", ""), where)
            if name.casefold() == "total":
                total = amount
            elif name:
                lines.append(BillLine(name, quantity, amount))
    except csv.Error as error:
        raise BillFileError(gettext("The file is no CSV: %(why)s") % {"why": error}) from error
    if not lines and total is None:
        raise BillFileError(gettext("The file holds no line of a bill."))
    if len(lines) > MAX_LINES:
        raise BillFileError(gettext("A bill has at most %(count)d lines.") % {"count": MAX_LINES})
    return BillFile(lines=tuple(lines), total=total)


def _parse_espi(content: bytes, zone: ZoneInfo) -> tuple[BillFile, ...]:
    try:
        # No entity, no external document: a file from outside can make us fetch or unfold nothing.
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BillFileError(gettext("The file is no sound XML.")) from error
    summaries = [element for element in root.iter() if _name(element) in _SUMMARIES]
    if not summaries:
        raise BillFileError(gettext("The file holds no usage summary."))
    return tuple(_summary(summary, zone) for summary in summaries[:MAX_BILLS])


_SUMMARIES = frozenset({"UsageSummary", "ElectricPowerUsageSummary"})


def _summary(summary: Element, zone: ZoneInfo) -> BillFile:
    lines: list[BillLine] = []
    used = _quantity(_find(summary, "overallConsumptionLastPeriod"))
    if used is not None:
        lines.append(BillLine("", used, None, Kind.CONSUMPTION))
    details = [child for child in summary if _name(child) == "costAdditionalDetailLastPeriod"]
    for item in details[:MAX_LINES]:
        note = _text(item, "note").strip()[:80] or gettext("Additional charge")
        lines.append(BillLine(note, _quantity(_find(item, "measurement")), _amount(item, "amount")))
    additional = _amount(summary, "costAdditionalLastPeriod")
    if additional is not None and not details:
        lines.append(BillLine(gettext("Additional charges"), None, additional))
    first = last = None
    period = _find(summary, "billingPeriod")
    if period is not None:
        start, duration = _whole(period, "start"), _whole(period, "duration")
        if start is not None and duration:
            try:
                begins = datetime.fromtimestamp(start, UTC)
                ends = begins + timedelta(seconds=duration - 1)
            except (OverflowError, ValueError, OSError) as error:
                raise BillFileError(gettext("The billing period makes no sense.")) from error
            first, last = local_day(begins, zone), local_day(ends, zone)
            if last < first:
                raise BillFileError(gettext("The billing period makes no sense."))
    return BillFile(
        lines=tuple(lines),
        total=_amount(summary, "billLastPeriod"),
        first=first,
        last=last,
        currency=_NUMERIC_CURRENCIES.get(_text(summary, "currency").strip().lstrip("0"), ""),
    )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _find(within: Element, name: str) -> Element | None:
    return next((child for child in within if _name(child) == name), None)


def _text(within: Element, name: str) -> str:
    found = _find(within, name)
    return "" if found is None else found.text or ""


def _whole(within: Element, name: str) -> int | None:
    text = _text(within, name).strip()
    if not text:
        return None
    try:
        return int(text[:20])
    except ValueError as error:
        raise BillFileError(
            gettext("%(where)s: “%(text)s” is no number.") % {"where": name, "text": text[:40]}
        ) from error


def _amount(within: Element, name: str) -> Decimal | None:
    whole = _whole(within, name)
    return None if whole is None else whole * _AMOUNT


def _quantity(measurement: Element | None) -> Decimal | None:
    """In kWh or m³; None: not told, or in another unit."""
    if measurement is None:
        return None
    value, multiplier = _whole(measurement, "value"), _whole(measurement, "powerOfTenMultiplier") or 0
    uom = _text(measurement, "uom").strip()
    if value is None or uom not in {_UOM_WH, _UOM_M3} or abs(multiplier) > 12:
        return None
    quantity = Decimal(value).scaleb(multiplier)
    return quantity / 1000 if uom == _UOM_WH else quantity
