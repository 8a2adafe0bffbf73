"""People at browsers: a like from two of them, a run watched, a feed swiped, a chat, pages that all can use."""

import re

import pytest
from sqlalchemy import select

from models.enums import ActionKind, FeedActionKind, RunState, Side
from models.favorites import Favorite
from models.feed import FeedAction
from models.inquiries import Inquiry
from models.leads import Lead
from models.matches import act
from models.runs import RescoringRun
from tests.console.conftest import AXE

pytestmark = pytest.mark.timeout(60)


def test_two_realtors_like_each_others_side_and_see_their_contacts(visit, town):
    buyer, seller = visit(town.buyer), visit(town.seller)
    buyer.get_by_text("Пётр").click()
    assert buyer.locator("article.pair").count() == 3
    street = buyer.locator("article.pair p.small").first.inner_text()
    buyer.locator("article.pair").first.get_by_placeholder("2.5").fill("2")
    buyer.get_by_role("button", name="Like").first.click()
    buyer.wait_for_function("() => document.querySelectorAll('article.pair').length === 2")

    seller.goto("/console/matches")
    card = seller.locator("article.card")
    assert street.split(", ")[-1] in card.inner_text() and town.buyer.phone not in card.inner_text()
    seller.get_by_role("button", name="Like and propose").scroll_into_view_if_needed()
    card.locator("input.commission").fill("3")
    seller.get_by_role("button", name="Like and propose").click()
    seller.wait_for_selector("text=Agree to 2%")

    buyer.goto("/console/matches")
    buyer.get_by_role("button", name="Agree to 3%").click()
    buyer.wait_for_selector(f"text={town.seller.phone}")
    seller.reload()
    assert town.buyer.phone in seller.locator(".contacts").inner_text()
    assert seller.locator("#unread").inner_text() == "2"

    seller.once("dialog", lambda dialog: dialog.accept())
    seller.get_by_role("button", name="The deal is done").click()
    seller.wait_for_selector("text=The deal is done. Congratulations!")


def test_a_lead_is_added_with_the_keyboard_alone(visit, town, db):
    page = visit(town.buyer)
    page.goto("/console/leads/new")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_label("Client's name").focus()
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert page.locator("#requirements-location-city").get_attribute("aria-invalid") == "true"
    described = page.locator("#requirements-location-city").get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text() == "Missing data for required field."

    page.get_by_label("City").focus()
    for text in ("Москва", "Арбат"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for label, key in (("Deal", "B"), ("Type", "A"), ("Payment", "C"), ("Class", "C"), ("Condition", "F")):
        page.get_by_label(label, exact=True).focus()
        page.keyboard.type(key)
    for label, number in (("Budget from", "1e7"), ("Budget to", "15000000"), ("Area from", "40"), ("Area to", "80")):
        page.get_by_label(label).focus()
        page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Saved.")

    assert db.scalar(select(Lead.city).where(Lead.client_name == "Anna")) == "Москва"


def test_a_tenant_swipes_keeps_and_takes_back(visit, town, db):
    page = visit(town.tenant, viewport={"width": 390, "height": 844}, has_touch=True)
    listings = []

    def card_after(act) -> str:
        last = page.locator("#swipe").get_attribute("data-listing") if page.locator("#swipe").count() else ""
        act()
        page.wait_for_function(
            "last => (document.getElementById('swipe')?.dataset.listing ?? '') !== last", arg=last
        )
        return last

    listings.append(card_after(lambda: page.keyboard.press("ArrowLeft")))
    listings.append(card_after(lambda: page.get_by_role("button", name="Keep").click()))
    page.wait_for_selector(".toast")
    card_after(lambda: page.keyboard.press("Backspace"))
    assert page.locator("#swipe").get_attribute("data-listing") == listings[1]

    box = page.locator("#swipe").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + 60

    def drag() -> None:
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 90, middle[1], steps=4)
        page.mouse.move(middle[0] + 170, middle[1], steps=4)
        page.mouse.up()

    card_after(drag)

    said = dict(db.execute(select(FeedAction.property_id, FeedAction.action)).all())
    assert said == {int(listings[0]): FeedActionKind.DISLIKE, int(listings[1]): FeedActionKind.LIKE}
    assert db.scalars(select(Inquiry.property_id)).all() == [int(listings[1])]
    assert db.scalars(select(Favorite.id)).all() == []


def test_a_tenant_and_an_owner_talk(visit, town):
    tenant, owner = visit(town.tenant), visit(town.seller)
    tenant.keyboard.press("ArrowRight")
    tenant.wait_for_selector(".toast")
    tenant.goto("/console/inquiries")
    tenant.get_by_role("button", name=re.compile("Write")).click()
    tenant.get_by_role("textbox", name="Message").fill("Is it still free?")
    tenant.keyboard.press("Enter")
    tenant.wait_for_selector(".bubble.mine")

    owner.goto("/console/inquiries")
    owner.get_by_role("button", name=re.compile("Write")).click()
    owner.wait_for_selector("text=Is it still free?")
    owner.get_by_role("textbox", name="Message").fill("Yes.")
    owner.get_by_role("button", name="Send").click()

    tenant.wait_for_selector(".bubble:not(.mine) >> text=Yes.")


def test_an_operator_starts_watches_and_cancels_a_run(visit, town, db):
    page = visit(town.admin)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("text=The run has been asked for.")
    run = db.scalars(select(RescoringRun)).one()
    assert run.requested_by == f"ops:{town.admin.id}"

    db.execute(RescoringRun.__table__.update().values(state=RunState.RUNNING))
    db.commit()
    page.wait_for_selector("td:has-text('running')")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("text=Cancelled.")
    db.expire_all()
    assert db.get(RescoringRun, run.id).state is RunState.CANCELLED

    db.execute(RescoringRun.__table__.update().values(state=RunState.FAILED))
    db.commit()
    page.get_by_role("button", name="Retry").click()
    page.wait_for_selector("text=Failed parts are queued again.")


def test_a_user_is_put_out_and_the_log_tells(visit, town):
    page = visit(town.admin)
    page.goto("/console/users")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Put out Tenant").click()
    page.wait_for_selector("text=Changed.")
    page.goto("/console/audit?deed=user_changed")

    assert "is_active=False" in page.locator("tbody").inner_text()


def test_the_look_is_kept(visit, town):
    page = visit(town.buyer)
    page.get_by_role("button", name="Dark").click()
    page.wait_for_selector("html[data-theme=dark]")
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")

    assert page.get_by_role("heading", level=1).inner_text() == "Мои лиды"
    assert page.evaluate("document.cookie") == "", "no cookie of ours is for scripts"


def test_everything_works_without_scripts(visit, town):
    page = visit(None, java_script_enabled=False)
    page.goto("/console/sign-in")
    page.fill("#username", town.buyer.email)
    page.fill("#password", "correct horse battery")
    page.press("#password", "Enter")
    page.get_by_text("Пётр").click()
    page.get_by_role("button", name="Like").first.click()

    assert page.get_by_role("status").first.inner_text().startswith("Liked.")
    assert page.locator("article.pair").count() == 2


PAGES = {
    None: ["/", "/console/sign-in", "/console/sign-in/code"],
    "buyer": ["/console/leads", "/console/leads/new", "/console/leads/{lead}", "/console/matches", "/console/notices",
              "/console/import/leads", "/console/inquiries"],
    "seller": ["/console/properties", "/console/properties/{property}", "/console/properties/{property}/edit"],
    "tenant": ["/console/feed", "/console/preferences", "/console/favorites", "/console/chats"],
    "admin": ["/console/engine", "/console/engine/runs/{run}", "/console/quality", "/console/schedule",
              "/console/users", "/console/audit", "/console/leadgen", "/console/leadgen/prospects"],
}  # fmt: skip


LOOKS = (("light", 1280, 800), ("dark", 390, 844))


@pytest.mark.parametrize("who", PAGES, ids=str)
def test_axe_finds_nothing_to_complain_of(visit, town, db, who):
    """On a desktop in the light and on a phone in the dark; and nothing is wider than the window."""
    pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, **pair)
    act(db, town.seller, Side.PROPERTY, **pair)
    run = RescoringRun(scope="all", state=RunState.QUEUED, requested_by="cli")
    db.add(run)
    db.commit()
    ids = {"lead": town.lead.id, "property": town.properties[1].id, "run": run.id}
    page = visit(getattr(town, who) if who else None, bypass_csp=True)
    found = []
    for path in PAGES[who]:
        page.goto(path.format(**ids))
        page.add_script_tag(path=AXE)
        for theme, width, height in LOOKS:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": height})
            result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            found += [(path, theme, each["id"], each["nodes"][0]["html"]) for each in result["violations"]]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                found.append((path, theme, "wider than the window"))
    assert found == []


def test_a_first_view_is_light(visit, town):
    page = visit(None)
    sizes = {}
    page.on("response", lambda answer: sizes.__setitem__(answer.url, len(answer.body())))
    page.goto("/")
    page.wait_for_load_state("networkidle")

    assert 0 < sum(sizes.values()) < 150_000
