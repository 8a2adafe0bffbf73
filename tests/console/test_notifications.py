"""The page of notifications over HTTP: groups, links that lead to what they are about, badges in the menu."""

import re

import pytest
from playwright.sync_api import expect

from models.accounts.notification_groups import unread_of
from models.accounts.notifications import NotificationType, notify
from models.core.enums import Role
from models.deals.chats import notify_absent, open_chat, post_message
from models.deals.inquiries import create_inquiry
from models.deals.selections import SelectedHome, create_selection
from models.market.search.criteria import SearchCriteria
from models.market.search.saved import NotificationPace, save_search
from tests.console.conftest import PASSWORD_HASH, csrf_of, enter
from tests.factories import make_property, make_user


def test_news_name_who_and_what_lead_there_and_are_counted_on_their_pages(client, db, clean_database):
    owner = make_user(db, Role.LANDLORD, email="owner@leadmatch.example", password_hash=PASSWORD_HASH)
    tenants = [make_user(db, Role.TENANT, name=name) for name in ("Анна Петрова", "Олег Ким")]
    home = make_property(db, owner, title="Студия у парка")
    for tenant in tenants:
        create_inquiry(db, tenant, home)
    chat, _ = open_chat(db, tenants[0], buyer_id=tenants[0].id, seller_id=owner.id, property_id=home.id)
    notification_id = notify_absent(db, *post_message(db, tenants[0], chat.id, "Свободна?"))
    db.commit()
    enter(client, owner)

    page = client.get("/console/notifications", headers={"Accept-Language": "ru"}).text

    assert page.count('<li class="row notification"') == 2
    assert "Олег К. интересуется: Студия у парка." in page and "Раньше: 1" in page and "Петрова" not in page
    badges = dict(re.findall(r'data-badge="([^"]+)"[^>]*>(\d+)<', page))
    assert (badges["/console/inquiries"], badges["/console/chats"]) == ("2", "1")

    opened = client.get(f"/console/notifications/{notification_id}")
    assert (opened.status_code, opened.location) == (303, f"/console/chats/{chat.id}")
    assert client.get("/console/inquiries").status_code == 200
    assert unread_of(db, owner).by_topic == {}
    count = client.get("/console/notifications/count").json
    assert count["unread"] == 0 and count["badges"] == {}


def test_a_strangers_notification_opens_for_nobody_else(client, db, clean_database):
    owner = make_user(db, Role.LANDLORD, email="owner@leadmatch.example", password_hash=PASSWORD_HASH)
    other = make_user(db, Role.LANDLORD)
    create_inquiry(db, make_user(db), make_property(db, other))
    db.commit()
    csrf_of(client.get("/console/sign-in").text)
    enter(client, owner)

    assert client.get("/console/notifications/1").status_code == 404
    assert sum(unread_of(db, other).by_topic.values()) == 1


def test_types_switched_off_in_the_profile_are_not_counted_at_the_bell(visit, town, db):
    """Also tests the rest of the profile: the name and the time zone are saved, and shown at once."""
    page = visit(town.seller, "/console/account")
    page.get_by_label("Name", exact=True).fill("Иван Ким")
    page.get_by_label("Time zone").select_option("Asia/Almaty")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".who .name")).to_have_text("Иван Ким")
    page.get_by_role("link", name="Notifications").last.click()
    inquiries = page.get_by_role("group", name="Inquiries").get_by_label("Here")
    inquiries.uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(inquiries).not_to_be_checked()

    create_inquiry(db, make_user(db, Role.TENANT), town.properties[0])
    chat, _ = open_chat(
        db, town.tenant, buyer_id=town.tenant.id, seller_id=town.seller.id, property_id=town.properties[0].id
    )
    notify_absent(db, *post_message(db, town.tenant, chat.id, "Свободна?"))
    db.commit()
    page.goto("/console/notifications")

    expect(page.locator("#unread")).to_have_text("1")
    expect(page.locator("[data-badge='/console/inquiries']")).to_be_hidden()
    expect(page.locator("[data-badge='/console/chats']")).to_have_text("1")
    expect(page.locator("li.notification")).to_have_count(2)
    page.get_by_role("button", name=re.compile("New message")).click()
    expect(page.get_by_text("Свободна?")).to_be_visible()
    expect(page.locator("#unread")).to_be_hidden()


@pytest.mark.parametrize(
    ("type_", "data", "page"),
    [
        (NotificationType.SELECTION_ANSWERED, {"selection_id": "selection"}, "/console/leads/{lead}/selections"),
        (NotificationType.TASK_DUE, {"lead_id": "lead", "task_id": "task"}, "/console/leads/{lead}/tasks"),
        (NotificationType.TASK_DUE, {"lead_id": "lead", "task_id": "task"}, "/console/tasks"),
        (NotificationType.NEW_RECOMMENDATIONS, {"lead_id": "lead"}, "/console/leads/{lead}"),
        (NotificationType.RECOMMENDATION_DIGEST, {}, "/console/leads"),
        (NotificationType.SEARCH_NEWS, {"search_id": "search"}, "/console/searches/{search}"),
    ],
)
def test_news_are_read_as_soon_as_the_page_of_their_subject_is_open(client, town, db, type_, data, page):
    """Those of another subject remain."""
    homes = [SelectedHome(town.properties[0].id, None)]
    selection = create_selection(db, town.buyer, town.lead.id, homes, words=None, days=None)
    search = save_search(db, town.buyer, "Москва", SearchCriteria(city="Москва"), NotificationPace.DAILY)
    ids = {"lead": town.lead.id, "selection": selection.id, "search": search.id, "task": 1}
    about = {name: ids[each] for name, each in data.items()}
    notify(db, town.buyer.id, type_, "this", data=about)
    other = notify(db, town.buyer.id, NotificationType.NEW_MESSAGE, "other", data=dict.fromkeys(data, 0))
    db.commit()
    enter(client, town.buyer)

    shown = client.get(page.format(**ids))

    assert re.search(r'id="unread"[^>]*>(\d+)<', shown.text)[1] == "1"
    assert unread_of(db, town.buyer).newest_id == other
