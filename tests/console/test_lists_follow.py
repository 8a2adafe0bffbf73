"""A list older than its lead says so and replaces itself; dismissed entries can be found and restored."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from api.console.realtors import matches
from models.core.enums import ActionKind, DealType, Side
from models.deals.matches import act
from models.market.leads import Lead, replace_lead
from models.market.properties import Property
from models.ranking.recommendations import LeadRecommendations
from tests.console.conftest import FASTER_POLLING, csrf_of, enter
from worker.lists import rescore


def test_the_list_follows_a_budget_that_was_edited(visit, town, db, new_worker_session):
    page = visit(town.buyer, f"/console/leads/{town.lead.id}/edit")
    page.get_by_label("Budget to").fill("11 млн")
    page.get_by_label("Budget from").fill("9 млн")
    page.get_by_role("button", name="Save").click()

    older = page.get_by_text("This list is older than your last change")
    expect(older).to_be_visible()
    first_score = page.locator("article.pair .ring text").first.text_content()
    with new_worker_session() as session:
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()

    expect(older).to_have_count(0)  # without a reload
    expect(page.locator("article.pair .ring text").first).not_to_have_text(first_score)


def test_a_list_says_that_it_is_old_until_the_new_one_is_there(client, town, db, new_worker_session):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}"
    before = client.get(f"{path}/list-state").json
    assert before["follows"] is False
    replace_lead(db, db.get(Lead, town.lead.id), {"city": "Москва", "budget_max": 14_000_000})
    db.commit()
    changed = client.get(f"{path}/list-state").json
    assert changed["follows"] is True and changed["stamp"] != before["stamp"]
    with new_worker_session() as session:
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    after = client.get(f"{path}/list-state").json
    assert after["follows"] is False and after["stamp"] not in (before["stamp"], changed["stamp"])
    assert db.scalar(select(LeadRecommendations.version).where(LeadRecommendations.lead_id == town.lead.id))


def test_a_part_of_a_list_is_the_list_alone(client, town):
    enter(client, town.buyer)
    for path in (f"/console/leads/{town.lead.id}", "/console/leads", "/console/matches"):
        part = client.get(f"{path}?part=1").text
        assert "<html" not in part and '<nav class="menu"' not in part, path


def test_dismissed_entries_can_be_found_and_restored_without_scripts(client, town, db):
    found = town.properties[1]
    pair = {"lead_id": town.lead.id, "property_id": found.id}
    act(db, town.buyer, Side.LEAD, kind=ActionKind.DISLIKE, **pair)
    db.commit()
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}"
    assert f'id="pair-{found.id}"' not in client.get(path).text
    aside = client.get(f"{path}?show=aside").text
    assert aside.count('class="row"') == 1

    token = aside.split('name="what" value="')[1].split('"')[0]
    client.post("/console/undo", data={"csrf": csrf_of(aside), "what": token})

    assert f'id="pair-{found.id}"' in client.get(path).text
    assert 'class="row"' not in client.get(f"{path}?show=aside").text


def test_an_archived_row_can_be_restored_without_scripts(client, town, db):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}"
    csrf = csrf_of(client.get(path).text)
    client.post(f"{path}/archive", data={"csrf": csrf})
    page = client.get(path).text
    assert f"{path}/restore" in page

    client.post(f"{path}/restore", data={"csrf": csrf_of(page)})

    assert db.scalar(select(Lead.status).where(Lead.id == town.lead.id)).value == "ACTIVE"


@pytest.mark.parametrize("what", ["", "lead-", "lead-99999999", "match-7", "LEAD-1-2", "user-1", "lead-1' OR 1=1"])
def test_other_peoples_actions_cannot_be_undone(client, town, what):
    csrf = enter(client, town.tenant)

    assert client.post("/console/undo", data={"csrf": csrf, "what": what}).status_code == 404


def test_the_board_counts_all_matches_and_shows_open_ones_first_page_by_page(client, town, db, monkeypatch):
    monkeypatch.setattr(matches, "PER_PAGE", 2)
    for found, kind in zip(town.properties, (ActionKind.LIKE, ActionKind.LIKE, ActionKind.DISLIKE), strict=True):
        pair = {"lead_id": town.lead.id, "property_id": found.id}
        act(db, town.buyer, Side.LEAD, kind=ActionKind.LIKE, **pair)
        act(db, town.seller, Side.PROPERTY, kind=kind, **pair)
    db.commit()
    enter(client, town.buyer)

    first, second = (client.get(f"/console/matches?page={page}").text for page in (1, 2))

    assert (first.count('class="card"'), second.count('class="card"')) == (2, 1)
    assert first.count("/complete") == 2 and "/complete" not in second
    for page in (first, second):
        assert page.count('<span class="chip">2</span>') == 1 and page.count('<span class="chip">1</span>') == 1


def test_a_photo_that_is_gone_leaves_the_drawing_in_parts_that_come_later_too(visit, town, db):
    home = db.get(Property, town.properties[0].id)
    home.photos = ["/media/gone.jpg"]
    db.commit()
    page = visit(town.seller, "/console/properties", before=FASTER_POLLING, refused=(404,))
    expect(page.locator("ul.rows > li")).to_have_count(3)
    expect(page.locator(".photo img")).to_have_count(0)

    home.price = 7_777_777
    db.commit()
    expect(page.get_by_text("7 777 777")).to_be_visible()  # the page has replaced its part
    expect(page.locator(".photo img")).to_have_count(0)
