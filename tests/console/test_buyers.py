"""A buyer's requests: a day at the browser, and refusals over HTTP."""

import re

from playwright.sync_api import expect
from sqlalchemy import select

from models.core.enums import DealType, Origin, Role, Status
from models.deals.chats import Chat
from models.market.leads import Lead
from tests.console.conftest import FASTER_POLLING, PASSWORD_HASH, csrf_of, enter
from tests.factories import make_user
from worker.lists import rescore

MARKET = ("geo:524901", DealType.SALE)
FORM = {"deal_format": "SALE", "type": "APARTMENT", "city": "Москва", "budget_max": "15 млн", "total_rooms": "2"}


def requests_of(db, user) -> list[Lead]:
    db.expire_all()
    return list(db.scalars(select(Lead).where(Lead.owner_id == user.id, Lead.origin == Origin.PORTAL)))


def test_a_buyers_day(visit, town, db, new_worker_session):
    page = visit(town.tenant, "/console/requests", before=FASTER_POLLING)
    page.get_by_role("link", name="My own words").click()
    page.get_by_label("What are you looking for?").fill("Куплю двухкомнатную квартиру в Москве до 15 млн, с балконом")
    page.get_by_role("button", name="Read the text").click()
    expect(page.get_by_label("City")).to_have_value("Москва")
    expect(page.get_by_label("Budget to")).to_have_value(re.compile("15.000.000"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Being computed")).to_be_visible()

    with new_worker_session() as session:
        rescore.reconcile_market(session, MARKET)
        session.commit()
    offers = page.locator("article[data-listing]")
    expect(offers).to_have_count(3)  # without a reload
    offers.first.get_by_text("Why this score").first.click()
    expect(offers.first.locator(".score-reasons")).to_be_visible()

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Budget to").fill("14 млн")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("up to", exact=False).first).to_be_visible()
    [lead] = requests_of(db, town.tenant)
    assert (lead.budget_max, lead.rooms) == (14_000_000, [2])

    page.get_by_role("button", name="Close the request").click()
    expect(page.get_by_text("Request closed")).to_be_visible()
    page.locator("a.row").click()
    page.get_by_role("button", name="Reopen").click()
    expect(offers.first).to_be_visible()
    assert requests_of(db, town.tenant)[0].status is Status.ACTIVE

    offers.first.get_by_role("button", name=re.compile("Write")).click()
    page.get_by_role("textbox", name="Message").fill("Is it still free?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble.mine")).to_contain_text("Is it still free?")
    assert db.scalar(select(Chat.buyer_id)) == town.tenant.id


def test_unreadable_input_gets_an_error_beside_its_field_and_stores_nothing(client, town, db):
    csrf = enter(client, town.tenant)

    answer = client.post("/console/requests/new", data=FORM | {"csrf": csrf, "total_rooms": "много"})

    assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text
    assert requests_of(db, town.tenant) == []


def test_a_request_is_its_buyers_alone_and_keeps_what_the_form_does_not_show(client, app, town, db):
    csrf = enter(client, town.tenant)
    made = client.post("/console/requests/new", data=FORM | {"csrf": csrf})
    path = made.location.partition("?")[0]
    [lead] = requests_of(db, town.tenant)
    lead.attributes = lead.attributes | {"purchase_purpose": "для себя"}
    db.commit()

    client.post(f"{path}/edit", data=FORM | {"csrf": csrf, "budget_max": "14 млн"})

    assert requests_of(db, town.tenant)[0].attributes["purchase_purpose"] == "для себя"
    stranger = make_user(db, Role.TENANT, email="stranger@leadmatch.example", password_hash=PASSWORD_HASH)
    db.commit()
    other = app.test_client()
    theirs = enter(other, stranger)
    for step in ("", "/edit"):
        assert other.get(f"{path}{step}").status_code == 404
    for step in ("/close", "/reopen", "/edit"):
        assert other.post(f"{path}{step}", data=FORM | {"csrf": theirs}).status_code == 404
    assert csrf_of(client.get(path).text)
