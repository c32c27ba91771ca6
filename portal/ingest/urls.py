"""Pages that let readings in: a meter's exchange."""

from __future__ import annotations

from django.urls import path

from portal.ingest import meter_page

app_name = "ingest"
urlpatterns = [
    path("h/<str:public_id>/devices/meters/<int:pk>/", meter_page.meter, name="meter"),
    path(
        "h/<str:public_id>/devices/meters/<int:pk>/exchange/<int:new_pk>/",
        meter_page.exchange_meter,
        name="exchange",
    ),
]
