"""A tenant's console: the first screen, preferences, a home's page, favourites, saved searches."""

import re
from concurrent.futures import ThreadPoolExecutor

import lxml.html
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from api.console.tenants.searches import criteria_of_preference
from models.core.enums import DealType
from models.market.favorites import add_favorite, favorites_with_notes
from models.market.preferences import lock_preference, preference_of
from models.market.properties import Property
from models.market.search.saved import NotificationPace, SavedSearch
from models.market.search.text_search import refresh_words
from tests.console.conftest import PASSWORD, enter
from tests.factories import make_property
from tests.waiting import lock_waits, wait_for
from worker.search_tasks import notify_search_news

FORM = {"deal_type": "sale", "city": "Москва", "property_type": "flat", "price_max": "13 млн", "rooms": "2"}


@pytest.fixture
def tenant(app, town):
    client = app.test_client()
    client.csrf = enter(client, town.tenant)
    return client


def post(client, path, **fields):
    return client.post(path, data={"csrf": client.csrf, **fields})


def test_without_a_preference_the_feed_asks_for_one_and_shows_no_home(tenant):
    page = tenant.get("/console/feed").text

    assert 'action="/console/preferences/words"' in page and "swipe" not in page


def test_words_fill_the_form_and_nothing_is_stored(tenant, town, db):
    page = post(tenant, "/console/preferences/words", text="Снять двушку в Москве, Арбат, до 90 тысяч, с котом").text

    assert 'value="90\xa0000"' in page and 'value="Москва"' in page and 'value="Арбат"' in page
    assert re.search(r'name="rooms" value="2" checked', page) and 'value="rent" selected' in page
    assert "с котом</textarea>" in page
    assert preference_of(db, town.tenant) is None


@pytest.mark.parametrize("text", ["", "x" * 30_000, "\0"])
def test_words_that_cannot_be_read_are_refused(tenant, text):
    assert post(tenant, "/console/preferences/words", text=text).status_code == 400


def test_preferences_keep_rooms_places_area_and_words(tenant, town, db):
    fields = {
        **FORM,
        "districts": "Арбат, Тверской",
        "metro_stations": "Смоленская",
        "area_min": "40",
        "words": "с котом",
    }

    assert post(tenant, "/console/preferences", **fields).location == "/console/feed?outcome=preferences"

    preference = preference_of(db, town.tenant)
    assert (preference.rooms, preference.districts, preference.metro_stations) == (
        [2],
        ["Арбат", "Тверской"],
        ["Смоленская"],
    )
    assert (preference.budget_min or None, preference.budget_max, preference.area_min) == (None, 13_000_000, 40)
    assert [wish["kind"] for wish in preference.wishes] == ["cats"]
    page = tenant.get("/console/preferences").text
    assert "Арбат, Тверской" in page and "с котом" in page
    wanted = criteria_of_preference(preference)
    assert (wanted.rooms, wanted.deal_type, wanted.districts) == ((2,), DealType.SALE, ("Арбат", "Тверской"))


def test_a_change_of_another_window_that_is_being_saved_is_kept(tenant, town, db, engine):
    post(tenant, "/console/preferences", **FORM, districts="Арбат")
    page = lxml.html.fromstring(tenant.get("/console/preferences").text)
    [was] = page.xpath("//input[@name='was']/@value")
    other = lock_preference(db, town.tenant)
    other.districts = ["Тверской"]
    db.flush()
    with ThreadPoolExecutor(1) as pool:
        sent = FORM | {"districts": "Арбат", "price_max": "14 млн", "was": was}
        saved = pool.submit(post, tenant, "/console/preferences", **sent)
        wait_for(lambda: lock_waits(engine))
        db.commit()
        assert saved.result().status_code == 303

    db.refresh(other)
    assert (other.districts, other.budget_max) == (["Тверской"], 14_000_000)


def test_reversed_prices_get_an_error_beside_them(tenant):
    answer = post(tenant, "/console/preferences", **{**FORM, "price_min": "14 млн"})

    assert answer.status_code == 400 and 'id="price_min-error"' in answer.text


def test_the_card_shows_the_score_the_reasons_and_the_effect_of_a_like(tenant):
    post(tenant, "/console/preferences", **FORM)

    page = tenant.get("/console/feed").text

    assert (
        'class="ring' in page
        and 'class="score-reasons"' in page
        and re.search(r'class="open-home" href="/homes/\d+"', page)
    )
    assert "отправляет владельцу заявку с вашим именем" in page


def test_favourites_are_noted_and_compared(tenant, town, db):
    one, other, third = (each.id for each in town.properties)
    for each in (one, other):
        post(tenant, f"/console/favorites/{each}", do="keep")
    assert post(tenant, f"/console/favorites/{one}", do="note", note="  шумно  ").status_code == 303
    assert post(tenant, f"/console/favorites/{third}", do="note", note="x").status_code == 404
    assert post(tenant, f"/console/favorites/{one}", do="note", note="x" * 501).status_code == 400
    assert {found.id: note for found, note in db.execute(favorites_with_notes(town.tenant))} == {
        one: "шумно",
        other: None,
    }

    page = tenant.get(f"/console/favorites/compare?home={one}&home={other}&home={third}").text

    assert page.count('<th scope="col">') == 3 and "шумно" in page
    post(tenant, "/console/preferences", **FORM)
    assert tenant.get(f"/console/favorites/compare?home={one}&home={other}").text.count('class="ring') == 2


def test_a_search_is_saved_paced_and_removed_by_its_user_only(app, tenant, town, db):
    assert post(tenant, "/console/searches", of="search", asked="deal=sale&q=двор&price_to=13000000").status_code == 303
    search = db.scalars(select(SavedSearch)).one()
    assert (search.search_criteria.deal_type, search.search_criteria.words, search.search_criteria.price_max) == (
        DealType.SALE,
        "двор",
        13_000_000,
    )
    page = tenant.get("/console/searches").text.replace("\xa0", " ")
    assert "«двор»" in page and "до 13 млн" in page
    stranger = app.test_client()
    stranger.csrf = enter(stranger, town.buyer)
    for fields in ({"pace": "never"}, {"do": "remove"}):
        post(stranger, f"/console/searches/{search.id}", **fields)
    assert stranger.get(f"/console/searches/{search.id}").status_code == 404

    assert post(tenant, f"/console/searches/{search.id}", pace="daily").status_code == 303
    assert post(tenant, f"/console/searches/{search.id}", pace="hourly").status_code == 400
    db.refresh(search)
    assert search.pace is NotificationPace.DAILY
    post(tenant, f"/console/searches/{search.id}", do="remove")
    assert db.scalars(select(SavedSearch)).all() == []


def test_preferences_can_be_followed(tenant, db):
    assert post(tenant, "/console/searches", of="preferences").status_code == 404
    post(tenant, "/console/preferences", **FORM)

    post(tenant, "/console/searches", of="preferences")

    assert db.scalars(select(SavedSearch)).one().search_criteria.rooms == (2,)


def test_a_visitor_finds_a_home_saves_the_search_and_hears_of_a_new_one(visit, town, db, new_worker_session):
    """
    The search has a typing error; its filters are folded on a phone, and a home's page leads back to it. The
    notification leads to the new home, and its link ends the notifications.
    """
    home = db.get(Property, town.properties[0].id)
    home.description = "Просторный балкон, изразец"
    refresh_words(db)
    db.commit()
    page = visit(None)
    page.goto("/homes")
    page.get_by_label("In your own words").fill("изрозец")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("These contain «изразец»")).to_be_visible()
    expect(page.get_by_label("City")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_label("City")).to_be_hidden()
    page.locator(f'a[href="/homes/{home.id}"]').click()
    expect(page.get_by_text("Просторный балкон")).to_be_visible()
    page.get_by_role("link", name="Go to the search").click()
    expect(page.get_by_text("These contain «изразец»")).to_be_visible()
    page.get_by_role("link", name="Sign in to save the search").click()
    page.get_by_label("E-mail or phone").fill(town.tenant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Save the search").click()
    expect(page.get_by_text("Search saved")).to_be_visible()

    new = make_property(db, town.seller, description="Тёплый балкон, изразец", price=9_000_000)
    db.commit()
    notify_search_news.apply(args=["at_once"], throw=True)

    page.goto("/console/notifications")
    stop = f"/homes/unsubscribe/{db.scalars(select(SavedSearch.seed)).one()}"
    expect(page.locator("ul.rows")).to_contain_text(stop)
    page.get_by_role("button", name="Open").first.click()
    page.locator(f'a[href="/homes/{new.id}"]').click()
    expect(page.get_by_text("Тёплый балкон")).to_be_visible()
    page.goto(stop)
    page.get_by_role("button", name="Stop the notifications").click()
    expect(page.get_by_text("Notifications stopped.")).to_be_visible()
    db.expire_all()
    assert db.scalars(select(SavedSearch.pace)).one() is NotificationPace.NEVER


#: Whether a comparison fits its page, and the widths of the columns of homes.
WIDTHS = """(box) => [
  box.scrollWidth <= box.clientWidth,
  ...[...box.querySelectorAll("thead th")].slice(1).map((each) => each.getBoundingClientRect().width),
]"""


def test_a_tenant_says_what_they_look_for_and_compares_what_they_kept(visit, town, db):
    add_favorite(db, town.tenant, town.properties[1])
    db.commit()
    page = visit(town.tenant)
    page.get_by_label("In your own words").fill("Купить двушку в Москве до 13 млн, тихий двор")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Price to")).to_have_value("13\xa0000\xa0000")
    page.get_by_role("button", name="Save").click()
    card = page.locator("#swipe")
    expect(card).to_be_visible()
    card.locator("summary").click()
    expect(card.locator(".score-reasons")).to_be_visible()
    card.locator(".photo").click()
    expect(page).to_have_url(re.compile(r"/homes/\d+$"))
    page.go_back()
    page.get_by_role("button", name="Add to favourites").click()
    toast = page.locator(".toast")
    expect(toast).to_be_visible()
    box, buttons = toast.bounding_box(), page.locator("#swipe-actions").bounding_box()
    assert (
        box["y"] + box["height"] <= buttons["y"]
        or box["y"] >= buttons["y"] + buttons["height"]
        or (box["x"] + box["width"] <= buttons["x"] or box["x"] >= buttons["x"] + buttons["width"])
    )
    page.goto("/console/favorites")
    for tick in page.get_by_label("Compare", exact=False).all():
        tick.check()
    page.get_by_role("button", name="Compare selected").click()
    expect(page.locator("table thead th")).to_have_count(3)
    page.set_viewport_size({"width": 390, "height": 844})
    fits, *widths = page.locator(".compared").evaluate(WIDTHS)
    assert fits and max(widths) - min(widths) < 2  # both homes are seen on a phone, and neither at the other's cost
