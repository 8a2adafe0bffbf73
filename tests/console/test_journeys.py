"""Journeys in the browser: two likes, swiping the feed, a chat, a new lead, blocking a user."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from api.console.kit.formatting import phone_text
from models.accounts.users import User
from models.core.enums import ActionKind, DealType, FeedActionKind, Status
from models.deals.actions import Action
from models.deals.feed import FeedAction
from models.deals.inquiries import Inquiry
from models.market.favorites import Favorite
from models.market.leads import Lead
from models.market.preferences import save_preference
from models.market.properties import Property
from tests.console.conftest import FASTER_POLLING, tab_to
from worker.lists import rescore


def test_two_realtors_like_each_others_side_and_see_their_contacts(visit, town, db):
    buyer, seller = visit(town.buyer), visit(town.seller)
    buyer.get_by_text("Пётр").click()
    pairs = buyer.locator("article.pair")
    expect(pairs).to_have_count(3)
    street = pairs.first.locator("p.small").first.inner_text()
    tab_to(buyer, pairs.first.get_by_placeholder("2.5"))
    buyer.keyboard.type("2")
    buyer.keyboard.press("Enter")  # the form's first button: Like
    expect(pairs).to_have_count(2)
    expect(pairs.first.get_by_role("button", name="Like")).to_be_focused()
    pairs.first.get_by_role("button", name="Not for me").click()
    expect(pairs).to_have_count(1)
    expect(buyer.locator(".toast")).to_have_count(2)  # the cards leave before the server has answered
    assert sorted(db.scalars(select(Action.kind))) == [ActionKind.DISLIKE, ActionKind.LIKE]

    seller.goto("/console/matches")
    card = seller.locator("article.card")
    expect(card).to_contain_text(street.split(", ")[-1])
    expect(card).not_to_contain_text(phone_text(town.buyer.phone))
    expect(card).to_contain_text("They ask for")
    card.locator("input.commission").fill("3")
    seller.get_by_role("button", name="Like and propose").click()
    expect(seller.get_by_role("button", name="Agree to 2%")).to_be_visible()

    buyer.goto("/console/matches")
    tab_to(buyer, buyer.get_by_role("button", name="Agree to 3%"))
    buyer.keyboard.press("Enter")
    expect(buyer.locator(".contacts")).to_contain_text(phone_text(town.seller.phone))
    seller.reload()
    expect(seller.locator(".contacts")).to_contain_text(phone_text(town.buyer.phone))
    expect(seller.locator("#unread")).to_have_text("3")  # a like, the match, the contacts


def test_a_lead_is_added_with_the_keyboard_alone(visit, town, db):
    page = visit(town.buyer, "/console/leads/new")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.get_by_label("Client's name").focus()
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_focused()
    city = page.get_by_label("City")
    expect(city).to_have_attribute("aria-invalid", "true")
    expect(city).to_have_accessible_description("Missing data for required field.")

    page.get_by_label("City").focus()
    for text in ("Москва", "Арбат"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for label, key in (("Deal", "B"), ("Type", "A"), ("Payment", "C"), ("Class", "C"), ("Condition", "F")):
        page.get_by_label(label, exact=True).focus()
        page.keyboard.type(key)
    for label, number in (("Budget from", "10 млн"), ("Budget to", "15000000"), ("Area from", "40"), ("Area to", "80")):
        page.get_by_label(label).focus()
        page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()

    assert db.scalar(select(Lead.city).where(Lead.client_name == "Anna")) == "Москва"


@pytest.fixture
def looking(town, new_worker_session):
    """The town's people; the tenant has a preference and a computed list."""
    with new_worker_session() as session:
        tenant = session.get_one(User, town.tenant.id)
        save_preference(session, tenant, {"city": "Москва", "deal_type": DealType.SALE})
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    return town


def test_a_tenant_swipes_keeps_and_takes_back(visit, looking, db):
    page = visit(looking.tenant, refused=(404,), viewport={"width": 390, "height": 844}, has_touch=True)
    listings = []

    def card_after(act) -> str:
        """Call *act*, wait until another listing or none is on top, and return the one before."""
        last = page.locator("#swipe").get_attribute("data-listing")
        act()
        expect(page.locator(f"#swipe[data-listing='{last}']")).to_have_count(0)
        return last

    listings.append(card_after(lambda: page.keyboard.press("ArrowLeft")))
    listings.append(card_after(lambda: page.get_by_role("button", name="Add to favourites").click()))
    expect(page.locator(".toast")).to_be_visible()
    card_after(lambda: page.keyboard.press("Backspace"))
    expect(page.locator("#swipe")).to_have_attribute("data-listing", listings[1])

    box = page.locator("#swipe").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + 60

    def drag() -> None:
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 90, middle[1], steps=4)
        page.mouse.move(middle[0] + 170, middle[1], steps=4)
        page.mouse.up()

    card_after(drag)
    shown = int(page.locator("#swipe").get_attribute("data-listing"))
    db.execute(update(Property).where(Property.id == shown).values(status=Status.ARCHIVED))
    db.commit()
    card_after(lambda: page.keyboard.press("ArrowRight"))  # refused, and out of the way

    stored = dict(db.execute(select(FeedAction.property_id, FeedAction.action)).all())
    assert stored == {int(listings[0]): FeedActionKind.DISLIKE, int(listings[1]): FeedActionKind.LIKE}
    assert db.scalars(select(Inquiry.property_id)).all() == [int(listings[1])]
    assert db.scalars(select(Favorite.id)).all() == []

    seen_all = page.get_by_text("You have seen everything")
    expect(seen_all).to_be_visible()
    page.keyboard.press("Backspace")
    expect(page.locator("#swipe")).to_have_attribute("data-listing", listings[1])
    page.keyboard.press("ArrowUp")
    expect(seen_all).to_be_visible()
    page.goto("/console/favorites")
    expect(page.locator("article")).to_have_count(1)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No favourites yet")).to_be_visible()


def test_a_tenant_and_an_owner_talk(visit, looking):
    tenant, owner = visit(looking.tenant, before=FASTER_POLLING), visit(looking.seller)
    tenant.keyboard.press("ArrowRight")
    expect(tenant.locator(".toast")).to_be_visible()
    tenant.goto("/console/inquiries")
    tenant.get_by_role("button", name=re.compile("Write")).click()
    tab_to(tenant, tenant.get_by_role("textbox", name="Message"))
    tenant.keyboard.type("Is it still free?")
    tenant.keyboard.press("Enter")
    expect(tenant.locator(".bubble.mine")).to_contain_text("Is it still free?")

    owner.goto("/console/inquiries")
    owner.get_by_role("button", name=re.compile("Write")).click()
    expect(owner.locator(".bubble:not(.mine)")).to_contain_text("Is it still free?")
    owner.get_by_role("textbox", name="Message").fill("Yes.")
    owner.get_by_role("button", name="Send").click()

    expect(tenant.locator(".bubble:not(.mine)")).to_contain_text("Yes.")


def test_a_user_gets_a_role_and_is_blocked_and_both_are_in_the_log(visit, town):
    page = visit(town.admin, "/console/users")
    page.get_by_label("Role of Tenant").select_option("landlord")
    page.get_by_role("button", name="Set Tenant").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    page.goto("/console/users")
    expect(page.get_by_label("Role of Tenant")).to_have_value("landlord")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Block Tenant").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    page.goto("/console/audit?action=user_changed")

    expect(page.locator("tbody tr")).to_contain_text(["Access: blocked", "Role: Landlord"])


def test_the_look_is_kept(visit, town):
    page = visit(town.buyer)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html[data-theme=dark]")).to_be_visible()
    page.get_by_role("button", name="RU").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Мои лиды")
    assert page.evaluate("document.cookie") == "", "no cookie of ours is for scripts"


def test_everything_works_without_scripts(visit, town):
    page = visit(None, java_script_enabled=False)
    page.goto("/console/sign-in")
    page.fill("#username", town.buyer.email)
    page.fill("#password", "correct horse battery")
    page.press("#password", "Enter")
    page.get_by_text("Пётр").click()
    page.get_by_role("button", name="Like").first.click()

    expect(page.get_by_role("status").first).to_contain_text("Liked.")
    expect(page.locator("article.pair")).to_have_count(2)
