"""Pages that belong to nobody."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.common.ownership import Owner, owned_by


@owned_by(Owner.PUBLIC)
@require_safe
@cache_control(public=True, max_age=86400)
def security_txt(request: HttpRequest) -> HttpResponse:
    """How to report a weakness (RFC 9116 - §2.5); 404 where the operator names no contact."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (timezone.now() + timedelta(days=180)).replace(microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en, de",
        f"Canonical: {request.build_absolute_uri()}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@owned_by(Owner.PUBLIC)
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers; says nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
