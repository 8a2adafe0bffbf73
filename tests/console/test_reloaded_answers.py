"""The answer to a form has the address of a page: reloading it sends nothing, and its language can be changed."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from models.accounts.users import User
from models.agencies.members import create_agency
from models.agencies.tables import AgencyInvitation
from tests.console.conftest import enter


@pytest.fixture
def agency(town, db):
    create_agency(db, db.get_one(User, town.buyer.id), "Дом")
    db.commit()


def test_reloading_a_refused_form_sends_nothing_and_keeps_its_texts(visit, town):
    path = f"/console/leads/{town.lead.id}/edit"
    page = visit(town.buyer, path)
    page.get_by_label("Budget to").fill("недорого")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Budget to")).to_have_attribute("aria-invalid", "true")

    with page.expect_request(f"**{path}") as reloaded:
        page.reload()

    assert reloaded.value.method == "GET"
    expect(page.get_by_label("Budget to")).to_have_value("недорого")
    expect(page.get_by_label("Budget to")).not_to_have_attribute("aria-invalid", "true")


def test_a_reload_after_an_invitation_makes_no_second_one(visit, town, agency, db):
    page = visit(town.buyer, "/console/team")
    page.get_by_role("button", name="Create the link").click()
    expect(page.get_by_label("The link for the agent")).to_be_visible()

    page.reload()

    expect(page).to_have_url("/console/team")
    expect(page.get_by_role("button", name="Create the link")).to_be_visible()
    assert db.scalar(select(func.count()).select_from(AgencyInvitation)) == 1


def test_a_reload_repeats_no_note_of_what_was_done_and_keeps_the_list(visit, town):
    page = visit(town.buyer, "/console/leads?sort=oldest&q=%25")
    page.goto(f"{page.url}&outcome=archived&undo=what#content")
    expect(page.locator("#outcome")).to_be_visible()
    expect(page).to_have_url("/console/leads?sort=oldest&q=%25#content")

    page.reload()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#outcome")).to_have_count(0)


@pytest.mark.parametrize(
    ("sent_to", "page"),
    [
        ("/console/leads/new", "/console/leads/new"),
        ("/console/leads/{lead}/archive", "/console/leads/{lead}"),
        ("/console/team/invitations", "/console/team"),
        ("/console/attention/merge", "/console/attention"),
    ],
)
def test_who_signs_in_after_sending_a_form_comes_to_its_page(client, town, sent_to, page):
    answer = client.post(sent_to.format(lead=town.lead.id))

    assert answer.status_code == 303
    assert answer.location.endswith(page.format(lead=town.lead.id).replace("/", "%2F"))


def test_the_language_of_an_answer_to_a_form_can_be_changed(client, town, agency):
    csrf = enter(client, town.buyer)
    answer = client.post("/console/team/invitations", data={"csrf": csrf, "label": "Для Петра"}).text

    assert '<input type="hidden" name="next" value="/console/team">' in answer
