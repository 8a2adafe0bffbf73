"""Errors are in the requested language; their code and facts are the same in all languages."""

from collections.abc import Iterator

import pytest
from marshmallow import fields, validate

from api.http.blueprint import Body
from api.http.faults import VALIDATORS
from models.accounts.users import User
from models.core.enums import Role
from models.core.errors import Fault
from models.deals.inquiries import create_inquiry
from models.translations.catalogue import LANGUAGES, is_known
from tests.factories import make_property


@pytest.fixture
def closed(person, database):
    """(the owner's client, the id of a closed inquiry)."""
    tenant, seller = person(), person(Role.LANDLORD)
    listing = make_property(database, database.get(User, seller.id))
    made = create_inquiry(database, database.get(User, tenant.id), listing)
    database.commit()
    seller("PATCH", f"/inquiries/{made.id}", json={"status": "closed"})
    return seller, made.id


@pytest.mark.parametrize(
    ("headers", "language", "message"),
    [
        ({}, "en", "The inquiry is already closed; it cannot go back to new."),
        ({"Accept-Language": "fr"}, "en", "The inquiry is already closed; it cannot go back to new."),
        ({"Accept-Language": "ru-RU,en;q=0.5"}, "ru", "Заявка уже продвинулась; вернуть её назад нельзя."),
        ({"Accept-Language": "kk"}, "kk", "Өтінім ілгері жылжып кетті; оны кері қайтаруға болмайды."),
    ],
)
def test_an_error_is_in_the_requested_language(closed, headers, language, message):
    seller, inquiry_id = closed

    answer = seller("PATCH", f"/inquiries/{inquiry_id}", json={"status": "new"}, headers=headers)

    assert answer.json == {
        "code": 409,
        "status": "Conflict",
        "message": message,
        "error_code": "inquiry.cannot_go_back",
        "facts": {"present": "closed", "wanted": "new"},
    }
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_bad_input_names_each_field_with_a_code(client):
    answer = client.post("/auth/register", json={"password": 1, "shoe_size": 43}, headers={"Accept-Language": "ru"})

    assert answer.json["error_code"] == "input.invalid" and answer.json["code"] == 400
    assert {(each["place"], each["field"], each["code"]) for each in answer.json["faults"]} >= {
        ("json", "password", "value.not_text"),
        ("json", "role", "value.required"),
        ("json", "shoe_size", "value.unknown_field"),
    }
    assert answer.json["errors"]["json"]["role"] == ["Это поле нужно заполнить."]


def test_a_fault_states_the_bounds_that_it_knows(person):
    answer = person()("GET", "/favorites?limit=1000")

    assert answer.json["faults"] == [
        {"place": "query", "field": "limit", "code": "number.outside", "facts": {"min": 1, "max": 100}}
    ]


def test_an_unknown_address_has_an_error_code(client):
    answer = client.get("/nowhere", headers={"Accept-Language": "ru"})

    assert (answer.json["error_code"], answer.json["message"]) == ("http.404", "Такой страницы нет.")


def test_a_list_of_rooms_that_cannot_be_read_is_explained_in_the_requested_language(client):
    answer = client.get("/listings?rooms=two", headers={"Accept-Language": "ru"})

    assert answer.json["faults"] == [{"place": "query", "field": "rooms", "code": "rooms.not_numbers", "facts": {}}]
    assert answer.json["message"] == "rooms: Напишите целые числа через запятую, например 1,2."


@pytest.mark.parametrize(
    ("method", "path", "sent", "field", "reason"),
    [
        (
            "POST",
            "/leads",
            {"json": {"listing_id": 1, "status": "closed"}},
            "status",
            "Выберите одно из значений: new.",
        ),
        ("POST", "/webhooks", {"json": {"types": []}}, "types", "От 1 до 12 элементов."),
        ("POST", "/preferences", {"json": {"rooms": [1] * 101}}, "rooms", "Не больше 100 элементов."),
        ("POST", "/webhooks", {"json": {"url": ""}}, "url", "От 1 до 2000 знаков."),
    ],
)
def test_a_reason_fits_the_value_and_the_language(person, method, path, sent, field, reason):
    answer = person(Role.REALTOR)(method, path, **sent, headers={"Accept-Language": "ru"})

    (errors,) = answer.json["errors"].values()
    assert errors[field] == [reason]


def _every_field(schema: type[Body]) -> Iterator[tuple[str, fields.Field]]:
    """The fields of *schema* and of the schemas derived from it, and the entries of their lists."""
    for name, field in schema._declared_fields.items():
        yield f"{schema.__name__}.{name}", field
        if isinstance(field, fields.List):
            yield f"{schema.__name__}.{name}[]", field.inner
    for derived in schema.__subclasses__():
        yield from _every_field(derived)


def test_every_validator_of_the_api_has_sentences_in_the_catalogue(app):
    silent = [
        (name, rule)
        for name, field in _every_field(Body)
        for rule in field.validators
        if isinstance(rule, validate.Validator)
        and not (
            is_known(LANGUAGES[0], Fault(rule.error)) if getattr(rule, "error", None) else type(rule) in VALIDATORS
        )
    ]
    assert silent == []
