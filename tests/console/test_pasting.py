"""A pasted message, or a listing's text, fills the form; nothing is stored before it is saved."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from models.core.enums import DealType
from models.market.leads import Lead
from tests.console.conftest import AXE, enter
from tests.console.test_every_page import DARK_PHONE, LIGHT_DESKTOP, complaints
from tests.console.test_lost_sessions import sign_in_again
from tests.console.test_open_forms import form_of

MESSAGE = (
    "Здравствуйте! Меня зовут Анна, 8 (701) 234-56-78.\n"
    "Ищу двушку или трёшку в Москве на Арбате, бюджет до 15 млн, ипотека.\n"
    "Хорошо бы балкон, не первый этаж. Мурманский кузен переедет весной."
)
LISTING = (
    "Продаётся 2-комнатная квартира, Москва, ул. Пречистенка, д. 7, 60 м², 5/9 этаж, цена 12,5 млн руб. "
    "Лоджия. Звоните +7 495 123-45-67"
)


def test_a_message_fills_the_form_of_a_lead_and_what_was_not_read_is_kept_private(client, town, db):
    csrf = enter(client, town.buyer)
    before = db.scalar(select(func.count()).select_from(Lead))

    page = client.post("/console/leads/paste", data={"csrf": csrf, "text": MESSAGE})

    form = form_of(page.text)
    assert page.status_code == 200 and 'action="/console/leads/new"' in page.text
    assert db.scalar(select(func.count()).select_from(Lead)) == before
    assert form["requirements.location.city"] == "Москва"
    assert form["requirements.budget.max"] == "15\xa0000\xa0000"
    assert form["requirements.payment_method"] == "MORTGAGE"
    assert form["client_contacts"] == "8 (701) 234-56-78"
    assert "балкон" in form["requirements.additional_requirements"]
    assert "не первый этаж" in form["requirements.additional_requirements"]
    assert "кузен" in form["private_notes"] and form["client_name"] == "Анна"
    assert "Хорошо" not in form["private_notes"], "the wish keeps this word"
    for name in ("notes", "requirements.additional_requirements"):
        assert "234-56-78" not in form[name] and "кузен" not in form[name], "others see this"
    assert "Прочитано" in page.text


def test_a_listing_fills_the_form_of_a_property_without_its_phone(client, town):
    csrf = enter(client, town.seller)

    form = form_of(client.post("/console/properties/paste", data={"csrf": csrf, "text": LISTING}).text)

    expected = {
        "address.city": "Москва",
        "address.house_number": "7",
        "details.price": "12\xa0500\xa0000",
        "details.area": "60",
        "details.rooms": "2",
        "details.floor": "5",
        "details.total_floors": "9",
    }
    assert {name: form[name] for name in expected} == expected
    assert "Лоджия" in form["description"] and "495" not in form["description"]


def test_an_amount_without_a_currency_is_in_that_of_its_town(client, town, db):
    """A message from Astana means tenge; the form that it fills can be saved without changes."""
    csrf = enter(client, town.buyer)
    text = "Здравствуйте, я Айгуль. Ищу двушку в Астане до 35 млн. Тел. 8 701 222 33 44, звонить после 18"

    form = form_of(client.post("/console/leads/paste", data={"csrf": csrf, "text": text}).text)

    assert form["requirements.budget.max"] == "35\xa0000\xa0000"
    assert (form["client_name"], form["private_notes"]) == ("Айгуль", "звонить после 18")
    assert client.post("/console/leads/new", data=form).status_code == 303
    made = db.scalars(select(Lead).order_by(Lead.id.desc()).limit(1)).one()
    assert (made.budget_max, made.currency) == (35_000_000, "KZT")
    other = client.post("/console/leads/paste", data={"csrf": csrf, "text": "двушка в Астане до 35 млн руб"}).text
    assert form_of(other)["requirements.budget.max"] == "35000000 RUB", "the form asks about another currency"


@pytest.mark.parametrize(
    ("text", "name", "town_read"),
    [
        ("Ищу двушку в Москве до 15 млн. +7 916 123-45-67, Анна", "Анна", "Москва"),
        ("Ищу двушку в Москве до 15 млн\n8 916 123-45-67 Анна Петровна", "Анна Петровна", "Москва"),
        ("Нурлан, тел. 8 701 222 33 44. Ищу двушку в Астане", "Нурлан", "Астана"),
        ("Меня зовут Анна, ищу двушку. Писать: anna@mail.kz, Мария", "Анна", ""),
        ("Двушка до 35 млн. 8 701 222 33 44, Астана", "", "Астана"),
        ("Двушка до 15 млн. +7 916 123-45-67, звонить Анне", "", ""),
    ],
)
def test_a_name_beside_a_contact_is_the_clients(client, town, text, name, town_read):
    csrf = enter(client, town.buyer)

    form = form_of(client.post("/console/leads/paste", data={"csrf": csrf, "text": text}).text)

    assert (form["client_name"], form["requirements.location.city"]) == (name, town_read)
    assert not name or name not in form["private_notes"]


def test_the_town_of_public_places_fills_the_form_although_the_text_does_not_name_it(client, town):
    csrf = enter(client, town.buyer)
    text = "ищем двушку у Василеостровской до 14 млн, можно Приморская"

    page = client.post("/console/leads/paste", data={"csrf": csrf, "text": text})
    home = client.post("/console/properties/paste", data={"csrf": csrf, "text": "Продаю 2к, м. Сокол 5 мин, 13 млн"})

    form = form_of(page.text)
    assert form["requirements.location.city"] == "Санкт-Петербург"
    assert form["requirements.location.metro_stations"] == "Василеостровская, Приморская"
    assert form["requirements.budget.max"] == "14\xa0000\xa0000"
    assert form_of(home.text)["address.city"] == "Москва"
    assert '<option value="Хамовники">' in home.text, "the form suggests the town's districts"


@pytest.mark.parametrize("text", ["", "  \n ", "\0"])
def test_nothing_pasted_is_refused(client, town, text):
    csrf = enter(client, town.buyer)

    assert client.post("/console/leads/paste", data={"csrf": csrf, "text": text}).status_code == 400


@pytest.mark.parametrize("text", ["x" * 30_000, "🏠" * 50, "<script>alert(1)</script>", "до 5 тыс usd в Алматы", "%s"])
@pytest.mark.parametrize("what", ["leads", "properties"])
def test_any_text_gives_a_form(client, town, what, text):
    csrf = enter(client, town.buyer)

    page = client.post(f"/console/{what}/paste", data={"csrf": csrf, "text": text})

    assert page.status_code == 200 and "<script>alert" not in page.text


def test_a_lead_is_created_from_a_pasted_message(visit, town, db):
    page = visit(town.buyer, bypass_csp=True, refused=(400, 401))
    page.get_by_role("link", name="From a message").click()
    page.get_by_label("The client's message").fill(MESSAGE)
    page.get_by_role("button", name="Read the text").click()
    expect(page.get_by_text("What we read in the text is marked below.")).to_be_visible()
    expect(page.locator(".field.was-read").get_by_label("City")).to_have_value("Москва")
    page.add_script_tag(path=AXE)
    keyboard = page.context.new_cdp_session(page)
    assert complaints(page, keyboard, LIGHT_DESKTOP) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    assert complaints(page, keyboard, DARK_PHONE) == []
    page.get_by_label("Client's name").fill("Анна К.")
    page.context.clear_cookies()  # the session ends before the form is saved
    page.get_by_role("button", name="Save").click()
    sign_in_again(page, town.buyer)
    expect(page.get_by_text("We restored what you typed here and did not save.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    lead = db.scalar(select(Lead).where(Lead.client_name == "Анна К."))
    assert (lead.city, lead.rooms, lead.budget_max, lead.deal_type) == ("Москва", [2, 3], 15_000_000, DealType.SALE)
    assert {wish["kind"] for wish in lead.wishes} >= {"balcony"}
