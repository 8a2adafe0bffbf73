"""Typical work of an operator, a marketer and an administrator in the browser."""

from playwright.sync_api import expect
from sqlalchemy import select

from models.accounts.users import User
from models.core.enums import Role, Side
from models.leadgen.prospects import Prospect
from models.market.unscorable import Failure, UnscorableEntity, quarantine
from tests.console.conftest import FASTER_POLLING, tab_to
from tests.factories import make_user
from worker.queue.client import Client


def staff(db, role: Role) -> User:
    user = make_user(db, role=role, name=role.capitalize(), email=f"{role}@leadmatch.example")
    db.commit()
    return user


def test_an_operator_sees_what_failed_tries_it_again_and_runs_a_line_of_the_schedule(visit, town, db, redis_url):
    quarantine(db, [Failure(Side.LEAD, town.lead.id, town.lead.version, "ValueError at engine.py:7")])
    page = visit(staff(db, Role.OPERATOR), before=FASTER_POLLING)
    page.get_by_role("link", name="Attention", exact=True).click()
    expect(page.locator(".tile", has_text="Rows that the engine cannot score")).to_contain_text("1")

    page.get_by_role("link", name="Tasks").first.click()
    expect(page.get_by_text("ValueError at engine.py:7")).to_be_visible()
    tab_to(page, page.locator(f"#retry-LEAD-{town.lead.id}"))
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Queued")
    assert db.scalars(select(UnscorableEntity)).all() == []
    Client(redis_url).prospects_changed()  # the page updates automatically
    expect(page.locator("#queues")).to_contain_text("worker.tasks.score_stale_prospects")

    page.get_by_role("link", name="Schedule").click()
    page.get_by_role("button", name="Run now Figures of markets").click()
    expect(page.locator("#outcome")).to_contain_text("Queued")

    page.get_by_role("link", name="Users’ lists").click()
    page.get_by_label("Name, phone, e-mail").fill("Buyer")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="View the list").click()
    expect(page.locator("tbody tr")).to_have_count(len(town.properties))


def test_a_marketer_begins_a_niche_adds_a_contact_and_answers(visit, town, db):
    page = visit(staff(db, Role.MARKETER))
    page.get_by_role("link", name="New niche").first.click()
    page.get_by_label("Name of the niche").fill("Flats")
    page.get_by_label("Category").fill("sale")
    page.get_by_label("Currency").select_option("RUB")
    page.get_by_label("Maximum cost per lead").fill("900")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".tile", has_text="Cost per lead")).to_contain_text("900 ₽")

    page.get_by_role("link", name="New contact").click()
    page.locator("#name").fill("Olga")
    page.get_by_label("Where from").select_option("vk")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("This is only a record").fill("Good day")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#outcome")).to_contain_text("It was not sent")
    expect(page.get_by_role("log")).to_contain_text("Good day")
    assert db.scalars(select(Prospect.source)).all() == ["vk"]


def test_an_administrator_finds_a_user_and_merges_two_accounts(visit, town, db):
    twin = make_user(db, name="Buyer Twin", phone="+77010000001")
    db.commit()
    page = visit(town.admin)
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_label("Name, phone, e-mail").fill("twin")
    page.get_by_label("Name, phone, e-mail").press("Enter")  # returns when the filtered page is there
    page.get_by_role("link", name="Merge… Buyer Twin").click()
    page.get_by_label("Account to keep").fill("buyer@")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Choose").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Merge permanently").click()
    expect(page.locator("#outcome")).to_contain_text("The accounts are merged")
    db.expire_all()
    assert db.get(User, twin.id).deleted_at is not None

    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Account to close: name").fill("Admin")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody")).to_contain_text("accounts merged")


def test_an_administrator_invites_a_marketer_who_begins_at_once(visit, town):
    page = visit(town.admin)
    page.get_by_role("link", name="Users", exact=True).click()
    page.locator("form[action='/console/users/invite'] select").select_option("marketer")
    page.get_by_label("E-mail", exact=True).fill("new@leadmatch.example")
    page.get_by_role("button", name="Create a link").click()
    link = page.locator("p.box").inner_text()

    invited = visit(None)
    invited.goto("/" + link.split("/", 3)[3])
    invited.get_by_label("Name").fill("Nora New")
    invited.get_by_label("E-mail").fill("new@leadmatch.example")
    invited.get_by_label("New password").fill("correct horse battery")
    invited.keyboard.press("Enter")
    expect(invited.get_by_role("heading", level=1)).to_have_text("Lead generation")
