"""Forms require only the town, keep changes of two windows, and lose nothing when a session ends."""

import re

from playwright.sync_api import expect
from sqlalchemy import select

from api.console.kit.access import SESSION_COOKIE
from models.accounts.tokens import make_token
from models.market.leads import Lead, replace_lead
from models.market.properties import Property
from tests.console.conftest import PASSWORD, csrf_of, enter
from tests.factories import SECRET


def form_of(html: str) -> dict[str, str]:
    """The fields of a page's form as a browser would send them unchanged."""
    form = html.split('<form class="inner"')[1].split("</form>")[0]
    sent = {"csrf": csrf_of(html)}
    for name, value in re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form):
        if 'type="checkbox"' not in form.split(f'name="{name}"')[0].rsplit("<input", 1)[1]:
            sent[name] = value.replace("&#34;", '"').replace("&amp;", "&")
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name] = text
    for name, options in re.findall(r'<select[^>]* name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def test_a_lead_needs_its_town_alone(client, town, db):
    csrf = enter(client, town.buyer)

    answer = client.post("/console/leads/new", data={"csrf": csrf, "requirements.location.city": "Москва"})

    assert answer.status_code == 303, answer.text
    lead = db.scalar(select(Lead).order_by(Lead.id.desc()).limit(1))
    assert (lead.budget_min, lead.budget_max, lead.area_min, lead.property_type, lead.payment_method) == (None,) * 5
    assert (lead.rooms, lead.districts) == ([], [])
    edited = form_of(client.get(f"/console/leads/{lead.id}/edit").text) | {"requirements.budget.max": "20 млн"}
    assert client.post(f"/console/leads/{lead.id}/edit", data=edited).status_code == 303
    db.refresh(lead)
    assert (lead.budget_min, lead.budget_max) == (None, 20_000_000)


def test_a_property_needs_its_town_and_a_price(client, town, db):
    csrf = enter(client, town.seller)
    fields = {"csrf": csrf, "address.city": "Москва", "details.price": "12,5 млн", "photos": r"C:\photos\flat.jpg"}
    refused = client.post("/console/properties/new", data=fields)
    assert refused.status_code == 400 and 'id="photos-error"' in refused.text

    assert client.post("/console/properties/new", data=fields | {"photos": ""}).status_code == 303
    found = db.scalar(select(Property).order_by(Property.id.desc()).limit(1))
    assert (found.price, found.area, found.street, found.commission_share) == (12_500_000, None, None, None)


def test_how_far_around_the_places_is_stated_in_the_form(client, town, db):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}/edit"
    form = form_of(client.get(path).text)
    form |= {"requirements.location.scope": "only", "requirements.location.radius_km": "2,5"}

    assert client.post(path, data=form).status_code == 303

    lead = db.get(Lead, town.lead.id)
    assert (lead.place_scope, float(lead.radius_km)) == ("only", 2.5)
    again = form_of(client.get(path).text)
    assert (again["requirements.location.scope"], again["requirements.location.radius_km"]) == ("only", "2,5")


def test_changes_of_different_fields_in_two_windows_are_both_kept(client, town, db):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}/edit"
    form = form_of(client.get(path).text)
    replace_lead(db, db.get(Lead, town.lead.id), {"city": "Москва", "notes": "из другого окна"})
    db.commit()

    assert client.post(path, data=form | {"client_name": "Анна"}).status_code == 303

    lead = db.get(Lead, town.lead.id, populate_existing=True)
    assert (lead.client_name, lead.notes) == ("Анна", "из другого окна")


def test_conflicting_changes_of_a_field_in_two_windows_are_shown_for_a_choice(client, town, db):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}/edit"
    first, second = form_of(client.get(path).text), form_of(client.get(path).text)
    assert client.post(path, data=first | {"notes": "первое окно"}).status_code == 303

    conflict = client.post(path, data=second | {"notes": "второе окно"})

    assert conflict.status_code == 409
    assert "первое окно" in conflict.text and "второе окно" in conflict.text
    again = form_of(conflict.text)
    assert client.post(path, data=again).status_code == 303
    assert db.get(Lead, town.lead.id, populate_existing=True).notes == "второе окно"


def test_the_other_windows_text_can_be_chosen(client, town, db):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}/edit"
    first, second = form_of(client.get(path).text), form_of(client.get(path).text)
    client.post(path, data=first | {"notes": "первое окно"})
    again = form_of(client.post(path, data=second | {"notes": "второе окно"}).text)

    assert client.post(path, data=again | {"notes.take": "1"}).status_code == 303
    assert db.get(Lead, town.lead.id, populate_existing=True).notes == "первое окно"


def test_a_session_that_ends_while_a_form_is_filled_loses_nothing(visit, town, db):
    page = visit(town.buyer, "/console/leads/new", refused=(400, 401))
    page.get_by_label("Client's name").fill("Анна")
    page.get_by_label("Private notes").fill("звонить после шести")
    page.get_by_label("City").fill("Москва")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/sign-in?**")
    page.get_by_label("E-mail").first.fill(town.buyer.email)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).first.click()

    expect(page.get_by_text("We restored what you typed here and did not save.")).to_be_visible()
    expect(page.get_by_label("Private notes")).to_have_value("звонить после шести")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.wait_for_load_state()  # the page that says so also forgets the draft
    page.goto("/console/leads/new")
    expect(page.get_by_label("Client's name")).to_have_value("")

    page.get_by_label("Client's name").fill("Пётр")
    token = make_token(town.seller, SECRET, 1)
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": token, "url": page.url.split("/console")[0], "httpOnly": True}]
    )
    page.goto("/console/properties")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []
