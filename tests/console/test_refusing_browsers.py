"""Servers that are busy and browsers that refuse something: the user is told, and no script stops."""

from playwright.sync_api import expect

from tests.console.conftest import Town

#: The clipboard refuses, as where the user has forbidden it.
NO_CLIPBOARD = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
FILLS_STORAGE = """{
  let piece = "x".repeat(1 << 20);
  for (let count = 0; piece; count += 1) {
    try { localStorage.setItem(`other ${count}`, piece); } catch { piece = piece.slice(piece.length / 2 + 1); }
  }
}"""


def test_a_list_that_a_busy_server_does_not_filter_is_not_shown_as_filtered(visit, town: Town):
    page = visit(town.seller, "/console/properties", refused=(503,))
    page.route("**/console/properties?*part=1*", lambda route: route.fulfill(status=503, body="busy"))
    page.locator("form[data-typed] input[type=search], form[data-typed] [name=q]").first.press_sequentially("x")

    expect(page.locator(".toast.bad")).to_contain_text("cannot be reached")


def test_a_link_that_the_browser_does_not_copy_is_selected_to_be_copied_by_keys(visit, town):
    page = visit(town.buyer, "/console/tasks", before=NO_CLIPBOARD)
    page.get_by_role("button", name="Create the address").click()
    address = page.get_by_label("Calendar address")
    page.get_by_role("button", name="Copy").click()

    expect(address).to_be_focused()
    assert (
        address.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
        == address.input_value()
    )


def test_a_draft_that_the_browser_has_no_room_for_stops_no_script_and_leaves_the_earlier_one(visit, town):
    page = visit(town.buyer, "/console/leads/new")
    page.get_by_label("Client's name").fill("Анна")
    page.evaluate(FILLS_STORAGE)
    page.get_by_label("Private notes").fill("звонить вечером " * 20)

    page.goto("/console/leads/new?again")
    expect(page.get_by_text("We restored what you typed here and did not save.")).to_be_visible()
    expect(page.get_by_label("Client's name")).to_have_value("Анна")
