"""The URL table. Every route is owned; `portal.common.ownership` says by whom."""

from __future__ import annotations

from django.urls import include, path

from portal.common.ownership import Owner, owned_include
from portal.common.views import healthz, security_txt

urlpatterns = [
    path("", include("portal.accounts.urls")),
    path("", include("portal.pages.urls")),
    path("", include("portal.kiosk.urls")),
    path("", include("portal.pairing.urls")),
    path("", include("portal.ingest.urls")),
    owned_include(Owner.PERSON, "accounts/", "allauth.account.urls"),
    owned_include(Owner.PERSON, "accounts/2fa/", "allauth.mfa.urls"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("healthz", healthz, name="healthz"),
]
