"""Amounts in forms: grouped on the page and while the user types, and read in any usual form."""

import re

from playwright.sync_api import expect
from sqlalchemy import select

from models.market.leads import Lead
from tests.console.conftest import enter
from tests.console.test_open_forms import form_of

NBSP = "\u00a0"
ENGLISH = {"Accept-Language": "en"}


def test_an_amount_is_grouped_while_it_is_typed_and_corrected(visit, town, db):
    page = visit(town.buyer, "/console/leads/new")
    budget = page.locator("#requirements-budget-max")
    for keys, shown in (
        ("12000000", "12 000 000"),
        ("Backspace", "1 200 000"),
        ("Home", "1 200 000"),
        ("9", "91 200 000"),
        ("ArrowRight ArrowRight Backspace", "9 200 000"),  # over the blank, to the digit before it
        ("End Backspace Backspace Backspace Backspace", "920"),
        (",5", "920,5"),
    ):
        if keys[0].isalpha():
            for key in keys.split():
                budget.press(key)
        else:
            budget.press_sequentially(keys)
        expect(budget).to_have_value(shown.replace(" ", NBSP))
    for typed in ("15,5 млн ₽", "1,234,567", "от 10"):
        budget.fill(typed)
        expect(budget).to_have_value(typed)

    budget.fill("15500000")
    page.locator("#requirements-location-city").fill("Москва")
    page.get_by_role("button", name="Save").click()

    expect(page).to_have_url(re.compile(r"/console/leads/\d+\b"))
    made = db.scalars(select(Lead).order_by(Lead.id.desc()).limit(1)).one()
    assert made.budget_max == 15_500_000


def test_a_filter_by_an_amount_has_an_address_without_blanks(visit, town):
    page = visit(town.buyer)
    page.locator("#b-to").fill("2000000")
    expect(page.locator("#b-to")).to_have_value(f"2{NBSP}000{NBSP}000")

    expect(page).to_have_url(re.compile(r"[?&]to=2000000(&|$)"))

    page.reload()
    expect(page.locator("#b-to")).to_have_value(f"2{NBSP}000{NBSP}000")


def test_a_form_shows_amounts_grouped_and_a_number_written_otherwise_is_no_change(client, town, db):
    """A form without scripts sends back the values that it shows; changes of the other window alone are kept."""
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}/edit"
    stored = db.get(Lead, town.lead.id)
    stored.budget_min, stored.budget_max = 9_000_000, 12_000_000
    db.commit()
    form = form_of(client.get(path, headers=ENGLISH).text)
    assert form["requirements.budget.max"] == f"12{NBSP}000{NBSP}000"
    stored.budget_max = 14_000_000  # in the other window
    db.commit()

    for written in (f"12{NBSP}000{NBSP}000", "12000000", "12,000,000", "12 m"):
        answer = client.post(path, data=form | {"requirements.budget.max": written}, headers=ENGLISH)
        db.refresh(stored)
        assert (answer.status_code, stored.budget_min, stored.budget_max) == (303, 9_000_000, 14_000_000), written

    answer = client.post(path, data=form | {"requirements.budget.max": "13 m"}, headers=ENGLISH)
    assert answer.status_code == 409 and f"14{NBSP}000{NBSP}000" in answer.text
