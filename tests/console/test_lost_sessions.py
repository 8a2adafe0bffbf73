"""Typed text survives the end of a session and a server that is down; a form that is sent twice counts once."""

from playwright.sync_api import expect
from sqlalchemy import func, select

from models.accounts.users import User
from models.deals.chats import ChatMessage, open_chat
from tests.console.conftest import PASSWORD

#: A page of a proxy. It names an icon, so that the browser looks for none.
AWAY = '<link rel="icon" href="data:,">away'


def sign_in_again(page, user: User) -> None:
    page.get_by_label("E-mail").first.fill(user.email)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).first.click()
    expect(page.locator(".who")).to_be_attached()


#: Two presses of Enter before the answer, and the first words of the next message.
SENT_TWICE = """form => {
  form.requestSubmit();
  form.requestSubmit();
  form.querySelector("textarea").value += " ещё";
}"""


def test_a_message_outlives_the_session_and_is_gone_once_it_is_sent(visit, town, db):
    chat, _ = open_chat(
        db, town.tenant, buyer_id=town.tenant.id, seller_id=town.seller.id, property_id=town.properties[0].id
    )
    db.commit()
    page = visit(town.seller, f"/console/chats/{chat.id}", refused=(400, 401, 404))
    text = "Да, свободно. Могу показать завтра в шесть."
    page.get_by_role("textbox", name="Message").fill(text)
    page.context.clear_cookies()
    page.get_by_role("textbox", name="Message").press("Enter")

    sign_in_again(page, town.seller)
    page.goto(f"/console/chats/{chat.id}")
    expect(page.get_by_role("textbox", name="Message")).to_have_value(text)

    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.locator("#message-log")).to_contain_text("завтра в шесть")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")  # the log may be refreshed before the answer
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")

    page.get_by_role("textbox", name="Message").fill("До встречи")
    page.locator(".compose").evaluate(SENT_TWICE)
    expect(page.locator("#message-log")).to_contain_text("До встречи")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("ещё")
    assert db.scalar(select(func.count()).select_from(ChatMessage).where(ChatMessage.message == "До встречи")) == 1


def test_a_form_that_is_sent_without_a_network_stays_on_the_page(visit, town, db):
    """The browser would show a page of its own instead."""
    offline = "Object.defineProperty(navigator, 'onLine', { get: () => !window.isOffline })"
    page = visit(town.buyer, f"/console/leads/{town.lead.id}", before=offline)
    page.locator(".notes > summary").click()
    page.get_by_label("Private notes").fill("Такса")
    page.evaluate("window.isOffline = true")
    page.locator(".notes").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("The server cannot be reached")

    page.evaluate("window.isOffline = false")
    page.locator(".notes").get_by_role("button", name="Save").click()  # the first press does not count as one of two
    expect(page.locator(".notes-begin")).to_have_text("Такса")


def test_private_notes_outlive_a_server_that_is_away_and_are_no_draft_once_saved(visit, town, db):
    page = visit(town.buyer, refused=(400, 503))
    path = f"/console/leads/{town.lead.id}"
    page.goto(path)
    page.locator("details:has(#lead-notes) summary").first.click()
    page.locator("#lead-notes").fill("решает жена")
    page.route("**/notes", lambda route: route.fulfill(status=503, content_type="text/html", body=AWAY))
    page.locator("form:has(#lead-notes)").get_by_role("button").first.click()
    expect(page.get_by_text("away", exact=True)).to_be_visible()
    page.unroute("**/notes")

    page.goto(path)
    expect(page.locator("#lead-notes")).to_have_value("решает жена")
    page.locator("details:has(#lead-notes) summary").first.click()
    page.locator("form:has(#lead-notes)").get_by_role("button").first.click()
    expect(page.get_by_text("решает жена").first).to_be_visible()
    page.wait_for_load_state()  # the page forgets the draft while it loads
    keys = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))")
    assert keys == []


def test_a_form_that_is_pressed_twice_is_sent_once(visit, town):
    """A second press of a button is ignored while the first has no answer; another button works."""
    page = visit(town.buyer, "/console/leads/new")
    expect(page.locator("#toasts")).to_be_attached()

    held_back = page.evaluate(
        """() => {
            const form = document.querySelector("form.inner"), save = form.querySelector(".primary");
            return [save, save, null].map((submitter) => {
                const press = new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter });
                form.dispatchEvent(press);
                return press.defaultPrevented;
            });
        }"""
    )

    assert held_back == [False, True, False]
