"""The pages of an agency: invitations, access, and what the head sees and does."""

import re

import pytest
from playwright.sync_api import expect

from api.console.realtors import team_rows
from models.accounts.users import User
from models.agencies.invitations import accept_invitation, invite
from models.agencies.members import create_agency, membership_of
from models.core.enums import ContactSharing, DealType, Role, Side
from models.market.leads import Lead
from models.market.tags import add_tag
from tests.console.conftest import PASSWORD, csrf_of, enter
from tests.factories import make_lead, make_user, token_header
from worker.lists import rescore


@pytest.fixture
def agency(town, db):
    """The buyer's agency, of which the seller is a member."""
    agency = create_agency(db, town.buyer, "Дом у моря")
    accept_invitation(db, db.get_one(User, town.seller.id), invite(db, town.buyer), town.buyer.id)
    db.commit()
    return agency


def test_a_realtor_founds_an_agency_and_the_link_of_an_invitation_is_shown_once(app, client, town, db):
    csrf = enter(client, town.buyer)
    assert client.post("/console/team", data={"csrf": csrf, "name": "  "}).status_code == 400

    assert client.post("/console/team", data={"csrf": csrf, "name": "Дом у моря"}).status_code == 303
    made = client.post("/console/team/invitations", data={"csrf": csrf, "label": "Для Петра"})

    link = re.search(r'value="(http://[^"]+/console/team/join/[^"]+)"', made.text)[1]
    page = client.get("/console/team").text
    assert "Для Петра" in page and link.rpartition("/")[2] not in page
    shown = app.test_client().get(link)
    assert shown.status_code == 200 and "Дом у моря" in shown.text and "Buyer" in shown.text
    assert shown.headers["Referrer-Policy"] == "no-referrer" and "noindex" in shown.headers["X-Robots-Tag"]
    assert client.get(f"{link}x").status_code == 404


def test_a_newcomer_signs_up_and_then_accepts(client, town, agency, db):
    path = f"/console/team/join/{invite(db, db.get_one(User, town.buyer.id))}"
    db.commit()
    sign_up = re.search(r'href="(/console/sign-up\?next=[^"]+)"', client.get(path).text)[1]
    form = {"csrf": csrf_of(client.get(sign_up).text), "next": path, "role": "realtor", "name": "Олег Новый"}

    answer = client.post("/console/sign-up", data=form | {"email": "oleg@leadmatch.example", "password": PASSWORD})

    assert answer.location == path
    page = client.get(path).text
    accepted = client.post(path, data={"csrf": csrf_of(page), "head": town.buyer.id})
    assert accepted.location.startswith("/console/team")
    assert "Олег Новый" in client.get("/console/team").text
    assert client.get(path).status_code == 404  # it has been used


@pytest.mark.parametrize(("role", "status"), [(Role.TENANT, 403), (Role.LANDLORD, 403), (Role.ADMIN, 403)])
def test_a_user_who_is_not_a_realtor_gets_an_error_and_the_invitation_stays(client, town, agency, db, role, status):
    other = make_user(db, role=role, email="other@leadmatch.example", password_hash=town.buyer.password_hash)
    path = f"/console/team/join/{invite(db, db.get_one(User, town.buyer.id))}"
    db.commit()
    csrf = enter(client, other)

    assert client.post(path, data={"csrf": csrf, "head": town.buyer.id}).status_code == status

    assert client.get(path).status_code == 200
    assert membership_of(db, other) is None


def test_a_signed_out_user_must_sign_in_before_accepting(client, town, agency, db):
    path = f"/console/team/join/{invite(db, db.get_one(User, town.buyer.id))}"
    db.commit()

    answer = client.post(path, data={"csrf": csrf_of(client.get(path).text), "head": town.buyer.id})

    assert answer.status_code == 303 and answer.location.startswith("/console/sign-in?next=")


def test_an_agent_sees_the_colleagues_and_does_what_is_an_agents(client, town, agency, db):
    csrf = enter(client, town.seller)
    page = client.get("/console/team").text
    assert "Buyer" in page and "/console/team/invitations" not in page and "/remove" not in page

    for path in (
        "/console/team/invitations",
        "/console/team/dissolve",
        f"/console/team/members/{town.buyer.id}/remove",
        f"/console/team/members/{town.seller.id}/head",
        "/console/team/invitations/1/withdraw",
    ):
        assert client.post(path, data={"csrf": csrf}).status_code == 403, path
    assert client.post("/console/team/leave", data={"csrf": csrf}).status_code == 303
    assert membership_of(db, town.seller) is None


def test_a_head_hands_over_and_leaves_and_the_other_dissolves(app, client, town, agency, db):
    csrf = enter(client, town.buyer)
    for path in ("/console/team/leave", "/console/team/dissolve"):
        assert client.post(path, data={"csrf": csrf}).status_code == 409, path

    assert client.post(f"/console/team/members/{town.seller.id}/head", data={"csrf": csrf}).status_code == 303
    assert client.post("/console/team/leave", data={"csrf": csrf}).status_code == 303

    other = app.test_client()
    theirs = enter(other, town.seller)
    assert "Теперь вы руководитель" in other.get("/console/notifications").text
    assert other.post("/console/team/dissolve", data={"csrf": theirs}).status_code == 303
    assert membership_of(db, town.seller) is None


@pytest.fixture
def secrets(town, agency, db):
    """The seller's lead, with all data that only the seller may see."""
    seller = db.get_one(User, town.seller.id)
    lead = make_lead(db, seller, client_name="Марина Тайнова", client_contacts="+77051234567", notes="второй этаж")
    lead.private_notes = "уступит полмиллиона"
    add_tag(db, seller, Side.LEAD, [lead.id], "капризный")
    db.commit()
    return lead


HIDDEN = ("Тайнова", "77051234567", "705 123", "полмиллиона", "капризный")


def test_a_head_sees_the_agents_rows_without_what_is_the_agents_alone(client, town, agency, secrets):
    enter(client, town.buyer)

    leads, lead = client.get("/console/team/leads").text, client.get(f"/console/team/leads/{secrets.id}").text
    homes = client.get("/console/team/properties").text
    duplicates = client.get("/console/team/duplicates").text

    assert "Марина Т." in leads and "Seller" in leads and "Марина Т." in lead and "второй этаж" in lead
    for page in (leads, lead, homes, duplicates):
        assert not [each for each in HIDDEN if each in page]
    for found in town.properties:
        assert f"/console/team/properties/{found.id}" in homes
    assert client.get(f"/console/team/properties/{town.properties[0].id}").status_code == 200
    for word, is_found in (("Марина", True), ("Тайнова", False), ("77051234567", False), ("полмиллиона", False)):
        answer = client.get("/console/team/leads", query_string={"q": word})
        assert ("Марина Т." in answer.text) == is_found, word
    assert "Марина" not in client.get(f"/console/team/leads?agent={town.buyer.id}").text


def test_a_head_can_read_rows_but_do_nothing_else_with_them(client, town, agency, secrets):
    """The head can read only these pages: the owner's pages and the contracts do not know agencies."""
    csrf = enter(client, town.buyer)
    token = token_header(town.buyer)

    for path in (
        f"/console/leads/{secrets.id}",
        f"/console/leads/{secrets.id}/edit",
        f"/console/leads/{secrets.id}/notes",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/console/leads/{secrets.id}/edit", data={"csrf": csrf}).status_code == 404
    assert client.get(f"/leads/{secrets.id}", headers=token).status_code in (403, 404)
    assert client.get(f"/properties/{town.properties[0].id}/recommended-leads", headers=token).status_code in (403, 404)
    assert str(secrets.id) not in [each["lead_id"] for each in client.get("/leads", headers=token).json["leads"]]


def test_an_agent_and_a_stranger_see_nothing_of_it(client, app, town, agency, secrets, db):
    stranger = make_user(db, email="stranger@leadmatch.example", password_hash=town.buyer.password_hash)
    other_head = make_user(db, email="head@leadmatch.example", password_hash=town.buyer.password_hash)
    create_agency(db, other_head, "Другая")
    db.commit()
    paths = [f"/console/team/{path}" for path in ("leads", "properties", "duplicates")]
    rows = [f"/console/team/leads/{secrets.id}", f"/console/team/properties/{town.properties[0].id}"]
    for user, status, of_rows in ((town.seller, 403, 403), (stranger, 404, 404), (other_head, 200, 404)):
        visitor = app.test_client()
        csrf = enter(visitor, user)
        for path in paths:
            assert visitor.get(path).status_code == status, (user.name, path)
        for path in rows:
            assert visitor.get(path).status_code == of_rows, (user.name, path)
        form = {"csrf": csrf, "id": secrets.id, "to": user.id}
        visitor.post("/console/team/leads", data=form)
        db.expire_all()
        assert db.get(Lead, secrets.id).owner_id == town.seller.id


def test_a_head_reassigns_rows_and_sees_why_others_were_not(client, town, agency, secrets, db, monkeypatch):
    sent = []
    monkeypatch.setattr(team_rows, "rescore_lead", lambda lead: sent.append(lead.id))
    csrf = enter(client, town.buyer)
    kept = make_lead(db, db.get_one(User, town.seller.id), client_contacts_shared=ContactSharing.NEVER)
    db.commit()
    assert client.post("/console/team/leads", data={"csrf": csrf, "to": town.buyer.id}).status_code == 400
    assert client.post("/console/team/leads", data={"csrf": csrf, "id": kept.id, "to": "x"}).status_code == 404

    one = client.post("/console/team/leads", data={"csrf": csrf, "id": kept.id, "to": town.buyer.id})
    both = client.post("/console/team/leads", data={"csrf": csrf, "id": [kept.id, secrets.id], "to": town.buyer.id})

    reason = "Агент не открывает контакты этого клиента никому"
    assert (one.status_code, both.status_code) == (409, 200)
    assert reason in one.text and reason in both.text
    assert sent == [secrets.id]  # its lists follow
    db.expire_all()
    assert db.get(Lead, kept.id).owner_id == town.seller.id
    assert db.get(Lead, secrets.id).owner_id == town.buyer.id
    mine = client.get(f"/console/leads/{secrets.id}").text
    assert "77051234567" in mine
    assert not [each for each in ("полмиллиона", "капризный") if each in mine]
    home = town.properties[0].id
    answer = client.post("/console/team/properties", data={"csrf": csrf, "id": home, "to": town.buyer.id})
    assert answer.location == "/console/team/properties?outcome=reassigned"


def test_an_agents_lead_is_seen_reassigned_and_gone_from_the_agent(visit, town, new_worker_session):
    """Two browsers: invite, accept, the agent's lead appears, it is reassigned, the agent no longer has it."""
    head, agent = visit(town.seller), visit(town.buyer, refused=(400, 404))
    head.get_by_role("link", name="Team").click()
    head.get_by_label("Name of the agency").fill("Дом у моря")
    head.get_by_role("button", name="Create the agency").click()
    head.get_by_label("For whom").fill("Buyer")
    head.get_by_role("button", name="Create the link").click()
    link = head.get_by_label("The link for the agent").input_value()

    agent.goto(link)
    expect(agent.locator("main")).to_contain_text("Seller")
    expect(agent.locator("main")).to_contain_text("Дом у моря")
    agent.get_by_role("button", name="Join the agency").click()
    expect(agent.get_by_role("heading", name="Дом у моря")).to_be_visible()

    head.goto("/console/team")
    expect(head.get_by_text("Buyer", exact=True)).to_be_visible()
    head.get_by_role("link", name="Leads", exact=True).last.click()
    row = head.locator(f"#row-{town.lead.id}")
    expect(row).to_contain_text("Buyer")
    expect(row).to_contain_text("Пётр")
    row.get_by_role("checkbox").check()
    head.get_by_label("To", exact=True).select_option("Seller")
    head.get_by_role("button", name="Reassign").click()
    expect(head.get_by_text("Reassigned: the new agent has it")).to_be_visible()

    assert agent.goto(f"/console/leads/{town.lead.id}").status == 404
    agent.goto("/console/leads")
    expect(agent.get_by_text("No leads here yet")).to_be_visible()
    agent.goto("/console/notifications")
    expect(agent.locator("main")).to_contain_text("Your leads that Seller has now: 1.")
    with new_worker_session() as session:
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    head.goto(f"/console/leads/{town.lead.id}")
    expect(head.get_by_role("heading", name="Пётр")).to_be_visible()
    expect(head.locator("article.pair")).to_have_count(0)  # the homes are the head's own: no pair with an own lead
