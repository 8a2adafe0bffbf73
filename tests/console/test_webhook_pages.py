"""The pages of webhooks: the owner adds one, tests and changes it, and reads its log."""

import re

import pytest
from sqlalchemy import select, update

from models.core.base import database_now
from models.webhooks.tables import Delivery, DeliveryState, Endpoint
from tests.console.conftest import enter

FORM = {"url": "https://crm.example/hooks", "name": "CRM", "types": ["match.created"], "min_score": "90"}


@pytest.fixture
def press(client, town):
    """A function that posts a form as the buyer: (path, fields) -> the answer."""
    token = enter(client, town.buyer)
    return lambda path, **fields: client.post(path, data={"csrf": token, **fields})


def test_a_webhook_is_added_tried_changed_switched_off_and_removed(client, press, db):
    made = press("/console/webhooks", **FORM)
    endpoint = db.scalars(select(Endpoint)).one()
    page = f"/console/webhooks/{endpoint.id}"
    assert endpoint.secret in made.text and endpoint.secret not in client.get(page).text
    assert (endpoint.name, endpoint.types, endpoint.min_score) == ("CRM", ["match.created"], 90)
    assert page in client.get("/console/webhooks").text and "/console/webhooks" in client.get("/console/account").text

    assert press(f"{page}/test").location == f"{page}?outcome=webhook_test"
    assert press(f"{page}/test").status_code == 409  # the first has not arrived yet
    assert press(page, **FORM | {"types": ["recommendation.created"], "min_score": "70"}).status_code == 303
    db.refresh(endpoint)
    assert (endpoint.types, endpoint.min_score) == (["recommendation.created"], 70)

    rotated = press(f"{page}/secret").text
    old = endpoint.secret
    db.refresh(endpoint)
    assert endpoint.secret in rotated and endpoint.old_secret == old

    press(f"{page}/switch", to="off")
    db.refresh(endpoint)
    assert not endpoint.is_enabled and press(f"{page}/test").status_code == 409
    press(f"{page}/switch", to="on")
    db.refresh(endpoint)
    assert endpoint.is_enabled
    press(f"{page}/delete")
    db.expire_all()
    assert db.scalars(select(Endpoint)).all() == []


def test_a_failed_delivery_is_in_the_log_and_can_be_sent_again(client, press, db):
    press("/console/webhooks", **FORM)
    endpoint = db.scalars(select(Endpoint)).one()
    page = f"/console/webhooks/{endpoint.id}"
    press(f"{page}/test")
    failed = update(Delivery).values(state=DeliveryState.FAILED, last_status=500, last_attempt_at=database_now(db))
    db.execute(failed)
    db.commit()
    assert re.search(r"HTTP 500", client.get(f"{page}?status=failed").text)
    assert "HTTP 500" not in client.get(f"{page}?status=delivered").text

    for again in ("replay", f"deliveries/{db.scalars(select(Delivery.id)).one()}/replay"):
        db.execute(failed)
        db.commit()
        assert press(f"{page}/{again}").status_code == 303
        db.expire_all()
        assert db.scalars(select(Delivery.state)).one() is DeliveryState.PENDING


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://127.0.0.1/"}, {"url": "x"}, {"types": []}, {"types": ["run.finished"]}, {"min_score": "101"},
     {"min_score": ""}, {"name": "x" * 500}],
)  # fmt: skip
def test_errors_are_beside_their_fields_and_nothing_is_stored(press, db, wrong):
    answer = press("/console/webhooks", **FORM | wrong)

    assert answer.status_code == 400 and "crm.example" in answer.text or "url" in wrong
    assert 'class="wrong"' in answer.text or "name" in wrong
    assert db.scalars(select(Endpoint)).all() == []


def test_a_webhook_of_somebody_else_is_not_there(client, press, town, db):
    theirs = Endpoint(owner_id=town.seller.id, url="https://example.com/", types=["match.created"], secret="whsec_x")
    db.add(theirs)
    db.commit()

    assert client.get(f"/console/webhooks/{theirs.id}").status_code == 404
    for part in ("", "/switch", "/secret", "/test", "/replay", "/delete", "/deliveries/1/replay"):
        assert press(f"/console/webhooks/{theirs.id}{part}", **FORM).status_code == 404
    db.refresh(theirs)
    assert theirs.url == "https://example.com/" and theirs.secret == "whsec_x"
