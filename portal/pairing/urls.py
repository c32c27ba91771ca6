"""What devices call."""

from __future__ import annotations

from django.urls import path

from portal.pairing import views

urlpatterns = [path("h3/v1/pair", views.pair, name="pair_device")]
