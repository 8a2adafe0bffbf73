"""An open chat shows a new message itself: no toast repeats it, and it is not counted as unread."""

import pytest
from playwright.sync_api import expect

from models.deals.chats import open_chat
from tests.console.conftest import enter
from tests.console.test_late_answers import DRAWN, LIST_IS_UNREACHABLE


@pytest.fixture
def chat(town, db):
    of_home = {"buyer_id": town.tenant.id, "seller_id": town.seller.id, "property_id": town.properties[0].id}
    chat, _ = open_chat(db, town.tenant, **of_home)
    db.commit()
    return chat


@pytest.fixture
def open_page(app, visit, town, chat):
    """
    ``open_page(path)`` opens a page of the seller's, sends a message of the tenant's and then another realtor's like,
    which announces itself, and returns the page. *before* is a script that runs before the message.
    """

    def open_page(path, before=None):
        page = visit(town.seller, path)
        page.evaluate(DRAWN)
        if before:
            page.evaluate(before)
        client = app.test_client()
        csrf = enter(client, town.tenant)
        with page.expect_response("**/console/notifications/count"):
            client.post(f"/console/chats/{chat.id}", data={"csrf": csrf, "message": "Ещё свободно?"})
        page.evaluate(DRAWN)
        csrf = enter(client, town.buyer)
        pair = f"/console/leads/{town.lead.id}/properties/{town.properties[0].id}"
        client.post(pair, data={"csrf": csrf, "action": "LIKE"})
        expect(page.locator(".toast", has_text="Buyer")).to_be_visible()
        return page

    return open_page


def test_a_message_in_the_open_chat_appears_there_and_nowhere_else(open_page, chat):
    page = open_page(f"/console/chats/{chat.id}")

    expect(page.get_by_text("Ещё свободно?")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator("#unread")).to_have_text("1")  # the like


def test_a_message_whose_open_chat_cannot_be_fetched_is_counted_but_not_repeated(open_page, chat):
    page = open_page(f"/console/chats/{chat.id}", before=LIST_IS_UNREACHABLE)

    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator("#unread")).to_have_text("2")


@pytest.mark.parametrize("path", ["/console/chats", "/console/properties"])
def test_elsewhere_a_toast_announces_the_message(open_page, path):
    page = open_page(path)

    expect(page.locator(".toast")).to_have_count(2)
    expect(page.locator("#unread")).to_have_text("2")
