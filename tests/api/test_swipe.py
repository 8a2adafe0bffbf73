"""Cases that tinder's contract leaves open: listings, preferences, favourites, inquiries, access."""

import json

import pytest

from models.accounts.notifications import Notification
from models.accounts.users import User
from models.core.enums import Role
from models.market.properties import Property


def listing(**changes):
    return {
        "title": "Светлая квартира",
        "city": "Астана",
        "deal_type": "rent",
        "property_type": "flat",
        "price": 250000,
        **changes,
    }


@pytest.fixture
def owner(person):
    return person(Role.LANDLORD)


@pytest.fixture
def tenant(person):
    return person()


def made(owner, **changes):
    answer = owner("POST", "/listings", json=listing(**changes))
    assert answer.status_code == 200, answer.text
    return answer.json["id"]


def ids(answer):
    return [row["id"] for row in answer.json]


def test_listings_are_found_by_any_spelling_of_their_city(owner, client):
    found = made(owner, city="Нур-Султан")

    assert ids(client.get("/listings?city=г. Астана")) == ids(client.get("/listings?city=Astana")) == [found]


def test_listings_are_filtered_searched_and_ordered(owner, client):
    cheap = made(owner, title="Уютные комнаты у парка", price=100)
    house = made(owner, title="Дом с баней", property_type="house", price=200)
    sale = made(owner, title="Квартира", deal_type="sale", price=300.5)

    assert ids(client.get("/listings?order=-price")) == [sale, house, cheap]
    assert ids(client.get("/listings?order=price&price_min=150&price_max=300.5")) == [house, sale]
    assert ids(client.get("/listings?deal_type=rent&property_type=house")) == [house]
    assert ids(client.get("/listings?q=комната")) == [cheap]  # stemmed: комнаты
    assert ids(client.get("/listings?q=дом -баня")) == []
    assert ids(client.get("/listings?rooms=0,1")) == []


def test_a_list_is_an_array_whose_paging_is_in_the_header(owner, client):
    newest_first = [made(owner) for _ in range(3)][::-1]

    answer = client.get("/listings?page=2&limit=2")

    assert ids(answer) == newest_first[2:]
    assert json.loads(answer.headers["X-Pagination"])["total"] == 3


BAD_FILTERS = {
    "price_min=5&price_max=4": "price_min",
    "price_min=nan": "price_min",
    "price_max=1_000": "price_max",
    "rooms=two": "rooms",
    "limit=101": "limit",
    "order=best": "order",
    "deal_type=SALE": "deal_type",
    "sort=price": "sort",
}


def test_bad_filters_are_named(client):
    for query, field in BAD_FILTERS.items():
        answer = client.get(f"/listings?{query}")

        assert (answer.status_code, list(answer.json["errors"]["query"])) == (400, [field])


BAD_LISTINGS = [
    ({"price": -1}, "price"),
    ({"price": "250 000"}, "price"),
    ({"title": "x" * 301}, "title"),
    ({"is_active": "yes"}, "is_active"),
    ({"bedrooms": 2}, "bedrooms"),
    ({"city": " "}, "city"),
]


def test_bad_listings_are_refused_by_field_and_nothing_is_stored(owner, client):
    for change, field in BAD_LISTINGS:
        answer = owner("POST", "/listings", json=listing(**change))

        assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, [field])
    assert client.get("/listings").json == []


def test_a_price_below_nothing_by_its_sign_alone_is_nothing(owner):
    answer = owner("POST", "/listings", data=json.dumps(listing(price=-0.0)), content_type="application/json")

    assert answer.json["price"] == "0.00"


def test_only_supply_roles_offer(tenant):
    assert tenant("POST", "/listings", json=listing()).status_code == 403


def test_a_listing_without_a_title_reads_as_what_it_is(person, client):
    realtor = person(Role.REALTOR)
    body = {
        "address": {"city": "Москва", "district": "ЦАО", "street": "Тверская", "house_number": "1"},
        "details": {
            "price": 12_500_000, "area": 54, "rooms": 2, "floor": 3, "total_floors": 9, "property_type": "APARTMENTS",
            "property_class": "COMFORT", "condition": "FINISHING",
        },
        "commission_share": 2,
    }  # fmt: skip
    found = int(realtor("POST", "/properties", json=body).json["property_id"])

    row = client.get(f"/listings/{found}").json

    assert row["title"] == "2-комн. апартаменты, 54 м², Москва"
    assert (row["property_type"], row["price"], row["rooms"], row["area"]) == ("flat", "12500000.00", 2, 54)


def test_replacing_through_tinder_keeps_fields_that_tinder_does_not_have(person, database):
    realtor = person(Role.REALTOR)
    body = {
        "address": {"city": "Москва", "district": "ЦАО", "street": "Тверская", "house_number": "1"},
        "details": {
            "price": 1, "area": 54, "rooms": 2, "floor": 3, "total_floors": 9, "property_type": "TOWNHOUSE",
            "property_class": "COMFORT", "condition": "FINISHING",
        },
        "commission_share": 2,
    }  # fmt: skip
    found = realtor("POST", "/properties", json=body).json["property_id"]

    changed = realtor("PUT", f"/listings/{found}", json=listing(city="Москва", property_type="house", price=5))

    assert changed.status_code == 200
    details = realtor("GET", f"/properties/{found}").json["details"]
    assert (details["property_type"], details["area"], details["price"]) == ("TOWNHOUSE", 54, 5)


def test_a_foreign_currency_stays_and_the_citys_own_goes_with_the_city(owner, database):
    found = made(owner, city="Москва")

    def replaced(city):
        return owner("PUT", f"/listings/{found}", json=listing(city=city)).json["currency"]

    assert [replaced("Алматы"), replaced("Moscow")] == ["KZT", "RUB"]
    database.get(Property, found).currency = "USD"
    database.commit()
    assert [replaced("Москва"), replaced("Алматы")] == ["USD", "USD"]


def test_administrators_filter_listings_by_owner_city_and_state(owner, person):
    admin, other = person(Role.ADMIN), person(Role.LANDLORD)
    shown, hidden, elsewhere = made(owner), made(owner, is_active=False), made(other, city="Алматы")

    def found(query):
        return ids(admin("GET", f"/admin/listings?{query}"))

    assert found("") == [elsewhere, hidden, shown]
    assert found("is_active=false") == found("is_active=False") == [hidden]
    assert found(f"owner_id={owner.id}&is_active=true") == [shown]
    assert found("city=Almaty") == [elsewhere]


def test_strangers_may_not_change_a_listing_and_admins_may(owner, person):
    found, stranger, admin = made(owner), person(Role.LANDLORD), person(Role.ADMIN)

    assert stranger("PUT", f"/listings/{found}", json=listing(price=1)).status_code == 403
    assert stranger("DELETE", f"/listings/{found}").status_code == 403
    assert admin("PUT", f"/listings/{found}", json=listing(price=7)).json["owner_id"] == owner.id
    assert admin("DELETE", f"/listings/{found}").json == {"status": "ok"}
    assert stranger("PUT", f"/listings/{found}", json=listing()).status_code == 404  # not public any more


def test_listings_of_an_inactive_user_are_not_public(owner, client, database, tenant, person):
    found = made(owner)
    stranger = person(Role.LANDLORD)
    tenant("POST", "/favorites", json={"listing_id": found})
    database.get(User, owner.id).is_active = False
    database.commit()

    assert client.get("/listings").json == tenant("GET", "/favorites").json == []
    assert client.get(f"/listings/{found}").status_code == 404
    assert stranger("DELETE", f"/listings/{found}").status_code == 404


def test_ids_that_cannot_exist_are_not_found_or_bad(client, tenant):
    assert client.get(f"/listings/{2**63}").status_code == 400
    assert client.get("/listings/999").status_code == 404
    assert tenant("POST", "/feed/action", json={"listing_id": 2**63, "action": "like"}).status_code == 400


# --- Preferences


def wishes(**changes):
    return {
        "city": "Астана",
        "deal_type": "rent",
        "property_type": "flat",
        "price_min": 100000,
        "price_max": 400000,
        **changes,
    }


def test_preferences_are_one_row_however_often_set(tenant):
    first = tenant("POST", "/preferences", json=wishes()).json
    second = tenant("POST", "/preferences", json=wishes(property_type="room")).json

    assert first["id"] == second["id"]
    assert tenant("GET", "/preferences").json == second | {"property_type": "room"}


def test_preferences_whose_range_is_upside_down_are_refused(tenant):
    answer = tenant("POST", "/preferences", json=wishes(price_min=5, price_max=4))

    assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, ["price_min"])
    assert tenant("GET", "/preferences").json is None


# --- Favourites and inquiries


def test_a_favourite_kept_twice_is_one(owner, tenant):
    found = made(owner)
    first, second = (tenant("POST", "/favorites/", json={"listing_id": found}).json for _ in range(2))

    assert first == second
    assert tenant("DELETE", f"/favorites/{found}").json == {"status": "ok"}
    assert tenant("DELETE", f"/favorites/{found}").json == {"status": "ok"}


def test_a_repeated_inquiry_is_one_inquiry_and_notifies_the_owner_once(owner, tenant, database):
    found = made(owner)
    first, second = (tenant("POST", "/leads/", json={"listing_id": found}).json for _ in range(2))

    assert first == second
    assert (first["owner_id"], first["status"]) == (owner.id, "new")
    assert [notification.type for notification in database.query(Notification)] == ["NEW_INQUIRY"]


BAD_INQUIRIES = [
    ({"owner_id": 999_999}, 400),
    ({"status": "closed"}, 400),
    ({"listing_id": 999_999}, 404),
    ({"listing_id": "x"}, 400),
    ({"remarks": "?"}, 400),
]


def test_bad_inquiries_are_refused(owner, tenant):
    found = made(owner)
    for change, code in BAD_INQUIRIES:
        assert tenant("POST", "/leads", json={"listing_id": found, **change}).status_code == code
    assert tenant("GET", "/leads/my").json == []
    lacking = tenant("POST", "/leads", json={"owner_id": owner.id, "status": "new"})
    assert list(lacking.json["errors"]["json"]) == ["listing_id"]


def test_one_does_not_ask_about_ones_own_listing(owner):
    assert owner("POST", "/leads", json={"listing_id": made(owner)}).status_code == 403


def test_an_owner_moves_an_inquiry_on_and_the_tenant_sees_it(owner, tenant, person):
    inquiry = tenant("POST", "/leads", json={"listing_id": made(owner)}).json["id"]
    path = f"/inquiries/{inquiry}"

    assert person(Role.LANDLORD)("PATCH", path, json={"status": "closed"}).status_code == 404
    assert tenant("PATCH", path, json={"status": "closed"}).status_code == 404
    assert owner("PATCH", path, json={"status": "in_progress"}).json["status"] == "in_progress"
    assert owner("PATCH", path, json={"status": "new"}).status_code == 409
    assert tenant("GET", "/leads/my").json[0]["status"] == "in_progress"
    assert owner("GET", "/leads/for-me?status=closed").json == []
    assert tenant("GET", "/leads/for-me").status_code == 403
    assert [notification["type"] for notification in tenant("GET", "/notifications").json["notifications"]] == [
        "INQUIRY_STATUS"
    ]
