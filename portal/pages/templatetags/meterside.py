"""Figures, icons and form fields, written the same way on every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Form, HiddenInput, RadioSelect
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from portal.pages.figures import Figure
from portal.pages.icons import ICONS

register = template.Library()


@register.simple_tag
def figure(shown: Figure | None, part: str = "") -> SafeString:
    """`<data value="1420">1.42 kW</data>`; `part` names it for the live script. None is a dash."""
    name = format_html(' data-part="{}"', part) if part else ""
    if shown is None:
        return format_html(
            '<data class="figure" value=""{}>–<span class="visually-hidden">{}</span></data>',
            name,
            gettext("no value"),
        )
    return format_html(
        '<data class="figure" value="{}"{}>{}<span class="unit">\N{NO-BREAK SPACE}{}</span></data>',
        shown.value,
        name,
        shown.text,
        shown.unit,
    )


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """A line drawing; without a title it is decoration beside words."""
    drawing = mark_safe(ICONS[name])  # noqa: S308  our own constant
    if title:
        return format_html(
            '<svg class="icon" viewBox="0 0 24 24" role="img"><title>{}</title>{}</svg>', title, drawing
        )
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', drawing)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """One form field: label, control, help and what is wrong with it, tied together for readers."""
    widget = bound.field.widget
    return {
        "field": bound,
        "hidden": isinstance(widget, HiddenInput),
        "checkbox": isinstance(widget, CheckboxInput),
        "radios": isinstance(widget, RadioSelect),
    }


@register.inclusion_tag("components/fields.html")
def fields(form: Form) -> dict[str, Any]:
    """All fields of a form, errors of the whole form first."""
    return {"form": form}
