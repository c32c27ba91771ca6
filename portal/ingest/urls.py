"""Pages that let readings in: a meter's exchange, the import of a history."""

from __future__ import annotations

from django.urls import path

from portal.ingest import import_page, meter_page

app_name = "ingest"
urlpatterns = [
    path("h/<str:public_id>/devices/meters/<int:pk>/", meter_page.meter, name="meter"),
    path(
        "h/<str:public_id>/devices/meters/<int:pk>/exchange/<int:new_pk>/",
        meter_page.exchange_meter,
        name="exchange",
    ),
    path("h/<str:public_id>/data/import/", import_page.import_history, name="import"),
    path("h/<str:public_id>/data/import/<int:pk>/", import_page.import_draft, name="import_draft"),
]
