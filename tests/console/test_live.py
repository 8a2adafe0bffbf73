"""Pages that change while a user views them, without a reload."""

import re
from types import SimpleNamespace

from playwright.sync_api import Page, expect
from sqlalchemy import func, select, update

from api.http import live_updates
from api.http.long_lived import LongLived
from api.http.services import services_of
from models.accounts.api_keys import create_api_key
from models.accounts.live_channels import MEMORY_MS
from models.accounts.notifications import NotificationType, mark_all_read, notify
from models.accounts.users import User
from models.core.enums import ActionKind, DealType, RunState, Side
from models.deals.matches import act
from models.leadgen.campaigns import Campaign, CampaignStatus
from models.leadgen.niches import Niche
from models.leadgen.prospects import Prospect, ProspectStatus
from models.rescoring.runs import RescoringRun, RescoringShard
from tests.console.conftest import FASTER_POLLING, enter, tab_to
from tests.console.page_rows import advertised

#: Runs before a page's scripts: timers of two seconds or more never fire.
NO_POLLS = "const later = setTimeout; window.setTimeout = (call, ms, ...more) => ms < 2000 && later(call, ms, ...more)"


def mark(page: Page) -> None:
    """Mark the document, so that :func:`is_marked` shows whether it was loaded again since."""
    page.evaluate("window.isMarked = true")


def is_marked(page: Page) -> bool:
    return page.evaluate("window.isMarked === true")


def test_a_notification_arrives_at_the_bell_automatically(app, visit, town, db):
    """It arrives as soon as the other user's like is committed; reading it in another tab removes the number."""
    with_pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, **with_pair)
    mark_all_read(db, town.seller)  # the like itself is a notification too
    db.commit()
    # The polling every ten seconds is disabled, so that only the stream can bring the news.
    seller = visit(town.seller, before="window.setInterval = () => 0")
    mark(seller)
    unread_number = seller.locator("#unread")
    expect(unread_number).to_be_hidden()

    client = app.test_client()
    csrf = enter(client, town.seller)
    address = f"/console/properties/{town.properties[0].id}/leads/{town.lead.id}"
    client.post(address, data={"csrf": csrf, "action": "LIKE"})

    expect(unread_number).to_have_text("2")
    client.post("/console/notifications/read", data={"csrf": csrf})
    expect(unread_number).to_be_hidden()
    assert is_marked(seller)


def test_without_a_stream_the_bell_is_polled(visit, town, db, monkeypatch):
    monkeypatch.setattr(LongLived, "is_full", lambda *_: True)
    page = visit(town.buyer, before="const real = setInterval; window.setInterval = (call) => real(call, 200)")
    with page.expect_response("**/console/notifications/stream?*") as refused:
        page.reload()
    assert refused.value.status == 204
    expect(page.locator("#unread")).to_be_hidden()

    notify(db, town.buyer.id, NotificationType.NEW_MESSAGE, "chat:1", data={})
    db.commit()

    expect(page.locator("#unread")).to_have_text("1")


def test_a_page_whose_session_has_ended_gets_no_stream_and_reports_no_error(visit, town, db):
    page = visit(town.buyer, refused=(400, 401))
    db.execute(update(User).where(User.id == town.buyer.id).values(is_active=False))
    with page.expect_response(lambda answer: "/stream?" in answer.url and answer.status != 200) as again:
        db.commit()
        notify(db, town.buyer.id, NotificationType.NEW_MESSAGE, "chat:1", data={})
        db.commit()
    assert again.value.status == 204


def test_a_stream_gives_its_seat_back(app, client, town, monkeypatch):
    monkeypatch.setattr(live_updates, "CHECK_INTERVAL_SECONDS", 0.01)
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=0.0)
    monkeypatch.setattr(live_updates, "time", clock)
    enter(client, town.buyer)
    budget = services_of(app).long_lived

    with client.get("/console/notifications/stream") as answer:
        assert budget.open == 1
        received = ""
        for part in answer.iter_encoded():
            received += part.decode()
            if "event: look\ndata: now\n\n" in received and ": alive\n\n" in received:
                clock.now = live_updates.LIFETIME_SECONDS

    assert budget.open == 0


def test_a_stream_begins_with_an_event_only_if_its_page_may_have_missed_one(app, client, town):
    enter(client, town.buyer)
    redis, channel = services_of(app).redis, live_updates.of_user(town.buyer.id)

    def has_event(query: str) -> bool:
        with client.get(f"/console/notifications/stream{query}") as answer:
            return "event: look" in next(answer.iter_encoded()).decode()

    assert has_event("") and has_event("?age=soon") and not has_event("?age=200")
    live_updates.notify(redis, channel)
    assert has_event("?age=200")
    redis.pexpire(f"signalled:{channel}", MEMORY_MS - 60_000)  # as a minute later
    assert not has_event("?age=200") and has_event("?age=59000")
    redis.delete(f"signalled:{channel}")
    assert has_event(f"?age={MEMORY_MS}")  # too long ago to be remembered


def test_a_page_that_has_just_been_loaded_fetches_nothing_again(app, visit, town, db):
    """Only the change after it is fetched; it also appears as a toast, although the page never counted before."""
    page = visit(town.buyer, before=f"{NO_POLLS}; window.setInterval = () => 0")
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    with page.expect_response("**/console/notifications/stream*"):
        page.goto("/console/matches")

    notify(db, town.buyer.id, NotificationType.NEW_MESSAGE, "chat:1", data={})
    db.commit()
    live_updates.notify(services_of(app).redis, live_updates.of_user(town.buyer.id))

    expect(page.locator("#unread")).to_have_text("1")
    expect(page.locator("#toasts")).to_contain_text("New message")
    assert len([url for url in fetched if "part=1" in url]) == 1


def test_an_operator_starts_watches_and_cancels_a_run_by_keyboard(visit, town, db):
    page = visit(town.admin, before=FASTER_POLLING)
    page.get_by_label("Run over").select_option("market")
    page.get_by_role("button", name="Start").click()
    city = page.get_by_label("City, for one market")
    expect(city).to_have_accessible_description("A market is named by city and deal_type; send both.")
    expect(city).to_be_focused()
    city.fill("Москва")
    tab_to(page, page.get_by_role("button", name="Start"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The run has been requested.")).to_be_visible()
    run = db.scalars(select(RescoringRun)).one()
    assert run.requested_by == f"ops:{town.admin.id}"

    mark(page)
    shard = RescoringShard(run_id=run.id, city_key="geo:524901", deal_type=DealType.SALE, state=RunState.RUNNING)
    shard.pairs_total, shard.pairs_done, shard.started_at = 4_000_000, 1_000_000, func.now()
    db.add(shard)
    run.state, run.started_at = RunState.RUNNING, func.now()
    db.commit()
    progress = page.get_by_role("progressbar", name=f"Run {run.id}")
    expect(progress).to_have_attribute("value", "1000000")
    cancel = page.get_by_role("button", name="Cancel")
    tab_to(page, cancel)
    shard.pairs_done = 3_000_000
    db.commit()
    expect(progress).to_have_attribute("value", "3000000")
    expect(cancel).to_be_focused()  # the part around it was replaced
    assert is_marked(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    db.expire_all()
    assert db.get(RescoringRun, run.id).state is RunState.CANCELLED

    db.execute(update(RescoringRun).values(state=RunState.FAILED))
    db.commit()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Failed parts are queued again.")).to_be_visible()


def test_an_operator_makes_a_niche_a_campaign_and_an_ad(visit, town, db):
    """Errors are beside their fields; the cost of an ad is compared with the target."""
    page = visit(town.admin, "/console/leadgen")
    page.get_by_role("link", name="New niche").first.click()
    page.get_by_label("Name").fill("Окна")
    page.get_by_label("Category").fill("windows")
    target = page.get_by_label("Maximum cost per lead")
    target.fill("-1")
    page.get_by_role("button", name="Save").click()
    expect(target).to_have_attribute("aria-invalid", "true")
    expect(target).to_have_accessible_description(re.compile("must not be negative"))
    target.fill("500")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Окна")

    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name").fill("Весна")
    page.get_by_label("Budget").fill("10 000")
    page.get_by_label("First day").fill("2026-05-01")
    page.get_by_label("Last day").fill("2026-04-01")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Last day")).to_have_accessible_description("It must not be before start_date.")
    page.get_by_label("Last day").fill("2026-06-01")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("01.05.2026 – 01.06.2026")).to_be_visible()

    page.get_by_role("link", name="New ad").click()
    page.get_by_label("Title").fill("Окна за день")
    page.get_by_label("Spent, total").fill("1200,50")
    page.get_by_label("Address of the ad").fill("nowhere")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Address of the ad")).to_have_accessible_description("Not a valid URL.")
    page.get_by_label("Address of the ad").fill("https://olx.example/2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name=re.compile(r"^1\s200[.,]50\s₸$"))).to_be_visible()
    page.get_by_role("link", name="Edit Окна за день").click()
    expect(page.get_by_label("Spent, total")).to_have_value(re.compile(r"^1\s200\.5$"))
    page.get_by_label("Spent, total").fill("900")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="900")).to_be_visible()

    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    assert db.scalars(select(Campaign.status)).one() is CampaignStatus.ACTIVE
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Budget").fill("20000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile(r"of 20\s000"))).to_be_visible()
    page.get_by_role("link", name="Окна", exact=True).click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("State").select_option("paused")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("windows · paused")).to_be_visible()
    assert db.scalars(select(Niche.cpl_target)).one() == 500


def test_lead_generation_is_watched_as_it_goes(app, visit, town, db):
    """
    The page of a niche with its targets, and that of a prospect with the conversation and the reasons for its quality:
    both update as soon as the API has stored new data. The polling every two seconds is disabled, so that only the
    stream can cause it.
    """
    ids = advertised(db)
    page = visit(town.admin, before=NO_POLLS)
    api, key = app.test_client(), {"X-API-Key": create_api_key(db, "test")[1]}
    db.commit()
    page.goto("/console/leadgen")
    expect(page.get_by_role("row", name="Ремонт")).to_contain_text("target 100")
    page.get_by_role("link", name="Ремонт").click()
    cost = page.locator(".tile", has_text="Cost per lead")
    expect(cost.locator(".value.poor")).to_have_text(
        re.compile(r"^900\s₸$")
    )  # 900 for one lead, where 100 is the target
    mark(page)
    for number in range(8):
        body = {"ad_id": str(ids["ad"]), "name": f"N{number}", "source": "olx", "phone": f"+7701000{number:04}"}
        assert api.post("/api/leads", json=body, headers=key).status_code == 201
    expect(cost.locator(".value.good")).to_have_text(re.compile(r"^100\s₸$"))  # 900 / 9
    expect(page.locator("a.row")).to_have_count(9)
    assert is_marked(page)

    page.goto("/console/leadgen/prospects?q=Иван&sort=quality")
    page.get_by_role("link", name="Иван").click()
    page.get_by_role("link", name="Prospects", exact=True).click()  # back to the list as it was filtered
    expect(page).to_have_url(re.compile(r"\?q=.+&sort=quality$"))
    page.get_by_role("link", name="Иван").click()
    expect(page.locator(".bubble")).to_have_text([re.compile("Сколько стоит"), re.compile("От 100 000")])
    reasons = page.locator(".score-reasons li")
    expect(reasons).to_have_text([re.compile(r"Completeness.*20 / 30"), re.compile(r"Budget.*8 / 20")])
    mark(page)
    reply = {"message": "Хорошо, жду", "sender": "lead", "platform": "olx"}
    assert api.post(f"/api/leads/{ids['prospect']}/messages", json=reply, headers=key).status_code == 201
    expect(page.locator(".bubble").nth(2)).to_contain_text("Хорошо, жду")
    assert is_marked(page)

    page.get_by_label("Move to").select_option("qualified")
    page.get_by_label("Revenue, if won").fill("5")
    page.get_by_role("button", name="Move").click()
    revenue = page.get_by_label("Revenue, if won")
    expect(revenue).to_have_accessible_description("Only a lead that is won brings revenue.")
    page.get_by_label("Move to").select_option("won")
    revenue.fill("70000")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    db.expire_all()
    won = db.get(Prospect, ids["prospect"])
    assert (won.status, won.revenue) == (ProspectStatus.WON, 70_000)
