"""The lists of the user's own leads and properties: search while typing, filters, bulk actions, tags, copies."""

import re
from html import unescape
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.core.enums import Side, Status
from models.market.leads import Lead
from models.market.properties import Property
from models.market.tags import LeadTag, add_tag, tags_of
from scripts.benchmarks.console_speed import typed_address
from tests.console.conftest import AXE, enter
from tests.console.test_every_page import DARK_PHONE, LIGHT_DESKTOP, complaints
from tests.console.test_open_forms import form_of
from tests.factories import make_lead

NAMES = ("Анна Королёва", "Борис", "Вера")


@pytest.fixture
def base(town, db):
    """Three more leads of the buyer; their ids by the clients' names."""
    leads = {
        name: make_lead(db, town.buyer, client_name=name, client_contacts=f"+7701555000{index}").id
        for index, name in enumerate(NAMES)
    }
    db.commit()
    return leads


def shown(html: str) -> list[int]:
    return [int(each) for each in re.findall(r'<li id="row-(\d+)"', html)]


def test_the_address_of_a_list_says_which_rows_and_in_which_order(client, town, base, db):
    enter(client, town.buyer)

    assert shown(client.get("/console/leads?q=королева").text) == [base["Анна Королёва"]]
    assert shown(client.get("/console/leads?q=701+555-00-01").text) == [base["Борис"]]
    assert shown(client.get("/console/leads?sort=oldest").text)[1:] == [base[name] for name in NAMES]
    page = client.get("/console/leads?from=много&tag=%00&town=%00&rooms=дом&sort=up&size=7&status=GONE")
    assert page.status_code == 200 and 'id="b-from-error"' in page.text
    assert len(shown(page.text)) == 4, "what cannot be read filters nothing"
    none = client.get("/console/leads?q=никто").text
    assert shown(none) == [] and 'class="empty"' in none


def test_pages_of_a_filtered_list_keep_the_filter(client, town, db):
    for number in range(31):
        make_lead(db, town.buyer, client_name=f"Серия {number}")
    db.commit()
    enter(client, town.buyer)

    first = client.get("/console/leads?q=серия").text
    second = client.get("/console/leads?" + unescape(re.search(r'rel="next" href="\?([^"]+)"', first)[1])).text

    assert (len(shown(first)), len(shown(second))) == (30, 1)
    assert not set(shown(first)) & set(shown(second))


def test_several_rows_are_archived_at_once_and_that_can_be_undone(client, town, base, db):
    csrf = enter(client, town.buyer)
    ids = [base["Анна Королёва"], base["Борис"]]
    theirs = make_lead(db, town.seller).id
    db.commit()

    answer = client.post(
        "/console/leads/several", data={"csrf": csrf, "id": [*ids, theirs], "do": "archive", "was": "q=%D0%B0&evil=1"}
    )

    assert answer.status_code == 303
    assert answer.location.startswith("/console/leads?") and "q=%D0%B0" in answer.location
    assert "evil" not in answer.location
    assert set(db.scalars(select(Lead.id).where(Lead.status == Status.ARCHIVED))) == set(ids)
    undo = re.search(r'name="what" value="([^"]+)"', client.get(answer.location).text)[1]
    assert client.post("/console/undo", data={"csrf": csrf, "what": undo}).status_code == 303
    assert db.scalar(select(Lead.id).where(Lead.status == Status.ARCHIVED)) is None


def test_a_token_of_another_takes_nothing_back(client, town, base, db):
    add_tag(db, town.buyer, Side.LEAD, [base["Вера"]], "срочно")
    db.commit()
    csrf = enter(client, town.seller)

    for what in (f"LEAD-restored--{base['Вера']}", f"LEAD-tagged-{'срочно'.encode().hex()}-{base['Вера']}"):
        client.post("/console/undo", data={"csrf": csrf, "what": what})

    assert db.get(Lead, base["Вера"]).status is Status.ACTIVE
    assert tags_of(db, Side.LEAD, [base["Вера"]]) == {base["Вера"]: ["срочно"]}
    assert client.post("/console/undo", data={"csrf": csrf, "what": "LEAD-tagged-zz-1"}).status_code == 404


@pytest.mark.parametrize(
    "form", [{"do": "archive"}, {"id": "x", "do": "archive"}, {"id": "1", "do": "burn"}, {"id": "1", "do": "tag"}]
)
def test_an_invalid_request_changes_nothing(client, town, base, db, form):
    csrf = enter(client, town.buyer)

    assert client.post("/console/leads/several", data={"csrf": csrf} | form).status_code == 400
    assert db.scalar(select(Lead.id).where(Lead.status == Status.ARCHIVED)) is None


def test_tags_are_added_used_as_filters_and_removed(client, town, base, db):
    csrf = enter(client, town.buyer)
    ids = [base["Анна Королёва"], base["Борис"]]
    form = {"csrf": csrf, "id": ids, "do": "tag", "tag": "горячий <b>"}
    answer = client.post("/console/leads/several", data=form)
    assert "#горячий &lt;b&gt;" in client.get(answer.location).text
    assert set(shown(client.get("/console/leads", query_string={"tag": "горячий <b>"}).text)) == set(ids)

    off = {"csrf": csrf, "id": ids[0], "do": "untag", "tag": "горячий <b>", "back": "row"}
    answer = client.post("/console/leads/several", data=off)

    assert answer.location.startswith(f"/console/leads/{ids[0]}?")
    assert list(db.scalars(select(LeadTag.lead_id))) == [ids[1]]
    undo = unescape(re.search(r'name="what" value="([^"]+)"', client.get(answer.location).text)[1])
    client.post("/console/undo", data={"csrf": csrf, "what": undo})
    assert set(db.scalars(select(LeadTag.lead_id))) == set(ids)


def test_a_copy_is_a_form_filled_like_the_row_and_makes_a_new_one(client, town, db):
    enter(client, town.buyer)
    form = form_of(client.get(f"/console/leads/new?copy={town.lead.id}").text)
    assert client.post("/console/leads/new", data=form).status_code == 303
    copy = db.scalar(select(Lead).order_by(Lead.id.desc()).limit(1))
    kept = ("client_name", "districts", "budget_max", "additional_requirements", "property_class")
    assert copy.id != town.lead.id
    assert [getattr(copy, name) for name in kept] == [getattr(town.lead, name) for name in kept]
    assert client.get(f"/console/properties/new?copy={town.properties[0].id}").status_code == 404, "not the buyer's"

    enter(client, town.seller)
    form = form_of(client.get(f"/console/properties/new?copy={town.properties[0].id}").text)
    assert client.post("/console/properties/new", data=form).status_code == 303
    assert db.scalar(select(Property.street).order_by(Property.id.desc()).limit(1)) == town.properties[0].street


def test_a_lead_is_found_while_one_types_picked_and_archived(visit, town, base, db):
    page = visit(town.buyer, "/console/leads")
    rows = page.locator(".rows > li")
    expect(rows).to_have_count(4)
    page.get_by_label("Search", exact=True).press_sequentially("бор")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(rf"q={quote('бор')}(&|$)"))  # not of the first letters only
    expect(page.get_by_role("button", name="Archive")).to_have_count(0)
    rows.locator("a.row").click()
    expect(page.get_by_role("heading", name="Борис")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Search", exact=True)).to_have_value("бор")
    expect(rows).to_have_count(1)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('offline')); }")
    page.get_by_label("Search", exact=True).press_sequentially("и")
    expect(page.locator(".toast")).to_have_text("The server cannot be reached. Try again.")
    page.reload()
    page.get_by_label("Select Борис").check()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Archived: they are off the market.")).to_be_visible()
    expect(page.get_by_label("Search", exact=True)).to_have_value("бор")
    assert db.scalar(select(Lead.status).where(Lead.id == base["Борис"])) is Status.ARCHIVED
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    db.expire_all()
    assert db.scalar(select(Lead.status).where(Lead.id == base["Борис"])) is Status.ACTIVE


def test_rows_that_are_picked_with_tags_suit_everybody(visit, town, base, db):
    """axe in both themes and the keyboard, with the bar for bulk actions open."""
    add_tag(db, town.buyer, Side.LEAD, list(base.values()), "горячий")
    db.commit()
    page = visit(
        town.buyer,
        "/console/leads?tag=горячий&q=701555",
        bypass_csp=True,
        before="Object.defineProperty(document, 'hidden', {get: () => true})",
    )
    page.get_by_label("Select Вера").check()
    page.add_script_tag(path=AXE)
    keyboard = page.context.new_cdp_session(page)
    assert complaints(page, keyboard, LIGHT_DESKTOP) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    assert complaints(page, keyboard, DARK_PHONE) == []


def test_what_stands_around_a_list_follows_the_typed_search(visit, town, base):
    """The tabs, the theme, and the way back from a row: none of them loses what was typed."""
    page = visit(town.buyer, "/console/leads")
    rows = page.locator(".rows > li")
    search = page.get_by_label("Search", exact=True)
    search.press_sequentially("вера")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="On the market", exact=True).click()
    expect(page).to_have_url(re.compile("status=ACTIVE"))
    expect(search).to_have_value("вера")
    rows.locator("a.row").click()
    page.get_by_role("link", name="My leads").click()
    expect(page).to_have_url(re.compile("status=ACTIVE"))
    search.fill("бор")
    expect(rows).to_have_text(re.compile("Борис"))
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(search).to_have_value("бор")
    expect(rows).to_have_count(1)


@pytest.mark.parametrize(("side", "path"), [(Lead, "/console/leads"), (Property, "/console/properties")])
def test_typing_requests_only_the_rows_as_the_benchmark_does(visit, town, side, path):
    """The address of the page stays that of a whole page: a reload or the back button never shows the rows alone."""
    page = visit(town.buyer if side is Lead else town.seller, path)
    depth = page.evaluate("history.length")
    with page.expect_response("**q=*part=1*") as typed:
        page.get_by_label("Search", exact=True).fill("а")
    answer = typed.value

    assert urlsplit(answer.url)[2:4] == urlsplit(typed_address(side, "а"))[2:4]
    assert "<html" not in answer.text() and 'id="row-' in answer.text()
    assert answer.headers["cache-control"] == "no-store"
    expect(page).to_have_url(re.compile(r"\?q="))
    assert "part=" not in page.url and page.evaluate("history.length") == depth
    page.reload()
    expect(page.get_by_label("Search", exact=True)).to_have_value("а")
    page.locator(".menu").get_by_role("link", name="Matches").click()
    page.go_back()
    expect(page.get_by_label("Search", exact=True)).to_have_value("а")
