"""Files and feeds in the console: importing a spreadsheet, a feed that refreshes, and errors on the page."""

import io
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from api.http.services import services_of
from models.core.enums import Status
from models.market.leads import Lead
from models.market.properties import Property
from models.sources.tables import Import, ImportState, Source
from tests.console.conftest import FASTER_POLLING, enter
from tests.models.sources.feeds import xlsx, yrl, yrl_offer
from tests.sites import Site
from worker.jobs.imports import perform_import
from worker.queue.client import Client

RUSSIAN = {"Accept-Language": "ru"}
HEADER = ["Код", "Город", "Район", "Адрес", "Комнат", "Площадь, м²", "Этаж", "Этажность", "Хотим за квартиру", "Агент"]
ROWS = [
    ["007", "Москва", "Арбат", "улица Арбат, 7", "2-комн.", 60.5, "5", "9", "12,5 млн", "Анна"],
    ["008", "Москва", "Арбат", "улица Арбат, 9", "студия", 28, "3", "9", "8 900 000 ₽", "Анна"],
    ["009", "Москва", "Арбат", "улица Арбат, 11", "1", 40, "12", "9", "9 млн", "Пётр"],
]


@pytest.fixture
def site():
    server = Site()
    yield server
    server.close()


@pytest.fixture
def work(engine, app):
    """A function that performs every waiting import, as a worker would."""
    settings = services_of(app).settings
    object.__setattr__(settings, "feed_private_addresses", True)  # the site is on this machine
    factory = sessionmaker(engine, class_=Session, expire_on_commit=False)

    def do():
        with factory() as session:
            ids = list(session.scalars(select(Import.id).where(Import.state == "queued").order_by(Import.id)))
        for import_id in ids:
            perform_import(factory, settings, Client(settings.redis_url), import_id)
        return len(ids)

    return do


def homes(db, owner):
    query = select(Property).where(Property.owner_id == owner.id, Property.source_id.is_not(None))
    return {row.external_id: row for row in db.scalars(query.execution_options(populate_existing=True))}


def test_a_realtor_brings_a_russian_spreadsheet_in(visit, town, db, work, tmp_path):
    """Upload, map the missing columns, preview, import, and see the homes."""
    path = tmp_path / "База квартир.xlsx"
    path.write_bytes(xlsx(["Наша база"], HEADER, *ROWS))
    page = visit(town.buyer, "/console/properties", before=FASTER_POLLING)
    page.get_by_role("link", name="From a file or feed").click()
    page.get_by_label("File", exact=True).set_input_files(path)
    expect(page.locator(".chosen")).to_have_text("База квартир.xlsx")
    page.get_by_role("button", name="Preview the file").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert work() == 1

    # No column is recognised as the price, so nothing is read before a person chooses it.
    expect(page.get_by_text("No column of prices was found")).to_be_visible()
    assert db.scalar(select(func.count()).where(Property.owner_id == town.buyer.id)) == 0
    expect(page.get_by_label("Площадь, м²")).to_have_value("area")
    wanted = page.get_by_label("Хотим за квартиру")
    expect(wanted).to_have_value("")
    expect(page.get_by_role("row").filter(has=wanted)).to_contain_text("12,5 млн · 8 900 000 ₽ · 9 млн")
    wanted.select_option(label="Price")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work()

    expect(page.get_by_text("This is a preview")).to_be_visible()
    expect(page.locator(".tile", has_text="new")).to_contain_text("2")
    refused = page.get_by_role("region", name="Refused").get_by_role("row").nth(1)
    expect(refused).to_contain_text(re.compile(r"5\s*009\s*Floor\s*Floor 12 is above the house's 9 floors\.\s*12/9"))
    expect(page.get_by_text("Агент").first).to_be_visible()
    assert homes(db, town.buyer) == {}
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work()

    page.get_by_role("link", name="See the homes").click()
    expect(page.locator("ul.rows > li")).to_have_count(2)
    found = homes(db, town.buyer)
    assert {name: (int(row.price), row.rooms) for name, row in found.items()} == {
        "007": (12_500_000, 2),
        "008": (8_900_000, 0),
    }
    assert db.scalar(select(Source.mapping)) == {"Хотим за квартиру": "price"}


def test_a_feed_is_added_and_refreshes_while_one_looks(visit, town, db, work, site):
    site.put(yrl(*(yrl_offer(name) for name in "1234")))
    page = visit(town.buyer, "/console/sources", before=FASTER_POLLING)
    page.get_by_label("Address of the feed").fill(site.url())
    page.get_by_label("Check for changes").select_option(label="Every hour")
    page.get_by_role("button", name="Add and import").click()
    expect(page.get_by_text("waiting its turn")).to_be_visible()
    work()
    expect(page.locator("#source-part")).to_contain_text(re.compile(r"done\s+·\s+4\s+offers\s*, new\s+4"))
    assert homes(db, town.buyer).keys() == set("1234")

    site.put(yrl(*(yrl_offer(name) for name in "345")))
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("waiting its turn")).to_be_visible()
    work()
    # Two of four are missing at once, which a person must confirm.
    page.get_by_role("link", name="See what is missing").click()
    expect(page.get_by_text("2 of 4 listings are missing from the feed")).to_be_visible()
    page.get_by_role("button", name="They are gone: take 2 off the market").click()
    expect(page.get_by_text("They are now off the market.")).to_be_visible()
    on_market = {name for name, row in homes(db, town.buyer).items() if row.status is Status.ACTIVE}
    assert on_market == set("345")

    page.get_by_role("link", name=re.compile("feed.xml")).first.click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert db.scalar(select(Source.state).execution_options(populate_existing=True)) == "paused"


@pytest.mark.parametrize(
    ("path", "form", "status", "expected"),
    [
        ("file", {}, 400, "Выберите файл."),
        ("file", {"file": (io.BytesIO(b""), "a.csv")}, 400, "Файл пуст."),
        ("file", {"file": (io.BytesIO(b"x"), "a.csv"), "city": "Россия"}, 400, "Названа страна; укажите город."),
        ("address", {"address": ""}, 400, "Укажите адрес фида"),
        ("address", {"address": "ftp://example.com/a"}, 400, "Укажите адрес фида"),
        ("address", {"address": "https://a:b@example.com/a"}, 400, "Адрес с паролем внутри не принимается."),
    ],
)
def test_errors_of_a_source_are_on_the_page(client, town, db, path, form, status, expected):
    csrf = enter(client, town.buyer)
    answer = client.post(f"/console/sources/{path}", data={"csrf": csrf, **form}, headers=RUSSIAN)

    assert (answer.status_code, expected in answer.text) == (status, True), answer.text
    assert db.scalar(select(func.count()).select_from(Source)) == 0


def test_a_failed_check_states_the_reason_in_the_readers_language(client, town, work):
    csrf = enter(client, town.buyer)
    file = (io.BytesIO("<html><body>вход</body></html>".encode()), "feed.xml")
    answer = client.post("/console/sources/file", data={"csrf": csrf, "file": file}, follow_redirects=True)
    assert (
        answer.status_code == 200 and 'http-equiv="refresh"' in answer.text
    )  # without scripts the page reloads itself
    work()

    page = client.get(answer.request.path, headers=RUSSIAN).text

    assert "Ничего не загружено." in page and "Это веб-страница, а не фид." in page


def test_two_columns_cannot_hold_one_thing(client, town, db, work):
    csrf = enter(client, town.buyer)
    file = (io.BytesIO(xlsx(HEADER, *ROWS)), "a.xlsx")
    path = client.post("/console/sources/file", data={"csrf": csrf, "file": file}).headers["Location"]
    work()
    form = {"csrf": csrf, "do": "try", "column": HEADER[-2:], "field": ["price", "price"]}

    answer = client.post(path, data=form, headers=RUSSIAN)

    assert answer.status_code == 400
    assert "Два столбца выбраны для одного и того же: Хотим за квартиру, Агент." in answer.text
    assert db.scalar(select(Source.mapping)) == {}


def test_sources_and_imports_are_their_owners_alone(client, town, db, work):
    csrf = enter(client, town.buyer)
    file = (io.BytesIO(yrl(yrl_offer("1"))), "a.xml")
    path = client.post("/console/sources/file", data={"csrf": csrf, "file": file}).headers["Location"]
    work()
    source_id = db.scalar(select(Source.id))
    client.post("/console/sign-out", data={"csrf": csrf})
    csrf = enter(client, town.seller)

    for address in (path, f"/console/sources/{source_id}", f"/console/properties?source={source_id}"):
        assert client.get(address).status_code == 404
    for address in ("", "/run", "/state", "/delete"):
        assert client.post(f"/console/sources/{source_id}{address}", data={"csrf": csrf}).status_code == 404
    assert client.post(path, data={"csrf": csrf, "do": "import"}).status_code == 404
    assert client.post(f"{path}/confirm", data={"csrf": csrf}).status_code == 404
    assert "a.xml" not in client.get("/console/sources").text


def test_a_source_is_changed_and_removed_with_its_homes_kept(client, town, db, work):
    csrf = enter(client, town.buyer)
    file = (io.BytesIO(yrl(yrl_offer("1"))), "Лист.xml")
    path = client.post("/console/sources/file", data={"csrf": csrf, "file": file}).headers["Location"]
    work()
    client.post(path, data={"csrf": csrf, "do": "import", "is_complete": "on"})
    work()
    source_id = db.scalar(select(Source.id))

    answer = client.post(f"/console/sources/{source_id}", data={"csrf": csrf, "name": ""}, headers=RUSSIAN)
    assert answer.status_code == 400 and "Назовите источник." in answer.text
    client.post(
        f"/console/sources/{source_id}", data={"csrf": csrf, "name": "Мой список", "city": "Казань", "is_complete": ""}
    )
    db.expire_all()
    source = db.get(Source, source_id)
    assert (source.name, source.city, source.is_complete) == ("Мой список", "Казань", False)

    client.post(f"/console/sources/{source_id}/delete", data={"csrf": csrf})
    db.expire_all()
    assert db.scalar(select(func.count()).select_from(Source)) == 0
    [left] = db.scalars(select(Property).where(Property.owner_id == town.buyer.id))
    assert left.status is Status.ARCHIVED


def test_a_running_import_says_how_far_it_is(client, town, db):
    csrf = enter(client, town.buyer)
    file = (io.BytesIO(yrl(yrl_offer("1"))), "a.xml")
    path = client.post("/console/sources/file", data={"csrf": csrf, "file": file}).headers["Location"]
    found = db.scalars(select(Import)).one()
    found.state, found.progress, found.counts = ImportState.RUNNING, 0.25, {"offers": 500}
    db.commit()

    part = client.get(f"{path}?part=1", headers=RUSSIAN).text

    assert 'max="1" value="0.25"' in part and "500\u00a0предложений" in part

    found.state = ImportState.FAILED
    db.commit()
    ended = client.get(f"{path}?part=1")
    assert (ended.status_code, ended.location) == (303, path), "the script loads the whole page with the report"


def test_a_realtor_brings_clients_requests_in(client, town, db, work):
    csrf = enter(client, town.buyer)
    assert client.get("/console/import/leads").headers["Location"] == "/console/sources?of=leads"
    rows = [
        ["Клиент", "Телефон", "Бюджет", "Комнат", "Что важно"],
        ["Ольга", "+77011112233", "до 9 млн", "1-2", "с котом"],
    ]
    form = {"csrf": csrf, "content": "leads", "city": "Москва", "file": (io.BytesIO(xlsx(*rows)), "Клиенты.xlsx")}
    path = client.post("/console/sources/file", data=form).headers["Location"]
    work()

    page = client.get(path, headers=RUSSIAN).text
    assert "Что важно" in page and "с котом" in page and "Пожелания словами" in page
    columns = {"column": rows[0], "field": ["client", "phone", "budget", "rooms", "words"]}
    import_page = client.post(path, data={"csrf": csrf, "do": "import", "city": "Москва", **columns}).headers[
        "Location"
    ]
    work()

    assert "Посмотреть лиды" in client.get(import_page, headers=RUSSIAN).text
    [source] = db.scalars(select(Source))
    [lead] = db.scalars(select(Lead).where(Lead.source_id == source.id))
    assert (lead.client_name, int(lead.budget_max), lead.rooms) == ("Ольга", 9_000_000, [1, 2])
    assert (lead.additional_requirements, lead.owner_id) == ("с котом", town.buyer.id)
    assert client.get(f"/console/leads?source={source.id}").text.count('<a class="row"') == 1
    assert "Клиенты" in client.get("/console/sources?of=leads").text
    assert "Клиенты" not in client.get("/console/sources").text


def test_lists_are_downloaded_from_their_pages(client, town):
    enter(client, town.buyer)
    assert "/console/export/leads.xlsx" in client.get("/console/leads").text
    for path in ("leads.csv", "properties.xlsx", "matches.csv", f"leads/{town.lead.id}.xlsx"):
        answer = client.get(f"/console/export/{path}")
        assert (answer.status_code, bool(answer.data)) == (200, True), path
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/console/export/leads.exe").status_code == 404
    assert client.get("/console/export/users.csv").status_code == 404
