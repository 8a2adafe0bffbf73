"""The exchange contract over HTTP: refusals, access, and repeated requests."""

import copy
import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.core.enums import Role
from models.market.leads import Lead
from models.market.properties import Property
from tests.factories import lead_body, make_lead, make_property, make_user, property_body, token_header


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def realtor(db):
    user = make_user(db)
    db.commit()
    return user


@pytest.fixture
def auth(realtor):
    return token_header(realtor)


def count(db, table):
    db.rollback()
    return db.scalar(select(func.count()).select_from(table))


def changed(body, path, value):
    """A copy of *body* with the dotted *path* set to *value*, or removed if *value* is `...`."""
    body = copy.deepcopy(body)
    *parents, last = path.split(".")
    part = body
    for name in parents:
        part = part[name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return body


BAD_LEADS = [
    ("requirements", ...),
    ("requirements.location", ...),
    ("requirements.location.city", ...),
    ("requirements.location.city", ""),
    ("requirements.location.city", "   "),
    ("requirements.location.city", "ё" * 101),
    ("requirements.location.city", "Моск\x00ва"),
    ("requirements.location.city", "Моск\ud800ва"),
    ("requirements.location.districts", "Арбат"),
    ("requirements.location.street", "Арбат"),
    ("requirements.budget.min", ...),
    ("requirements.budget.min", -1),
    ("requirements.budget.min", 16_000_000),
    ("requirements.budget.max", "15 млн"),
    ("requirements.budget.max", "1e9"),
    ("requirements.budget.max", True),
    ("requirements.budget.max", float("nan")),
    ("requirements.budget.max", float("inf")),
    ("requirements.budget.max", 10**18),
    ("requirements.budget.max", 10**400),
    ("requirements.area.min", 100),
    ("requirements.rooms", 2),
    ("requirements.rooms", [2.5]),
    ("requirements.rooms", [-1]),
    ("requirements.rooms", [True]),
    ("requirements.property_type", "CASTLE"),
    ("requirements.property_type", "APARTMENTS"),  # only a property may be
    ("requirements.property_class", None),
    ("requirements.payment_method", "BARTER"),
    ("client_name", 5),
    ("statsu", "ACTIVE"),
    ("id", 7),
]

BAD_PROPERTIES = [
    ("address.district", ...),
    ("address.house_number", 7),
    ("details.price", -0.01),
    ("details.price", ...),
    ("details.area", 0),
    ("details.floor", 10),
    ("details.total_floors", 0),
    ("details.rooms", "2.5"),
    ("details.rooms", "two"),
    ("details.year_built", 20200),
    ("details.property_type", "ROOM"),
    ("commission_share", 100.5),
    ("commission_share", ...),
    ("photos", ["x" * 2001]),
    ("photos", [5]),
    ("owner_id", 1),
]


@pytest.mark.parametrize(("path", "value"), BAD_LEADS)
def test_a_bad_lead_is_refused_by_the_name_of_its_field_and_not_stored(client, db, auth, path, value):
    # Encoded here, in ASCII: the client itself would fail on a lone surrogate before the server gets it.
    body = json.dumps(changed(lead_body(), path, value))
    answer = client.post("/leads", data=body, content_type="application/json", headers=auth)

    assert answer.status_code == 400
    assert answer.json["code"] == 400
    # The error of a range may be at either end; other errors have the field's whole path.
    assert path.rsplit(".", 1)[-1].removesuffix("max").removesuffix("min") in str(answer.json["errors"]["json"])
    assert count(db, Lead) == 0


@pytest.mark.parametrize(("path", "value"), BAD_PROPERTIES)
def test_a_bad_property_is_refused_by_the_name_of_its_field_and_not_stored(client, db, auth, path, value):
    answer = client.post("/properties", json=changed(property_body(), path, value), headers=auth)

    assert answer.status_code == 400
    assert path.rsplit(".", 1)[-1] in str(answer.json["errors"]["json"])
    assert count(db, Property) == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'{"requirements": ' + b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"requirements=1", None),
    ],
)
def test_a_body_that_is_not_a_json_object_is_bad_input(client, db, auth, body, content_type):
    answer = client.post("/leads", data=body, content_type=content_type, headers=auth)

    assert answer.status_code == 400
    assert count(db, Lead) == 0


def test_a_body_that_says_it_is_no_json_is_of_the_wrong_type_and_one_that_says_nothing_is_read_as_json(
    client, db, auth
):
    form = client.post("/leads", data=b"requirements=1", content_type="application/x-www-form-urlencoded", headers=auth)
    unsaid = client.post("/leads", data=json.dumps(lead_body()).encode(), headers=auth)

    assert (form.status_code, unsaid.status_code) == (415, 201)
    assert count(db, Lead) == 1


def test_a_bad_replacement_changes_nothing(client, db, auth):
    lead_id = client.post("/leads", json=lead_body(), headers=auth).json["lead_id"]
    before = client.get(f"/leads/{lead_id}", headers=auth).json

    answer = client.put(f"/leads/{lead_id}", json=changed(lead_body(), "requirements.rooms", [-1]), headers=auth)

    assert answer.status_code == 400
    assert client.get(f"/leads/{lead_id}", headers=auth).json == before


def test_a_station_sent_with_only_its_name_is_answered_with_all_fields(client, auth):
    body = property_body(address=property_body()["address"] | {"stations": [{"name": "Арбатская"}]})
    made = client.post("/properties", json=body, headers=auth).json

    mine = client.get("/properties", headers=auth).json["properties"]

    whole = [{"name": "Арбатская", "minutes": None, "by_transport": False}]
    assert [each["address"]["stations"] for each in mine] == [whole]
    assert made["property_id"] == mine[0]["property_id"]


def test_put_replaces_what_the_body_leaves_out(client, auth):
    lead_id = client.post("/leads", json=lead_body(), headers=auth).json["lead_id"]
    body = lead_body()
    del body["client_name"], body["notes"]

    answer = client.put(f"/leads/{lead_id}", json=body, headers=auth)

    assert (answer.json["client_name"], answer.json["notes"]) == (None, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/leads/{lead}"),
        ("put", "/leads/{lead}"),
        ("post", "/leads/{lead}/archive"),
        ("get", "/leads/{lead}/property-recommendations"),
        ("get", "/leads/{lead}/matches"),
        ("post", "/leads/{lead}/property-recommendations/{property}/action"),
        ("get", "/properties/{property}"),
        ("put", "/properties/{property}"),
        ("put", "/properties/{property}/archive"),
        ("get", "/properties/{property}/lead-recommendations"),
        ("get", "/properties/{property}/matches"),
        ("post", "/properties/{property}/lead-recommendations/{lead}/action"),
    ],
)
def test_a_stranger_finds_nothing_and_changes_nothing(client, db, auth, method, path):
    owner = make_user(db)
    lead, found = make_lead(db, owner), make_property(db, owner)
    db.commit()
    versions = (lead.version, found.version)
    body = (
        {"action": "LIKE"} if path.endswith("action") else (lead_body() if "/leads/{lead}" == path else property_body())
    )

    answer = client.open(
        path.format(lead=lead.id, property=found.id),
        method=method,
        json=None if method == "get" or "archive" in path else body,
        headers=auth,
    )

    assert answer.status_code == 404
    db.expire_all()
    assert (lead.version, found.version) == versions


def test_a_tenant_has_no_properties(client, db):
    tenant = make_user(db, Role.TENANT)
    db.commit()

    assert client.post("/properties", json=property_body(), headers=token_header(tenant)).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [("page=0", "page"), ("limit=101", "limit"), ("limit=abc", "limit"), ("status=GONE", "status"),
     ("pgae=1", "pgae"), ("page=1e3", "page"), ("page=99999999999999999999", "page")],
)  # fmt: skip
def test_a_bad_query_is_refused_by_name(client, auth, query, field):
    answer = client.get(f"/leads?{query}", headers=auth)

    assert answer.status_code == 400
    assert field in answer.json["errors"]["query"]


@pytest.mark.parametrize("path", ["/leads/9223372036854775808", "/leads/99999999999999999999999/matches"])
def test_an_id_that_no_row_can_have_is_bad_input(client, auth, path):
    answer = client.get(path, headers=auth)

    assert (answer.status_code, list(answer.json["errors"]["path"])) == (400, ["lead_id"])
    assert client.get(path).status_code == 401  # who is not signed in learns nothing


def test_pages_cut_one_stable_order(client, db, realtor, auth):
    for _ in range(5):
        make_lead(db, realtor)
    db.commit()
    whole = [row["lead_id"] for row in client.get("/leads", headers=auth).json["leads"]]

    pages = [client.get(f"/leads?page={page}&limit=2", headers=auth).json for page in (1, 2, 3, 4)]

    assert [row["lead_id"] for page in pages for row in page["leads"]] == whole
    assert {page["total"] for page in pages} == {5}


def test_the_same_key_gets_the_first_answer_again(client, db, auth):
    headers = auth | {"Idempotency-Key": "one"}
    first = client.post("/leads", json=lead_body(), headers=headers)
    again = client.post("/leads", json=lead_body(), headers=headers)

    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(db, Lead) == 1


def test_the_same_key_with_another_body_is_a_conflict(client, db, auth):
    headers = auth | {"Idempotency-Key": "one"}
    client.post("/leads", json=lead_body(), headers=headers)

    assert client.post("/leads", json=lead_body(rooms=[3]), headers=headers).status_code == 409
    assert count(db, Lead) == 1


def test_two_users_may_choose_the_same_key(client, db, auth):
    other = make_user(db)
    db.commit()
    for headers in (auth, token_header(other)):
        assert client.post("/leads", json=lead_body(), headers=headers | {"Idempotency-Key": "one"}).status_code == 201
    assert count(db, Lead) == 2


def test_an_invalid_idempotency_key_is_refused_as_a_header(client, db, auth):
    answer = client.post("/leads", json=lead_body(), headers=auth | {"Idempotency-Key": "x" * 201})

    assert (answer.status_code, list(answer.json["errors"]["headers"])) == (400, ["Idempotency-Key"])
    assert count(db, Lead) == 0


def test_a_refused_request_leaves_its_key_free(client, db, auth):
    headers = auth | {"Idempotency-Key": "one"}
    assert client.post("/leads", json={}, headers=headers).status_code == 400
    assert client.post("/leads", json=lead_body(), headers=headers).status_code == 201


def test_ten_simultaneous_requests_with_one_key_make_one_lead(app, db, auth):
    from concurrent.futures import ThreadPoolExecutor

    headers = auth | {"Idempotency-Key": "race"}
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: app.test_client().post("/leads", json=lead_body(), headers=headers), range(10))
        )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["lead_id"] for answer in answers}) == 1
    assert count(db, Lead) == 1


def test_archiving_twice_is_once(client, auth):
    lead_id = client.post("/leads", json=lead_body(), headers=auth).json["lead_id"]
    first = client.post(f"/leads/{lead_id}/archive", headers=auth).json
    second = client.post(f"/leads/{lead_id}/archive", headers=auth).json

    assert first["status"] == "ARCHIVED"
    assert second == first


def test_every_error_has_one_shape(client, auth):
    for answer in (
        client.get("/nowhere"),
        client.delete("/leads"),
        client.get("/leads"),
        client.get("/leads/1", headers=auth),
        client.post("/leads", json={}, headers=auth),
    ):
        assert answer.status_code >= 400
        assert set(answer.json) - {"errors", "faults", "facts"} == {"code", "status", "message", "error_code"}
        assert answer.json["code"] == answer.status_code
        assert answer.json["message"]


def test_any_spelling_of_a_city_is_the_same_market(client, db, auth):
    for city in ("Москва", "moscow", "г. Москва", "МОСКВА"):
        client.post("/leads", json=changed(lead_body(), "requirements.location.city", city), headers=auth)
    db.rollback()

    assert len(set(db.scalars(select(Lead.city_key)))) == 1
    shown = {row["requirements"]["location"]["city"] for row in client.get("/leads", headers=auth).json["leads"]}
    assert shown == {"Москва", "moscow", "г. Москва", "МОСКВА"}  # each as it was written
