"""The feed's cards in a browser: each action counts once, for the home that the tenant saw."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.deals.feed import FeedAction
from models.market.preferences import save_preference
from tests.waiting import wait_for

#: Makes every request for the next card fail, as often as the page's `failures` says.
NEXT_CARD_FAILS = """{
  const ask = fetch;
  window.fetch = (address, ...more) =>
    String(address).includes("feed?part=1") && window.failures-- > 0 ? FAILURE : ask(address, ...more);
}"""
OFFLINE = NEXT_CARD_FAILS.replace("FAILURE", 'Promise.reject(new TypeError("offline"))')
BUSY = NEXT_CARD_FAILS.replace("FAILURE", 'Promise.resolve(new Response("", { status: 503 }))')


@pytest.fixture
def tenant(town, db):
    wish = {"city": "Москва", "deal_type": "SALE", "property_type": "APARTMENT", "budget_min": 0, "budget_max": 10**9}
    save_preference(db, town.tenant, wish)
    db.commit()
    return town.tenant


def shown_home(page: Page) -> int:
    return int(page.locator("#swipe").get_attribute("data-listing"))


def kinds(db) -> dict[int, str]:
    db.rollback()
    return {row.property_id: row.action.value for row in db.scalars(select(FeedAction))}


@pytest.mark.parametrize("failure", [OFFLINE, BUSY], ids=["offline", "busy"])
def test_a_home_whose_successor_cannot_be_fetched_is_not_acted_on_twice(visit, tenant, db, failure):
    """Otherwise a second key would turn the like of the home, which is out of sight, into a dislike."""
    page = visit(tenant, "/console/feed", before=failure)
    liked = shown_home(page)
    page.evaluate("window.failures = 1")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".toast.bad")).to_be_visible()

    page.keyboard.press("ArrowLeft")

    expect(page.locator("#swipe")).not_to_have_attribute("data-listing", str(liked))
    expect(page.locator("#swipe")).not_to_have_class("swipe away")
    assert kinds(db) == {liked: "like"}

    disliked = shown_home(page)
    page.keyboard.press("ArrowLeft")
    wait_for(lambda: page.evaluate("1") and kinds(db) == {liked: "like", disliked: "dislike"}, what="the dislike")


def test_a_key_that_is_held_down_acts_on_one_home(visit, tenant, db):
    page = visit(tenant, "/console/feed")
    first = shown_home(page)
    page.keyboard.down("ArrowUp")
    expect(page.locator("#swipe")).not_to_have_attribute("data-listing", str(first))
    expect(page.locator("#deck")).not_to_have_attribute("aria-busy", "true")
    second = shown_home(page)
    page.keyboard.down("ArrowUp")  # the browser repeats it
    page.keyboard.up("ArrowUp")
    page.keyboard.press("ArrowLeft")

    wait_for(lambda: page.evaluate("1") and len(kinds(db)) == 2, what="two actions")
    assert kinds(db)[second] == "dislike"
