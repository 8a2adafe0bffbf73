"""
Answers can be sent back: for every GET of every contract, its answer is sent to the operations that write the row.

The tables are compared with the routes: an operation that is in no table fails the test.
"""

import io
import itertools
import json
import re

import pytest
from PIL import Image

from api.http import access
from api.portal.property_form import PropertyForm
from models.accounts.api_keys import create_api_key
from models.core.enums import Role
from tests.api import agenda_operations
from tests.api.test_portal import FORM, REQUEST, create, parts
from tests.factories import lead_body, property_body

_numbers = itertools.count(1)

#: The path to read, the role, and the operations that write: methods and paths, whose {id} is the row's.
LEADS, PROPERTIES, LISTINGS = ("POST", "/leads"), ("POST", "/properties"), ("POST", "/listings")
ACCEPTING_OPERATIONS = {
    **agenda_operations.ACCEPTING_OPERATIONS,
    "GET /auth/me": ("realtor", [("POST", "/auth/register")]),
    "GET /users/me": ("realtor", [("PUT", "/users/update")]),
    "GET /admin/users": ("admin", [("PATCH", "/admin/users/{id}")]),
    "GET /leads": ("realtor", [LEADS, ("PUT", "/leads/{lead_id}")]),
    "GET /leads/<int:lead_id>": ("realtor", [LEADS, ("PUT", "/leads/{lead_id}")]),
    "GET /properties": ("realtor", [PROPERTIES, ("PUT", "/properties/{property_id}")]),
    "GET /properties/<int:property_id>": ("realtor", [PROPERTIES, ("PUT", "/properties/{property_id}")]),
    "GET /listings": ("realtor", [LISTINGS, ("PUT", "/listings/{id}")]),
    "GET /listings/my": ("realtor", [LISTINGS, ("PUT", "/listings/{id}")]),
    "GET /listings/<int:listing_id>": ("realtor", [LISTINGS, ("PUT", "/listings/{id}")]),
    "GET /admin/listings": ("admin", [("PUT", "/listings/{id}")]),
    "GET /preferences": ("tenant", [("POST", "/preferences")]),
    "GET /leads/my": ("tenant", [LEADS]),
    "GET /leads/for-me": ("realtor", [("PATCH", "/inquiries/{id}")]),
    "GET /properties/my_properties": ("realtor", [("POST", "/properties/create")]),
    "GET /users/my_requests": ("tenant", [("POST", "/users/create_request")]),
    "GET /my_requests": ("tenant", [("POST", "/users/create_request")]),
    "GET /users/my_requests/<int:request_id>": ("tenant", [("POST", "/users/create_request")]),
    "GET /chat/my_chats": ("tenant", [("POST", "/chat/create_chat")]),
    "GET /chat/chat_messages/<int:chat_id>": ("tenant", [("POST", "/chat/chat_messages/{chat_id}")]),
    "GET /notifications/switches": ("tenant", [("PATCH", "/notifications/switches")]),
    "GET /sources": ("realtor", [("PATCH", "/sources/{id}")]),
    "GET /sources/<int:source_id>": ("realtor", [("POST", "/sources"), ("PATCH", "/sources/{id}")]),
    "GET /webhooks": ("realtor", [("PATCH", "/webhooks/{id}")]),
    "GET /webhooks/<int:webhook_id>": ("realtor", [("POST", "/webhooks"), ("PATCH", "/webhooks/{id}")]),
    "GET /ops/rescoring-runs": ("admin", [("POST", "/ops/rescoring-runs")]),
    "GET /ops/rescoring-runs/<int:run_id>": ("admin", [("POST", "/ops/rescoring-runs")]),
    "GET /api/niches": ("key", [("POST", "/api/niches"), ("PATCH", "/api/niches/{id}")]),
    "GET /api/niches/<uuid:niche_id>": ("key", [("PATCH", "/api/niches/{id}")]),
    "GET /api/campaigns": ("key", [("POST", "/api/campaigns")]),
    "GET /api/campaigns/<uuid:campaign_id>": ("key", [("PATCH", "/api/campaigns/{id}/status")]),
    "GET /api/campaigns/<uuid:campaign_id>/ads": (
        "key",
        [("POST", "/api/campaigns/{campaign_id}/ads"), ("PATCH", "/api/ads/{id}")],
    ),
    "GET /api/leads": ("key", [("POST", "/api/leads")]),
    "GET /api/leads/<uuid:lead_id>": ("key", [("PATCH", "/api/leads/{id}/status")]),
    "GET /api/leads/<uuid:lead_id>/messages": ("key", [("POST", "/api/leads/{lead_id}/messages")]),
}

#: Answers that no operation accepts as they are.
NOT_SENT_BACK = {
    **agenda_operations.NOT_SENT_BACK,
    "GET /users/list": "read by administrators; /admin/users is what they write",
    "GET /auth/identifiers": "changed by proofs",
    "GET /auth/sessions": "ended only",
    "GET /users/me/exports/<int:export_id>": "made by a worker",
    "GET /leads/<int:lead_id>/matches": "made by actions",
    "GET /properties/<int:property_id>/matches": "made by actions",
    "GET /leads/<int:lead_id>/property-recommendations": "computed",
    "GET /properties/<int:property_id>/lead-recommendations": "computed",
    "GET /leads/<int:lead_id>/selections": "a link and a client's answers",
    "GET /leads/<int:lead_id>/selections/<int:selection_id>": "a link and a client's answers",
    "GET /users/my_requests/<int:request_id>/offers": "computed",
    "GET /feed/next": "computed",
    "GET /notifications": "told, and marked as read without a body",
    "GET /favorites": "listings, added by their ids",
    "GET /places": "known towns",
    "GET /sources/<int:source_id>/imports": "the record of an import",
    "GET /sources/<int:source_id>/photos": "the record of what was fetched",
    "GET /webhooks/<int:webhook_id>/deliveries": "the record of a delivery",
    "GET /imports": "the record of an import",
    "GET /imports/<int:import_id>": "the record of an import",
    "GET /ops/markets": "counted",
    "GET /outgoing-feed": "an address, which is made",
    "GET /api/niches/<uuid:niche_id>/stats": "counted",
}
#: Operations whose body is not the answer of any GET: credentials, an action, a query, a file.
ACTS = {
    "POST /auth/login", "PUT /auth/password", "POST /auth/identifiers/confirm", "POST /auth/identifiers/drop",
    "POST /auth/email", "POST /auth/email/token", "POST /auth/password/reset", "POST /admin/invitations",
    "POST /auth/invitation", "POST /auth/telegram", "POST /auth/telegram/login-or-register", "POST /users/register",
    "POST /telegram/updates",
    "POST /users/activate", "POST /users/token", "POST /users/reset", "DELETE /users/delete",
    "POST /leads/{lead_id}/property-recommendations/{property_id}/action",
    "POST /properties/{property_id}/lead-recommendations/{lead_id}/action", "POST /leads/understand",
    "POST /leads/{lead_id}/selections",
    "POST /properties/understand", "POST /feed/action", "POST /favorites", "POST /chat/chat_messages/{chat_id}/read",
    "POST /webhooks/{webhook_id}/replay",
    "POST /sources/{source_id}/run", "POST /imports", "POST /ops/markets/merge", "POST /api/leads/{lead_id}/convert",
    "POST /api/leads/import", "POST /api/ads/import",
}  # fmt: skip

#: Fields that no answer has, or that would be duplicates.
BESIDE = {
    "POST /auth/register": lambda: {
        "password": "correct horse", "phone": f"+7702{next(_numbers):07}", "email": f"u{next(_numbers)}@example.com",
    },
    "POST /properties/create": lambda: {"images": (picture(), "a.png")},
    "POST /sources": lambda: {"name": f"source {next(_numbers)}"},
    "POST /api/niches": lambda: {"name": f"niche {next(_numbers)}"},
}  # fmt: skip
FORMS = {"PUT /users/update", "POST /properties/create"}
#: Fields that change when a row is written and read again: times and numbers.
MOVES = {"updated_at", "warnings"}


def picture() -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    content.seek(0)
    return content


@pytest.fixture
def people(person, database, app):
    """Who asks."""
    key = {"X-API-Key": create_api_key(database, "round trip")[1]}
    database.commit()
    return {
        "realtor": person(Role.REALTOR, name="Айгуль", email="r@example.com"),
        "tenant": person(name="Пётр", email="t@example.com"),
        "admin": person(Role.ADMIN),
        "key": lambda method, path, **rest: app.test_client().open(path, method=method, headers=key, **rest),
    }


@pytest.fixture
def ids(people) -> dict:
    """The ids of a row for every path."""
    realtor, tenant, leadgen = people["realtor"], people["tenant"], people["key"]
    wishes = lead_body()["requirements"] | {"currency": "USD", "additional_requirements": "тихий двор, не первый этаж"}
    lead = lead_body(deal_type="RENT", wishes=[{"kind": "balcony", "value": True}], private_notes="p")
    address = property_body()["address"] | {"latitude": 55.75, "longitude": 37.6, "metro_station": "Арбат"}
    address["stations"] = [{"name": "Арбатская", "minutes": 5}]
    details = property_body()["details"] | {"currency": "EUR", "deal_type": "RENT", "price": "2500.50"}
    offered = property_body() | {"address": address, "details": details, "description": "Тихий двор"}
    offered["photos"] = ["https://example.com/1.jpg"]
    home = {"city": "Алматы", "deal_type": "rent", "property_type": "flat"}
    made(tenant("POST", "/preferences", json=home | {"price_min": 1, "price_max": "300000", "words": "с балконом"}))
    found = {
        "lead_id": made(realtor("POST", "/leads", json=lead | {"requirements": wishes}))["lead_id"],
        "property_id": made(realtor("POST", "/properties", json=offered))["property_id"],
        "listing_id": made(
            realtor("POST", "/listings", json=home | {"title": "Flat", "price": "260000.00", "currency": "USD"})
        )["id"],
        "request_id": made(tenant("POST", "/users/create_request", json=REQUEST))["id"],
        "webhook_id": made(
            realtor("POST", "/webhooks", json={"url": "https://example.com/hooks", "types": ["match.created"]})
        )["id"],
        "source_id": made(realtor("POST", "/sources", json={"name": "feed", "address": "https://example.com/a.csv"}))[
            "id"
        ],
        "run_id": made(people["admin"]("POST", "/ops/rescoring-runs", json={"scope": "all"}))["id"],
        "niche_id": made(leadgen("POST", "/api/niches", json={"name": "n", "category": "c", "cpl_target": 5}))["id"],
    }
    found["task_id"] = made(realtor("POST", f"/leads/{found['lead_id']}/tasks", json=agenda_operations.SHOWING))["id"]
    made(tenant("POST", "/leads", json={"listing_id": found["listing_id"]}))
    both = {"buyer_id": tenant.id, "seller_id": realtor.id}
    portal = made(create(realtor, parts(FORM)))["id"]
    found["chat_id"] = made(tenant("POST", "/chat/create_chat", json=both | {"property_id": portal}))["id"]
    made(tenant("POST", f"/chat/chat_messages/{found['chat_id']}", json={"content": "Здравствуйте"}))
    campaign = {"niche_id": found["niche_id"], "name": "c", "platform": "olx", "budget": "1000.50"}
    found["campaign_id"] = made(leadgen("POST", "/api/campaigns", json=campaign | {"start_date": "2026-01-01"}))["id"]
    ad = made(leadgen("POST", f"/api/campaigns/{found['campaign_id']}/ads", json={"title": "a", "spent": 5}))["id"]
    prospect = {"name": "Дана", "source": "olx", "ad_id": ad, "phone": "+77011234567", "budget": 5}
    found["prospect_id"] = made(leadgen("POST", "/api/leads", json=prospect))["id"]
    message = {"message": "?", "sender": "lead", "platform": "olx"}
    made(leadgen("POST", f"/api/leads/{found['prospect_id']}/messages", json=message))
    return found


def made(answer) -> dict:
    assert answer.status_code < 300, answer.text
    return answer.json


def rows_of(answer) -> list[dict]:
    """The rows of a list, or the single row of an answer."""
    if isinstance(answer, list):
        return answer
    if "total" in answer and "page" in answer:
        return next(value for value in answer.values() if isinstance(value, list))
    return answer["messages"] if "messages" in answer and "lead_id" in answer else [answer]


def test_the_answer_of_a_get_can_be_sent_back_and_changes_nothing(people, ids):
    wrong = []
    for operation, (who, ways) in ACCEPTING_OPERATIONS.items():
        path = operation.removeprefix("GET ")
        named = ids | ({"lead_id": ids["prospect_id"]} if path.startswith("/api/") else {})
        url = re.sub(r"<\w+:(\w+)>", lambda part, named=named: str(named[part[1]]), path)
        rows = rows_of(made(people[who]("GET", url)))
        row = min(rows, key=lambda each: json.dumps(each).count("null"))  # the fullest
        for method, template in ways:
            name = f"{method} {template}"
            body = row | BESIDE.get(name, dict)()
            sent = {"data": as_form(body), "content_type": "multipart/form-data"} if name in FORMS else {"json": body}

            answer = people[who](method, template.format(**(named | row)), **sent)

            if answer.status_code >= 300:
                wrong.append((operation, name, answer.text))
            elif method != "POST":
                again = next(each for each in rows_of(made(people[who]("GET", url))) if same_row(each, row))
                changed = {key: (row[key], again[key]) for key in row.keys() - MOVES if row[key] != again[key]}
                wrong += [(operation, name, changed)] if changed else []

    assert not wrong, "\n".join(map(str, wrong))


def same_row(one: dict, other: dict) -> bool:
    return all(one[key] == other[key] for key in ("id", "lead_id", "property_id") if key in one)


def as_form(row: dict) -> dict:
    """A row in the encoding of form libraries, which leave out null and empty lists."""
    return {name: value for name, value in row.items() if value not in (None, [])}


def test_every_operation_that_reads_or_accepts_a_body_is_in_a_table(app):
    document = app.test_client().get("/openapi.json").json["paths"]
    reads, writes = set(), set()
    for method, rule, _ in access.operations(app):
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
        operation = document.get(path, {}).get(method.lower(), {})
        answers = operation.get("responses", {}).get("200", {}).get("content", {})
        if method == "GET" and "application/json" in answers and "health" not in rule:
            reads.add(f"GET {rule}")
        if "requestBody" in operation:
            writes.add(f"{method} {path}")

    assert reads == ACCEPTING_OPERATIONS.keys() | NOT_SENT_BACK.keys()
    ways = {
        f"{method} {re.sub('{.*?}', '{}', path)}" for _, each in ACCEPTING_OPERATIONS.values() for method, path in each
    }
    assert {name for name in writes - ACTS if re.sub("{.*?}", "{}", name) not in ways} == set()


def test_a_typing_error_beside_answered_fields_is_still_refused_by_name(person):
    realtor = person(Role.REALTOR)
    lead = made(realtor("POST", "/leads", json=lead_body()))["lead_id"]
    row = made(realtor("GET", f"/leads/{lead}"))

    answer = realtor("PUT", f"/leads/{lead}", json=row | {"match_cuont": 1})
    nested = row["requirements"] | {"curency": "USD"}

    assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, ["match_cuont"])
    answer = realtor("PUT", f"/leads/{lead}", json=row | {"requirements": nested})
    assert answer.json["errors"]["json"] == {"requirements": {"curency": ["Unknown field."]}}


def test_the_fields_of_one_operation_open_no_other(person, database):
    answer = person(Role.REALTOR)("POST", "/leads", json=lead_body() | {"tenant_id": 7})

    assert list(answer.json["errors"]["json"]) == ["tenant_id"]


@pytest.mark.parametrize("query", ["page=&limit=", "status=&page=1", "utm_source=x&utm_medium=", "_=1764400000"])
def test_empty_and_foreign_parameters_count_for_nothing(person, query):
    assert person()("GET", f"/leads?{query}").status_code == 200
    assert person()("GET", f"/leads?{query}&pgae=1").status_code == 400


def test_null_is_absent_where_a_field_is_optional(person):
    landlord = person(Role.LANDLORD)
    body = {"title": "Flat", "city": "Алматы", "deal_type": "rent", "property_type": "flat", "price": "7"}

    assert landlord("POST", "/listings", json=body | {"is_active": None}).json["is_active"] is True
    assert landlord("POST", "/listings", json=body | {"price": None}).status_code == 400


# -- Rows that came through another contract, and lack what the exchange requires --------------------------------------


#: All required fields of a property of the portal.
REQUIRED_OF_PORTAL = {name for name, field in PropertyForm().load_fields.items() if field.required}


@pytest.fixture
def others_rows(people) -> dict:
    """A realtor's rows from every other contract: paths of the exchange and of listings, and each row's origin."""
    realtor = people["realtor"]
    listing = {"title": "Flat", "city": "Алматы", "price": "260000.00"}
    made_of = {
        f"listing: {word}": made(
            realtor("POST", "/listings", json=listing | {"deal_type": deal, "property_type": word})
        )
        for word, deal in (("flat", "sale"), ("house", "sale"), ("room", "rent"), ("commercial", "rent"))
    }
    made_of["portal"] = made(create(realtor, parts(FORM)))
    little = {name: value for name, value in FORM.items() if name in REQUIRED_OF_PORTAL}
    made_of["portal, little of it"] = made(create(realtor, parts(little)))
    paths = {f"/properties/{row['id']}": name for name, row in made_of.items()}
    for word in ("flat", "commercial"):  # of a tenant's request too a realtor's preference has all that may lack
        wanted = {"city": "Алматы", "deal_type": "rent", "property_type": word, "price_min": 1, "price_max": 9}
        made(realtor("POST", "/preferences", json=wanted | {"words": "с балконом"}))
        lead = made(realtor("GET", "/leads"))["leads"][0]["lead_id"]
        paths[f"/leads/{lead}"] = f"preference: {word}"
    return paths


def test_a_row_of_another_contract_can_be_sent_back_and_does_not_change(people, others_rows):
    realtor, wrong = people["realtor"], []
    for path, how in others_rows.items():
        row = made(realtor("GET", path))
        answer = realtor("PUT", path, json=row)
        if answer.status_code != 200:
            wrong.append((how, answer.text))
            continue
        again = made(realtor("GET", path))
        changed = {key: (row[key], again[key]) for key in row.keys() - MOVES if row[key] != again[key]}
        wrong += [(how, changed)] if changed else []
    assert not wrong, "\n".join(map(str, wrong))


def test_null_does_not_clear_a_stored_field_and_only_a_row_of_another_contract_keeps_its_value(people, others_rows):
    realtor = people["realtor"]
    [room] = [path for path, how in others_rows.items() if how == "listing: room"]
    [flat] = [path for path, how in others_rows.items() if how == "listing: flat"]
    row = made(realtor("GET", room))
    floor = row | {"details": row["details"] | {"floor": 3}}

    assert made(realtor("PUT", room, json=floor))["details"]["floor"] == 3
    for body in (row, floor | {"details": row["details"] | {"floor": 3, "price": None}}):
        answer = realtor("PUT", room, json=body)
        assert (answer.status_code, realtor("GET", room).json["details"]["floor"]) == (400, 3)
    of_flat = made(realtor("GET", flat))
    answer = realtor("PUT", flat, json=of_flat | {"details": of_flat["details"] | {"property_type": "ROOM"}})
    assert list(answer.json["errors"]["json"]["details"]) == ["property_type"]
