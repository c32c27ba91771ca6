"""The wall screen's two addresses."""

from __future__ import annotations

from django.urls import path

from portal.kiosk import views

app_name = "kiosk"
urlpatterns = [
    path("kiosk/", views.kiosk, name="wall"),
    path("kiosk/day/", views.curve, name="day"),
]
