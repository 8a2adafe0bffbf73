"""Reading a pasted message as a lead, and a listing's text as a property, without storing anything."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.exchange.pasted_text import lead_of_text
from api.http.short_cache import clear_cached
from models.core.enums import Role, Status
from models.market.leads import Lead
from models.market.properties import Property
from tests.factories import make_property, make_user, token_header
from tests.statements import statements_on

MESSAGE = "Ищем двушку у Сокола в Москве до 14 млн, можно Аэропорт, от 50 м, не первый этаж, вторичка, ипотека одобрена"
LISTING = (
    "Продаётся 2-комнатная квартира 54 м² на 5 этаже 9-этажного дома, кухня 9 м, Москва, метро Сокол. Цена 13 500 000 ₽"
)


@pytest.fixture
def db(engine: Any, clean_database: str) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def auth(db: Session) -> dict[str, str]:
    """Headers of a tenant, since any signed-in user may call it. The market knows two stations."""
    seller = make_user(db)
    for station in ("Сокол", "Аэропорт"):
        make_property(db, seller, district=station, metro_station=station)
    tenant = make_user(db, Role.TENANT)
    db.commit()
    return token_header(tenant)


def test_a_pasted_message_is_read_as_a_lead_and_nothing_is_stored(
    client: FlaskClient, db: Session, auth: dict[str, str]
) -> None:
    answer = client.post("/leads/understand", json={"text": MESSAGE}, headers=auth)

    assert answer.status_code == 200, answer.text
    read = answer.json
    assert read["city"] == "Москва"
    assert {*read["districts"], *read["metro_stations"]} == {"Сокол", "Аэропорт"}
    assert (read["rooms"], read["budget"], read["area"]["min"]) == ([2], {"min": None, "max": 14_000_000}, 50)
    assert (read["payment_method"], read["mortgage_approved"]) == ("MORTGAGE", True)
    wishes = {wish["kind"]: (wish["value"], wish["quote"]) for wish in read["wishes"]}
    assert wishes["first_floor"] == (False, "не первый этаж")
    assert wishes["new_building"] == (False, "вторичка")
    for piece in [*read["wishes"], *read["unread"]]:
        assert MESSAGE[piece["start"] : piece["end"]] == piece["quote"]
    assert db.scalar(select(func.count()).select_from(Lead)) == 0


def test_a_listings_text_is_read_as_a_property_and_nothing_is_stored(
    client: FlaskClient, db: Session, auth: dict[str, str]
) -> None:
    before = db.scalar(select(func.count()).select_from(Property))

    read = client.post("/properties/understand", json={"text": LISTING}, headers=auth).json

    fields = {name: read[name] for name in ("city", "metro_station", "rooms", "area", "floor", "total_floors", "price")}
    assert fields == {
        "city": "Москва",
        "metro_station": "Сокол",
        "rooms": 2,
        "area": 54,
        "floor": 5,
        "total_floors": 9,
        "price": 13_500_000,
    }
    assert {fact["kind"]: fact["value"] for fact in read["facts"]}["kitchen_area"] == 9
    assert db.scalar(select(func.count()).select_from(Property)) == before


WITHOUT_TOWN = "ищем двушку у Сокола до 14 млн, можно Аэропорт, не первый, вторичка, ипотека одобрена"


@pytest.fixture
def tenant(db: Session) -> dict[str, str]:
    """Headers of a tenant on a market without homes."""
    tenant = make_user(db, Role.TENANT)
    db.commit()
    return token_header(tenant)


def test_an_empty_market_knows_the_town_of_public_places(client: FlaskClient, tenant: dict[str, str]) -> None:
    lead = client.post("/leads/understand", json={"text": WITHOUT_TOWN}, headers=tenant).json
    text = "Продаётся 2-комнатная квартира, м. Сокол 5 мин пешком, 13 500 000"
    listing = client.post("/properties/understand", json={"text": text}, headers=tenant).json
    almaty = client.post("/leads/understand", json={"text": "двушка в Медеуском районе до 40 млн"}, headers=tenant).json

    assert (lead["city"], lead["districts"], lead["metro_stations"]) == ("Москва", ["Сокол", "Аэропорт"], [])
    assert (lead["budget"]["max"], lead["currency"], lead["mortgage_approved"]) == (14_000_000, "RUB", True)
    assert (listing["city"], listing["metro_station"], listing["currency"]) == ("Москва", "Сокол", "RUB")
    assert (almaty["city"], almaty["districts"], almaty["currency"]) == ("Алматы", ["Медеуский"], "KZT")


def test_homes_on_the_market_show_which_place_of_a_name_is_meant(
    client: FlaskClient, db: Session, tenant: dict[str, str]
) -> None:
    seller = make_user(db)
    make_property(db, seller, city="Сокол", district=None, metro_station=None)
    db.commit()
    read = lambda text: client.post("/leads/understand", json={"text": text}, headers=tenant).json

    assert read("двушка у Сокола")["city"] == "Сокол"
    clear_cached_counts(client)
    for _ in range(2):
        make_property(db, seller, city="Москва", district="р-н Сокол", metro_station=None)
    db.commit()
    moscow = read("двушка у Сокола")
    assert (moscow["city"], moscow["districts"]) == ("Москва", ["р-н Сокол"])


def test_homes_that_nobody_may_see_show_nothing(client: FlaskClient, db: Session, tenant: dict[str, str]) -> None:
    make_property(db, make_user(db), city="Сокол", district=None, status=Status.ARCHIVED)
    db.commit()

    assert client.post("/leads/understand", json={"text": "двушка у Сокола"}, headers=tenant).json["city"] == "Москва"


def test_homes_are_not_counted_for_every_text(client: FlaskClient, tenant: dict[str, str], engine: Any) -> None:
    with statements_on(engine) as statements:
        for _ in range(3):
            client.post("/leads/understand", json={"text": WITHOUT_TOWN}, headers=tenant)

    assert sum("GROUPING SETS" in statement.upper() for statement in statements) == 1


def test_the_bot_which_is_no_web_process_reads_the_same(db: Session) -> None:
    assert lead_of_text(db, WITHOUT_TOWN).answer["city"] == "Москва"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Ищем двушку у м. Сокол (до 10 мин), до 18 млн. Балкон", "Ищем двушку у м. Сокол (до 10 мин), Балкон"),
        (
            "Двушка до 18 млн, кухня от 9 кв. м. Не первый эт. и не последний. Звоните",
            "кухня от 9 кв. м, Не первый эт. и не последний",
        ),
        ("Двушка на ул. Алабяна, не первый этаж. Звоните", "не первый этаж"),
    ],
)
def test_the_words_of_a_pasted_lead_are_not_divided_at_the_dot_of_an_abbreviation(
    db: Session, auth: dict[str, str], message: str, words: str
) -> None:
    assert lead_of_text(db, message).body["requirements"]["additional_requirements"] == words


@pytest.mark.parametrize("home", ["Сейчас живём в Балашихе", "Балашиху не предлагать", "Уехали из Балашихи"])
def test_a_place_that_is_not_wanted_is_no_source_of_the_town(db: Session, auth: dict[str, str], home: str) -> None:
    reading = lead_of_text(db, f"Ищем двушку у м. Сокол до 18 млн. {home}").reading

    assert "towns" not in reading.spans


def clear_cached_counts(client: FlaskClient) -> None:
    with client.application.app_context():
        clear_cached("places:counted")


@pytest.mark.parametrize("path", ["/leads/understand", "/properties/understand"])
@pytest.mark.parametrize(
    "text",
    [
        "   .",
        "12" * 5_000,
        "не " * 6_000,
        "до " * 6_000,
        "🏠" * 5_000,
        "((((" * 4_000,
        "Москва " * 2_000,
        "ул. " * 4_000,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_is_too_odd_to_be_read(client: FlaskClient, auth: dict[str, str], path: str, text: str) -> None:
    assert client.post(path, json={"text": text}, headers=auth).status_code == 200


@pytest.mark.parametrize("path", ["/leads/understand", "/properties/understand"])
@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": 5}, "text"), ({"text": "x" * 20_001}, "text"), ({"text": "a\x00b"}, "text"),
     ({"text": "двушка", "city": 7}, "city"), ({"text": "двушка", "town": "Москва"}, "town")],
    ids=str,
)  # fmt: skip
def test_a_bad_body_is_refused_by_its_field(
    client: FlaskClient, auth: dict[str, str], path: str, body: dict[str, Any], field: str
) -> None:
    answer = client.post(path, json=body, headers=auth)

    assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, [field])
    assert client.post(path, json=body).status_code == 401


def test_origin_is_not_read(client: FlaskClient, auth: dict[str, str]) -> None:
    read = client.post("/leads/understand", json={"text": "двушка, только славянам"}, headers=auth).json

    assert (read["rooms"], read["wishes"]) == ([2], [])
