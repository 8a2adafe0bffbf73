"""Doubtful values cause the same warnings in every contract, and a 404 uses its contract's word for the missing row."""

import pytest

from models.core.enums import Role
from tests.api.portal_form import FORM, parts
from tests.factories import lead_body, property_body

LISTING = {"title": "x", "city": "Москва", "deal_type": "rent", "property_type": "flat"}


def exchange(seller, price):
    return seller("POST", "/properties", json=property_body(price=price)), "details.price"


def exchange_replaced(seller, price):
    made = seller("POST", "/properties", json=property_body()).json["property_id"]
    return seller("PUT", f"/properties/{made}", json=property_body(price=price)), "details.price"


def swipe(seller, price):
    return seller("POST", "/listings", json=LISTING | {"price": price}), "price"


def swipe_replaced(seller, price):
    made = seller("POST", "/listings", json=LISTING | {"price": 5}).json["id"]
    return seller("PUT", f"/listings/{made}", json=LISTING | {"price": price}), "price"


def portal(seller, price):
    form = parts(FORM | {"price": str(price)})
    return seller("POST", "/properties/create", data=form, content_type="multipart/form-data"), "price"


@pytest.mark.parametrize("way", [exchange, exchange_replaced, swipe, swipe_replaced, portal])
@pytest.mark.parametrize(
    ("price", "outcome"), [(0, "warned"), ("0.00", "warned"), (0.01, "accepted"), (-1, "refused"), ("-0.01", "refused")]
)
def test_a_price_of_zero_causes_a_warning_and_a_negative_one_is_refused(person, way, price, outcome):
    answer, field = way(person(Role.REALTOR), price)

    assert answer.status_code == 400 if outcome == "refused" else answer.status_code in (200, 201), answer.json
    codes = [each["code"] for each in answer.json.get("warnings", []) if each["field"] == field]
    assert codes == (["price_zero"] if outcome == "warned" else [])


@pytest.mark.parametrize(
    ("role", "method", "path", "what"),
    [
        (Role.TENANT, "GET", "/users/my_requests/1999999999", "request"),
        (Role.TENANT, "GET", "/users/my_requests/1999999999/offers", "request"),
        (Role.REALTOR, "GET", "/leads/1999999999", "lead"),
        (Role.REALTOR, "PUT", "/leads/1999999999", "lead"),
        (Role.TENANT, "DELETE", "/users/my_requests/1999999999", "request"),
        (Role.REALTOR, "GET", "/properties/1999999999", "property"),
        (Role.REALTOR, "PUT", "/properties/1999999999/archive", "property"),
        (Role.REALTOR, "POST", "/matches/1999999999/complete", "match"),
        (Role.REALTOR, "GET", "/sources/1999999999", "source"),
        (Role.REALTOR, "GET", "/imports/1999999999", "import"),
        (Role.REALTOR, "GET", "/webhooks/1999999999", "webhook"),
        (Role.TENANT, "GET", "/listings/1999999999", "listing"),
        (Role.TENANT, "GET", "/chat/chat_messages/1999999999", "chat"),
        (Role.LANDLORD, "PATCH", "/inquiries/1999999999", "inquiry"),
        (Role.REALTOR, "GET", "/users/me/exports/1999999999", "export"),
    ],
)
def test_a_404_names_the_kind_of_thing_that_was_requested(person, role, method, path, what):
    body = {"PUT": None if path.endswith("/archive") else lead_body(), "PATCH": {"status": "closed"}}.get(method)
    answer = person(role)(method, path, **({"json": body} if body else {}))

    assert (answer.status_code, answer.json["message"]) == (404, f"There is no such {what}.")
