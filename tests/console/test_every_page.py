"""Every page: axe-core finds no fault, the keyboard reaches everything, nothing is wider than the window, and little is
sent.

Each page is loaded once, and all checks are done on it.
"""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import CDPSession, Page, expect

from api.console.operators import user_admin
from api.http import access
from api.http.services import services_of
from models.accounts.users import User
from tests.console.conftest import AXE, WAIT_LIMIT_MS
from tests.console.page_rows import rows_for_pages

#: Role -> its pages, with the status of the answer if it is not 200.
PAGES: dict[str | None, list[str]] = {
    None: ["/homes?town=Москва&q=x", "/homes", "/homes/{property}", "/homes/unsubscribe/{seed}", "/s/{selection}",
           "/console/team/join/{invitation}",
           "/", "/console/sign-in", "/console/sign-in/code", "/console/sign-in/telegram", "/console/sign-in/email",
           "/console/invitation?link=x", "/console/sign-up", "/console/sign-up/phone",
           "/console/nowhere 404"],
    "buyer": ["/console/leads", "/console/leads/new", "/console/leads/{lead}", "/console/leads/{lead}/edit",
              "/console/leads?cols=1&col=wishes&col=contacts&col=tags&col=list&col=matches&col=changed",
              "/console/leads/paste", "/console/account", "/console/account/data",
              "/console/matches", "/console/matches/{match}", "/console/leads/{lead}?show=aside",
              "/console/leads/{lead}/tasks", "/console/leads/{lead}/history", "/console/leads/{lead}/documents",
              "/console/leads/{lead}/relaxations", "/console/leads/{lead}/edit?relax=price_max",
              "/console/tasks", "/console/tasks/{task}",
              "/console/leads/{lead}?shortlist=1", "/console/leads/{lead}/notes",
              "/console/leads/{lead}/selections", "/console/leads/{lead}/compare?ids={property}",
              "/console/leads/{lead}/selections/new?home={property}", "/console/homes/{property}?lead={lead}",
              "/console/notifications", "/console/account/notifications", "/console/inquiries",
              "/console/sources?of=leads",
              "/console/webhooks", "/console/webhooks/{webhook}",
              "/console/team", "/console/team/leads", "/console/team/properties", "/console/team/duplicates",
              "/console/team/leads/{agents_lead}", "/console/team/properties/{property}",
              "/console/sources", "/console/sources/{source}", "/console/imports/{import}"],
    "seller": ["/console/properties", "/console/properties/{property}", "/console/properties/{property}/edit",
               "/console/properties?cols=1&col=price&col=metre&col=commission&col=tags&col=changed",
               "/console/properties/new", "/console/properties/paste",
               "/console/properties/{property}/photos", "/console/properties/{property}/documents",
               "/console/matches/{match}", "/console/inquiries", "/console/chats/{chat}", "/console/owner/listings",
               "/console/owner/inquiries/{inquiry}?lang=en", "/console/owner/listings/{property}", "/console/feed"],
    "tenant": ["/homes", "/homes/{property}",
               "/console/feed", "/console/preferences", "/console/favorites", "/console/chats", "/console/inquiries",
               "/console/favorites/compare?ids={property},{other}", "/console/searches",
               "/console/searches/{search}", "/console/account/notifications",
               "/console/chats/{chat}", "/console/requests", "/console/requests/new",
               "/console/requests/{request}/edit", "/console/requests/paste", "/console/requests/{request}",
               "/console/leads 403", "/console/chats/999999 404"],
    "admin": ["/console/attention", "/console/queues", "/console/markets", "/console/weights", "/console/lists?q=Buyer",
              "/console/lists/lead/{lead}", "/console/lists/property/{property}", "/console/engine",
              "/console/engine/runs/{run}", "/console/quality", "/console/schedule",
              "/console/markets?market=SALE:geo:524901&days=90",
              "/console/audit", "/console/users 500"],
    "admin ": ["/console/leadgen", "/console/leadgen/new", "/console/leadgen/{niche}", "/console/leadgen/{niche}/edit",
               "/console/leadgen/{niche}/prospects/new", "/console/leadgen/prospects/{prospect}/convert",
               "/console/leadgen/{niche}/ads/new", "/console/leadgen/campaigns/{campaign}/edit",
               "/console/leadgen/{niche}/campaigns/new", "/console/leadgen/campaigns/{campaign}",
               "/console/leadgen/campaigns/{campaign}/ads/new", "/console/leadgen/ads/{ad}/edit",
               "/console/leadgen/prospects", "/console/leadgen/prospects/{prospect}", "/console/users",
               "/console/users/{user}/merge"],
}  # fmt: skip

#: GET routes that are not pages: redirects, files, states that scripts request.
NO_PAGES = {
    "/console", "/console/import/<kind>", "/console/notices", "/console/notices/<path:rest>",
    "/console/notifications/<int:notification_id>",
    "/console/documents/<int:document_id>",
    "/console/account/data/exports/<int:export_id>", "/console/audit.csv", "/console/export/<list_name>.<kind>",
    "/console/export/leads/<int:lead_id>.<kind>", "/console/imports/<int:import_id>/refused.csv",
    "/console/leadgen/campaigns/<uuid:campaign_id>/figures.csv", "/console/leadgen/prospects.csv",
    "/console/leads/<int:lead_id>/selections/<int:selection_id>/pdf", "/s/<token>/pdf",
    "/console/static/<version>/<name>",
    "/console/leads/<int:lead_id>/relaxations/state",
    "/console/leads/<int:lead_id>/list-state", "/console/properties/<int:property_id>/list-state",
    "/console/notifications/count", "/console/notifications/stream",
}  # fmt: skip

LIGHT_DESKTOP, DARK_PHONE = ("light", 1280, 800), ("dark", 390, 844)
#: The rules that depend on colours and sizes; the other rules were checked on the same page in the other theme.
LOOKS = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block", "aria-hidden-focus"]

#: The Tab key, as the DevTools protocol names it.
TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}

#: Records every element that gets the focus, and whether the focus is visible.
WATCH_FOCUS = """() => {
  window.focused = [];
  document.addEventListener("focusin", (event) => {
    const style = getComputedStyle(event.target);
    const box = event.target.getBoundingClientRect();
    const seen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    window.focused.push([event.target, seen && box.width > 0 && box.height > 0 && box.bottom > 0]);
  });
  document.activeElement?.blur();
}"""

#: The visible controls that the keyboard did not reach, and elements whose focus was invisible. In a group of radio
#: buttons Tab reaches one; the arrow keys reach the others.
FOCUS_FAULTS = """() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const reached = new Set(window.focused.map(([element]) => element));
  const groups = new Set([...reached].filter((each) => each.type === "radio").map((each) => each.name));
  const unreached = [...document.querySelectorAll(wanted)]
    .filter((each) => !each.disabled && each.checkVisibility({visibilityProperty: true}) && !reached.has(each))
    .filter((each) => !(each.type === "radio" && groups.has(each.name)));
  const unseen = window.focused.filter(([, seen]) => !seen).map(([element]) => element);
  document.activeElement.blur();
  scrollTo(0, 0);
  return [["not reached", unreached], ["focus not seen", unseen]]
    .flatMap(([fault, elements]) => elements.map((each) => [fault, each.outerHTML.slice(0, 200)]));
}"""
#: Whether the focus has returned to its start, so that no element traps it.
FOCUS_RETURNED = (
    "() => window.focused.length > 1 && window.focused.slice(1).some(([each]) => each === window.focused[0][0])"
)


@pytest.fixture
def shown(town, db) -> dict[str, Any]:
    """Rows for every page; the ids for the addresses."""
    return rows_for_pages(db, town)


@pytest.mark.parametrize(
    "who", PAGES, ids=lambda who: "nobody" if who is None else who.strip() + "s" * who.endswith(" ")
)
def test_all_can_use_every_page(app, visit, town, shown, monkeypatch, who):
    """axe checks a light desktop and a dark phone; Tab visibly reaches every control and returns to the start."""
    object.__setattr__(services_of(app).settings, "telegram_bot_token", "123:token")
    user: User | None = getattr(town, who.strip()) if who else None
    # A hidden page does not poll, so it does not change while axe checks it.
    unseen = "Object.defineProperty(document, 'hidden', {get: () => true});"
    # axe is loaded before each page's own scripts, so that it is sent and compiled only once.
    page = visit(user, before=unseen + AXE.read_text(), refused=(400, 403, 404, 500), bypass_csp=True)
    if who is None:  # Only here is it asked for, and a route has all that pages share fetched again for each.
        page.route("**/telegram.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    keyboard = page.context.new_cdp_session(page)
    found, first, second = [], LIGHT_DESKTOP, DARK_PHONE
    show(page, first)
    for path in PAGES[who]:
        path, _, status = path.partition(" ")
        path = path.format(**shown)
        if status == "500":
            monkeypatch.setattr(user_admin, "listed", None)
        answer = page.goto(path)
        assert answer.status == int(status or 200), path
        found += [(path, *each) for each in complaints(page, keyboard, first)]
        show(page, second)
        found += [(path, *each) for each in complaints(page, keyboard, second)]
        # The next page opens in this window, because a change of the window would only draw this page again.
        first, second = second, first
    assert found == []


def show(page: Page, window: tuple[str, int, int]) -> None:
    theme, width, height = window
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": height})
    # Parts that are open on a desktop and folded on a phone follow a moment later.
    late = ":not([open])" if window == LIGHT_DESKTOP else "[open]:not([data-in-use])"
    expect(page.locator("details[data-wide-open]" + late)).to_have_count(0)


#: What axe finds; whether the page is wider than the window; labels without words, because a template looked one up
#: under a name that its table does not have; controls wider than the field around them, which overlap the next one.
FAULTS = """async (options) => {
  const {violations} = await axe.run(document, options);
  const all = (selectors) => [...document.querySelectorAll(selectors)];
  const wordless = all(".chip, .button")
    .filter((each) => !each.textContent.trim() && !each.querySelector("svg, img, [aria-label]"));
  const overflowing = all(".field > input, .field > select, .field > textarea")
    .filter((control) => control.checkVisibility())
    .filter((each) => each.getBoundingClientRect().right > each.parentElement.getBoundingClientRect().right + 1);
  const wide = document.documentElement.scrollWidth > innerWidth + 1 ? [document.documentElement] : [];
  const foreign = all("input[type=file]").filter((field) => !field.closest(".pick.ours"));
  return [
    ...violations.map(({id, nodes}) => [id, nodes[0].html]),
    ...[["wider than the window", wide], ["has no words", wordless], ["sticks out of its field", overflowing],
      ["is labelled in the browser's language", foreign]]
      .flatMap(([fault, elements]) => elements.map((each) => [fault, each.outerHTML.slice(0, 120)])),
  ];
}"""


def complaints(page: Page, keyboard: CDPSession, window: tuple[str, int, int]) -> list[tuple[str, ...]]:
    """The faults of the page in *window*; all of axe's rules and the keyboard are checked on a desktop."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if window != LIGHT_DESKTOP:
        options["runOnly"] = {"type": "rule", "values": LOOKS}
    found = [(window[0], *each) for each in page.evaluate(FAULTS, options)]
    return found + (keyboard_complaints(page, keyboard) if window == LIGHT_DESKTOP else [])


def keyboard_complaints(page: Page, keyboard: CDPSession) -> list[tuple[str, ...]]:
    """Controls that Tab does not reach, elements whose focus is invisible, and a focus that does not return."""
    page.evaluate(WATCH_FOCUS)
    for _ in range(20):
        hold_tab(keyboard, 20)
        if page.evaluate(FOCUS_RETURNED):
            return [tuple(each) for each in page.evaluate(FOCUS_FAULTS)]
    return [("the focus does not go round", page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))]


def hold_tab(keyboard: CDPSession, times: int) -> None:
    """
    Press Tab *times* in a row, and release it.

    All are sent at once, which Playwright's own functions cannot: each waits for its answer, and meanwhile the browser
    draws the focus, which takes longer than moving it.
    """
    presses = [{"type": "rawKeyDown", **TAB}] * times + [{"type": "keyUp", **TAB}]

    async def send() -> None:
        send_one = keyboard._impl_obj.send
        await asyncio.gather(*(send_one("Input.dispatchKeyEvent", each, WAIT_LIMIT_MS) for each in presses))

    keyboard._sync(send())


def test_every_page_is_among_those_that_are_looked_at(app):
    names = {name for paths in PAGES.values() for path in paths for name in re.findall(r"{(\w+)}", path)}
    ids = dict.fromkeys(names, "1") | dict.fromkeys(("niche", "campaign", "ad", "prospect"), str(uuid4()))
    addresses = app.url_map.bind("localhost")
    looked_at = {
        addresses.match(path.split(" ")[0].split("?")[0].format(**ids), return_rule=True)[0].rule
        for paths in PAGES.values()
        for path in paths
    }
    pages = {
        path
        for method, path, _ in access.operations(app)
        if method == "GET" and (path == "/" or path.startswith(("/console", "/s/", "/homes")))
    }

    assert pages - looked_at == NO_PAGES


def test_a_first_view_is_light(visit, town):
    page = visit(None)
    page.goto("/")
    sizes = page.evaluate(
        """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                 .map((each) => [each.name, each.transferSize])"""
    )

    assert {name.rsplit("/", 1)[1] for name, _ in sizes} >= {"", "console.css", "console.js"}
    assert sum(size for _, size in sizes) < 150_000
