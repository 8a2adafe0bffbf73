"""Operator, marketer and administrator at browsers: a part of each one's day."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.accounts.users import User
from models.core.enums import Role, Side
from models.leadgen.prospects import Prospect
from models.market.unscorable import Failure, UnscorableEntity, quarantine
from tests.console.conftest import HASTE, tab_to
from tests.factories import make_user
from worker.queue.client import Client

pytestmark = pytest.mark.timeout(240)


def staff(db, role: Role) -> User:
    found = make_user(db, role=role, name=role.capitalize(), email=f"{role}@leadmatch.example")
    db.commit()
    return found


def test_an_operator_sees_what_failed_tries_it_again_and_runs_a_line_of_the_schedule(visit, town, db, redis_url):
    quarantine(db, [Failure(Side.LEAD, town.lead.id, town.lead.version, "ValueError at engine.py:7")])
    page = visit(staff(db, Role.OPERATOR), before=HASTE)
    page.get_by_role("link", name="Attention", exact=True).click()
    expect(page.locator(".tile", has_text="Rows that the engine fails on")).to_contain_text("1")

    page.get_by_role("link", name="Tasks").first.click()
    expect(page.get_by_text("ValueError at engine.py:7")).to_be_visible()
    tab_to(page, page.locator(f"#retry-LEAD-{town.lead.id}"))
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Sent to the workers")
    assert db.scalars(select(UnscorableEntity)).all() == []
    Client(redis_url).prospects_changed()  # the page follows by itself
    expect(page.locator("#queues")).to_contain_text("worker.tasks.score_stale_prospects")

    page.get_by_role("link", name="Schedule").click()
    page.get_by_role("button", name="Run now Figures of markets").click()
    expect(page.locator("#outcome")).to_contain_text("Sent to the workers")

    page.get_by_role("link", name="Lists of users").click()
    page.get_by_label("Name, phone, e-mail").fill("Buyer")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Look at the list").click()
    expect(page.locator("tbody tr")).to_have_count(len(town.properties))


def test_a_marketer_begins_a_niche_adds_a_contact_and_answers(visit, town, db):
    page = visit(staff(db, Role.MARKETER))
    page.get_by_role("link", name="New niche").first.click()
    page.get_by_label("Name of the niche").fill("Flats")
    page.get_by_label("Category").fill("sale")
    page.get_by_label("Currency").select_option("RUB")
    page.get_by_label("Cost of a lead, at most").fill("900")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".tile", has_text="Cost of a lead")).to_contain_text("900 ₽")

    page.get_by_role("link", name="New contact").click()
    page.locator("#name").fill("Olga")
    page.get_by_label("Where from").select_option("vk")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Only recorded here").fill("Good day")
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
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Merge… Buyer Twin").click()
    page.get_by_label("The account that stays").fill("buyer@")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Choose").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Merge for good").click()
    expect(page.locator("#outcome")).to_contain_text("The accounts are merged")
    db.expire_all()
    assert db.get(User, twin.id).deleted_at is not None

    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Who: name").fill("Admin")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody")).to_contain_text("accounts merged")
