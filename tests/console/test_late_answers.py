"""Answers and scripts that arrive late neither bring an older state back nor discard what the user has typed since."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from api.http.long_lived import LongLived
from models.accounts.notifications import NotificationType, mark_all_read, notify
from models.core.enums import ActionKind, Side
from models.deals.actions import Action
from models.deals.chats import open_chat
from models.deals.matches import act
from tests.console.conftest import FASTER_POLLING
from tests.waiting import wait_for

#: Resolves when a page has handled the answers that it has received.
DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
LIST_IS_UNREACHABLE = """() => {
  const ask = fetch;
  window.fetch = (address, ...more) =>
    String(address).includes("part=1") ? Promise.reject(new TypeError("offline")) : ask(address, ...more);
}"""

#: Occupies all connections that a browser opens to one host.
OCCUPIES_CONNECTIONS = (
    "() => { for (let count = 0; count < 6; count += 1) fetch(`/console/notifications/stream?${count}`); }"
)


@pytest.fixture
def hold() -> Callable[[Page, str], Callable[[], None]]:
    """
    ``hold(page, pattern)`` returns when the server has answered a request of *page* whose address matches. The page
    receives that answer when the returned function is called; the answers to later requests arrive at once.
    """

    def make(page: Page, pattern: str) -> Callable[[], None]:
        held = []

        def answer(route: Route) -> None:
            held.append((route, route.fetch()))

        page.route(pattern, answer, times=1)
        wait_for(lambda: page.evaluate("1") and held, what=f"a request for {pattern}")

        def release() -> None:
            [(route, response)] = held
            with page.expect_response(lambda received: received.request == route.request):
                route.fulfill(response=response)
            page.evaluate(DRAWN)

        return release

    return make


def test_a_list_that_was_requested_before_a_filter_was_typed_does_not_replace_the_filtered_one(visit, town, hold):
    page = visit(town.seller, "/console/properties", before=FASTER_POLLING)
    rows = page.locator(".rows > li")
    expect(rows).to_have_count(3)
    release = hold(page, "**/console/properties*part=1*")
    page.get_by_label("Search", exact=True).fill("nothing like it")
    expect(rows).to_have_count(0)
    release()
    assert rows.count() == 0


def test_a_count_of_notifications_that_is_older_than_the_shown_one_is_ignored(visit, town, db, hold, monkeypatch):
    monkeypatch.setattr(LongLived, "is_full", lambda *_: True)  # without a stream the count is polled
    page = visit(town.buyer, before="const real = setInterval; window.setInterval = (call) => real(call, 100)")
    notify(db, town.buyer.id, NotificationType.NEW_MESSAGE, "chat:1", data={})
    db.commit()
    unread_number = page.locator("#unread")
    expect(unread_number).to_have_text("1")
    release = hold(page, "**/console/notifications/count")
    mark_all_read(db, town.buyer)
    db.commit()
    expect(unread_number).to_be_hidden()
    page.evaluate(
        "() => { window.shown = []; const badge = document.getElementById('unread');"
        "new MutationObserver(() => shown.push(badge.hidden)).observe(badge, { attributes: true }); }"
    )
    release()
    assert False not in page.evaluate("shown")


def test_a_list_that_was_requested_before_a_home_got_its_star_does_not_take_the_star_away(visit, town, db, hold):
    page = visit(town.buyer, f"/console/leads/{town.lead.id}", before=FASTER_POLLING)
    star = page.locator(f"#pair-{town.properties[0].id} .star-button")
    expect(star).to_have_attribute("aria-pressed", "false")
    pair = {"lead_id": town.lead.id, "property_id": town.properties[1].id}
    act(db, town.buyer, Side.LEAD, kind=ActionKind.DISLIKE, **pair)
    db.commit()
    release = hold(page, "**/console/leads/*part=1*")
    star.click()
    expect(page.locator(".toast")).to_be_visible()
    release()
    assert star.get_attribute("aria-pressed") == "true"


def test_what_is_typed_in_a_row_while_its_change_is_saved_stays(visit, town, hold):
    page = visit(town.seller, "/console/properties")
    row = page.locator(f"#row-{town.properties[1].id}")
    row.locator("summary").click()
    row.get_by_label("Price").fill("11 m")
    saving = []
    page.route("**/quick", lambda route: saving.append(route), times=1)
    row.get_by_role("button", name="Save").click()
    wait_for(lambda: page.evaluate("1") and saving)
    row.get_by_label("Tags").fill("hot")
    saving[0].continue_()
    expect(page.locator(".toast")).to_be_visible()
    expect(row).to_contain_text("11")
    expect(row.get_by_label("Tags")).to_be_visible()
    expect(row.get_by_label("Tags")).to_have_value("hot")


def test_a_message_whose_chat_cannot_be_fetched_is_sent_nevertheless(visit, town, db):
    of_home = {"buyer_id": town.tenant.id, "seller_id": town.seller.id, "property_id": town.properties[0].id}
    chat, _ = open_chat(db, town.tenant, **of_home)
    db.commit()
    page = visit(town.seller, f"/console/chats/{chat.id}")
    page.evaluate(LIST_IS_UNREACHABLE)
    message = page.get_by_role("textbox", name="Message")
    message.fill("Да, свободно.")
    message.press("Enter")
    expect(message).to_have_value("")
    expect(message).to_be_focused()
    page.reload()
    expect(page.locator(".bubble.mine")).to_contain_text("Да, свободно.")


def test_what_is_typed_before_the_scripts_run_is_not_replaced_by_a_draft(visit, town):
    page = visit(town.buyer, "/console/leads/new")
    page.get_by_label("Client's name").fill("Анна")
    page.get_by_label("Private notes").fill("звонить вечером")
    scripts: list[Route] = []
    page.route("**/drafts.js*", lambda route: scripts.append(route), times=1)
    page.goto("/console/leads/new?again", wait_until="commit")
    expect(page.locator("[name=private_notes]")).to_be_attached()
    wait_for(lambda: page.evaluate("1") and scripts, what="a request for a script")
    page.evaluate("document.querySelector('[name=client_name]').value = 'Борис'")
    scripts[0].continue_()
    expect(page.get_by_text("We restored what you typed here and did not save.")).to_be_visible()
    expect(page.get_by_label("Client's name")).to_have_value("Борис")
    expect(page.get_by_label("Private notes")).to_have_value("звонить вечером")


def test_an_error_takes_the_focus_only_from_users_who_have_not_begun_to_correct_it(visit, town):
    page = visit(town.buyer, "/console/leads/new")
    scripts: list[Route] = []
    page.route("**/drafts.js*", lambda route: scripts.append(route), times=1)
    page.evaluate("document.querySelector('form.inner').submit()")
    expect(page.get_by_role("alert")).to_be_attached()
    wait_for(lambda: page.evaluate("1") and scripts, what="a request for a script")
    page.evaluate("document.querySelector('[name=client_name]').focus()")
    scripts[0].continue_()
    page.wait_for_load_state()
    expect(page.get_by_label("Client's name")).to_be_focused()


def test_an_action_counts_although_its_reader_leaves_before_the_browser_has_sent_it(visit, town, db):
    page = visit(town.buyer, f"/console/leads/{town.lead.id}")
    other = page.context.new_page()
    other.goto("/console/leads")
    other.evaluate(OCCUPIES_CONNECTIONS)
    page.evaluate("document.querySelector('[data-act] button[value=LIKE]').click()")
    page.close()
    other.close()
    wait_for(lambda: db.scalar(select(func.count()).select_from(Action)) == 1, what="the action")
