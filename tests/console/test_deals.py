"""Two people at two browsers: a first like shows the pair, they agree, one completes, the other objects."""

from playwright.sync_api import expect
from sqlalchemy import delete

from api.console.kit.formatting import phone_text
from api.console.realtors import recommendation_page
from models.core.enums import ActionKind, Side
from models.deals.match_table import Match
from models.deals.matches import act
from models.market.leads import Lead
from models.market.properties import Property
from tests.console.conftest import FASTER_POLLING, enter


def test_a_first_like_shows_both_sides_what_the_pair_is(visit, town, db):
    """One side shows the wish, its score and reasons, the other the whole home; the page updates automatically."""
    found = town.properties[0]
    home = db.get(Property, found.id)
    home.description, home.attributes = "Окна во двор, рядом парк", {"url": "https://example.com/advert/1"}
    db.commit()
    buyer, seller = visit(town.buyer), visit(town.seller, "/console/matches", before=FASTER_POLLING)
    expect(seller.locator("article.card")).to_have_count(0)

    buyer.goto(f"/console/leads/{town.lead.id}")
    card = buyer.locator(f"article.pair:has(#t{found.id})")
    card.locator("input.commission").fill("2")
    card.get_by_role("button", name="Like").click()

    arrived = seller.locator("article.card")
    expect(arrived).to_have_count(1)  # without a reload
    expect(seller.locator("#unread")).to_have_text("1")
    expect(arrived).to_contain_text("They ask for")
    expect(arrived).to_contain_text("2% of the price")
    expect(arrived).to_contain_text("Пётр")
    expect(arrived.locator(".ring")).to_be_visible()
    arrived.locator("h3 a").click()
    expect(seller.get_by_role("heading", name="What they are looking for")).to_be_visible()
    expect(seller.locator("#match")).to_contain_text("тихий двор")
    expect(seller.locator(".score-reasons")).to_be_visible()

    buyer.goto("/console/matches")
    buyer.locator("article.card h3 a").click()
    page = buyer.locator("#match")
    expect(page).to_contain_text("Окна во двор, рядом парк")
    expect(page).to_contain_text(home.street)
    expect(buyer.get_by_role("link", name="The advert")).to_have_attribute("href", "https://example.com/advert/1")


def test_they_agree_one_completes_the_other_objects_and_everything_is_back(visit, town, db):
    pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, proposed_commission=2, **pair)
    match = act(db, town.seller, Side.PROPERTY, **pair)
    db.commit()
    buyer, seller = visit(town.buyer), visit(town.seller, f"/console/matches/{match.id}", before=FASTER_POLLING)
    expect(seller.locator("#match")).to_contain_text(phone_text(town.buyer.phone))
    expect(seller.locator("#match")).to_contain_text("Agreed: you pay")

    buyer.goto(f"/console/matches/{match.id}")
    buyer.get_by_role("button", name="The deal is done").click()
    expect(buyer.get_by_text("The deal is done. Congratulations!")).to_be_visible()
    buyer.goto("/console/leads?status=ACTIVE")
    expect(buyer.locator(".row")).to_have_count(0)

    seller.get_by_role("button", name="Object").click()  # which appeared without a reload
    expect(seller.get_by_text("everything is as it was")).to_be_visible()
    expect(seller.get_by_role("button", name="The deal is done")).to_be_visible()
    buyer.reload()
    expect(buyer.locator(".row")).to_have_count(1)
    assert {row.status.value for row in (db.get(Lead, town.lead.id), db.get(Property, town.properties[0].id))} == {
        "ACTIVE"
    }


def test_a_mistake_can_be_undone_in_its_confirmation(visit, town, db):
    pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, **pair)
    match = act(db, town.seller, Side.PROPERTY, **pair)
    db.commit()
    page = visit(town.buyer, f"/console/matches/{match.id}")
    page.get_by_role("button", name="The deal is done").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert db.get(Match, match.id).status.value == "ACCEPTED"

    page.goto(f"/console/leads/{town.lead.id}")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Archived: it is off the market.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Archive")).to_be_visible()


#: Shows messages whose timers run only in :data:`LATER`; both return the messages on the page.
TOASTS = """async () => {
  const script = [...document.scripts].find((each) => each.src.endsWith("console.js")).src;
  const { toast } = await import(script.replace("console.js", "toast.js"));
  document.getElementById("toasts").replaceChildren();
  window.timers = [];
  window.setTimeout = (call) => timers.push(call);
  toast("Saved.");
  toast("Saved.");
  toast("Archived.", { undo: () => {} });
  return [...document.querySelectorAll(".toast > span")].map((each) => each.textContent);
}"""
LATER = """() => {
  timers.splice(0).forEach((call) => call());
  return [...document.querySelectorAll(".toast > span")].map((each) => each.textContent);
}"""


def test_a_dislike_leaves_at_once_and_its_toast_brings_it_back_and_covers_nothing(visit, town, db):
    page = visit(town.buyer, f"/console/leads/{town.lead.id}", viewport={"width": 390, "height": 844})
    cards = page.locator("article.pair")
    expect(cards).to_have_count(3)
    first = cards.first.get_attribute("aria-labelledby")
    cards.first.get_by_role("button", name="Not for me").click()
    expect(cards).to_have_count(2)
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    covered = page.evaluate(
        """() => {
          const toasts = document.getElementById("toasts").getBoundingClientRect();
          return [...document.querySelectorAll("main button, main a, main input, nav a")].filter((each) => {
            const box = each.getBoundingClientRect();
            return box.width && box.left < toasts.right && box.right > toasts.left
              && box.top < toasts.bottom && box.bottom > toasts.top;
          }).map((each) => each.textContent);
        }"""
    )
    assert covered == []
    undo.click()
    expect(cards).to_have_count(3)
    assert cards.first.get_attribute("aria-labelledby") == first

    cards.first.get_by_role("button", name="Not for me").press("Enter")
    expect(cards).to_have_count(2)
    expect(undo).to_be_visible()
    page.keyboard.press("Control+z")
    expect(cards).to_have_count(3)

    assert page.evaluate(TOASTS) == ["Saved.", "Archived."]  # a repeated message replaces the one before it
    undo.hover()
    assert page.evaluate(LATER) == ["Archived."]  # it is pointed at
    page.mouse.move(1, 1)
    assert page.evaluate(LATER) == []


def test_a_page_part_requested_before_an_undo_does_not_hide_the_card_again(visit, town):
    page = visit(town.buyer, f"/console/leads/{town.lead.id}")
    held = []
    page.route("**/console/leads/*part=1*", lambda route: held.append(route))
    cards = page.locator("article.pair")
    with page.expect_request("**/console/leads/*part=1*"):  # of the list without the card
        cards.first.get_by_role("button", name="Not for me").click()
    expect(cards).to_have_count(2)
    stale = page.context.request.get(page.url, params={"part": 1}).text()
    assert stale.count("<article") == 2
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    expect(cards).to_have_count(3)
    with page.expect_response("**/console/leads/*part=1*"):
        held[0].fulfill(status=200, content_type="text/html", body=stale)
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert cards.count() == 3


def test_a_stamp_is_never_newer_than_the_list_beside_it(client, town, db, monkeypatch):
    """If somebody acts while a page is rendered, its stamp is the earlier one, so that the page is requested again."""
    enter(client, town.buyer)
    read_entries = recommendation_page.brief_list

    def act_after_reading(*args, **kwargs):
        found = read_entries(*args, **kwargs)
        act(
            db,
            town.buyer,
            Side.LEAD,
            lead_id=town.lead.id,
            property_id=found.entries[0].row.id,
            kind=ActionKind.DISLIKE,
        )
        db.commit()
        return found

    monkeypatch.setattr(recommendation_page, "brief_list", act_after_reading)
    html = client.get(f"/console/leads/{town.lead.id}", query_string={"part": 1}).text
    assert html.count("<article") == 3
    now = client.get(f"/console/leads/{town.lead.id}/list-state").json["stamp"]
    assert html.split('data-stamp="')[1].split('"')[0] != now


def test_a_home_that_is_deleted_while_the_list_is_read_has_no_card(client, town, db, monkeypatch):
    enter(client, town.buyer)
    read_entries = recommendation_page.brief_list

    def delete_after_reading(*args, **kwargs):
        found = read_entries(*args, **kwargs)
        db.execute(delete(Property).where(Property.id == found.entries[0].row.id))
        db.commit()
        return found

    monkeypatch.setattr(recommendation_page, "brief_list", delete_after_reading)

    assert client.get(f"/console/leads/{town.lead.id}").text.count("<article") == 2


def test_a_refused_action_comes_back_with_the_reason(visit, town, db):
    page = visit(town.buyer, f"/console/leads/{town.lead.id}", refused=(404,))
    gone = db.get(Property, town.properties[0].id)
    gone.status = "ARCHIVED"
    db.commit()
    card = page.locator(f"article.pair:has(#t{gone.id})")
    card.get_by_role("button", name="Like").click()

    expect(page.locator(".toast.bad")).to_contain_text("There is no such property.")
    expect(card).to_be_visible()
