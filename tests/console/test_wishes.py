"""
Readings of texts on the pages: chips while the user types, struck out on the lead's page, and explained on the cards.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.http.readings import fact_columns, wish_columns
from models.core.enums import DealType, Side
from models.market.leads import Lead
from models.market.properties import Property
from tests.console.conftest import AXE, Town, enter, tab_to
from tests.console.test_every_page import DARK_PHONE, LIGHT_DESKTOP, complaints
from tests.console.test_pages import LEAD_FORM
from tests.factories import make_lead, make_property
from worker.lists import rescore

MOSCOW = ("geo:524901", DealType.SALE)
WORDS = "Обязательно не первый этаж, кухня от 9 м, хорошо бы балкон, тихий двор"
#: Each in another house, so that no two share a card.
DESCRIPTIONS = {
    "small": "Светлая. Кухня 6 м, есть лоджия",
    "large": "Светлая. Кухня 10 м. Панельный дом",
    "silent": "Светлая",
}


@pytest.fixture
def wished(town: Town, new_worker_session: Any) -> Town:
    """The town's homes have descriptions, and its lead has wishes."""
    with new_worker_session() as session:
        for found, text in zip(town.properties, DESCRIPTIONS.values(), strict=True):
            columns = {"description": text, **fact_columns(None, text)}
            session.execute(update(Property).where(Property.id == found.id).values(columns))
        columns = {"additional_requirements": WORDS, **wish_columns(WORDS, None)}
        session.execute(update(Lead).where(Lead.id == town.lead.id).values(columns))
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
    return town


def descriptions(page: Page) -> list[str]:
    return page.locator("article.pair .description").all_inner_texts()


@pytest.fixture
def follow(new_worker_session: Any) -> Callable[..., None]:
    """Do the worker's work after a lead or a property was written."""

    def rescored(entity_id: int, side: Side = Side.LEAD) -> None:
        with new_worker_session() as session:
            rescore.rescore_entity(session, side, entity_id)

    return rescored


def test_a_lead_is_typed_understood_struck_out_and_its_list_follows(
    visit: Any, wished: Town, db: Session, follow: Callable[..., None]
) -> None:
    page = visit(wished.buyer, "/console/leads/new")
    page.get_by_label("Client's name").fill("Anna")
    for label, text in (("City", "Москва"), ("Districts", "Арбат"), ("Budget from", "10 млн"), ("Budget to", "15 млн")):
        page.get_by_label(label, exact=False).first.fill(text)
    for label, text in (("Area from", "50"), ("Area to", "70")):
        page.get_by_label(label).fill(text)
    for label, choice in (("Type", "APARTMENT"), ("Payment", "CASH"), ("Class", "COMFORT"), ("Condition", "FINISHING")):
        page.get_by_label(label, exact=True).select_option(choice)
    chips = page.locator("#requirements-additional_requirements-understood")
    words = page.get_by_label("Wishes in your own words")
    words.press_sequentially("хорошо бы балкон")
    expect(chips.locator(".chip")).to_have_text(["balcony or loggia · if possible"])
    words.press_sequentially(", кухня от 9")
    expect(chips.locator(".chip")).to_have_text(["balcony or loggia · if possible", "kitchen from 9 m²"])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    lead_id = db.scalar(select(Lead.id).where(Lead.client_name == "Anna"))
    assert lead_id is not None
    follow(lead_id)
    page.goto(f"/console/leads/{lead_id}")
    assert descriptions(page) == [DESCRIPTIONS[name] for name in ("large", "silent", "small")]

    last = page.locator("article.pair").last
    expect(last.locator(".wish.poor")).to_have_text("✗ kitchen from 9 m²: not met Кухня 6 м")
    expect(last.locator(".wish.good")).to_have_text("✓ balcony or loggia: met лоджия")
    expect(page.locator("article.pair").first.locator(".wish.unknown")).to_have_text("? balcony or loggia: not stated")

    tab_to(page, page.get_by_role("button", name="Not what I meant: kitchen from 9 m²"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Removed; the list will be updated.")).to_be_visible()
    expect(page.locator(".chip.struck")).to_contain_text("kitchen from 9 m²")
    expect(page.get_by_text("This list is older than your last change; the new one will appear here.")).to_be_visible()
    follow(lead_id)
    expect(page.get_by_text("This list is older than your last change; the new one will appear here.")).to_have_count(
        0
    )  # the page has polled again
    expect(page.locator("article.pair .description").first).to_have_text(DESCRIPTIONS["small"])  # which has a loggia
    expect(page.locator(".wish.poor")).to_have_count(0)

    page.get_by_role("button", name="Take back: kitchen from 9 m²").click()
    follow(lead_id)
    expect(page.locator("article.pair .description").last).to_have_text(DESCRIPTIONS["small"])


def test_chips_and_wishes_on_cards_suit_everybody(
    visit: Any, wished: Town, db: Session, follow: Callable[..., None]
) -> None:
    """axe in both themes and the keyboard, on pages with readings of every strength, a struck one and many facts."""
    lead = db.get_one(Lead, wished.lead.id)
    lead.wishes = [dict(row, struck=row["kind"] == "quiet") for row in lead.wishes]
    lead.wishes = [
        *lead.wishes,
        *wish_columns(None, [{"kind": "lift", "value": True, "strength": "wish", "source": "stated"}])["wishes"],
    ]
    text = (
        "Лоджия, лифт, консьерж, охрана, холодильник, интернет, кондиционер, парковка во дворе, парк, школа, кухня 9 м"
    )
    db.execute(
        update(Property)
        .where(Property.id == wished.properties[0].id)
        .values({"description": text, **fact_columns(None, text)})
    )
    db.commit()
    follow(lead.id)
    follow(wished.properties[0].id, Side.PROPERTY)
    pages = {
        wished.buyer.id: [f"/console/leads/{lead.id}", f"/console/leads/{lead.id}/edit"],
        wished.seller.id: [f"/console/properties/{wished.properties[0].id}"],
    }
    for user in (wished.buyer, wished.seller):
        page = visit(user, bypass_csp=True, before="Object.defineProperty(document, 'hidden', {get: () => true})")
        for path in pages[user.id]:
            page.set_viewport_size({"width": 1280, "height": 800})
            page.emulate_media(color_scheme="light")
            page.goto(path)
            if path.endswith("/edit"):
                expect(page.locator("#requirements-additional_requirements-understood .chip").first).to_be_visible()
            page.evaluate("document.querySelectorAll('details.fold').forEach((each) => { each.open = true; })")
            page.add_script_tag(path=AXE)
            keyboard = page.context.new_cdp_session(page)
            assert complaints(page, keyboard, LIGHT_DESKTOP) == [], path
            page.emulate_media(color_scheme="dark")
            page.set_viewport_size({"width": 390, "height": 844})
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            page.evaluate("document.querySelectorAll('details.fold').forEach((each) => { each.open = true; })")
            assert complaints(page, keyboard, DARK_PHONE) == [], path
    expect(page.get_by_role("list", name="What the listing says")).to_have_count(1)


def test_without_scripts_a_reading_is_struck_out_and_restored(client: FlaskClient, wished: Town, db: Session) -> None:
    csrf = enter(client, wished.buyer)
    path = f"/console/leads/{wished.lead.id}"
    page = client.get(path).text
    assert page.count('class="chip-button"') == 4
    press = {"csrf": csrf, "kind": "kitchen_area", "quote": "кухня от 9 м"}

    for struck, sign in (("1", True), ("", False)):
        answer = client.post(f"{path}/wishes", data=press | {"struck": struck})
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, path)
        db.expire_all()
        wishes = {row["kind"]: row["struck"] for row in db.get_one(Lead, wished.lead.id).wishes}
        assert wishes == {"first_floor": False, "kitchen_area": sign, "balcony": False, "quiet": False}


def test_only_the_owner_strikes_and_only_what_the_words_say(client: FlaskClient, wished: Town) -> None:
    path = f"/console/leads/{wished.lead.id}/wishes"
    press = {"kind": "kitchen_area", "quote": "кухня от 9 м", "struck": "1"}
    buyer = client.application.test_client()
    csrf = enter(buyer, wished.buyer)

    assert client.post(path, data=press | {"csrf": enter(client, wished.seller)}).status_code == 404
    assert buyer.post(path, data=press).status_code == 403, "without the form's token"
    assert buyer.post(path, data=press | {"csrf": csrf, "quote": "кухня от 12 м"}).status_code == 400


def test_editing_a_lead_keeps_what_the_form_does_not_show(client: FlaskClient, wished: Town, db: Session) -> None:
    stated = [{"kind": "lift", "value": True, "strength": "must", "source": "stated"}]
    struck = [{"kind": "quiet", "value": True, "source": "text", "quote": "тихий двор", "struck": True}]
    read = wish_columns(WORDS, stated + struck)["wishes"]
    quote = next(row["quote"] for row in read if row["kind"] == "quiet")
    wishes = wish_columns(WORDS, [*stated, {**struck[0], "quote": quote}])["wishes"]
    kept = {"latitude": 55.75, "longitude": 37.59}
    db.execute(update(Lead).where(Lead.id == wished.lead.id).values(wishes=wishes, **kept))
    db.commit()
    csrf = enter(client, wished.buyer)
    form = LEAD_FORM | {"csrf": csrf, "requirements.additional_requirements": WORDS}

    answer = client.post(f"/console/leads/{wished.lead.id}/edit", data=form)

    assert answer.status_code == 303, answer.text
    db.expire_all()
    lead = db.get_one(Lead, wished.lead.id)
    assert lead.wishes == wishes
    assert [float(lead.latitude), float(lead.longitude)] == list(kept.values())


def test_only_signed_in_people_can_have_a_text_read(client: FlaskClient, town: Town) -> None:
    assert client.post("/console/understand", data={"text": WORDS}).location.startswith("/console/sign-in")
    csrf = enter(client, town.tenant)

    answer = client.post("/console/understand", data={"text": "<b>кухня от 9 м</b>, лифт", "csrf": csrf})

    assert answer.text.count('<span class="chip') == 2 and "кухня от 9 м²" in answer.text and "<b>" not in answer.text
    facts = client.post("/console/understand", data={"text": "Кухня 6 м", "of": "property", "csrf": csrf}).text
    assert "кухня 6 м²" in facts
    assert "Пока ничего не понято" in client.post("/console/understand", data={"text": "ку", "csrf": csrf}).text
    assert client.post("/console/understand", data={"text": WORDS * 2_000, "csrf": csrf}).status_code == 200


def test_origin_is_never_shown_as_understood(client: FlaskClient, town: Town) -> None:
    csrf = enter(client, town.buyer)

    page = client.post("/console/understand", data={"text": "только славянам, не мусульмане", "csrf": csrf}).text

    assert "chip" not in page and "слав" not in page


def test_units_that_are_alike_share_a_card_and_are_one_step_away(
    client: FlaskClient, town: Town, new_worker_session: Any
) -> None:
    with new_worker_session() as session:
        lead = make_lead(session, town.buyer, districts=[])
        for floor in range(2, 9):
            make_property(session, town.seller, street="Плющиха", house_number="9", floor=floor)
        make_property(session, town.seller, street="Плющиха", house_number="9", rooms=1)
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
    enter(client, town.buyer)
    path = f"/console/leads/{lead.id}"

    page = client.get(path).text
    assert page.count('<article id="pair-') == 5, (
        "three of the town, seven alike as one, one with another number of rooms"
    )
    assert page.count("в доме</a>") == 1 and "ещё 6\u00a0таких в доме" in page

    step = page.split("alike=")[1].split('"')[0]
    unfolded = client.get(f"{path}?alike={step}").text
    assert unfolded.count('<article id="pair-') == 7
    assert "Это похожие варианты" in unfolded and "в доме</a>" not in unfolded
    assert client.get(f"{path}?alike=999999").text.count('<article id="pair-') == 5, "an old link shows the whole list"


def test_a_page_says_what_scores_mean(client: FlaskClient, town: Town) -> None:
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}"
    client.set_cookie("lang", "ru")
    assert "ниже 50 — противоречит просьбе" in client.get(path).text
    client.set_cookie("lang", "en")
    assert "below 50: contradicts a wish" in client.get(path).text
