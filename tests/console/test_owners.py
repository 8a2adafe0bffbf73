"""An owner's pages: a day at the browser; figures, places in lists and quantiles compared with a simple count."""

import re
import statistics
from decimal import Decimal

from playwright.sync_api import expect
from sqlalchemy import select, update

from models.core.enums import ActionKind, DealType, FeedActionKind, InquiryStatus, Role, Side
from models.deals.actions import Action
from models.deals.answer_templates import AnswerTemplate, add_template, templates_of
from models.deals.feed import act_in_feed
from models.deals.inquiries import Inquiry, create_inquiry
from models.deals.owner_board import MIN_COMPARABLES, demand_of_tenants, figures_of, list_appearances, market_prices
from models.market.preferences import save_preference
from models.ranking.recommendations import LeadRecommendations
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_lead, make_property, make_user


def landlord(db, **fields):
    found = {"email": "owner@leadmatch.example", "password_hash": PASSWORD_HASH}
    return make_user(db, Role.LANDLORD, **found | fields)


def test_an_owners_day(visit, town, db):
    owner = landlord(db, name="Ольга Ким")
    home = make_property(db, owner, description="Балкон, тихий двор")
    town.tenant.name = "Анна Петрова"
    tenant = db.merge(town.tenant)
    wishes = {"city": "Москва", "deal_type": DealType.SALE, "budget_max": 15_000_000, "rooms": [2]}
    save_preference(db, tenant, wishes | {"additional_requirements": "нужен балкон"})
    create_inquiry(db, tenant, home)
    db.commit()

    page = visit(owner)
    expect(page).to_have_url(re.compile("/console/owner/listings$"))
    expect(page.get_by_text("Waiting for your answer")).to_be_visible()
    page.get_by_role("link", name="Анна П.").click()
    expect(page.locator(".ring")).to_be_visible()
    expect(page.get_by_text("нужен балкон")).to_be_visible()
    page.get_by_role("link", name="Use").first.click()
    message = page.get_by_label("Message")
    expect(message).to_have_value("Hello Анна! Yes, it is still available. When would you like to see it?")
    message.fill("Come tomorrow at six.")
    page.get_by_role("button", name="Save as a template").click()
    expect(page.get_by_text("Come tomorrow at six.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Use").first.click()
    expect(message).to_have_value("Come tomorrow at six.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble.mine")).to_contain_text("Come tomorrow at six.")

    db.expire_all()
    assert db.scalar(select(Inquiry.status).where(Inquiry.owner_id == owner.id)) is InquiryStatus.IN_PROGRESS
    page.goto(f"/console/owner/listings/{home.id}")
    expect(page.get_by_text("too few comparable homes")).to_be_visible()


def test_figures_count_what_is_there(session):
    owner, tenant, realtor = make_user(session, Role.LANDLORD), make_user(session, Role.TENANT), make_user(session)
    home, other = make_property(session, owner), make_property(session, owner)
    lead = make_lead(session, realtor)
    session.add(Action(lead_id=lead.id, property_id=home.id, side=Side.LEAD, kind=ActionKind.LIKE))
    act_in_feed(session, tenant, home, FeedActionKind.LIKE, "web")
    session.flush()

    figures = figures_of(session, [home.id, other.id])

    assert (figures[home.id].likes, figures[home.id].inquiries, figures[home.id].new_inquiries) == (2, 1, 1)
    assert figures[other.id].likes == figures[other.id].inquiries == 0


def test_quantiles_are_those_of_comparable_homes_and_of_no_others(session):
    owner, others = make_user(session, Role.LANDLORD), make_user(session)
    mine = make_property(session, owner, price=12_000_000, area=60, rooms=2)
    prices = [9_000_000, 10_000_000, 11_000_000, 13_000_000, 14_000_000, 20_000_000]
    for price in prices:
        make_property(session, others, price=price, area=60, rooms=2)
    strange = {"area": 200}, {"rooms": 3}, {"city": "Казань"}, {"currency": "USD"}, {"deal_type": DealType.RENT}
    for fields in strange:
        make_property(session, others, **{"price": 1_000_000, "area": 60, "rooms": 2} | fields)
    make_property(session, make_user(session, is_active=False), price=1_000_000, area=60, rooms=2)

    found = market_prices(session, mine)

    per_metre = [price / 60 for price in prices]
    expected = [Decimal(str(value)) for value in statistics.quantiles(per_metre, n=4, method="inclusive")]
    assert (found.count, found.cheaper) == (6, 3)
    assert [round(each, 2) for each in found.quantiles] == [round(each, 2) for each in expected]


def test_too_few_comparable_homes_give_no_estimate(session):
    owner, others = make_user(session, Role.LANDLORD), make_user(session)
    mine = make_property(session, owner)
    for _ in range(MIN_COMPARABLES - 1):
        make_property(session, others)

    assert market_prices(session, mine) == MIN_COMPARABLES - 1
    make_property(session, others)
    assert market_prices(session, mine).count == MIN_COMPARABLES
    session.execute(update(type(mine)).where(type(mine).id == mine.id).values(area=None))
    session.refresh(mine)
    assert market_prices(session, mine) == 0


def test_a_listing_counts_the_lists_in_which_it_is_among_the_first_ten(session):
    mine = make_property(session, make_user(session, Role.LANDLORD))
    realtor = make_user(session)
    for rank in (1, 10, 11, None):
        lead = make_lead(session, realtor)
        ids = list(range(10**9, 10**9 + 12))
        if rank is not None:
            ids[rank - 1] = mine.id
        row = {"property_ids": ids, "scores": [50.0] * 12, "version": 1}
        session.add(LeadRecommendations(lead_id=lead.id, city_key=mine.city_key, deal_type=mine.deal_type, **row))
    session.flush()

    appearances = list_appearances(session, mine)

    assert (appearances.first, appearances.lists) == (2, 4)


def test_what_a_tenant_looks_for_is_that_of_the_listings_market(session):
    tenant, home = make_user(session, Role.TENANT), make_property(session, make_user(session, Role.LANDLORD))
    save_preference(session, tenant, {"city": "Казань", "deal_type": DealType.SALE})
    assert demand_of_tenants(session, [(tenant.id, home)]) == {}

    lead = save_preference(session, tenant, {"city": "Москва", "deal_type": DealType.SALE})

    assert demand_of_tenants(session, [(tenant.id, home)]) == {(tenant.id, home.id): lead}


def test_templates_are_their_owners_alone(client, db, clean_database):
    owner, other = landlord(db), make_user(db, Role.LANDLORD)
    theirs = add_template(db, other, "Чужой ответ", "ru")
    home = make_property(db, owner)
    inquiry = create_inquiry(db, make_user(db, Role.TENANT), home)
    db.commit()
    csrf = enter(client, owner)
    path = f"/console/owner/inquiries/{inquiry.id}"

    assert client.post(f"/console/owner/templates/{theirs.id}/drop", data={"csrf": csrf}).status_code == 404
    assert client.post(path, data={"csrf": csrf, "message": " ", "do": "keep"}).status_code == 400
    client.post(path, data={"csrf": csrf, "message": "Мой ответ", "do": "keep", "lang": "ru"})
    client.post(path, data={"csrf": csrf, "message": "Мой ответ", "do": "keep", "lang": "ru"})

    db.expire_all()
    assert [each.text for each in db.scalars(templates_of(owner))] == ["Мой ответ"]
    page = client.get(f"{path}?lang=ru").text
    assert "Мой ответ" in page and "Чужой ответ" not in page and "Мой ответ" not in client.get(f"{path}?lang=kk").text
    mine = db.scalar(select(AnswerTemplate.id).where(AnswerTemplate.owner_id == owner.id))
    assert client.post(f"/console/owner/templates/{mine}/drop", data={"csrf": csrf}).status_code == 303
    assert db.scalars(templates_of(owner)).all() == []


def test_anothers_inquiry_and_listing_are_unknown(client, db, clean_database):
    other = make_user(db, Role.LANDLORD)
    home = make_property(db, other)
    inquiry = create_inquiry(db, make_user(db, Role.TENANT), home)
    owner = landlord(db)
    db.commit()
    enter(client, owner)

    assert client.get(f"/console/owner/inquiries/{inquiry.id}").status_code == 404
    assert client.get(f"/console/owner/listings/{home.id}").status_code == 404
