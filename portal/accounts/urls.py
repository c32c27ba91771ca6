"""The front door."""

from __future__ import annotations

from django.urls import path

from portal.accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("login-link/<str:token>/", views.login_link, name="login_link"),
    path("join/<str:token>/", views.invitation, name="invitation"),
]
