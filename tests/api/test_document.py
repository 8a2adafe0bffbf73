"""The OpenAPI document as somebody reads it who has nothing else. Whether it is true is test_openapi_fuzz.py's affair."""

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
    """But a notice's data, which differs by its type."""
    schemas = document["components"]["schemas"]
    names = ("LeadRow", "PropertyRow", "LeadMatchRow", "PropertyMatchRow", "PropertyRecommendation", "LeadRecommendation")

    for name in names:
        open_ones = {key for key, each in schemas[name]["properties"].items() if "additionalProperties" in each}
        assert open_ones == set(), name


def test_lists_in_bare_arrays_tell_how_long_they_are(operations):
    """The portal's list of users is cut by skip and limit, lead generation's lists by contract have no such header."""
    bare = {
        name
        for name, each in operations.items()
        if "X-Pagination" not in each["responses"].get("200", {}).get("headers", {})
        and "page" in {parameter["name"] for parameter in each.get("parameters", []) if "name" in parameter}
        and each["responses"]["200"]["content"].get("application/json", {}).get("schema", {}).get("type") == "array"
    }

    assert {name for name in bare if not name.startswith("GET /api/")} == {"GET /chat/chat_messages/{chat_id}"}
