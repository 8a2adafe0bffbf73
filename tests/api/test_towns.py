"""Towns in every contract: spellings are unified, several towns are an error of their field, doubts cause warnings."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import Role, RunScope
from models.market.leads import Lead
from models.market.properties import Property
from models.rescoring.runs import RescoringRun
from tests.api.test_portal import FORM, REQUEST, parts
from tests.api.test_swipe import listing
from tests.factories import lead_body, make_property, make_user, property_body

PREFERENCE = {"city": "Астана", "deal_type": "rent", "property_type": "flat", "price_min": 1, "price_max": 2}


def location(city):
    return lead_body(location={"city": city, "districts": [], "metro_stations": []})


#: name -> (role, path, body of a town, where the town stands, what the answer calls the row)
WRITES = {
    "exchange lead": (Role.REALTOR, "/leads", location, "requirements.location.city", "lead_id"),
    "exchange property": (
        Role.REALTOR,
        "/properties",
        lambda city: property_body(city=city),
        "address.city",
        "property_id",
    ),
    "listing": (Role.LANDLORD, "/listings", lambda city: listing(city=city), "city", "id"),
    "preferences": (Role.TENANT, "/preferences", lambda city: PREFERENCE | {"city": city}, "city", "id"),
    "request": (
        Role.TENANT,
        "/users/create_request",
        lambda city: REQUEST | {"city": city, "currency": None},
        "city",
        "id",
    ),
}


def write(person, name, city):
    role, path, body, *_ = WRITES[name]
    return person(role)("POST", path, json=body(city))


def stored(engine, answer, name):
    table = Lead if name in ("exchange lead", "preferences", "request") else Property
    with Session(engine) as session:
        return session.get(table, int(answer.json[WRITES[name][4]]))


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    ("city", "key", "currency"),
    [("Алматы г.", "geo:1526384", "KZT"), ("мск", "geo:524901", "RUB"), ("Dubai", "geo:292223", "AED")],
)
def test_a_spelling_is_its_town_in_its_currency_without_a_warning(person, engine, name, city, key, currency):
    answer = write(person, name, city)

    assert answer.status_code in (200, 201) and "warnings" not in answer.json
    row = stored(engine, answer, name)
    assert (row.city, row.city_key, row.currency) == (city, key, currency)


@pytest.mark.parametrize("name", WRITES)
def test_an_unknown_town_is_accepted_without_a_currency_and_answered_with_similar_towns(person, engine, name):
    answer = write(person, name, "Кировс")

    row = stored(engine, answer, name)
    assert (row.city_key, row.currency) == ("name:кировс", "XXX")
    unknown, currency = answer.json["warnings"]
    assert (unknown["field"], unknown["code"], currency["code"]) == (
        WRITES[name][3],
        "unknown_town",
        "unknown_currency",
    )
    assert "Кировск" in unknown["suggestions"] and "Кировск" in unknown["message"]


@pytest.mark.parametrize("name", WRITES)
def test_a_corrected_spelling_and_a_region_cause_warnings(person, name):
    [corrected] = write(person, name, "Мосвка").json["warnings"]
    [of_region] = write(person, name, "Алматинская область").json["warnings"]

    assert (corrected["code"], corrected["suggestions"]) == ("corrected_town", ["Москва"])
    assert (of_region["code"], of_region["suggestions"]) == ("town_of_region", ["Алматы"])


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("city", ["Москва, Казань", "Алматы или Астана", "Казахстан", "—"])
def test_several_towns_or_none_are_refused_by_their_field_and_nothing_is_stored(person, engine, name, city):
    answer = write(person, name, city)

    found = answer.json["errors"]["json"]
    for part in WRITES[name][3].split("."):
        found = found[part]
    assert answer.status_code == 400 and len(found) == 1
    with Session(engine) as session:
        assert not session.scalars(select(Lead.id)).all() and not session.scalars(select(Property.id)).all()


@pytest.mark.parametrize("name", ["exchange lead", "exchange property", "listing"])
def test_a_replacement_warns_too_and_reading_does_not(person, name):
    role, path, body, field, row_id = WRITES[name]
    owner = person(role)
    path = f"{path}/{owner('POST', path, json=body('Москва')).json[row_id]}"

    assert owner("PUT", path, json=body("Зурбаганск")).json["warnings"][0]["field"] == field
    assert "warnings" not in owner("GET", path).json


def test_the_portals_address_has_its_town_read_and_doubted(person, engine):
    seller = person(Role.REALTOR)

    def create(address):
        data = parts(FORM | {"location": address})
        return seller("POST", "/properties/create", data=data, content_type="multipart/form-data")

    known, unknown, several = create("Мирный, 3, Самара"), create("123 Main St, Anytown"), create("Москва/Казань, 5")
    assert "warnings" not in known.json and several.status_code == 400
    assert several.json["errors"]["multipart"]["location"]
    assert unknown.json["warnings"][0]["field"] == "location"
    with Session(engine) as session:
        assert session.get(Property, known.json["id"]).city_key == "geo:499099"


def test_an_amount_without_a_currency_is_shown_without_one(person):
    owner = person(Role.LANDLORD)
    answer = owner("POST", "/listings", json=listing(city="Новый Зурбаган"))

    assert answer.json["currency"] is None
    moved = owner("PUT", f"/listings/{answer.json['id']}", json=listing(city="Астана"))
    assert moved.json["currency"] == "KZT"


def test_a_search_in_any_spelling_finds_the_town(person, client):
    person(Role.LANDLORD)("POST", "/listings", json=listing(city="Нур-Султан (Астана)"))

    assert [row["city"] for row in client.get("/listings?city=Astana").json] == ["Нур-Султан (Астана)"]
    assert client.get("/listings?city=Москва, Казань").status_code == 400


def test_an_administrator_lists_odd_markets_and_merges_one(person, engine):
    owner, admin = person(Role.LANDLORD), person(Role.ADMIN)
    owner("POST", "/listings", json=listing(city="Кировс"))

    [odd] = admin("GET", "/ops/markets?odd=true").json["markets"]
    assert (odd["city_key"], odd["is_known"], "Кировск" in odd["suggestions"]) == ("name:кировс", False, True)
    merged = admin("POST", "/ops/markets/merge", json={"city": odd["city_key"], "into": "Мурманская область, Кировск"})
    assert merged.json == {"city_key": "name:кировс", "into_key": "geo:548391", "leads": 0, "properties": 1}
    later = owner("POST", "/listings", json=listing(city="Кировс"))
    with Session(engine) as session:
        assert session.get(Property, later.json["id"]).city_key == "geo:548391"
        assert session.scalars(select(RescoringRun.scope)).all() == [RunScope.STALE]
    assert admin("POST", "/ops/markets/merge", json={"city": "Кировск", "into": "Кировск"}).status_code == 409
    assert owner("GET", "/ops/markets").status_code == 403


def test_places_of_the_market_are_suggested_the_most_frequent_first(client, engine):
    with Session(engine) as session:
        user = make_user(session)
        for district, city in (
            ("Арбат", "Москва"),
            ("Хамовники", "г. Москва"),
            ("Хамовники", "Москва"),
            ("Медеу", "Алматы"),
        ):
            make_property(session, user, city=city, district=district, metro_station=None)
        session.commit()

    def suggested(**query):
        return client.get("/places", query_string=query).json["places"]

    assert suggested(kind="town") == ["Москва", "Алматы"]
    moscow = suggested(kind="district", city="мск")
    assert moscow[:3] == ["Хамовники", "Арбат", "Академический"], "public names follow those of the market"
    assert len(moscow) == len(set(moscow)) == 50
    assert suggested(kind="district", q="хам") == ["Хамовники"]
    assert suggested(kind="district", city="Москва", q="хо") == ["Ховрино", "Хорошёво-Мнёвники", "Хорошёвский"]
    assert suggested(kind="district", city="Алматы", q="мед") == ["Медеу"], "the market's spelling of Медеуский"
    assert suggested(kind="station", city="Алматы", q="жол") == ["Жибек Жолы"]
    assert suggested(kind="station", city="Рязань") == []
    assert suggested(kind="station") == [] and suggested(kind="town", q="%") == []
