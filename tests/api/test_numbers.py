"""Amounts, numbers, rooms and ways to pay as people write them, through the contracts."""

import pytest

from models.core.enums import Role
from models.market.leads import Lead
from models.market.properties import Property
from tests.api.test_portal import FORM, REQUEST, create, parts
from tests.factories import lead_body, property_body

UP_FROM_2 = [2, 3, 4, 5, 6, 7, 8, 9, 10]


def newest(database, table):
    database.expire_all()
    return database.query(table).order_by(table.id.desc()).first()


@pytest.mark.parametrize(
    ("phrase", "rooms"),
    [
        ("не более 2", [0, 1, 2]),
        ("до 3", [0, 1, 2, 3]),
        ("не менее 2", UP_FROM_2),
        ("at least 2", UP_FROM_2),
        ("2+1", [3]),
        ("2-3", [2, 3]),
        ("студия или однушка", [0, 1]),
        ("2-комн.", [2]),
        ("любая", []),
    ],
)
def test_a_request_admits_the_rooms_that_its_words_mean(person, database, phrase, rooms):
    user = person()

    made = user("POST", "/users/create_request", json=REQUEST | {"total_rooms": phrase})

    assert made.status_code == 201, made.text
    assert newest(database, Lead).rooms == rooms
    assert user("GET", f"/users/my_requests/{made.json['id']}").json["total_rooms"] == phrase


@pytest.mark.parametrize(
    ("name", "phrase", "expected"),
    [
        ("total_rooms", "3-1", "begins above its end"),
        ("total_rooms", "2 комнаты, желательно 3", "желательно"),
        ("purchase_method", "ипотека Сбербанк", "сбербанк"),
        ("purchase_method", "ипотеку не дают", "дают"),
        ("currency", "у.е.", "names no currency"),
        ("currency", "RUS", "ISO 4217"),
    ],
)
def test_words_understood_in_part_are_refused_with_what_was_not(person, database, name, phrase, expected):
    answer = person()("POST", "/users/create_request", json=REQUEST | {name: phrase})

    assert answer.status_code == 400
    assert expected in answer.json["errors"]["json"][name][0]
    assert newest(database, Lead) is None


def test_a_request_that_an_earlier_release_took_is_still_shown(person, database):
    user = person()
    made = user("POST", "/users/create_request", json=REQUEST).json["id"]
    lead = newest(database, Lead)
    lead.attributes = lead.attributes | {"total_rooms": "2 изолированные", "purchase_method": "ипотека Сбербанк"}
    database.commit()

    row = user("GET", f"/users/my_requests/{made}")

    assert row.status_code == 200
    assert (row.json["total_rooms"], row.json["purchase_method"]) == ("2", "mortgage")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("12,5 млн", 12_500_000), ("450 тыс", 450_000), ("12 500 000", 12_500_000), ("1e-05", 0), ("54.125", 54.13)],
)
def test_the_portals_form_takes_amounts_in_words(person, database, sent, stored):
    made = create(person(Role.REALTOR), parts(FORM | {"price": sent, "total_area": "45,5 м²"}))

    assert made.status_code == 201, made.text
    listing = newest(database, Property)
    assert (float(listing.price), float(listing.area), listing.currency) == (stored, 45.5, "USD")


def test_a_budget_from_0_to_0_is_no_budget_and_comes_back_as_it_was_sent(person, database):
    realtor = person(Role.REALTOR)
    nothing = {"min": 0, "max": 0}

    made = realtor("POST", "/leads", json=lead_body(budget=nothing, area=nothing))

    assert made.status_code == 201, made.text
    lead = newest(database, Lead)
    assert (lead.budget_min, lead.budget_max, lead.area_min, lead.area_max) == (None,) * 4
    answered = realtor("GET", f"/leads/{lead.id}").json["requirements"]
    assert (answered["budget"], answered["area"]) == (nothing, nothing)
    assert (
        realtor(
            "PUT", f"/leads/{lead.id}", json=lead_body(budget=answered["budget"], area=answered["area"])
        ).status_code
        == 200
    )


def test_preferences_from_0_to_0_are_no_budget_and_come_back_as_they_were_sent(person, database):
    tenant = person()
    wishes = {"city": "Москва", "deal_type": "rent", "property_type": "flat", "price_min": 0, "price_max": 0}

    assert tenant("POST", "/preferences", json=wishes).status_code == 200

    lead = newest(database, Lead)
    assert (lead.budget_min, lead.budget_max) == (None, None)
    assert {name: tenant("GET", "/preferences").json[name] for name in wishes} == wishes


def test_a_price_that_is_changed_stays_in_its_currency(person, database):
    realtor = person(Role.REALTOR)
    made = create(realtor, parts()).json["id"]

    changed = realtor("PUT", f"/properties/{made}", json=property_body(city="Алматы", price=140_000))

    assert changed.status_code == 200, changed.text
    listing = newest(database, Property)
    assert (listing.price, listing.currency) == (140_000, "USD")


@pytest.mark.parametrize(
    ("query", "count"), [("price_max=1 млн", 0), ("price_max=20 млн", 1), ("price_min=12,5 млн", 1)]
)
def test_a_search_takes_amounts_in_words(person, query, count):
    realtor = person(Role.REALTOR)
    assert realtor("POST", "/properties", json=property_body(price=12_500_000)).status_code == 201

    found = realtor("GET", f"/listings?{query}")

    assert found.status_code == 200, found.text
    assert len(found.json) == count


def test_a_search_that_cannot_be_read_is_refused(person):
    answer = person()("GET", "/listings?price_max=45,000")

    assert answer.status_code == 400 and "could mean two numbers" in answer.text
