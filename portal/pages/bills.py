"""Bill check: a bill is entered beside our own lines, or imported, and compared line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consumerapp.intervals import local_day
from consumerapp.tariffs.bill import BillUnit
from portal.accounts.access import access_household, access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.metering.bill_check import (
    BillLine,
    CheckedLine,
    Reason,
    Side,
    Verdict,
    Why,
    check_bill,
    line_from_json,
    line_name,
    line_to_json,
)
from portal.metering.bill_files import MAX_LINES, BillFileError, parse_bills, read_number
from portal.metering.contract_models import SupplierBill
from portal.metering.contracts import HouseholdContract, access_contract, contracts_of, last_month
from portal.metering.cost_sums import PeriodCost, unit_of
from portal.metering.costs import period_cost
from portal.pages import figures, money
from portal.pages.contract_form import DateField
from portal.pages.cost_figures import doubts_of
from portal.pages.figures import Figure
from portal.pages.frame import household_context

EXTRA_LINES = 4
"""Empty rows for what only the bill knows."""
VERDICT_WORDS = {
    Verdict.AGREES: _("agrees"),
    Verdict.ROUNDING: _("agrees but for rounding"),
    Verdict.DIFFERS: _("differs"),
    Verdict.ONLY_OURS: _("not on the bill"),
    Verdict.ONLY_THEIRS: _("only on the bill"),
}


class StretchForm(forms.Form):
    """Which contract and which days a bill is for."""

    contract = forms.TypedChoiceField(label=_("Contract"), coerce=int)
    first = DateField(label=_("First day"))
    last = DateField(label=_("Last day"))

    def __init__(self, *args: Any, contracts: tuple[HouseholdContract, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["contract"]
        assert isinstance(field, forms.TypedChoiceField)  # declared above
        field.choices = [(one.row.pk, one.contract.name) for one in contracts]

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first, and a bill is a year at most."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not 0 <= (last - first).days <= 400:
            self.add_error("last", gettext("A bill ends after it begins, and covers a year at most."))
        return cleaned


class ImportForm(forms.Form):
    """A bill out of a file."""

    file = forms.FileField(label=_("File (CSV, or Green Button XML)"), required=False)


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def bills(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every bill that was checked, and the way to the next."""
    membership = access_membership(request.user, public_id)
    household = membership.household
    contracts = contracts_of(household)
    kept = SupplierBill.objects.filter(contract__in=[one.row.pk for one in contracts])
    first, last = last_month(local_day(timezone.now(), household.zone))
    more = {
        "bills": [(bill.pk, bill.name, _days(bill.first, bill.last), bill.contract_id) for bill in kept],
        "contracts": contracts,
        "stretch": StretchForm(contracts=contracts, initial={"first": first, "last": last}),
        "importing": ImportForm(),
    }
    return render(request, "pages/bills.html", household_context(request, membership, "costs", **more))


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add_bill(request: HttpRequest, public_id: str) -> HttpResponse:
    """Our own lines with room for the bill's numbers beside them; a file fills them in or stands alone."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    contracts = contracts_of(household)
    if not contracts:
        return redirect("pages:costs", public_id=public_id)
    stretch = StretchForm(request.POST or request.GET or None, contracts=contracts)
    importing = ImportForm(request.POST or None, request.FILES or None)
    if not stretch.is_valid():
        kept = {"bills": (), "contracts": contracts, "stretch": stretch, "importing": importing}
        return render(request, "pages/bills.html", household_context(request, membership, "costs", **kept))
    of = access_contract(household, stretch.cleaned_data["contract"])
    first, last = stretch.cleaned_data["first"], stretch.cleaned_data["last"]
    errors: list[str] = []
    if request.method == "POST":
        try:
            made = (
                _imported(household, of, importing.cleaned_data["file"].read(), first, last)
                if importing.is_valid() and importing.cleaned_data["file"]
                else [_entered(request, of, first, last)]
            )
        except BillFileError as error:
            errors = [str(error)]
        else:
            if len(made) == 1:
                return redirect("pages:bill", public_id=public_id, pk=made[0].pk)
            messages.success(
                request,
                ngettext("%(count)d bill imported.", "%(count)d bills imported.", len(made))
                % {"count": len(made)},
            )
            return redirect("pages:bills", public_id=public_id)
    cost = _cost(household, of, first, last)
    more = {
        "stretch": stretch,
        "importing": importing,
        "errors": errors,
        "of": of,
        "days": _days(first, last),
        "rows": _rows(request, cost),
        "extra": [
            (
                number,
                request.POST.get(f"name{number}", ""),
                request.POST.get(f"quantity{number}", ""),
                request.POST.get(f"amount{number}", ""),
            )
            for number in range(len(cost.lines), len(cost.lines) + EXTRA_LINES)
        ],
        "total": money.amount(cost.total, of.contract.currency),
        "entered_total": request.POST.get("total", ""),
        "doubts": tuple(doubts_of(cost)),
        "first": first.isoformat(),
        "last": last.isoformat(),
    }
    return render(request, "pages/bill_form.html", household_context(request, membership, "costs", **more))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One of our lines, with what was entered beside it."""

    number: int
    name: str
    ours_quantity: Figure
    ours_amount: Figure
    unit: str
    quantity: str
    amount: str


def _rows(request: HttpRequest, cost: PeriodCost) -> list[EntryRow]:
    return [
        EntryRow(
            number=number,
            name=line_name(line),
            ours_quantity=money.quantity(line.quantity, line.unit),
            ours_amount=money.amount(line.amount, cost.contract.currency),
            unit=str(line.unit),
            quantity=request.POST.get(f"quantity{number}", ""),
            amount=request.POST.get(f"amount{number}", ""),
        )
        for number, line in enumerate(cost.lines)
    ]


def _entered(request: HttpRequest, of: HouseholdContract, first: date, last: date) -> SupplierBill:
    """What was typed in. Raises BillFileError with the line."""
    lines: list[BillLine] = []
    for number in range(MAX_LINES):
        name = request.POST.get(f"name{number}", "").strip()[:80]
        where = name or gettext("Line %(number)d") % {"number": number + 1}
        quantity = read_number(request.POST.get(f"quantity{number}", ""), where)
        amount = read_number(request.POST.get(f"amount{number}", ""), where)
        if name and (quantity is not None or amount is not None):
            lines.append(BillLine(name, quantity, amount))
    total = read_number(request.POST.get("total", ""), gettext("Total"))
    if not lines and total is None:
        raise BillFileError(gettext("Enter at least one amount of the bill."))
    return _keep(of, first, last, lines, total)


def _imported(
    household: Household, of: HouseholdContract, content: bytes, first: date, last: date
) -> list[SupplierBill]:
    """Every bill of a file; days that it says itself go before those that were asked for."""
    made = []
    for found in parse_bills(content, household.zone):
        if found.currency and found.currency != of.contract.currency:
            raise BillFileError(
                gettext("The bill is in %(bill)s, the contract in %(contract)s.")
                % {"bill": found.currency, "contract": of.contract.currency}
            )
        made.append(_keep(of, found.first or first, found.last or last, list(found.lines), found.total))
    return made


def _keep(
    of: HouseholdContract, first: date, last: date, lines: list[BillLine], total: Decimal | None
) -> SupplierBill:
    return SupplierBill.objects.create(
        contract=of.row,
        name=of.contract.name,
        first=first,
        last=last,
        lines=[line_to_json(line) for line in lines],
        total=total,
    )


# -- the comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One compared line in words."""

    name: str
    verdict: str
    words: str
    ours_quantity: Figure | None
    theirs_quantity: Figure | None
    ours: Figure | None
    theirs: Figure | None
    difference: Figure | None
    reasons: tuple[str, ...]


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def bill(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """One bill, line by line."""
    membership = access_membership(request.user, public_id)
    household = membership.household
    kept, of = _access_bill(household, pk)
    cost = _cost(household, of, kept.first, kept.last)
    check = check_bill(cost, [line_from_json(line) for line in kept.lines], kept.total)
    told = () if check.consumption is None else (check.consumption,)
    rows = [_row(line, cost) for line in (*told, *check.lines)]
    more = {
        "bill": kept,
        "of": of,
        "days": _days(kept.first, kept.last),
        "rows": rows,
        "total": _row(check.total, cost),
        "sentence": _sentence(check.total, check.agreeing, len(check.lines), cost),
        "doubts": tuple(doubts_of(cost)),
        "uncovered": cost.first > kept.first or cost.last < kept.last,
    }
    return render(request, "pages/bill.html", household_context(request, membership, "costs", **more))


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def remove_bill(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Forget a bill."""
    household = access_household(request.user, public_id, at_least=Role.MEMBER)
    kept, _of = _access_bill(household, pk)
    kept.delete()
    messages.success(request, gettext("The bill was removed."))
    return redirect("pages:bills", public_id=public_id)


def _access_bill(household: Household, pk: int) -> tuple[SupplierBill, HouseholdContract]:
    kept = SupplierBill.objects.filter(pk=pk, contract__household=household).first()
    if kept is None:
        raise Http404
    return kept, access_contract(household, kept.contract_id)


def _cost(household: Household, of: HouseholdContract, first: date, last: date) -> PeriodCost:
    now = timezone.now()
    begin = max(first, of.first_day)
    end = min(last, local_day(now, household.zone), of.contract.ends_on or last)
    return period_cost(household, of, min(begin, end), end, now)


def _days(first: date, last: date) -> str:
    day = pgettext("date format", "j M Y")
    return gettext("%(first)s to %(last)s") % {
        "first": date_format(first, day),
        "last": date_format(last, day),
    }


def _row(line: CheckedLine, cost: PeriodCost) -> CheckRow:
    currency = cost.contract.currency
    unit = unit_of(cost.contract.commodity)

    def quantity(side: Side | None) -> Figure | None:
        if side is None or side.quantity is None:
            return None
        return money.quantity(side.quantity, side.unit or unit)

    def amount(side: Side | None) -> Figure | None:
        return None if side is None or side.amount is None else money.amount(side.amount, currency)

    return CheckRow(
        name=line.name or gettext("Used in all"),
        verdict=line.verdict.value,
        words=str(VERDICT_WORDS[line.verdict]),
        ours_quantity=quantity(line.ours),
        theirs_quantity=quantity(line.theirs),
        ours=amount(line.ours),
        theirs=amount(line.theirs),
        difference=None if line.difference is None else money.amount(line.difference, currency),
        reasons=tuple(_words(reason, line, cost) for reason in line.reasons),
    )


def _words(reason: Reason, line: CheckedLine, cost: PeriodCost) -> str:
    """A reason as a sentence."""
    currency = cost.contract.currency
    unit = (line.ours.unit if line.ours else None) or unit_of(cost.contract.commodity)
    number = reason.number
    match reason.why:
        case Why.QUANTITY_ROUNDED:
            return gettext("The bill rounds the quantity to %(quantity)s.") % {
                "quantity": money.quantity(number, unit)
            }
        case Why.QUANTITY:
            facts = {"quantity": money.quantity(abs(number), unit)}
            if unit is BillUnit.DAY:
                more = gettext("The bill counts %(quantity)s more than this period has.")
                less = gettext("The bill counts %(quantity)s less than this period has.")
                return (more if number > 0 else less) % facts
            if number > 0:
                return gettext("The bill counts %(quantity)s more than your meter.") % facts
            return gettext("The bill counts %(quantity)s less than your meter.") % facts
        case Why.ESTIMATED:
            return ngettext(
                "Of %(count)d day we know how much was used, but not exactly when.",
                "Of %(count)d days we know how much was used, but not exactly when.",
                int(number),
            ) % {"count": number}
        case Why.MISSING:
            return gettext("We have no reading for %(hours)s h.") % {"hours": figures.number(number / 4, 1)}
        case Why.UNPRICED:
            return gettext("We have no price for %(hours)s h.") % {"hours": figures.number(number / 4, 1)}
        case Why.PRICE:
            return _price_words(reason, currency, unit)
        case Why.OTHER_VERSION:
            assert reason.day is not None  # this reason always names a version
            return gettext("That is the price of your contract from %(day)s.") % {
                "day": date_format(reason.day, pgettext("date format", "j M Y"))
            }
        case Why.WITH_TAX:
            return gettext("The bill's line has the tax in it (%(percent)s %%), ours has it apart.") % {
                "percent": f"{number.normalize():f}"
            }
        case Why.FOLLOWS:
            return gettext("It is a percentage of lines that differ.")


def _price_words(reason: Reason, currency: str, unit: BillUnit) -> str:
    if unit is BillUnit.PERCENT:
        return gettext("The bill takes %(theirs)s, your contract says %(ours)s.") % {
            "theirs": money.quantity(reason.other, unit),
            "ours": money.quantity(reason.number, unit),
        }
    return gettext("The bill comes to %(theirs)s, your contract says %(ours)s.") % {
        "theirs": money.price(round(reason.other, 4), currency, unit),
        "ours": money.price(reason.number, currency, unit),
    }


def _sentence(total: CheckedLine, agreeing: int, lines: int, cost: PeriodCost) -> str:
    if total.difference is None:
        return gettext("No amount was entered.")
    facts = {"agreeing": agreeing, "lines": lines}
    if total.verdict is Verdict.AGREES:
        return gettext("The total is right; %(agreeing)d of %(lines)d lines agree.") % facts
    if total.verdict is Verdict.ROUNDING:
        return gettext("The total is right but for rounding; %(agreeing)d of %(lines)d lines agree.") % facts
    shown = money.amount(abs(total.difference), cost.contract.currency)
    if total.difference > 0:
        return gettext("The bill is %(amount)s higher than your readings and prices say.") % {"amount": shown}
    return gettext("The bill is %(amount)s lower than your readings and prices say.") % {"amount": shown}
