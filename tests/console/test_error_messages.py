"""Error messages on pages: beside their field, in the reader's language, and with a way to continue."""

import io
import re
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from sqlalchemy import select

from api.console.kit.form_definitions import LEAD_GROUPS, PROPERTY_GROUPS, all_of
from api.console.tenants import tenants
from api.http.services import services_of
from api.ops.pressure import QueueIsDeepError
from models.accounts.audit import AuditEntry
from models.accounts.codes import digits_of, request_code
from models.accounts.notifications import NotificationType, notify, unread_count
from models.accounts.users import User
from models.core.enums import Role
from models.deals.chats import open_chat, post_message
from tests.console.conftest import csrf_of, enter
from tests.factories import SECRET
from tests.statements import statements_on

RUSSIAN = {"Accept-Language": "ru"}
ENGLISH = {"Accept-Language": "en"}


@pytest.mark.parametrize(("path", "groups"), [("leads", LEAD_GROUPS), ("properties", PROPERTY_GROUPS)])
def test_an_empty_form_gets_an_error_for_every_required_field(client, town, path, groups):
    csrf = enter(client, town.seller)

    page = client.post(f"/console/{path}/new", data={"csrf": csrf}).text

    reported = set(re.findall(r'class="wrong" id="([\w-]+)-error"', page))
    assert reported == {control.id for control in all_of(groups) if control.required} - {
        "deal_type",
        "details-property_type",
    }  # which have defaults
    assert f"поправьте {len(reported)}\u00a0" in page


def test_the_attention_page_lists_the_currencies_without_a_rate(app, client, town, db):
    app.extensions.pop("short_cache", None)  # without entries of other tests
    town.properties[0].currency = "AED"
    db.merge(town.properties[0])
    db.commit()
    enter(client, town.admin)

    page = client.get("/console/attention", headers=RUSSIAN).text

    assert "Валюты без курса" in page and "AED → RUB" in page
    app.extensions.pop("short_cache", None)


def test_a_page_beyond_the_last_shows_the_last(client, town):
    enter(client, town.buyer)

    page = client.get("/console/leads?page=9").text

    assert f'href="/console/leads/{town.lead.id}"' in page


def test_an_old_chat_opens_however_many_are_livelier(client, town, db, monkeypatch):
    monkeypatch.setattr(tenants, "PER_PAGE", 2)
    chats = [
        open_chat(db, town.tenant, buyer_id=town.tenant.id, seller_id=town.seller.id, property_id=each.id)[0]
        for each in town.properties
    ]
    for chat in chats:
        post_message(db, town.tenant, chat.id, f"О {chat.id}")
    db.commit()
    enter(client, town.tenant)

    page = client.get(f"/console/chats/{chats[0].id}")

    assert page.status_code == 200 and f"О {chats[0].id}" in page.text
    further = client.get("/console/chats?page=2").text
    assert re.findall(r'href="/console/chats/(\d+)"', further) == [str(chats[0].id)]


def test_earlier_messages_are_on_the_previous_page(client, town, db, monkeypatch):
    monkeypatch.setattr(tenants, "MESSAGES", 2)
    chat, _ = open_chat(
        db, town.tenant, buyer_id=town.tenant.id, seller_id=town.seller.id, property_id=town.properties[0].id
    )
    posted = [post_message(db, town.tenant, chat.id, f"Слово{number}")[1] for number in range(3)]
    db.commit()
    enter(client, town.tenant)

    latest = client.get(f"/console/chats/{chat.id}").text
    assert re.findall(r"Слово\d", latest) == ["Слово1", "Слово2"]
    earlier = client.get(re.search(r'href="(/console/chats/\d+\?before=\d+)"', latest)[1]).text

    assert re.findall(r"Слово\d", earlier) == ["Слово0"] and f"before={posted[0].id}" not in earlier
    assert "data-poll" not in earlier, "what came since must not take the place of what is read"


def test_all_notifications_are_marked_as_read_by_one_statement(app, client, town, db):
    csrf = enter(client, town.buyer)
    for number in range(5):
        notify(db, town.buyer.id, NotificationType.NEW_MESSAGE, f"chat:{number}", data={})
    db.commit()

    with statements_on(services_of(app).engine) as sent:
        client.post("/console/notifications/read", data={"csrf": csrf})

    assert unread_count(db, db.get(User, town.buyer.id)) == 0
    assert len([each for each in sent if each.startswith("UPDATE notifications")]) == 1


def test_a_missing_city_is_requested_where_the_form_is(client, town):
    """The error page can be loaded again: its links for pages and for the theme lead back to it."""
    csrf = enter(client, town.admin)
    form = re.search(r'<form class="filters" method="post" action="([^"]+)"', client.get("/console/engine").text)[1]

    answer = client.post(form, data={"csrf": csrf, "scope": "market", "deal_type": "RENT"})

    assert answer.status_code == 400
    assert re.search(r'<option value="RENT" selected>', answer.text)
    back_to = re.search(r'name="next" value="([^"]+)"', answer.text)[1]
    assert client.get(back_to).status_code == 200


def test_choosing_a_language_keeps_the_page_and_where_one_was_going(client, town):
    sign_in = "/console/sign-in/code?next=%2Fconsole%2Fmatches"
    token = csrf_of(client.get(sign_in).text)
    for page in (
        client.get(sign_in),
        client.post(sign_in, data={"csrf": token, "next": "/console/matches", "phone": "1"}),
    ):
        back_to = re.search(r'action="/console/look".*?name="next" value="([^"]+)"', page.text, re.S)[1]
        answer = client.post("/console/look", data={"csrf": token, "lang": "en", "next": back_to})
        assert answer.location == sign_in
    enter(client, town.buyer)
    page = client.get("/console/leads?status=ARCHIVED&outcome=saved").text

    assert 'name="next" value="/console/leads?status=ARCHIVED"' in page


def test_a_user_who_registered_by_phone_signs_in_with_the_code_at_once(app, client, town, db):
    """No page requests only an activation."""
    names = {"first_name": "Ира", "last_name": "Ким", "role": Role.TENANT.value}
    row = request_code(db, "+77015550101", registration=names, address=None, sends_per_hour=100, now=datetime.now(UTC))
    code = digits_of(row, SECRET)
    db.commit()
    token = csrf_of(client.get("/console/sign-in/code").text)

    answer = client.post("/console/sign-in/code", data={"csrf": token, "phone": row.phone, "code": code})

    assert (answer.status_code, answer.location) == (303, "/console/feed")
    actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert actions == ["signed_in", "activated"]


def test_a_page_that_has_to_wait_says_how_long(client, town, monkeypatch):
    csrf = enter(client, town.admin)

    def refuse() -> None:
        raise QueueIsDeepError(depth=5000, queue="entities", retry_after_seconds=30)

    monkeypatch.setattr("api.console.operators.ops.refuse_while_queues_are_deep", refuse)

    answer = client.post("/console/engine", data={"csrf": csrf, "scope": "all"}, headers=RUSSIAN)

    assert (answer.status_code, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "30")
    assert "В очереди entities уже 5000 задач" in answer.text


def test_a_file_that_is_too_large_gets_an_error_that_says_so(client, town):
    csrf = enter(client, town.seller)
    file = (io.BytesIO(b"a" * (1 << 20)), "photo.jpg")

    answer = client.post("/console/sources/address", data={"csrf": csrf, "file": file}, headers=RUSSIAN)

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "Слишком много сразу" in answer.text and "Больше 1 МиБ за раз нельзя" in answer.text


def test_a_missing_figure_is_a_dash_without_a_per_cent_sign(client, town, db):
    csrf = enter(client, town.admin)
    client.post("/console/leadgen/new", data={"csrf": csrf, "name": "Окна", "category": "windows"})
    page = client.get("/console/leadgen").text
    niche = client.get(re.search(r'href="(/console/leadgen/[0-9a-f-]{36})"', page)[1]).text

    assert "—%" not in page + niche + client.get("/console/quality").text


def test_counts_of_rows_take_the_form_that_russian_wants(client, town, db):
    enter(client, town.buyer)
    page = client.get("/console/leads", headers=RUSSIAN).text

    assert re.search(r"<b>3</b><span[^>]*>предложения<", page) and re.search(r"<b>0</b><span[^>]*>мэтчей<", page)
