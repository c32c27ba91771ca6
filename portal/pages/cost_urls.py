"""Addresses of the household's money."""

from __future__ import annotations

from django.urls import path

from portal.pages import bills, contracts, cost_export, cost_why, costs, market_prices

_HERE = "h/<str:public_id>/costs/"
urlpatterns = [
    path(_HERE, costs.costs, name="costs"),
    path(f"{_HERE}now/", costs.costs_now, name="costs_now"),
    path(f"{_HERE}file/<slug:kind>/", cost_export.export, name="costs_file"),
    path(f"{_HERE}why/<int:pk>/", cost_why.why_line, name="why_line"),
    path(f"{_HERE}why/<int:pk>/<str:day>/", cost_why.why_day, name="why_day"),
    path(f"{_HERE}contracts/add/", contracts.choose, name="choose_contract"),
    path(f"{_HERE}contracts/add/form/", contracts.add, name="add_contract"),
    path(f"{_HERE}contracts/add/file/", contracts.add_file, name="add_contract_file"),
    path(f"{_HERE}contracts/<int:pk>/", contracts.contract, name="contract"),
    path(f"{_HERE}contracts/<int:pk>/change/", contracts.change, name="change_contract"),
    path(f"{_HERE}contracts/<int:pk>/file/", contracts.contract_file, name="contract_file"),
    path(f"{_HERE}contracts/<int:pk>/end/", contracts.end, name="end_contract"),
    path(f"{_HERE}contracts/<int:pk>/remove/", contracts.remove, name="remove_contract"),
    path(f"{_HERE}contracts/<int:pk>/correct/<int:version>/", contracts.correct, name="correct_contract"),
    path(f"{_HERE}prices/", market_prices.market_prices, name="market_prices"),
    path(f"{_HERE}prices/<int:pk>/remove/", market_prices.remove_prices, name="remove_prices"),
    path(f"{_HERE}bills/", bills.bills, name="bills"),
    path(f"{_HERE}bills/add/", bills.add_bill, name="add_bill"),
    path(f"{_HERE}bills/<int:pk>/", bills.bill, name="bill"),
    path(f"{_HERE}bills/<int:pk>/remove/", bills.remove_bill, name="remove_bill"),
]
