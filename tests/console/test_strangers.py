"""Strangers cannot open or change others' rows, and no form that another site could send is accepted."""

import json
import re

from models.core.enums import Role
from tests.console.conftest import PASSWORD_HASH, csrf_of, enter
from tests.console.test_any_form import posts, rows  # noqa: F401 - a fixture
from tests.console.test_verbless_forms import contents
from tests.factories import make_user
from tests.length import dealt

#: Forms that anybody may use on a stranger's home, or with an id that does not exist.
FOR_ANYBODY = r"/console/(listings/\d+/(chat|inquire)|favorites/\d+|searches/\d+)"
#: Pages that do not belong to a single row.
OF_NOBODY = ("/console/notices/<path:rest>", "/console/import/<kind>", "/console/sample/<name>.<kind>")
#: The beginning of the error for a form that was not sent from a page of the same session.
OUTDATED = "Форма устарела"
NOBODY = "01a229ba-a318-7037-90fd-8629f506b40d"


def test_no_row_of_others_opens_or_changes(app, client, town, rows, db):  # noqa: F811
    stranger = make_user(db, Role.REALTOR, email="stranger@leadmatch.example", password_hash=PASSWORD_HASH)
    db.commit()
    enter(client, stranger)
    csrf = csrf_of(client.get("/console/account").text)
    named = rows["seller"] | {"session_id": 999}
    filled = {
        "csrf": csrf, "do": "remove", "state": "paused", "id": str(named["property_id"]), "name": "x", "tag": "x",
        "price": "1", "title": "x", "due": "2030-01-01T10:00", "kind": "CALL", "message": "x",
    }  # fmt: skip
    before = contents(db)

    for path in posts(app, named):
        if re.search(r"\d", path) and not re.fullmatch(FOR_ANYBODY, path):
            assert client.post(path, data=filled).status_code in (400, 403, 404, 405, 409), path
    assert contents(db) == before

    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console/") and "GET" in rule.methods and "<" in rule.rule:
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(named.get(part[1], 1)), rule.rule)
            assert client.get(path).status_code in (403, 404) or rule.rule in OF_NOBODY, path


def test_no_form_that_another_site_could_send_is_accepted(app, client, town, db):
    enter(client, town.seller)
    csrf = csrf_of(client.get("/console/account").text)
    field = {"csrf": csrf}
    forged = [
        {"data": {"csrf": "00" * 64}},
        {"data": {"csrf": csrf[:-2] + ("00" if csrf[-2:] != "00" else "11")}},
        {"data": {}, "query_string": field},
        {"json": field},
        {"data": json.dumps(field), "content_type": "text/plain"},
        {"data": f"csrf={csrf}", "content_type": "text/plain"},
        {"data": {}, "headers": {"X-CSRF-Token": "é"}},
    ]
    before = contents(db)

    paths = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console") and "POST" in rule.methods:
            path = re.sub(r"<uuid:\w+>", NOBODY, rule.rule)
            paths.append(re.sub(r"<(?:\w+:)?\w+>", "1", path))
    for turn, path in enumerate(paths):
        # A single function checks the forms of all pages. Each page must ask it, and it must refuse each forgery.
        for request in dealt(forged, turn, 1):
            assert client.post(path, **request).status_code == 403, (path, request)
        # No header or field turns a GET into a POST.
        client.get(path, headers={"X-HTTP-Method-Override": "POST", "X-CSRF-Token": csrf})
        client.get(path, query_string={"_method": "POST", "csrf": csrf})
    unchecked = set(paths)
    for user in (town.seller, town.admin, town.tenant):  # to some roles a page is forbidden before its form is checked
        enter(client, user)
        for path in paths:
            answer = client.post(path)
            assert answer.status_code == 403, (path, user.role)
            if OUTDATED in answer.text:
                unchecked.discard(path)
    assert unchecked == set()
    assert contents(db) == before
