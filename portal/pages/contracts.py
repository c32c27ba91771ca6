"""Contracts: entered in a household's words, seen at work on last month's use before they are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consumerapp.intervals import local_day
from consumerapp.readings import Commodity
from consumerapp.tariffs.contract import Contract, ContractError
from consumerapp.tariffs.forms import from_json
from consumerapp.tariffs.gas import GasFactors
from portal.accounts.access import access_household, access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.metering import store
from portal.metering.bill_check import line_name
from portal.metering.contracts import (
    Held,
    HouseholdContract,
    access_contract,
    add_contract,
    add_version,
    as_file,
    correct_version,
    draft,
    end_contract,
    last_month,
    remove_contract,
    replaced_versions,
)
from portal.metering.costs import period_cost
from portal.metering.price_series import find_series
from portal.pages import money
from portal.pages.contract_examples import EXAMPLES, initial_of, starting_with
from portal.pages.contract_form import KIND_WORDS, WHAT_CHOICES, ContractForm, DateField, PriceKind
from portal.pages.contract_prices import prices_of
from portal.pages.cost_figures import LineView, doubts_of
from portal.pages.costs import contract_link
from portal.pages.figures import Figure
from portal.pages.frame import household_context

MAX_FORM_CHARACTERS = 60_000


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def choose(request: HttpRequest, public_id: str) -> HttpResponse:
    """What kind of contract it is, in plain words; examples by country."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    kinds = [(kind.value, words, sentence) for kind, (words, sentence) in KIND_WORDS.items()]
    more = {"kinds": kinds, "examples": EXAMPLES}
    return render(
        request, "pages/contract_kinds.html", household_context(request, membership, "costs", **more)
    )


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form of one kind; shows last month's bill by it before it is kept."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    today = local_day(timezone.now(), household.zone)
    example = next((one for one in EXAMPLES if one.key == request.GET.get("example")), None)
    kind = example.kind if example else _kind(request.GET.get("kind", ""))
    initial = {**starting_with(household, today), **(example.initial if example else {})}
    form = ContractForm(request.POST or None, household=household, kind=kind, initial=initial)
    if _is_kept(request, form):
        try:
            made = add_contract(household, form.contract, by=membership.user, factors=form.factors)
        except ContractError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Saved. Your costs are reckoned from your readings."))
            _tell_of_missing_series(request, household, made)
            return redirect("pages:costs", public_id=public_id)
    return _form_page(request, membership, form, title=gettext("A contract"))


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def change(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Other prices from a day on: a new version, filled in with what holds now."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    of = access_contract(household, pk)
    found = initial_of(of, of.held[-1])
    if found is None:
        return redirect("pages:contract_file", public_id=public_id, pk=pk)
    kind, initial = found
    kind = _kind(request.GET.get("kind", kind.value))
    initial["valid_from"] = local_day(timezone.now(), household.zone)
    form = ContractForm(request.POST or None, household=household, kind=kind, of=of, initial=initial)
    if _is_kept(request, form):
        try:
            add_version(of, form.contract, by=membership.user, factors=form.factors)
        except ContractError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Saved. Days before keep their price."))
            return redirect("pages:contract", public_id=public_id, pk=pk)
    return _form_page(request, membership, form, title=gettext("New price"), of=of)


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def correct(request: HttpRequest, public_id: str, pk: int, version: int) -> HttpResponse:
    """Put right what was entered wrongly; what it was stays, with the reason."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    of = access_contract(household, pk)
    held = next((one for one in of.held if one.row.pk == version), None)
    found = None if held is None else initial_of(of, held)
    if held is None or found is None:
        return redirect("pages:contract", public_id=public_id, pk=pk)
    kind, initial = found
    form = ContractForm(
        request.POST or None, household=household, kind=kind, of=of, correcting=True, initial=initial
    )
    if _is_kept(request, form):
        try:
            correct_version(
                of, held, form.contract,
                reason=form.cleaned_data["reason"], by=membership.user, factors=form.factors,
            )  # fmt: skip
        except ContractError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Corrected. Costs are reckoned anew; what it was is kept."))
            return redirect("pages:contract", public_id=public_id, pk=pk)
    return _form_page(request, membership, form, title=gettext("Correct a price"), of=of)


def _kind(text: str) -> PriceKind:
    try:
        return PriceKind(text)
    except ValueError:
        return PriceKind.FLAT


def _is_kept(request: HttpRequest, form: ContractForm) -> bool:
    """Whether the form was sent to be kept, not only to be seen at work."""
    return request.method == "POST" and "preview" not in request.POST and form.is_valid()


def _form_page(
    request: HttpRequest,
    membership: Any,
    form: ContractForm,
    *,
    title: str,
    of: HouseholdContract | None = None,
) -> HttpResponse:
    preview = None
    if request.method == "POST" and form.is_valid():
        preview = preview_of(membership.household, form.contract, form.factors)
    context = household_context(
        request,
        membership,
        "costs",
        form=form,
        kind=form.kind.value,
        kind_words=KIND_WORDS[form.kind][0],
        preview=preview,
        form_title=title,
        of=None if of is None else contract_link(membership.household, of),
        asked=request.method == "POST",
    )
    # htmx asks for the sample bill alone while somebody types.
    only_preview = "HX-Request" in request.headers and "preview" in request.POST
    template = "pages/contract_form.html#preview" if only_preview else "pages/contract_form.html"
    return render(request, template, context)


# -- the sample bill


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Last month by the contract that is being entered."""

    title: str
    lines: tuple[LineView, ...]
    total: Figure
    doubts: tuple[str, ...]
    is_empty: bool


def preview_of(household: Household, contract: Contract, factors: GasFactors | None) -> Preview:
    """Last month's use at these prices, whenever they begin."""
    now = timezone.now()
    first, last = last_month(local_day(now, household.zone))
    (version,) = contract.versions
    early = replace(contract, versions=(replace(version, valid_from=min(first, version.valid_from)),))
    cost = period_cost(household, draft(early, factors), first, last, now)
    return Preview(
        title=date_format(first, pgettext("date format", "F Y")),
        lines=tuple(
            LineView(
                name=line_name(line),
                quantity=money.quantity(line.quantity, line.unit),
                price=None if line.price is None else money.price(line.price, contract.currency, line.unit),
                amount=money.amount(line.amount, contract.currency),
                why="",
            )
            for line in cost.lines
        ),
        total=money.amount(cost.total, contract.currency),
        doubts=tuple(doubts_of(cost)),
        is_empty=store.bounds(household) is None or not cost.quantity,
    )


# -- one contract


class EndForm(forms.Form):
    """The last day of a contract."""

    ends_on = DateField(label=_("Last day"), required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version in words."""

    pk: int
    since: str
    prices: tuple[tuple[str, Figure], ...]
    may_correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedView:
    """What a correction took the place of."""

    since: str
    replaced: str
    reason: str


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def contract(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """One contract: what it says since when, what was corrected, how it ends."""
    membership = access_membership(request.user, public_id)
    of = access_contract(membership.household, pk)
    day = pgettext("date format", "j M Y")
    what = f"{of.contract.commodity}.{of.contract.direction}"
    words: str | Promise = dict(WHAT_CHOICES)[what]
    more = {
        "of": of,
        "what": words,
        "versions": [_version_view(of, held) for held in reversed(of.held)],
        "replaced": [
            ReplacedView(
                since=date_format(row.valid_from, day),
                replaced=date_format(row.replaced_at, day),
                reason=row.replaced_because,
            )
            for row in replaced_versions(of)
            if row.replaced_at is not None
        ],
        "end": EndForm(initial={"ends_on": of.contract.ends_on}),
    }
    return render(request, "pages/contract.html", household_context(request, membership, "costs", **more))


def _version_view(of: HouseholdContract, held: Held) -> VersionView:
    return VersionView(
        pk=held.row.pk,
        since=date_format(held.row.valid_from, pgettext("date format", "j M Y")),
        prices=prices_of(of, held),
        may_correct=initial_of(of, held) is not None,
    )


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def end(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Set or take back the last day."""
    household = access_household(request.user, public_id, at_least=Role.MEMBER)
    of = access_contract(household, pk)
    form = EndForm(request.POST)
    try:
        if not form.is_valid():
            raise ContractError(gettext("This is no day."))
        last: date | None = form.cleaned_data["ends_on"]
        end_contract(of, last)
        messages.success(request, gettext("Saved."))
    except ContractError as error:
        messages.error(request, str(error), extra_tags="bad")
    return redirect("pages:contract", public_id=public_id, pk=pk)


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def remove(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Price with it no more."""
    household = access_household(request.user, public_id, at_least=Role.MEMBER)
    of = access_contract(household, pk)
    remove_contract(of)
    messages.success(request, gettext("%(name)s was removed.") % {"name": of.contract.name})
    return redirect("pages:costs", public_id=public_id)


# -- contracts as files


class FileForm(forms.Form):
    """A contract in the JSON form, for what the other form cannot say."""

    form = forms.CharField(
        label=_("The contract as JSON"),
        max_length=MAX_FORM_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
    )

    def clean_form(self) -> Contract:
        """Checked down to the last field; the message names the place."""
        try:
            return from_json(json.loads(self.cleaned_data["form"]))
        except (ValueError, RecursionError, AttributeError) as error:
            raise forms.ValidationError(gettext("This is no JSON object.")) from error
        except ContractError as error:
            raise forms.ValidationError(str(error)) from error


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add_file(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new contract in the JSON form."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    form = FileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted: Contract = form.cleaned_data["form"]
        try:
            if wanted.commodity is Commodity.GAS:
                raise ContractError(gettext("Enter a gas contract in the form: it asks the calorific value."))
            made = add_contract(membership.household, wanted, by=membership.user)
        except ContractError as error:
            form.add_error("form", str(error))
        else:
            _tell_of_missing_series(request, membership.household, made)
            return redirect("pages:contract", public_id=public_id, pk=made.row.pk)
    return render(
        request, "pages/contract_file.html", household_context(request, membership, "costs", form=form)
    )


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def contract_file(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """A contract in the JSON form; with another first day it becomes a new version."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    of = access_contract(membership.household, pk)
    newest = replace(of.contract, versions=of.contract.versions[-1:], ends_on=None)
    said = json.dumps(as_file(draft(newest, of.held[-1].factors)), indent=2, ensure_ascii=False)
    form = FileForm(request.POST or None, initial={"form": said})
    if request.method == "POST" and form.is_valid():
        wanted: Contract = form.cleaned_data["form"]
        try:
            if len(wanted.versions) != 1:
                raise ContractError(gettext("A new price is one version; leave the others out."))
            add_version(of, wanted, by=membership.user, factors=of.held[-1].factors)
        except ContractError as error:
            form.add_error("form", str(error))
        else:
            return redirect("pages:contract", public_id=public_id, pk=pk)
    more = {"form": form, "of": contract_link(membership.household, of)}
    return render(
        request, "pages/contract_file.html", household_context(request, membership, "costs", **more)
    )


def _tell_of_missing_series(request: HttpRequest, household: Household, made: HouseholdContract) -> None:
    """A dynamic price is nothing without the market's prices."""
    for name in sorted(made.series):
        if find_series(household, name) is None:
            messages.warning(
                request,
                gettext("The prices of %(name)s are still missing: import them under Market prices.")
                % {"name": name},
                extra_tags="attention",
            )
