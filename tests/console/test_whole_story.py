"""From a visitor's first page to a deal that is undone, with three people at three devices."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from api.console.kit.formatting import phone_text
from api.http.services import services_of
from models.core.enums import Side
from models.market.leads import Lead
from models.sources.tables import Import
from tests.console.conftest import FASTER_POLLING, PASSWORD
from tests.models.sources.feeds import xlsx
from worker.jobs.imports import perform_import
from worker.lists import rescore
from worker.queue.client import Client

CLIENTS = (
    ["Клиент", "Телефон", "Бюджет", "Комнат", "Пожелания"],
    ["Ольга", "+77011112233", "до 15 млн", "2", "тихий двор, с котом"],
)


@pytest.fixture
def work(engine, app, new_worker_session):
    """A function that does the workers' work: performs waiting imports, and computes the list of a lead."""
    settings = services_of(app).settings
    factory = sessionmaker(engine, class_=Session, expire_on_commit=False)

    def do(lead_id=None):
        with new_worker_session() as session:
            waiting = list(session.scalars(select(Import.id).where(Import.state == "queued")))
            if lead_id is not None:
                rescore.rescore_entity(session, Side.LEAD, lead_id)
        for import_id in waiting:
            perform_import(factory, settings, Client(settings.redis_url), import_id)

    return do


def test_a_newcomer_imports_sends_a_selection_agrees_and_a_deal_is_undone(visit, town, db, work, tmp_path):
    path = tmp_path / "Клиенты.xlsx"
    path.write_bytes(xlsx(*CLIENTS))
    newcomer = visit(None, before=FASTER_POLLING)
    newcomer.goto("/")
    newcomer.get_by_role("link", name="Sign up").click()
    newcomer.get_by_label("I am a realtor").check()
    newcomer.get_by_label("Name").fill("Eve")
    newcomer.get_by_label("E-mail").fill("eve@leadmatch.example")
    newcomer.get_by_label("Password").fill(PASSWORD)
    newcomer.keyboard.press("Enter")

    # A spreadsheet of clients becomes leads.
    newcomer.get_by_role("link", name="From a file").first.click()
    newcomer.get_by_label("File", exact=True).set_input_files(path)
    newcomer.get_by_label("Town for requests without one").first.fill("Москва")
    newcomer.get_by_role("button", name="Preview the file").click()
    expect(newcomer.get_by_role("progressbar")).to_be_visible()
    work()
    newcomer.get_by_role("button", name="Import it").click()
    expect(newcomer.get_by_role("progressbar")).to_be_visible()
    work()
    newcomer.get_by_role("link", name="See the leads").click()
    expect(newcomer.locator("ul.rows > li")).to_have_count(1)
    lead_id = db.scalar(select(Lead.id).where(Lead.client_name == "Ольга"))
    work(lead_id)

    # The realtor corrects a reading, and the list is updated.
    newcomer.get_by_role("link", name="Ольга").click()
    expect(newcomer.locator("article.pair")).to_have_count(3)
    newcomer.get_by_role("button", name=re.compile("Not what I meant: ")).last.click()
    expect(newcomer.get_by_text("Removed; the list will be updated.")).to_be_visible()
    work(lead_id)
    expect(newcomer.get_by_text("This list is older than your last change")).to_have_count(0)

    # The client, on a phone, likes one of two homes.
    for found in town.properties[:2]:
        newcomer.locator(f"#pair-{found.id}").get_by_role("checkbox").check()
    newcomer.get_by_role("button", name="Make a selection").click()
    newcomer.get_by_role("button", name="Create the link").click()
    link = newcomer.get_by_label("The link for the client").input_value()
    client = visit(None, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    client.goto("/s/" + link.rpartition("/s/")[2])
    like = client.locator(f"#home-{town.properties[0].id}").get_by_role("button", name="I like it")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    newcomer.get_by_role("button", name="Like").click()
    expect(newcomer.get_by_text("you like it")).to_be_visible()

    # The other side sees the wish and the reasons, and likes back; contacts open on both sides.
    seller = visit(town.seller, "/console/matches", before=FASTER_POLLING)
    seller.locator("main a[href^='/console/matches/']").first.click()
    expect(seller.locator("#match")).to_contain_text("тихий двор")
    expect(seller.locator("#match")).to_contain_text("Why this score")
    expect(seller.locator("#match")).not_to_contain_text("eve@leadmatch.example")
    seller.get_by_role("button", name="Like back").click()
    expect(seller.locator("#match")).to_contain_text("eve@leadmatch.example")
    match = seller.url
    newcomer.goto(match)
    expect(newcomer.locator("#match")).to_contain_text(phone_text(town.seller.phone))

    # One completes: both rows are gone from all lists. The other objects: both are back.
    newcomer.get_by_role("button", name="The deal is done").click()
    expect(newcomer.get_by_text("The deal is done. Congratulations!")).to_be_visible()
    stranger = visit(None, refused=(404,))
    for page, address, rows, left in (
        (newcomer, "/console/leads?status=ACTIVE", "ul.rows > li", 0),
        (seller, "/console/properties?status=ACTIVE", "ul.rows > li", 2),
        (stranger, "/homes", "article", 2),
    ):
        page.goto(address)
        expect(page.locator(f"main {rows}")).to_have_count(left)
    seller.goto(match)
    seller.get_by_role("button", name="Object").click()
    expect(seller.get_by_text("everything is as it was")).to_be_visible()
    newcomer.goto("/console/leads?status=ACTIVE")
    expect(newcomer.locator("ul.rows > li")).to_have_count(1)
    stranger.goto("/homes")
    expect(stranger.locator("main article")).to_have_count(3)
