"""
The OpenAPI document must be complete for a reader who has nothing else. test_openapi_fuzz.py checks that it is true.
"""

import re

import jsonschema_rs
import pytest


@pytest.fixture
def document(client) -> dict:
    return client.get("/openapi.json").json


@pytest.fixture
def operations(document) -> dict[str, dict]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_every_operation_says_what_it_does_and_has_a_name_of_its_own(operations):
    assert {name for name, each in operations.items() if not each.get("summary")} == set()
    assert {name for name, each in operations.items() if len(each.get("description", "")) < 20} == set()
    assert len({each["operationId"] for each in operations.values()}) == len(operations)


def test_every_tag_is_explained_in_words_of_its_own(document, operations):
    explained = {tag["name"]: tag["description"] for tag in document["tags"]}

    assert {tag for each in operations.values() for tag in each["tags"]} == set(explained)
    assert len(set(explained.values())) == len(explained)
    assert {name for name in explained if "_" in name} == set()


def test_sockets_are_documented_like_everything_else(operations):
    for name in ("GET /api/ws", "GET /chat/ws/{chat_id}"):
        assert {"101", "401", "426"} <= set(operations[name]["responses"])


def test_no_answer_of_the_exchange_is_an_object_of_anything(document):
    """Except a notification's data, which differs by its type."""
    schemas = document["components"]["schemas"]
    names = (
        "LeadRow",
        "PropertyRow",
        "LeadMatchRow",
        "PropertyMatchRow",
        "PropertyRecommendation",
        "LeadRecommendation",
    )

    for name in names:
        open_ones = {key for key, each in schemas[name]["properties"].items() if "additionalProperties" in each}
        assert open_ones == set(), name


def test_lists_in_bare_arrays_state_their_total_length(operations):
    """Exceptions: the portal's users are paged by skip and limit; lead generation's contract has no such header."""
    bare = {
        name
        for name, each in operations.items()
        if "X-Pagination" not in each["responses"].get("200", {}).get("headers", {})
        and "page" in {parameter["name"] for parameter in each.get("parameters", []) if "name" in parameter}
        and each["responses"]["200"]["content"].get("application/json", {}).get("schema", {}).get("type") == "array"
    }

    assert {name for name in bare if not name.startswith("GET /api/")} == {"GET /chat/chat_messages/{chat_id}"}


#: (schema, field) -> its values in the contracts, including None if the field may be null.
WORDS = {
    ("LeadRow", "status"): {"ACTIVE", "ARCHIVED"},
    ("PropertyRow", "status"): {"ACTIVE", "ARCHIVED"},
    ("LeadMatchRow", "status"): {"PENDING", "ACCEPTED", "REJECTED", "COMPLETED"},
    ("PropertyMatchRow", "status"): {"PENDING", "ACCEPTED", "REJECTED", "COMPLETED"},
    ("LeadCommission", "negotiation_status"): {"PENDING", "AGREED", "REJECTED"},
    ("ActionAnswer", "status"): {None, "PENDING", "ACCEPTED", "REJECTED", "COMPLETED"},
    ("ShownRequirements", "payment_method"): {None, "CASH", "MORTGAGE", "EXCHANGE"},
    ("ShownDetails", "condition"): {None, "ROUGH", "PRE_FINISHING", "FINISHING", "DESIGN"},
}

#: Syntax of Python's patterns that ECMAScript, whose patterns OpenAPI uses, does not have or understands differently.
PYTHONS = re.compile(r"\\[AZzdDwWsSbB]|\(\?[P<#(]")


def schemas(client) -> dict:
    return client.get("/openapi.json").json["components"]["schemas"]


def words_of(schemas: dict, part: dict) -> set:
    """The values of an enumeration, which is a named schema; including None if it may be null."""
    if "anyOf" in part:
        return {word for each in part["anyOf"] for word in words_of(schemas, each)}
    return {None} if part == {"type": "null"} else set(schemas[part["$ref"].rpartition("/")[2]]["enum"])


def test_enumerations_and_objects_have_names_so_that_generators_have_types(client):
    document = client.get("/openapi.json").json
    found = []

    def look(part, *at):
        if isinstance(part, dict):
            is_type = isinstance(part.get("enum"), list) or isinstance(part.get("properties"), dict)
            if is_type and not (len(at) == 3 and at[1] == "schemas") and at[3:4] != ("oneOf",) and "headers" not in at:
                found.append(at)
        for key, each in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
            if key not in ("example", "examples", "properties") or not isinstance(part, dict):
                look(each, *at, key)
            elif key == "properties":
                for name, field in each.items():
                    look(field, *at, name)

    look(document)
    assert found == []


def test_every_schema_has_an_example_that_it_allows_and_every_error_one(client):
    document = client.get("/openapi.json").json
    components = {"components": {"schemas": document["components"]["schemas"]}}
    for name, schema in document["components"]["schemas"].items():
        wrong = jsonschema_rs.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}"} | components, validate_formats=True, ignore_unknown_formats=True
        ).iter_errors(schema["examples"][0])
        assert [each.message for each in wrong] == [], name
    for name, answer in document["components"]["responses"].items():
        if "application/json" in answer.get("content", {}):
            assert answer["content"]["application/json"]["example"]["message"], name


def test_requests_are_closed_and_answers_may_grow(client):
    all_schemas = schemas(client)

    assert {all_schemas[name].get("additionalProperties") for name in ("LeadBody", "Details", "ListingBody")} == {False}
    assert {all_schemas[name].get("additionalProperties") for name in ("LeadRow", "ShownDetails", "Listing")} == {None}


def test_links_lead_to_operations_that_take_the_parameter(operations):
    by_name = {each["operationId"]: (name, each) for name, each in operations.items()}
    links = [
        (operation, link)
        for operation in operations.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]

    assert len(links) > 20
    for _, link in links:
        path, _ = by_name[link["operationId"]]
        assert all(f"{{{parameter}}}" in path for parameter in link["parameters"]), link


def test_answers_name_their_words_and_promise_their_fields(client):
    all_schemas = schemas(client)

    assert {place: words_of(all_schemas, all_schemas[place[0]]["properties"][place[1]]) for place in WORDS} == WORDS
    for name in ("LeadRow", "LeadMatchRow", "NotificationRow", "PortalUser", "PortalProperty", "RequestRow", "Token"):
        assert all_schemas[name]["required"] == sorted(set(all_schemas[name]["properties"]) - {"warnings"}), name
    assert set(all_schemas["PropertyRecommendation"]["properties"]) - set(
        all_schemas["PropertyRecommendation"]["required"]
    ) == {
        "adjustment",
        "alike",
        "criteria",
        "explored",
        "group",
        "place",
        "price_cut",
        "wishes",
    }
    assert all_schemas["Error"]["required"] == ["code", "error_code", "message", "status"]


def test_an_offer_shows_none_of_the_owners_papers(client):
    assert not {"document_file1", "commission_amount"} & set(schemas(client)["OfferedProperty"]["properties"])


def test_patterns_mean_the_same_to_those_who_read_the_document(client):
    patterns = re.findall(r'"pattern":"((?:[^"\\]|\\.)*)"', client.get("/openapi.json").text.replace('": "', '":"'))

    assert patterns and not [each for each in patterns if PYTHONS.search(each.replace("\\\\", "\\"))]


def test_every_answer_is_described_as_the_specification_wants(client):
    paths = client.get("/openapi.json").json["paths"]
    operations = [each for path in paths.values() for each in path.values() if isinstance(each, dict)]

    answers = [answer for operation in operations for answer in operation["responses"].values()]
    assert [each for each in answers if "$ref" not in each and not each.get("description")] == []
