import logging

import pytest
from sqlalchemy.orm import Session

from api.http.services import services_of
from tests.factories import make_user, token_header


def request_lines(caplog):
    return [record for record in caplog.records if record.getMessage() == "request"]


def test_a_request_is_logged_by_route_and_user_without_its_query(app, client, engine, caplog):
    with Session(engine) as session:
        user = make_user(session)
        session.commit()
        headers, user_id = token_header(user), user.id
    with caplog.at_level(logging.INFO):
        client.get("/leads/17?token=secret", headers=headers)
        client.get("/nowhere/+77010000000")

    one, other = request_lines(caplog)
    assert (one.method, one.status, one.caller) == ("GET", 404, f"user:{user_id}")
    assert "17" not in one.route
    assert (other.route, other.status, other.caller) == ("(none)", 404, None)
    assert "secret" not in caplog.text + repr([vars(record) for record in caplog.records])


def test_an_id_that_came_with_the_request_goes_back_and_into_its_tasks(app, client, engine, monkeypatch):
    sent = []
    monkeypatch.setattr(
        services_of(app).worker._celery, "send_task", lambda task, **options: sent.append((task, options["headers"]))
    )
    from tests.factories import lead_body

    with Session(engine) as session:
        user = make_user(session)
        session.commit()
        headers = token_header(user)
    answer = client.post("/leads", json=lead_body(), headers=headers | {"X-Request-ID": "edge-1.a"})

    assert answer.status_code == 201
    assert answer.headers["X-Request-ID"] == "edge-1.a"
    [(task, carried)] = sent
    assert carried["request_id"] == "edge-1.a"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, '"}{'])
def test_an_id_that_could_confuse_a_log_is_replaced(client, given):
    answer = client.get("/health", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] not in ("", given)
