"""Factories of rows and bodies for tests. By default, leads and properties made here match each other."""

import itertools
from typing import Any

from sqlalchemy.orm import Session

from models.accounts.tokens import make_token
from models.accounts.users import User, create_user
from models.core.enums import Condition, DealType, Origin, PropertyClass, PropertyType, Role
from models.market.leads import Lead, create_lead
from models.market.properties import Property, create_property

_numbers = itertools.count(1)
#: Beyond the ids and numbers that tests write out: the counter reaches any number, in an order that no test knows.
FIRST_TELEGRAM_ID = 7_000_000_000
PHONE_PREFIX = "+7708"

SECRET = "only-for-tests-0123456789-abcdefghijk"


def make_user(session: Session, role: Role = Role.REALTOR, **fields: Any) -> User:
    """A user whose name and contacts nobody else in the test has."""
    number = next(_numbers)
    unique = {
        "name": f"User {number}",
        "telegram_id": str(FIRST_TELEGRAM_ID + number),
        "phone": f"{PHONE_PREFIX}{number:07}",
    }
    return create_user(session, **{"role": role} | unique | fields)


def make_lead(session: Session, owner: User, **fields: Any) -> Lead:
    wishes = {
        "deal_type": DealType.SALE,
        "client_name": "Пётр",
        "client_contacts": "+77010000000",
        "city": "Москва",
        "districts": ["Арбат"],
        "metro_stations": [],
        "budget_min": 10_000_000,
        "budget_max": 15_000_000,
        "area_min": 50,
        "area_max": 70,
        "rooms": [2],
        "property_type": PropertyType.APARTMENT,
        "property_class": PropertyClass.COMFORT,
        "condition": Condition.FINISHING,
    }
    return create_lead(session, owner, Origin.EXCHANGE, wishes | fields)


def make_property(session: Session, owner: User, **fields: Any) -> Property:
    facts = {
        "deal_type": DealType.SALE,
        "city": "Москва",
        "district": "Арбат",
        "street": "Арбат",
        "house_number": "7",
        "price": 12_500_000,
        "area": 60,
        "rooms": 2,
        "floor": 5,
        "total_floors": 9,
        "property_type": PropertyType.APARTMENT,
        "property_class": PropertyClass.COMFORT,
        "condition": Condition.FINISHING,
        "commission_share": 2.5,
    }
    return create_property(session, owner, Origin.EXCHANGE, facts | fields)


def token_header(user: User) -> dict[str, str]:
    """The Authorization header of a signed-in user."""
    return {"Authorization": f"Bearer {make_token(user, SECRET, 1)}"}


def lead_body(**changes: Any) -> dict[str, Any]:
    """The exchange's body of a lead; *changes* name fields of `requirements` or of the body itself."""
    body = {
        "client_name": "Пётр",
        "client_contacts": "+77010000000",
        "notes": "звонить вечером",
        "requirements": {
            "location": {"city": "Москва", "districts": ["Арбат"], "metro_stations": []},
            "budget": {"min": 10_000_000, "max": 15_000_000},
            "area": {"min": 50, "max": 70},
            "rooms": [2],
            "property_type": "APARTMENT",
            "property_class": "COMFORT",
            "condition": "FINISHING",
            "payment_method": "MORTGAGE",
        },
    }
    for name, value in changes.items():
        (body["requirements"] if name in body["requirements"] else body)[name] = value
    return body


def property_body(**changes: Any) -> dict[str, Any]:
    """The exchange's body of a property; *changes* name fields of `address`, `details` or of the body itself."""
    body: dict[str, Any] = {
        "address": {"city": "Москва", "district": "Арбат", "street": "Арбат", "house_number": "7"},
        "details": {
            "price": 12_500_000,
            "area": 60,
            "rooms": 2,
            "floor": 5,
            "total_floors": 9,
            "property_type": "APARTMENT",
            "property_class": "COMFORT",
            "condition": "FINISHING",
        },
        "commission_share": 2.5,
    }
    for name, value in changes.items():
        part = next((part for part in (body["address"], body["details"]) if name in part), body)
        part[name] = value
    return body
