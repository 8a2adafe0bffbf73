"""Views of the user's own rows: remembered columns and order, saved views, editing in place, prices of several rows."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from models.core.enums import Side, Status
from models.market.base_views import MAX_VIEWS, BaseView, save_view
from models.market.leads import Lead
from models.market.own_base import BaseFilter, own_page
from models.market.properties import Property
from models.market.tags import tags_of
from tests.console.conftest import enter
from tests.factories import make_property
from tests.statements import statements_on

PROPERTIES = "/console/properties"


def prices(db) -> list[int]:
    db.expire_all()
    return [int(price) for price in db.scalars(select(Property.price).order_by(Property.id))]


def undo_of(client, answer) -> str:
    return re.search(r'name="what" value="([^"]+)"', client.get(answer.location).text)[1]


def test_a_realtor_shapes_the_list_changes_a_row_in_it_and_lowers_several_prices(visit, town, db):
    page = visit(town.seller, PROPERTIES)
    rows = page.locator(".rows > li")
    expect(rows).to_have_count(3)
    page.get_by_label("Price per square metre").check()
    expect(rows.first).to_contain_text("a m²")
    page.get_by_label("Order").select_option("oldest")
    expect(page).to_have_url(re.compile("sort=oldest"))
    page.get_by_label("Name of the view").fill("Old ones")
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_text("View saved.")).to_be_visible()
    page.goto(PROPERTIES)
    expect(rows.first).to_contain_text("a m²")
    expect(page.get_by_role("link", name="Old ones")).to_be_visible()
    expect(rows.first).to_have_id(f"row-{town.properties[0].id}")

    rows.first.locator("summary").click()
    rows.first.get_by_label("Price").fill("11 m")
    rows.first.get_by_label("Tags").fill("hot, keys")
    rows.first.get_by_role("button", name="Save").click()
    expect(rows.first).to_contain_text("#keys")
    assert prices(db)[0] == 11_000_000

    for row in (rows.nth(1), rows.nth(2)):
        row.locator("[data-pick]").check()
    page.get_by_label("Change the price by").fill("-10%")
    page.get_by_role("button", name="Change the price").click()
    expect(page.get_by_text("Prices changed.")).to_be_visible()
    assert prices(db) == [11_000_000, 11_250_000, 11_250_000]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert prices(db) == [11_000_000, 12_500_000, 12_500_000]


@pytest.mark.parametrize(
    ("by", "after"),
    [
        ("−5%", 11_875_000),
        ("+7 %", 13_375_000),
        ("3,33%", 12_916_300),
        ("-300 000", 12_200_000),
        ("+1 млн", 13_500_000),
        ("-100000 ₽", 12_400_000),
        ("-1000 $", 12_500_000),
    ],
)
def test_prices_change_by_a_share_or_an_amount_and_come_back(client, town, db, by, after):
    csrf = enter(client, town.seller)
    before = prices(db)
    form = {"csrf": csrf, "id": [found.id for found in town.properties[:2]], "do": "price", "by": by}

    answer = client.post(f"{PROPERTIES}/several", data=form)

    assert (answer.status_code, prices(db)) == (303, [after, after, before[2]])
    if after != before[0]:
        what = undo_of(client, answer)
        again = db.get(Property, town.properties[0].id)
        again.price = 9_000_000  # a later change, which must stay
        db.commit()
        assert client.post("/console/undo", data={"csrf": csrf, "what": what}).status_code == 303
        assert prices(db) == [9_000_000, *before[1:]]


@pytest.mark.parametrize("by", ["", "-100%", "-13 млн", "дорого", "-101%", "+999999999999999"])
def test_prices_that_cannot_be_are_refused_for_all(client, town, db, by):
    csrf = enter(client, town.seller)
    before = prices(db)
    form = {"csrf": csrf, "id": [found.id for found in town.properties], "do": "price", "by": by}

    assert client.post(f"{PROPERTIES}/several", data=form).status_code == 400
    assert prices(db) == before


def test_rows_views_and_files_of_others_are_out_of_reach(client, town, db):
    save_view(db, town.seller, Side.PROPERTY, "theirs", {"q": "x"})
    found = db.get(Property, town.properties[0].id)
    db.commit()
    csrf = enter(client, town.buyer)
    before = prices(db)

    picked = {"csrf": csrf, "id": [found.id]}
    client.post(f"{PROPERTIES}/several", data=picked | {"do": "price", "by": "-5%"})
    client.post("/console/undo", data={"csrf": csrf, "what": f"PROPERTY-priced-{b'1'.hex()}-{found.id}"})
    quick = {"csrf": csrf, "version": found.version, "amount": "1", "status": "ACTIVE"}
    assert client.post(f"{PROPERTIES}/{found.id}/quick", data=quick).status_code == 404
    file = client.post(f"{PROPERTIES}/several", data=picked | {"do": "csv"})
    assert len(file.text.strip().splitlines()) == 1, "heads only"
    client.post(f"{PROPERTIES}/views", data={"csrf": csrf, "do": "drop", "name": "theirs"})

    assert prices(db) == before
    assert db.scalar(select(func.count()).select_from(BaseView)) == 1
    assert "theirs" not in client.get(PROPERTIES).text


def test_picked_rows_are_a_file(client, town):
    csrf = enter(client, town.seller)
    picked = [found.id for found in town.properties[:2]]

    file = client.post(f"{PROPERTIES}/several", data={"csrf": csrf, "id": picked, "do": "csv"})
    book = client.post(f"{PROPERTIES}/several", data={"csrf": csrf, "id": picked, "do": "xlsx"})

    lines = file.text.strip().splitlines()
    assert [int(line.split(",")[0]) for line in lines[1:]] == sorted(picked, reverse=True)
    assert book.data.startswith(b"PK")


def test_a_row_that_another_window_has_changed_is_not_written_over(client, town, db):
    csrf = enter(client, town.buyer)
    lead = db.get(Lead, town.lead.id)
    form = {"csrf": csrf, "version": lead.version, "amount": "20 млн", "status": "ARCHIVED", "tags": "a, b,a"}
    path = f"/console/leads/{lead.id}/quick"

    assert client.post(path, data=form).status_code == 303
    db.refresh(lead)
    assert (int(lead.budget_max), lead.status) == (20_000_000, Status.ARCHIVED)
    assert tags_of(db, Side.LEAD, [lead.id]) == {lead.id: ["a", "b"]}
    assert client.post(path, data=form | {"amount": "30 млн"}).status_code == 409
    fresh = form | {"version": lead.version}
    for wrong in ({"amount": "1 млн"}, {"amount": "10 $"}, {"status": "SOLD"}, {"amount": "много"}):
        assert client.post(path, data=fresh | wrong).status_code == 400, wrong
    db.refresh(lead)
    assert int(lead.budget_max) == 20_000_000


def test_views_have_names_and_are_not_too_many(client, town, db):
    csrf = enter(client, town.buyer)
    form = {"csrf": csrf, "do": "save", "was": "q=абая&evil=1&page=3"}
    for name in ("", "x" * 61, "\x07"):
        assert client.post("/console/leads/views", data=form | {"name": name}).status_code == 400
    assert client.post("/console/leads/views", data=form | {"name": " Абая "}).status_code == 303
    view = db.scalars(select(BaseView)).one()
    assert (view.name, view.query) == ("Абая", {"q": "абая"})
    for number in range(MAX_VIEWS - 1):
        save_view(db, town.buyer, Side.LEAD, f"view {number}", {})
    db.commit()
    assert client.post("/console/leads/views", data=form | {"name": "more"}).status_code == 409
    assert client.post("/console/leads/views", data=form | {"name": "Абая", "do": "drop"}).status_code == 303


def test_a_page_and_its_count_are_one_query(engine, town, db):
    for number in range(5):
        make_property(db, town.seller, street="Абая", house_number=str(number))
    db.commit()

    with statements_on(engine) as statements:
        rows, total = own_page(db, town.seller, Side.PROPERTY, BaseFilter(words="абая"), page=2, per_page=3)

    assert (len(rows), total) == (2, 5)
    assert len([each for each in statements if "FROM properties" in each]) == 1


def test_an_address_beyond_the_last_page_shows_the_last_one(client, town, db):
    for number in range(29):
        make_property(db, town.seller, street="Абая", house_number=str(number))
    db.commit()
    enter(client, town.seller)

    page = client.get(f"{PROPERTIES}?page=9", headers={"Accept-Language": "en"}).text

    assert len(re.findall(r'<li id="row-', page)) == 2
    assert "Page 2 of 2" in page


def test_a_view_can_be_saved_once_the_list_asks_for_something(visit, town):
    page = visit(town.seller, PROPERTIES)
    name = page.get_by_label("Name of the view")
    expect(name).to_be_hidden()
    page.get_by_label("Search", exact=True).fill("Арбат")
    expect(name).to_be_visible()
    page.reload()
    expect(name).to_be_visible()
