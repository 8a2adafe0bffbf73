"""What the OpenAPI document says that no answer can be held to: which words and fields there are, patterns that clients read."""

import re

#: (schema, field) -> the contracts' words for it; None among them where the field may be null.
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

#: What Python reads in a pattern and ECMAScript, whose patterns OpenAPI uses, does not, or otherwise.
PYTHONS = re.compile(r"\\[AZzdDwWsSbB]|\(\?[P<#(]")


def schemas(client) -> dict:
    return client.get("/openapi.json").json["components"]["schemas"]


def test_answers_name_their_words_and_promise_their_fields(client):
    found = schemas(client)

    assert {place: set(found[place[0]]["properties"][place[1]]["enum"]) for place in WORDS} == WORDS
    for name in ("LeadRow", "LeadMatchRow", "NoticeRow", "PortalUser", "PortalProperty", "RequestRow", "Token"):
        assert found[name]["required"] == sorted(found[name]["properties"]), name
    assert set(found["PropertyRecommendation"]["properties"]) - set(found["PropertyRecommendation"]["required"]) == {
        "criteria",
        "explored",
    }
    assert found["Error"]["required"] == ["code", "message", "status"]


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
