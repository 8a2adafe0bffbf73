"""Webhooks over HTTP: access for the owner only, valid addresses, secrets shown once, the log, replays."""

import pytest
from sqlalchemy import select, update

from models.core.base import database_now
from models.core.enums import Role
from models.webhooks.deliveries import Outcome, claim_due, record_outcome
from models.webhooks.endpoints import MAX_ENDPOINTS
from models.webhooks.tables import Delivery, DeliveryError, DeliveryState, Endpoint

BODY = {"url": "https://example.com/hooks", "types": ["match.created", "like.received"]}


@pytest.fixture
def realtor(person):
    return person(Role.REALTOR)


@pytest.fixture
def hook(realtor):
    return realtor("POST", "/webhooks", json=BODY).json


def fail_all(database):
    """Let every pending delivery fail permanently."""
    for delivery in claim_due(database, 100):
        record_outcome(database, delivery, Outcome(500, DeliveryError.STATUS))
    database.execute(update(Delivery).values(state=DeliveryState.FAILED))
    database.execute(update(Endpoint).values(paused_until=None))
    database.commit()


def test_the_secret_is_shown_when_it_is_made_and_never_again(realtor, hook):
    assert hook["secret"].startswith("whsec_")
    read = realtor("GET", f"/webhooks/{hook['id']}").json
    assert read == {name: value for name, value in hook.items() if name != "secret"}
    assert realtor("GET", "/webhooks").json == {"webhooks": [read], "total": 1, "page": 1}

    rotated = realtor("POST", f"/webhooks/{hook['id']}/secret").json
    assert rotated["secret"] != hook["secret"]
    assert rotated["old_secret_until"] is not None


def test_an_answer_can_be_sent_back(realtor, hook):
    path = f"/webhooks/{hook['id']}"

    assert realtor("PATCH", path, json=realtor("GET", path).json).json == realtor("GET", path).json


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/hooks", "webhook.write_url"),
        ("ftp://example.com", "webhook.write_url"),
        ("https://", "webhook.write_url"),
        ("example.com", "webhook.write_url"),
        ("https://example.com:0/", "webhook.write_url"),
        ("https://example.com:99999/", "source.not_an_address"),
        ("https://[::1", "source.not_an_address"),
        ("https://me:secret@example.com/", "source.address_with_password"),
        ("https://example.com/a b", "webhook.odd_url"),
        ("https://example.com/#part", "webhook.odd_url"),
        ("https://127.0.0.1/", "webhook.private_url"),
        ("https://[::ffff:10.0.0.1]/", "webhook.private_url"),
        ("https://169.254.169.254/latest", "webhook.private_url"),
        ("https://localhost/", "webhook.private_url"),
        ("https://db.internal/", "webhook.private_url"),
    ],
)
def test_an_address_that_nothing_may_be_sent_to_is_refused_with_the_reason(realtor, hook, url, code):
    for method, path in (("POST", "/webhooks"), ("PATCH", f"/webhooks/{hook['id']}")):
        answer = realtor(method, path, json=BODY | {"url": url})
        assert answer.status_code == 400
        assert [(fault["field"], fault["code"]) for fault in answer.json["faults"]] == [("url", code)]
    assert realtor("GET", "/webhooks").json["total"] == 1


@pytest.mark.parametrize(
    ("role", "type_", "is_taken"),
    [
        (Role.REALTOR, "run.finished", False),
        (Role.ADMIN, "run.finished", True),
        (Role.REALTOR, "prospect.created", False),
        (Role.TENANT, "import.finished", False),
        (Role.REALTOR, "import.finished", True),
        (Role.TENANT, "webhook.test", False),
        (Role.TENANT, "no.such", False),
    ],
)
def test_types_that_an_owner_never_receives_are_refused(person, role, type_, is_taken):
    answer = person(role)("POST", "/webhooks", json=BODY | {"types": [type_]})

    assert answer.status_code == (201 if is_taken else 400)


def test_strangers_find_nothing(person, realtor, hook, database):
    delivery = realtor("POST", f"/webhooks/{hook['id']}/test").json
    stranger, path = person(Role.REALTOR), f"/webhooks/{hook['id']}"
    for method, rest, body in (
        ("GET", "", None),
        ("PATCH", "", {"is_enabled": False}),
        ("DELETE", "", None),
        ("POST", "/secret", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", f"/deliveries/{delivery['id']}/replay", None),
        ("POST", "/replay", {"since": "2026-01-01T00:00:00Z"}),
    ):
        assert stranger(method, path + rest, json=body).status_code == 404, (method, rest)
    assert stranger("GET", "/webhooks").json["total"] == 0
    assert realtor("GET", path).json == {name: value for name, value in hook.items() if name != "secret"}


def test_recommendations_are_sent_from_the_score_that_a_webhook_states(realtor, hook):
    path = f"/webhooks/{hook['id']}"

    assert hook["min_score"] == 85
    assert realtor("PATCH", path, json={"min_score": 70}).json["min_score"] == 70
    assert [realtor("PATCH", path, json={"min_score": wrong}).status_code for wrong in (101, -1, 70.5)] == [400] * 3
    assert realtor("GET", path).json["min_score"] == 70


def test_an_owner_has_ten_at_most(realtor):
    answers = [realtor("POST", "/webhooks", json=BODY).status_code for _ in range(MAX_ENDPOINTS + 1)]

    assert answers == [201] * MAX_ENDPOINTS + [409]


def test_only_one_test_is_sent_at_a_time_and_it_is_in_the_log(realtor, hook, database):
    path = f"/webhooks/{hook['id']}"
    sent = realtor("POST", f"{path}/test")

    assert (sent.status_code, sent.json["type"], sent.json["state"]) == (202, "webhook.test", "pending")
    assert realtor("POST", f"{path}/test").json["error_code"] == "webhook.test_pending"
    assert realtor("GET", f"{path}/deliveries").json == {"deliveries": [sent.json], "total": 1, "page": 1}
    assert realtor("GET", f"{path}/deliveries?state=failed").json["total"] == 0


def test_failed_deliveries_are_replayed_one_by_one_or_all_since_a_time(realtor, hook, database):
    path = f"/webhooks/{hook['id']}"
    ids = []
    for _ in range(3):
        ids.append(realtor("POST", f"{path}/test").json["id"])
        fail_all(database)
    message_ids = [row["message_id"] for row in realtor("GET", f"{path}/deliveries").json["deliveries"]]

    one = realtor("POST", f"{path}/deliveries/{ids[0]}/replay")
    assert (one.status_code, one.json["state"], one.json["attempts"]) == (202, "pending", 0)
    assert realtor("POST", f"{path}/deliveries/{ids[0]}/replay").json["error_code"] == "webhook.still_pending"
    assert realtor("POST", f"{path}/deliveries/{ids[0] + 999}/replay").status_code == 404
    now = database_now(database).isoformat()
    assert realtor("POST", f"{path}/replay", json={"since": now}).json == {"count": 0}
    assert realtor("POST", f"{path}/replay", json={"since": "2020-01-01T00:00:00Z"}).json == {"count": 2}
    assert realtor("POST", f"{path}/replay", json={"since": "yesterday"}).status_code == 400
    rows = realtor("GET", f"{path}/deliveries").json["deliveries"]
    assert {row["state"] for row in rows} == {"pending"}
    assert [row["message_id"] for row in rows] == message_ids


def test_a_disabled_webhook_is_neither_tested_nor_replayed_until_it_is_enabled(realtor, hook, database):
    path = f"/webhooks/{hook['id']}"
    off = realtor("PATCH", path, json={"is_enabled": False}).json

    assert (off["is_enabled"], off["disabled_reason"]) == (False, "owner")
    assert realtor("POST", f"{path}/test").json["error_code"] == "webhook.disabled"
    assert realtor("POST", f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}).status_code == 409
    assert realtor("PATCH", path, json={"is_enabled": True}).json["disabled_reason"] is None
    assert realtor("POST", f"{path}/test").status_code == 202


def test_a_removed_webhook_takes_its_log_with_it(realtor, hook, database):
    realtor("POST", f"/webhooks/{hook['id']}/test")

    assert realtor("DELETE", f"/webhooks/{hook['id']}").json == {"status": "ok"}
    assert realtor("GET", f"/webhooks/{hook['id']}").status_code == 404
    assert database.scalars(select(Delivery)).all() == []
