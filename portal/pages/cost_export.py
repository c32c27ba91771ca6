"""Costs as CSV and JSON: exact numbers with a point, energy in kWh as bills count it, days in ISO 8601."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.accounts.access import access_membership
from portal.accounts.models import Household
from portal.common.ownership import Owner, owned_by
from portal.metering.contracts import as_file, contracts_of
from portal.metering.cost_sums import PeriodCost, unit_of
from portal.metering.costs import line_by_days
from portal.metering.forecast import forecast_month
from portal.metering.price_now import capacity_of, peak_guard, price_steps
from portal.pages.cost_figures import Priced, priced
from portal.pages.costs import period_of
from portal.pages.money import plain
from portal.pages.periods import Period

FORM_VERSION = 1
_HEADS = (
    "day", "contract", "commodity", "direction", "component", "label", "quantity", "unit", "price",
    "amount", "currency", "missing_quarters", "unpriced_quarters", "estimated_quarters",
)  # fmt: skip


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def export(request: HttpRequest, public_id: str, kind: str) -> HttpResponse:
    """The period of the page, `csv` or `json`."""
    household = access_membership(request.user, public_id).household
    now = timezone.now()
    period = period_of(request, household, now)
    found = priced(household, contracts_of(household), period.first, period.last, now)
    name = f"costs-{period.first.isoformat()}-{period.last.isoformat()}.{kind}"
    answer: HttpResponse
    if kind == "csv":
        answer = HttpResponse(_as_csv(household, found, now), content_type="text/csv; charset=utf-8")
    elif kind == "json":
        answer = JsonResponse(_as_json(household, found, period, now), json_dumps_params={"indent": 1})
    else:
        raise Http404
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _as_csv(household: Household, found: tuple[Priced, ...], now: datetime) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADS)
    for one in found:
        contract = one.cost.contract
        stretches = [(day.day, day.day) for day in one.cost.days]
        for part in line_by_days(household, one.contract, stretches, now):
            (day,) = part.days
            for line in part.lines:
                writer.writerow(
                    (
                        day.day.isoformat(), _safe(contract.name), contract.commodity.value,
                        contract.direction.value, _safe(line.component), _safe(line.label),
                        plain(line.quantity), line.unit.value, _or_empty(line.price), plain(line.exact),
                        contract.currency, day.missing, day.unpriced, day.estimated,
                    )
                )  # fmt: skip
    return out.getvalue()


def _safe(text: str) -> str:
    """A name that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _or_empty(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _as_json(
    household: Household, found: tuple[Priced, ...], period: Period, now: datetime
) -> dict[str, Any]:
    contracts = contracts_of(household)
    by_currency: dict[str, list[Any]] = {}
    for contract in contracts:
        by_currency.setdefault(contract.contract.currency, []).append(contract)
    forecasts = {
        currency: None
        if (forecast := forecast_month(household, those, now)) is None
        else {
            "low": plain(forecast.low),
            "middle": plain(forecast.middle),
            "high": plain(forecast.high),
            "days_used": forecast.days_used,
            "days_left": forecast.days_left,
        }
        for currency, those in by_currency.items()
    }
    return {
        "form": FORM_VERSION,
        "household": household.public_id,
        "timezone": household.timezone,
        "at": now.isoformat(),
        "range": period.range.value,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "forecast_of_the_month": forecasts,
        "contracts": [
            {**_cost_as_json(household, one.cost), "now": _now_as_json(household, one, now)} for one in found
        ],
        "terms": [as_file(contract) for contract in contracts],
    }


def _cost_as_json(household: Household, cost: PeriodCost) -> dict[str, Any]:
    contract = cost.contract
    return {
        "name": contract.name,
        "commodity": contract.commodity.value,
        "direction": contract.direction.value,
        "currency": contract.currency,
        "quantity": plain(cost.quantity),
        "unit": unit_of(contract.commodity).value,
        "total": plain(cost.total),
        "exact": plain(cost.exact),
        "missing_quarters": cost.missing,
        "unpriced_quarters": cost.unpriced,
        "estimated_days": cost.estimated_days,
        "lines": [
            {
                "valid_from": line.valid_from.isoformat(),
                "component": line.component,
                "label": line.label,
                "quantity": plain(line.quantity),
                "unit": line.unit.value,
                "price": None if line.price is None else plain(line.price),
                "amount": plain(line.amount),
                "exact": plain(line.exact),
            }
            for line in cost.lines
        ],
        "days": [
            {
                "day": day.day.isoformat(),
                "quantity": plain(day.quantity),
                "energy": plain(day.energy),
                "standing": plain(day.standing),
                "missing_quarters": day.missing,
                "unpriced_quarters": day.unpriced,
                "estimated_quarters": day.estimated,
            }
            for day in cost.days
        ],
        "peaks": [
            {
                "month": month.isoformat()[:7],
                "charged_kw": plain(demand.charged_kw),
                "peaks": [
                    {"start": peak.start.astimezone(household.zone).isoformat(), "kw": plain(peak.kw)}
                    for peak in demand.peaks
                ],
            }
            for month, demand in cost.peaks
        ],
    }


def _now_as_json(household: Household, one: Priced, now: datetime) -> dict[str, Any]:
    charge = capacity_of(one.contract, now, household)
    guard = None if charge is None else peak_guard(household, one.contract, charge, now)
    return {
        "prices": list(_steps_as_json(household, one, now)),
        "peak_guard": None
        if guard is None
        else {
            "ends_at": guard.ends_at.isoformat(),
            "so_far_wh": plain(guard.so_far_wh),
            "will_be_kw": plain(guard.will_be_kw),
            "peak_kw": None if guard.peak_kw is None else plain(guard.peak_kw),
        },
    }


def _steps_as_json(household: Household, one: Priced, now: datetime) -> Iterator[dict[str, Any]]:
    for step in price_steps(household, one.contract, now):
        yield {
            "start": step.start.isoformat(),
            "end": step.end.isoformat(),
            "price": None if step.price is None else plain(step.price),
            "label": step.label,
        }
