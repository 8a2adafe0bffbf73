"""Wishes and facts over HTTP: read in texts, stated, struck out, and visible to their owner only."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Role
from models.market.leads import Lead
from tests.factories import lead_body, make_user, property_body, token_header

WORDS = "Не первый этаж, кухня от 9 м, хорошо бы балкон"
REQUEST = {
    "city": "Алматы",
    "deal_format": "хочу купить",
    "type": "квартира",
    "wishes": "Не последний этаж, с мебелью",
}
PREFERENCE = {"city": "Москва", "deal_type": "rent", "property_type": "flat", "price_min": 50_000, "price_max": 90_000}


@pytest.fixture
def db(engine: Any, clean_database: str) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def realtor(db: Session) -> User:
    user = make_user(db)
    db.commit()
    return user


@pytest.fixture
def auth(realtor: User) -> dict[str, str]:
    return token_header(realtor)


def body_of(words: str, **changes: Any) -> dict[str, Any]:
    body = copy.deepcopy(lead_body(**changes))
    body["requirements"]["additional_requirements"] = words
    return body


def made(client: FlaskClient, auth: dict[str, str], words: str = WORDS, **changes: Any) -> str:
    answer = client.post("/leads", json=body_of(words, **changes), headers=auth)
    assert answer.status_code == 201, answer.text
    return f"/leads/{answer.json['lead_id']}"


def essentials(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["kind"], row["value"], row["strength"], row["source"], row["quote"], row["struck"]) for row in rows]


READ = [
    ("first_floor", False, "wish", "text", "Не первый этаж", False),
    ("kitchen_area", {"min": 9}, "wish", "text", "кухня от 9 м", False),
    ("balcony", True, "soft", "text", "балкон", False),
]


def test_every_operation_on_a_lead_answers_the_wishes_in_its_text(client: FlaskClient, auth: dict[str, str]) -> None:
    path = made(client, auth)

    one = client.get(path, headers=auth).json["wishes"]

    assert essentials(one) == READ
    assert [WORDS[row["start"] : row["end"]] for row in one] == [row["quote"] for row in one]
    assert all(row["label"] for row in one)
    assert client.get("/leads", headers=auth).json["leads"][0]["wishes"] == one
    assert client.put(path, json=body_of(WORDS), headers=auth).json["wishes"] == one


def test_a_client_states_wishes_which_come_first_and_keep_their_strength(
    client: FlaskClient, auth: dict[str, str]
) -> None:
    stated = [
        {"kind": "material", "value": {"any_of": ["brick"]}, "strength": "must"},
        {"kind": "lift", "value": True},
    ]

    path = made(client, auth, "кухня от 9 м", wishes=stated)

    assert essentials(client.get(path, headers=auth).json["wishes"]) == [
        ("material", {"any_of": ["brick"]}, "must", "stated", None, False),
        ("lift", True, "wish", "stated", None, False),
        ("kitchen_area", {"min": 9}, "wish", "text", "кухня от 9 м", False),
    ]


def test_stated_and_struck_wishes_can_be_sent_back_as_they_were_answered(
    client: FlaskClient, auth: dict[str, str]
) -> None:
    path = made(client, auth, wishes=[{"kind": "lift", "value": True}])
    wishes = client.get(path, headers=auth).json["wishes"]
    wishes[1]["struck"] = True
    struck = client.put(path, json=body_of(WORDS, wishes=wishes), headers=auth).json["wishes"]

    again = client.put(path, json=body_of(WORDS, wishes=struck), headers=auth)

    assert again.status_code == 200, again.text
    assert again.json["wishes"] == struck == wishes


def test_a_struck_wish_stays_struck_until_its_words_change(client: FlaskClient, auth: dict[str, str]) -> None:
    path = made(client, auth)
    struck = {"kind": "kitchen_area", "value": True, "source": "text", "quote": "кухня от 9 м", "struck": True}
    put = lambda words, **more: client.put(path, json=body_of(words, **more), headers=auth).json["wishes"]
    of_kitchen = lambda rows: [row["struck"] for row in rows if row["kind"] == "kitchen_area"]

    assert of_kitchen(put(WORDS, wishes=[struck])) == [True]
    assert of_kitchen(put(WORDS)) == [True], "a body that says nothing of it"
    assert of_kitchen(put(f"Срочно! {WORDS}")) == [True], "other words around it"
    assert of_kitchen(put("кухня от 10 м")) == [False], "other words"


def test_a_struck_reading_can_be_restored(client: FlaskClient, auth: dict[str, str]) -> None:
    path = made(client, auth)
    struck = {"kind": "kitchen_area", "value": True, "source": "text", "quote": "кухня от 9 м", "struck": True}
    client.put(path, json=body_of(WORDS, wishes=[struck]), headers=auth)

    answer = client.put(path, json=body_of(WORDS, wishes=[struck | {"struck": False}]), headers=auth)

    assert essentials(answer.json["wishes"]) == READ


BAD_WISHES = [
    ({"kind": "helipad", "value": True}, "kind"),
    ({"value": True}, "kind"),
    ({"kind": "balcony"}, "value"),
    ({"kind": "balcony", "value": "yes"}, "value"),
    ({"kind": "balcony", "value": 1}, "value"),
    ({"kind": "kitchen_area", "value": 9}, "value"),
    ({"kind": "kitchen_area", "value": {"from": 9}}, "value"),
    ({"kind": "kitchen_area", "value": {"min": "9"}}, "value"),
    ({"kind": "kitchen_area", "value": {"min": [9, 10]}}, "value"),
    ({"kind": "kitchen_area", "value": {"min": {"a": 9}}}, "value"),
    ({"kind": "kitchen_area", "value": {"min": 10**400}}, "value"),
    ({"kind": "kitchen_area", "value": {"min": float("nan")}}, "value"),
    ({"kind": "kitchen_area", "value": {"min": 12, "max": 9}}, "value"),
    ({"kind": "material", "value": "brick"}, "value"),
    ({"kind": "material", "value": {"any_of": ["straw"]}}, "value"),
    ({"kind": "material", "value": {"any_of": [["brick"]]}}, "value"),
    ({"kind": "material", "value": {"any_of": []}}, "value"),
    ({"kind": "material", "value": {"any_of": ["brick"] * 50_000}}, "value"),
    ({"kind": "balcony", "value": True, "strength": "maybe"}, "strength"),
    ({"kind": "balcony", "value": True, "source": "guessed"}, "source"),
]


@pytest.mark.parametrize(("wish", "field"), BAD_WISHES, ids=lambda each: str(each)[:60])
def test_a_bad_wish_is_refused_by_its_field_and_nothing_is_stored(
    client: FlaskClient, db: Session, auth: dict[str, str], wish: dict[str, Any], field: str
) -> None:
    answer = client.post("/leads", json=body_of(WORDS, wishes=[wish]), headers=auth)

    assert answer.status_code == 400, answer.text
    assert list(answer.json["errors"]["json"]["wishes"]["0"]) == [field]
    assert len(answer.text) < 3_000, "what is wrong is quoted, and not all of it"
    assert db.scalar(select(func.count()).select_from(Lead)) == 0


@pytest.mark.parametrize(
    ("language", "kind", "reason"),
    [
        ("ru", "lift", "Передайте true или false."),
        ("ru", "floor", "Передайте min, max или оба числами; min не больше max."),
        ("ru", "move_in", "Передайте min, max или оба числами от 0 до 365."),
        ("kk", "stove", "any_of не none_of жіберіңіз: gas, electric ішінен бір не бірнеше мән."),
        ("en", "stove", "Send any_of or none_of with one or more of: gas, electric."),
    ],
)
def test_a_value_that_does_not_fit_its_kind_is_explained_in_the_language_of_the_reader(
    client: FlaskClient, auth: dict[str, str], language: str, kind: str, reason: str
) -> None:
    body = body_of(WORDS, wishes=[{"kind": kind, "value": "gold"}])

    answer = client.post("/leads", json=body, headers=auth | {"Accept-Language": language})

    assert answer.json["errors"]["json"]["wishes"]["0"]["value"] == [reason]


def test_more_wishes_than_a_lead_may_have_are_refused(client: FlaskClient, auth: dict[str, str]) -> None:
    answer = client.post("/leads", json=body_of(WORDS, wishes=[{"kind": "lift", "value": True}] * 101), headers=auth)

    assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, ["wishes"])


@pytest.mark.parametrize(
    "words",
    ["только славянам", "не кавказцы, не азиаты", "Russians only", "мусульманам не предлагать", "только казахам"],
)
def test_origin_and_faith_are_never_a_wish(client: FlaskClient, auth: dict[str, str], words: str) -> None:
    assert client.get(made(client, auth, words), headers=auth).json["wishes"] == []
    with_more = client.get(made(client, auth, f"{words}, кухня от 9 м"), headers=auth).json["wishes"]
    assert [row["kind"] for row in with_more] == ["kitchen_area"]


def test_a_property_answers_facts_and_its_fields_outweigh_its_words(client: FlaskClient, auth: dict[str, str]) -> None:
    body = property_body() | {"description": "Первый этаж, кухня 6 м, есть лоджия"}  # its field says the fifth
    path = f"/properties/{client.post('/properties', json=body, headers=auth).json['property_id']}"

    answer = client.get(path, headers=auth).json

    facts = {fact["kind"]: (fact["value"], fact["source"], fact["quote"]) for fact in answer["facts"]}
    assert facts["floor"] == (5, "field", None)
    assert facts["house_floors"] == (9, "field", None)
    assert facts["first_floor"] == (False, "field", None)
    assert facts["kitchen_area"] == (6, "text", "кухня 6 м")
    assert facts["balcony"] == (True, "text", "лоджия")
    assert client.put(path, json=body, headers=auth).json["facts"] == answer["facts"]
    assert client.get("/properties", headers=auth).json["properties"][0]["facts"] == answer["facts"]


def test_preferences_take_rooms_places_area_words_and_wishes(client: FlaskClient, auth: dict[str, str]) -> None:
    more = {
        "rooms": [1, 2],
        "districts": ["Арбат"],
        "metro_stations": ["Сокол"],
        "area_min": 30,
        "area_max": 60,
        "words": "можно с кошкой",
    }

    answer = client.post(
        "/preferences", json=PREFERENCE | more | {"wishes": [{"kind": "internet", "value": True}]}, headers=auth
    )

    assert answer.status_code == 200, answer.text
    assert {name: answer.json[name] for name in more} == more
    assert essentials(answer.json["wishes"]) == [
        ("internet", True, "wish", "stated", None, False),
        ("cats", True, "wish", "text", "кошкой", False),
    ]
    assert client.get("/preferences", headers=auth).json == answer.json
    assert client.post("/preferences", json=PREFERENCE, headers=auth).json["wishes"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rooms": ["many"]}, "rooms"),
        ({"rooms": [-1]}, "rooms"),
        ({"districts": [""]}, "districts"),
        ({"area_min": 90, "area_max": 60}, "area_min"),
        ({"wishes": [{"kind": "helipad", "value": True}]}, "wishes"),
    ],
)
def test_a_bad_preference_is_refused_by_its_field(
    client: FlaskClient, auth: dict[str, str], change: dict[str, Any], field: str
) -> None:
    answer = client.post("/preferences", json=PREFERENCE | change, headers=auth)

    assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, [field])
    assert client.get("/preferences", headers=auth).json is None


def test_a_request_of_the_portal_answers_what_was_read_and_stated(client: FlaskClient, db: Session) -> None:
    tenant = make_user(db, Role.TENANT)
    db.commit()
    auth = token_header(tenant)
    body = REQUEST | {"read_wishes": [{"kind": "parking", "value": {"any_of": ["yard"]}, "strength": "soft"}]}

    made_id = client.post("/users/create_request", json=body, headers=auth).json["id"]

    row = client.get(f"/users/my_requests/{made_id}", headers=auth).json
    assert row["wishes"] == REQUEST["wishes"], "the words as they were sent"
    assert essentials(row["read_wishes"]) == [
        ("parking", {"any_of": ["yard"]}, "soft", "stated", None, False),
        ("last_floor", False, "wish", "text", "Не последний этаж", False),
        ("furnished", True, "wish", "text", "мебелью", False),
    ]
    assert client.get("/users/my_requests", headers=auth).json == [row]


def test_rows_of_the_portal_show_no_wishes_to_strangers(client: FlaskClient, db: Session, auth: dict[str, str]) -> None:
    path = made(client, auth)
    stranger = make_user(db)
    db.commit()

    assert client.get(path, headers=token_header(stranger)).status_code == 404
    assert client.get("/leads", headers=token_header(stranger)).json["leads"] == []
    assert client.put(path, json=body_of("", wishes=[]), headers=token_header(stranger)).status_code == 404
    assert essentials(client.get(path, headers=auth).json["wishes"]) == READ
