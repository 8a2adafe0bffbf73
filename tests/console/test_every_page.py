"""Every page: axe-core finds nothing, the keyboard reaches everything, nothing is wider than the window, little is
sent.

Each page is loaded once, and everything that is asked of it is asked there.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from api.console.operators import user_admin
from api.http.services import services_of
from models.accounts.users import User
from models.agenda.shortlist import add_to_shortlist
from models.agenda.tasks import TaskKind, create_task
from models.core.base import database_now
from models.core.enums import ActionKind, DealType, Origin, RunState, Side
from models.deals.chats import open_chat, post_message
from models.deals.inquiries import inquire
from models.deals.matches import act
from models.deals.selection_answers import answer_home
from models.deals.selections import Picked, create_selection
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.messages import Sender, add_message
from models.leadgen.niches import create_niche
from models.leadgen.prospects import add_prospect
from models.leadgen.quality import store_scores
from models.market.favorites import add_favorite
from models.market.leads import create_lead
from models.rescoring.runs import RescoringRun
from models.sources.sources import create_source
from models.sources.tables import Import, ImportState
from models.webhooks.endpoints import add_endpoint, send_test
from models.webhooks.tables import EventType
from tests.console.conftest import AXE, Town

#: Who looks -> the pages, and which status they answer with where that is not 200.
PAGES: dict[str | None, list[str]] = {
    None: ["/homes?town=Москва&q=x", "/homes", "/homes/{property}",
           "/", "/console/sign-in", "/console/sign-in/code", "/console/sign-in/telegram", "/console/nowhere 404",
           "/console/sign-up", "/console/sign-up/phone"],
    "buyer": ["/console/leads", "/console/leads/new", "/console/leads/{lead}", "/console/leads/{lead}/edit",
              "/console/matches", "/console/matches/{match}", "/console/leads/{lead}?show=aside",
              "/console/leads/{lead}/tasks", "/console/leads/{lead}/history", "/console/tasks", "/console/tasks/{task}",
              "/console/leads/{lead}?shortlist=1", "/console/leads/{lead}/notes",
              "/console/leads/{lead}/selections", "/console/leads/{lead}/compare?ids={property}",
              "/console/leads/{lead}/selections/new?home={property}", "/console/homes/{property}?lead={lead}",
              "/console/notifications", "/console/account/notifications", "/console/inquiries",
              "/console/sources?of=leads",
              "/console/webhooks", "/console/webhooks/{webhook}",
              "/console/sources", "/console/sources/{source}", "/console/imports/{import}"],
    "seller": ["/console/properties", "/console/properties/{property}", "/console/properties/{property}/edit",
               "/console/properties/{property}/photos",
               "/console/matches/{match}", "/console/inquiries", "/console/chats/{chat}", "/console/owner/listings",
               "/console/owner/inquiries/{inquiry}", "/console/owner/listings/{property}"],
    "tenant": ["/homes", "/homes/{property}",
               "/console/feed", "/console/preferences", "/console/favorites", "/console/chats", "/console/inquiries",
               "/console/chats/{chat}", "/console/requests", "/console/requests/new",
               "/console/requests/paste", "/console/requests/{request}", "/console/leads 403",
               "/console/chats/999999 404"],
    "admin": ["/console/attention", "/console/queues", "/console/markets", "/console/weights", "/console/lists?q=Buyer",
              "/console/lists/lead/{lead}", "/console/engine",
              "/console/engine/runs/{run}", "/console/quality", "/console/schedule",
              "/console/audit", "/console/users 500"],
    "admin ": ["/console/leadgen", "/console/leadgen/new", "/console/leadgen/{niche}", "/console/leadgen/{niche}/edit",
               "/console/leadgen/{niche}/campaigns/new", "/console/leadgen/campaigns/{campaign}",
               "/console/leadgen/campaigns/{campaign}/ads/new", "/console/leadgen/ads/{ad}/edit",
               "/console/leadgen/prospects", "/console/leadgen/prospects/{prospect}", "/console/users"],
}  # fmt: skip

LIGHT_DESKTOP, DARK_PHONE = ("light", 1280, 800), ("dark", 390, 844)
#: What depends on colours and sizes; the rest of what axe asks was asked of the same page in the other look.
LOOKS = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block", "aria-hidden-focus"]

#: Notes every element that gets the focus: which one it is, and whether that is to be seen.
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

#: What can be used and is to be seen, without what the keyboard never reached: as markup. Of a group of radio
#: buttons Tab reaches one; the arrows do the rest.
UNREACHED = """() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const reached = new Set(window.focused.map(([element]) => element));
  const groups = new Set([...reached].filter((each) => each.type === "radio").map((each) => each.name));
  return [...document.querySelectorAll(wanted)]
    .filter((each) => !each.disabled && each.checkVisibility({visibilityProperty: true}) && !reached.has(each))
    .filter((each) => !(each.type === "radio" && groups.has(each.name)))
    .map((each) => each.outerHTML.slice(0, 200));
}"""
UNSEEN = "() => window.focused.filter(([, seen]) => !seen).map(([element]) => element.outerHTML.slice(0, 200))"
#: The focus has gone round: it came back to where it began, so nothing holds it.
WENT_ROUND = (
    "() => window.focused.length > 1 && window.focused.slice(1).some(([each]) => each === window.focused[0][0])"
)


@pytest.fixture
def shown(town: Town, db: Session) -> dict[str, Any]:
    """Something to be seen on every page; the ids that addresses name."""
    pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, **pair)
    match = act(db, town.seller, Side.PROPERTY, **pair)
    aside = {"lead_id": town.lead.id, "property_id": town.properties[2].id, "kind": ActionKind.DISLIKE}
    act(db, town.buyer, Side.LEAD, **aside)
    made = create_selection(db, town.buyer, town.lead.id, [Picked(town.properties[1].id, "x")], words="x", days=30)
    answer_home(db, made.token, town.properties[1].id, ActionKind.LIKE)
    when = database_now(db) + timedelta(days=1)
    showing = {"kind": TaskKind.SHOWING, "title": "x", "due_at": when, "remind_minutes": 60}
    task = create_task(db, town.buyer, town.lead.id, showing)
    add_to_shortlist(db, town.buyer, town.lead.id, town.properties[1].id)
    run = RescoringRun(scope="all", state=RunState.FAILED, requested_by="cli", error="killed")
    db.add(run)
    add_favorite(db, town.tenant, town.properties[1])
    inquiry = inquire(db, town.tenant, town.properties[1])
    wanted = create_lead(db, town.tenant, Origin.PORTAL, {"city": "Москва", "deal_type": DealType.SALE})
    who = {"buyer_id": town.tenant.id, "seller_id": town.seller.id, "property_id": town.properties[1].id}
    chat, _ = open_chat(db, town.tenant, **who)
    post_message(db, town.tenant, chat.id, "Is it still free?")
    post_message(db, town.seller, chat.id, "Yes.")
    webhook = add_endpoint(db, town.buyer, {"url": "https://example.com/", "types": [EventType.MATCH_CREATED]})
    send_test(db, webhook)
    return {
        "lead": town.lead.id,
        "match": match.id,
        "task": task.id,
        "property": town.properties[1].id,
        "run": run.id,
        "webhook": webhook.id,
        "chat": chat.id,
        "inquiry": inquiry.id,
        "request": wanted.id,
        **imported(db, town.buyer),
        **advertised(db),
    }


def imported(db: Session, owner: User) -> dict[str, int]:
    """A feed whose last look has something of everything to tell."""
    source = create_source(db, owner, {"address": "https://feeds.example/yandex.xml", "refresh_minutes": 60})
    remark = {
        "line": 7,
        "id": "007",
        "field": "floor",
        "reason": "import.floor_above_house",
        "facts": {"floor": 12, "floors": 9},
        "read": "12/9",
    }
    guess = remark | {"field": "year_built", "reason": "import.unknown", "read": "1970"}
    found = Import(source_id=source.id, asked_by="request", file_name="yandex.xml", is_dry_run=True)
    found.state, found.counts = ImportState.WAITING, {"offers": 12, "new": 3, "refused": 1, "guessed": 1, "held": 2}
    found.reason, found.reason_facts = "import.many_missing", {"missing": 2, "all": 4}
    found.report = {
        "kind": "csv",
        "columns": {"Цена": "price", "Агент": ""},
        "samples": {"Цена": ["12,5 млн", "9 млн"], "Агент": ["Анна"]},
        "refused": [remark],
        "guessed": [guess],
        "refused_for": {"floor: import.floor_above_house": 1},
        "passed_over": {"Агент": 12},
    }
    db.add(found)
    db.flush()
    return {"source": source.id, "import": found.id}


def advertised(db: Session) -> dict[str, UUID]:
    """
    A niche against its targets, with a campaign, an ad that was paid for, and a prospect who talks and has a quality.
    """
    niche = create_niche(db, {"name": "Ремонт", "category": "repair", "cpl_target": 100, "roi_target": 50})
    campaign = create_campaign(
        db, {"niche_id": niche.id, "name": "OLX, осень", "platform": Platform.OLX, "budget": 5000}
    )
    ad = create_ad(db, campaign, {"title": "Быстрый ремонт", "url": "https://olx.example/1"}, 900)
    fields = {"ad_id": ad.id, "name": "Иван", "phone": "+77010001122", "source": Platform.OLX, "budget": 15000}
    prospect = add_prospect(db, fields).prospect
    add_message(db, prospect.id, "Сколько стоит?", Sender.LEAD, Platform.OLX)
    add_message(db, prospect.id, "От 100 000 ₸", Sender.BOT, Platform.OLX)
    reasons = [{"criterion": "completeness", "points": 20, "of": 30}, {"criterion": "budget", "points": 8, "of": 20}]
    score = {"id": prospect.id, "version": prospect.version, "score": 61, "method": "rules", "reasons": reasons}
    store_scores(db, [score])
    db.commit()
    return {"niche": niche.id, "campaign": campaign.id, "ad": ad.id, "prospect": prospect.id}


@pytest.mark.parametrize(
    "who", PAGES, ids=lambda who: "nobody" if who is None else who.strip() + "s" * who.endswith(" ")
)
def test_all_can_use_every_page(app, visit, town, shown, monkeypatch, who):
    """axe on a desktop in the light and on a phone in the dark; Tab goes round, visibly, over all that can be used."""
    object.__setattr__(services_of(app).settings, "telegram_bot_token", "123:token")
    user: User | None = getattr(town, who.strip()) if who else None
    # A page that nobody sees asks for nothing, so it stays as it is while axe looks.
    unseen = "Object.defineProperty(document, 'hidden', {get: () => true})"
    page = visit(user, before=unseen, refused=(400, 403, 404, 500), bypass_csp=True)
    page.route("**/telegram.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    found = []
    for path in PAGES[who]:
        path, _, status = path.partition(" ")
        path = path.format(**shown)
        if status == "500":
            monkeypatch.setattr(user_admin, "listed", None)
        theme, width, height = LIGHT_DESKTOP
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": height})
        answer = page.goto(path)
        assert answer.status == int(status or 200), path
        page.add_script_tag(path=AXE)
        found += [(path, theme, *each) for each in complaints(page)]
        found += [(path, *each) for each in keyboard_complaints(page)]
        theme, width, height = DARK_PHONE
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": height})
        # What stands open on a desktop folds itself away, a moment later.
        expect(page.locator("details[data-wide-open][open]:not([data-in-use])")).to_have_count(0)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        found += [(path, theme, *each) for each in complaints(page, LOOKS)]
    assert found == []


def complaints(page: Page, rules: list[str] | None = None) -> list[tuple[str, str]]:
    """What axe has against the page as it looks now, and whether it is wider than the window."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    violations = page.evaluate("(options) => axe.run(document, options).then((result) => result.violations)", options)
    found = [(each["id"], each["nodes"][0]["html"]) for each in violations]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        found.append(("wider than the window", ""))
    return found


def keyboard_complaints(page: Page) -> list[tuple[str, str]]:
    """What Tab does not reach, what gets the focus without showing it, and a focus that never comes round."""
    page.evaluate(WATCH_FOCUS)
    for _ in range(40):
        for _ in range(10):
            page.keyboard.press("Tab")
        if page.evaluate(WENT_ROUND):
            break
    else:
        return [("the focus does not go round", page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))]
    unreached = [("not reached", markup) for markup in page.evaluate(UNREACHED)]
    return unreached + [("focus not seen", markup) for markup in page.evaluate(UNSEEN)]


def test_a_first_view_is_light(visit, town):
    page = visit(None)
    page.goto("/")
    sizes = page.evaluate(
        """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                 .map((each) => [each.name, each.transferSize])"""
    )

    assert {name.rsplit("/", 1)[1] for name, _ in sizes} >= {"", "console.css", "console.js"}
    assert sum(size for _, size in sizes) < 150_000
