"""The household's pages."""

from __future__ import annotations

from django.urls import path

from portal.pages import account, cost_urls, data, devices, history, knx, moving, mqtt, settings, today

app_name = "pages"
urlpatterns = [
    path("appearance/", account.theme, name="theme"),
    path("you/", account.account, name="account"),
    path("you/erase/", data.erase_account, name="erase_account"),
    path("h/<str:public_id>/", today.today, name="today"),
    path("h/<str:public_id>/day/", today.today_day, name="today_day"),
    path("h/<str:public_id>/history/", history.history, name="history"),
    path("h/<str:public_id>/history/heat/", history.heat, name="heat"),
    *cost_urls.urlpatterns,
    path("h/<str:public_id>/devices/", devices.devices, name="devices"),
    path("h/<str:public_id>/devices/add/", devices.add_link, name="add_link"),
    path("h/<str:public_id>/devices/add/knx/", knx.add_knx, name="add_knx"),
    path("h/<str:public_id>/devices/links/<int:pk>/knx/", knx.knx_link, name="knx_link"),
    path("h/<str:public_id>/devices/add/mqtt/", mqtt.add_mqtt, name="add_mqtt"),
    path("h/<str:public_id>/devices/links/<int:pk>/mqtt/", mqtt.mqtt_link, name="mqtt_link"),
    path("h/<str:public_id>/devices/links/<int:pk>/", devices.link, name="link"),
    path("h/<str:public_id>/devices/links/<int:pk>/remove/", devices.remove_link, name="remove_link"),
    path("h/<str:public_id>/devices/screens/add/", devices.add_screen, name="add_screen"),
    path("h/<str:public_id>/devices/screens/<int:pk>/", devices.screen, name="screen"),
    path("h/<str:public_id>/devices/screens/<int:pk>/remove/", devices.remove_screen, name="remove_screen"),
    path("h/<str:public_id>/data/", data.data, name="data"),
    path("h/<str:public_id>/data/file/", data.take, name="take"),
    path("h/<str:public_id>/data/erase/", data.erase, name="erase"),
    path("h/<str:public_id>/settings/moving/", moving.move, name="moving"),
    path("h/<str:public_id>/settings/", settings.settings, name="settings"),
    path("h/<str:public_id>/settings/invite/", settings.invite, name="invite"),
    path("h/<str:public_id>/settings/people/<int:pk>/", settings.person, name="person"),
]
