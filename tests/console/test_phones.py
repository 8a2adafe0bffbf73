"""The console in the hand: how much fits on a phone's screen, and what a finger can press."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from models.accounts.users import User
from models.core.enums import DealType
from models.market.properties import Property
from tests.console.conftest import FASTER_POLLING
from tests.factories import make_property
from worker.lists import rescore

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

#: The least height of what a finger presses, px.
FINGER = 40

#: Names of controls that a finger misses when it lands up to half of *size* px above or below their middle. Links
#: within a text and controls that a label belongs to are pressed elsewhere.
MISSED = """(size) => {
  const missed = [];
  const controls = "a[href], button, summary, select, input:not([type=hidden]), textarea";
  for (const each of document.querySelectorAll(controls)) {
    const pressed = each.closest("label") ?? each;
    if (each.matches("p a, li a:not(.row, .button), .skip") || !pressed.checkVisibility()) continue;
    pressed.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = pressed.getBoundingClientRect();
    if (!width || left < 0 || left + width > innerWidth) continue;
    const [x, y] = [left + width / 2, top + height / 2];
    const hits = [-1, 1].map((side) => document.elementFromPoint(x, y + side * (size / 2 - 1)));
    if (hits.every((hit) => pressed.contains(hit))) continue;
    missed.push(`${each.tagName} ${each.className} ${each.textContent.trim()}`);
  }
  return missed;
}"""


@pytest.fixture
def described(db, town):
    """The town with homes that say as much as adverts do."""
    db.execute(
        update(Property).values(description="Чистовая отделка, большая кухня, вид на парк. " * 5, year_built=1987)
    )
    db.commit()
    return town


@pytest.mark.parametrize("of", ["lead", "property"])
def test_two_cards_of_a_list_fit_on_a_phones_screen(visit, described, of):
    town = described
    path = f"/console/leads/{town.lead.id}" if of == "lead" else f"/console/properties/{town.properties[0].id}"
    page = visit(town.buyer if of == "lead" else town.seller, path, **PHONE)

    heights = page.locator("article.pair").evaluate_all("cards => cards.map((card) => card.offsetHeight)")
    bars = page.locator(".side, .menu").evaluate_all("bars => bars.map((bar) => bar.offsetHeight)")

    assert 2 * max(heights) <= 844 - sum(bars)


def test_a_cards_reasons_are_folded_on_a_phone_and_open_on_a_wide_screen(visit, described, new_worker_session):
    town = described
    path = f"/console/leads/{town.lead.id}"
    phone, desk = (
        visit(town.buyer, path, before=FASTER_POLLING, **PHONE),
        visit(town.buyer, path, before=FASTER_POLLING),
    )
    verdict, summary = ".score-reasons .verdict", "article.pair summary"

    expect(phone.locator(summary).first).to_have_text("Why this score ✓ 7fits: 7")
    expect(phone.locator(verdict).first).to_be_hidden()
    phone.locator(summary).first.tap()
    expect(phone.locator(verdict).first).to_be_visible()
    expect(desk.locator(verdict).first).to_be_visible()

    with new_worker_session() as session:
        session.execute(update(Property).values(price=Property.price - 1))
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    expect(desk.locator("article.pair .price").first).to_contain_text("999")
    for each in desk.locator("article.pair").all():
        expect(each.locator(verdict).first).to_be_visible()


def test_cards_below_the_screen_make_the_page_no_wider(visit, described, db):
    """Browsers do not lay out what is far below: they take its stated size, which has a width, too."""
    town = described
    homes = [make_property(db, db.get(User, town.seller.id), house_number=str(number)) for number in range(10, 30)]
    db.commit()
    rescore.reconcile_market(db, (homes[0].city_key, DealType.SALE))
    db.commit()
    page = visit(town.buyer, f"/console/leads/{town.lead.id}", **PHONE)

    expect(page.locator("article.pair")).to_have_count(20)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    "path",
    ["/console/leads", "/console/leads/{lead}", "/console/leads/{lead}/edit", "/console/tasks", "/console/matches"],
)
def test_a_finger_finds_every_control(visit, described, path):
    page = visit(described.buyer, path.format(lead=described.lead.id), **PHONE)

    assert page.evaluate(MISSED, FINGER) == []


@pytest.mark.parametrize("query", ["", "?q=Пётр&sort=newest"])
def test_filters_that_are_not_in_use_are_folded(visit, town, query):
    """Every search and action puts the order into the address, which is no filter."""
    page = visit(town.buyer, f"/console/leads{query}", **PHONE)

    expect(page.get_by_label("Deal")).to_be_hidden()
    expect(page.locator("li .row")).to_be_in_viewport()
