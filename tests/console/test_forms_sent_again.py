"""A form that has created something does not create it again: after the back button, a repeat, or in another tab."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from models.agenda.tasks import LeadTask
from models.core.enums import DealType
from models.deals.selections import Selection
from models.leadgen.ads import Ad
from models.leadgen.campaigns import Campaign, Platform, create_campaign
from models.leadgen.niches import Niche, create_niche
from models.leadgen.prospects import Prospect
from models.market.leads import Lead
from models.market.properties import Property
from models.market.search.saved import SavedSearch
from models.sources.tables import Source
from models.webhooks.tables import Endpoint
from tests.api.pictures import photo, saved
from tests.console.conftest import csrf_of, enter

LEAD = {"deal_type": "SALE", "client_name": "Анна", "requirements.location.city": "Москва"}
HOME = {"deal_type": "SALE", "address.city": "Москва", "details.price": "9 млн", "details.property_type": "APARTMENT"}
NICHE = {"name": "Ремонт", "category": "repair", "cpl_target": "100", "currency": "RUB"}


OTHER = "Другое имя"


def key_of(html: str) -> str:
    return html.split('name="form_key" value="')[1].split('"')[0]


@pytest.fixture
def forms(town, db) -> list[tuple[Any, str, str, dict[str, Any], str, type]]:
    """(who, page, where it is sent, texts, the text that is changed, what is created) of each form."""
    niche = create_niche(db, {"name": "Окна", "category": "repair", "cpl_target": 100, "currency": "RUB"})
    campaign = create_campaign(db, {"niche_id": niche.id, "name": "OLX", "platform": Platform.OLX, "budget": 5000})
    db.commit()
    of_lead, leadgen = f"/console/leads/{town.lead.id}", "/console/leadgen"
    home = town.properties[0].id
    task = {
        "kind": "CALL",
        "title": "Позвонить",
        "notes": "",
        "due": "2030-05-01T10:00",
        "remind": "60",
        "property_id": "",
    }
    wish = {"deal_format": "SALE", "type": "APARTMENT", "city": "Москва"}
    webhook = {"url": "https://example.com/a", "name": "CRM", "min_score": "85", "types": "match.created"}
    contact = {"name": "Олег", "phone": "", "source": "telegram"}
    sale = {"name": "Весна", "platform": "olx", "budget": "5000"}
    feed = {"address": "https://feeds.example/a.xml", "name": "CRM", "refresh_minutes": "60", "do": "import"}
    search = {"of": "search", "asked": f"city=Москва&deal={DealType.SALE}", "name": "Дом"}
    new = "/console/leadgen/{}/new".format
    pick = f"{of_lead}/selections/new?home={home}"
    picked = {"home": str(home), "words": "Вот", "days": "30"}
    return [
        (town.buyer, "/console/leads/new", "/console/leads/new", LEAD, "client_name", Lead),
        (town.seller, "/console/properties/new", "/console/properties/new", HOME, "description", Property),
        (town.tenant, "/console/requests/new", "/console/requests/new", wish, "wishes", Lead),
        (town.buyer, f"{of_lead}/tasks", f"{of_lead}/tasks", task, "title", LeadTask),
        (town.buyer, pick, f"{of_lead}/selections", picked, "words", Selection),
        (town.seller, "/console/webhooks", "/console/webhooks", webhook, "name", Endpoint),
        (town.seller, "/console/sources", "/console/sources/address", feed, "", Source),
        (town.admin, f"{leadgen}/new", f"{leadgen}/new", NICHE, "name", Niche),
        (town.admin, new(f"{niche.id}/campaigns"), new(f"{niche.id}/campaigns"), sale, "name", Campaign),
        (
            town.admin,
            new(f"campaigns/{campaign.id}/ads"),
            new(f"campaigns/{campaign.id}/ads"),
            {"title": "1"},
            "title",
            Ad,
        ),
        (town.admin, new(f"{niche.id}/prospects"), new(f"{niche.id}/prospects"), contact, "name", Prospect),
        (town.tenant, "/homes?city=Москва", "/console/searches", search, "", SavedSearch),
    ]


def test_each_form_creates_once_and_again_only_if_that_is_chosen(client, forms, db):
    for user, page, action, texts, changed, table in forms:

        def count(table=table) -> int:
            return db.scalar(select(func.count()).select_from(table))

        csrf, before = enter(client, user), count()
        key = key_of(client.get(page).text)
        sent = {"csrf": csrf, "form_key": key, **texts}
        assert client.post(action, data=sent).status_code in (200, 303), action
        again = client.post(action, data=sent)
        assert again.status_code == 303 and "outcome=already_saved" in again.location, action
        assert count() == before + 1, action
        if not changed:
            continue
        shown = client.post(action, data=sent | {changed: OTHER})
        assert shown.status_code in (400, 409) and OTHER in shown.text, action
        assert count() == before + 1, action
        assert key_of(shown.text) != key, action
        chosen = client.post(action, data=sent | {changed: OTHER, "form_key": key_of(shown.text)})
        assert chosen.status_code in (200, 303) and "already_saved" not in (chosen.location or ""), action
        assert count() == before + 2, action


def test_what_was_saved_is_changed_without_losing_what_another_window_has_changed_since(client, town, db):
    enter(client, town.buyer)
    page = client.get("/console/leads/new").text
    sent = {"csrf": csrf_of(page), "form_key": key_of(page), **LEAD, "notes": "решает жена", "requirements.rooms": "2"}
    path = client.post("/console/leads/new", data=sent).location.partition("?")[0]
    lead = db.get(Lead, int(path.rpartition("/")[2]))
    lead.notes = "решает муж"
    db.commit()
    shown = client.post("/console/leads/new", data=sent | {"client_name": "Анна Ким"}).text

    assert f'formaction="{path}/edit"' in shown
    was = re.search(r'name="was" value="([^"]*)"', shown)[1].replace("&#34;", '"').replace("&quot;", '"')
    answer = client.post(f"{path}/edit", data=sent | {"client_name": "Анна Ким", "was": was, "form_key": key_of(shown)})

    assert answer.status_code == 303
    db.expire_all()
    assert (lead.client_name, lead.notes, lead.rooms) == ("Анна Ким", "решает муж", [2])


def test_the_back_button_shows_the_same_form_which_says_that_it_is_saved(visit, town, db, tmp_path):
    page = visit(town.buyer, "/console/leads/new")
    page.fill("[name='client_name']", "Мария")
    page.fill("[name='requirements.location.city']", "Москва")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    saved_at = page.url.partition("?")[0]

    page.go_back()
    expect(page.get_by_text("You have already saved this form.")).to_be_visible()
    assert page.get_by_role("link", name="Open what was saved").evaluate("a => a.href") == saved_at
    page.fill("[name='client_name']", "Мария Ли")
    page.fill("[name='requirements.location.city']", "Москва")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Change what was saved").click()
    expect(page.get_by_role("heading", name="Мария Ли")).to_be_visible()
    assert db.scalars(select(Lead.client_name).where(Lead.client_name.startswith("Мария"))).all() == ["Мария Ли"]

    picture = tmp_path / "hall.jpg"
    picture.write_bytes(saved(photo(size=(40, 30)), "JPEG"))
    page.goto(page.url.replace(page.url.split("/console")[1], "/properties/new"))
    page.set_input_files("#new-photos", picture)
    expect(page.locator(".photo-order canvas")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile(r"/console/properties$"))
    page.go_back()
    expect(page.get_by_text("Choose these photos again")).to_contain_text("hall.jpg")
