"""Operators' pages over HTTP: queues, schedule, markets, weights, what needs attention, lists of users."""

import re

import pytest
import redis
from sqlalchemy import func, select, text

from api.http.services import services_of
from api.http.shown_lists import UnsentCounts
from models.accounts.audit import AuditEntry
from models.core.base import utc_now
from models.core.enums import DealType, Role, Side
from models.deals.weights import WeightSet, live_set, store_live_set
from models.market.unscorable import Failure, UnscorableEntity, quarantine
from models.rescoring.runs import RescoringRun
from models.sources.sources import create_source
from models.sources.tables import Import, ImportState
from models.upkeep.market_days import MarketDay
from tests.console.conftest import enter
from tests.factories import make_user, token_header
from tests.waiting import wait_for
from worker.queue.client import Client
from worker.queue.shown import shown_counts

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def operator(db, town):
    user = make_user(
        db, role=Role.OPERATOR, name="Olga", email="o@leadmatch.example", password_hash=town.buyer.password_hash
    )
    db.commit()
    return user


@pytest.fixture
def page(client, operator):
    """``page(path)`` returns the page as an operator sees it; ``page.csrf`` is the token of the forms."""

    def read(path: str, status: int = 200) -> str:
        answer = client.get(path, headers=ENGLISH)
        assert answer.status_code == status, answer.text
        return answer.text

    read.csrf = enter(client, operator)
    return read


@pytest.fixture
def press(client, page):
    def send(path: str, status: int = 303, **form: str):
        answer = client.post(path, data={"csrf": page.csrf} | form, headers=ENGLISH)
        assert answer.status_code == status, answer.text
        return answer

    return send


def audited(db) -> list[tuple[str, str | None]]:
    entries = db.execute(select(AuditEntry.action, AuditEntry.row_id).order_by(AuditEntry.id)).all()
    return [(action, row) for action, row in entries if action != "login"]


def test_waiting_messages_are_shown_and_stay_in_the_queue(page, redis_url):
    worker = Client(redis_url)
    for number in (7, 8):
        worker.lead_changed(number)
    worker.run_requested(3)

    shown = page("/console/queues")

    assert shown.count("worker.tasks.rescore_lead 7") == 1 and "worker.tasks.start_run 3" in shown
    assert "Lists of a lead" in shown
    with redis.Redis.from_url(redis_url) as broker:
        assert (broker.llen("entities"), broker.llen("runs")) == (2, 1)


def test_a_failed_task_is_shown_without_its_message_and_sent_again_once(page, press, worker_process, redis_url, db):
    worker = Client(redis_url)
    worker.prospect_changed("no-id")
    wait_for(lambda: worker.failures())
    (failed,) = worker.failures()

    shown = page("/console/queues")
    assert "Quality of a contact" in shown and failed.error.split(" at ")[0] in shown and "no-id" not in failed.error

    press(f"/console/queues/failures/{failed.id}/retry")
    wait_for(lambda: [each for each in worker.failures() if each.id != failed.id])
    assert len(worker.failures()) == 1  # it failed again, and the former failure is gone
    press(f"/console/queues/failures/{failed.id}/retry", 404)
    assert audited(db)[-1] == ("task_retried", "worker.tasks.score_prospect")


def test_a_line_of_the_schedule_can_be_run_now_and_shows_its_result(page, press, worker_process, redis_url, db):
    line = re.search(r'name="line" value="(worker.tasks.count_markets [^"]+)"', page("/console/schedule"))[1]

    press("/console/schedule/run", line=line)

    key = line.replace("&#34;", '"')
    wait_for(lambda: key in Client(redis_url).last_results())
    assert Client(redis_url).last_results()[key].outcome == "success"
    assert re.search(r"Figures of markets.*?done · took \d", page("/console/schedule?part=1"), re.DOTALL)
    assert db.scalar(select(func.count()).select_from(MarketDay)) > 0
    press("/console/schedule/run", 404, line="worker.tasks.sweep {}x")
    assert audited(db)[-1] == ("schedule_line_run", "worker.tasks.count_markets")


def test_no_line_of_an_invalid_schedule_can_be_run(page, press, tmp_path, monkeypatch):
    line = re.search(r'name="line" value="([^"]+)"', page("/console/schedule"))[1]
    (tmp_path / "schedule").write_text("now and then worker.tasks.sweep\n")
    monkeypatch.setattr("worker.queue.upcoming.SCHEDULE_FILE", tmp_path / "schedule")

    press("/console/schedule/run", 404, line=line)


def test_a_row_that_the_engine_fails_on_is_tried_again(page, press, town, db, redis_url):
    quarantine(db, [Failure(Side.LEAD, town.lead.id, town.lead.version, "ValueError at x.py:1")])
    db.commit()
    assert "ValueError at x.py:1" in page("/console/queues")

    press(f"/console/queues/quarantined/LEAD/{town.lead.id}/retry")

    assert db.scalar(select(func.count()).select_from(UnscorableEntity)) == 0
    assert [message.args for message in Client(redis_url).waiting("entities", 9)] == [(town.lead.id,)]
    assert audited(db)[-1] == ("row_retried", str(town.lead.id))
    press(f"/console/queues/quarantined/LEAD/{town.lead.id}/retry", 404)


def test_lists_that_are_shown_are_counted(app, client, town, page):
    app.extensions.pop("shown_lists", None)
    client.get(f"/leads/{town.lead.id}/property-recommendations", headers=token_header(town.buyer))
    buyer = app.test_client()
    enter(buyer, town.buyer)
    buyer.get(f"/console/leads/{town.lead.id}")
    buyer.get(f"/console/leads/{town.lead.id}?part=1")  # the same list, kept fresh

    gathered: UnsentCounts = app.extensions["shown_lists"]
    gathered.send()

    counts = shown_counts(services_of(app).redis, utc_now().date())
    shown = counts[Side.LEAD, town.lead.id]
    assert (shown.lists, shown.entries) == (2, 2 * len(town.properties))


def test_a_market_is_picked_by_name_and_has_a_history(app, page, db):
    app.extensions.pop("short_cache", None)
    day = {"city_key": "geo:524901", "deal_type": DealType.SALE, "day": utc_now().date()}
    db.add(MarketDay(**day, leads=4, properties=9, covered=3, lists_shown=8, places_shown=160, likes=12, matches=3))
    db.commit()

    shown = page("/console/markets?market=SALE:geo:524901&days=90")

    assert "<h1>Moscow" in shown and re.search(r'<option value="90" selected>', shown)
    cells = re.findall(r'<td class="num">([^<]*)</td>', shown)
    assert cells == ["4", "9", "75%", "0", "8", "12", "1.5", "25"]
    app.extensions.pop("short_cache", None)


def test_weights_go_back_to_an_earlier_set(page, press, db):
    figures = {"actions": 9, "actions_said": 9, "present_loss": 0.5, "fitted_loss": 0.4, "standard_error": 0.01}
    first, second = (store_live_set(db, WeightSet(weights={"price": 1.0}, **figures)).id for _ in "12")
    db.commit()
    assert page("/console/weights").count("in use") == 1

    press(f"/console/weights/{second}", do="back")
    db.expire_all()
    assert live_set(db, None).id == first
    press(f"/console/weights/{second}", do="live")
    db.expire_all()
    assert live_set(db, None).id == second
    press(f"/console/weights/{second}", 409, do="live")
    press(f"/console/weights/{second}", 404, do="else")
    assert [each for each in audited(db) if each[0] == "weights_rolled_back"] == [
        ("weights_rolled_back", str(second))
    ] * 2


def test_an_operator_sees_a_list_as_its_owner_does_and_the_look_is_audited(page, client, town, db):
    found = page("/console/lists?q=buyer")
    assert f'href="/console/lists/lead/{town.lead.id}"' in found

    shown = page(f"/console/lists/lead/{town.lead.id}")

    rows = client.get(f"/leads/{town.lead.id}/property-recommendations", headers=token_header(town.buyer)).json[
        "recommendations"
    ]
    assert re.findall(r"Property (\d+) ·", shown) == [row["property_id"] for row in rows]
    assert audited(db)[-1] == ("list_viewed", str(town.lead.id))
    page("/console/lists/lead/999999", 404)


def test_everything_that_needs_attention_is_on_one_page(app, page, press, town, db):
    app.extensions.pop("short_cache", None)
    source = create_source(db, town.seller, {"name": "Фид", "address": "https://feed.example/x.xml"})
    db.add(Import(source_id=source.id, asked_by="schedule", state=ImportState.FAILED, reason="feed.empty"))
    db.execute(text("UPDATE leads SET city = 'Нигдевск', city_key = 'name:нигдевск'"))
    db.commit()

    shown = page("/console/attention")

    assert "Failing feeds" in shown and "Фид" in shown and "unknown town" in shown
    refused = press("/console/attention/merge", 400, town="name:нигдевск", into="")
    assert "Нигдевск" in refused.text or "name:нигдевск" in refused.text
    press("/console/attention/merge", town="name:нигдевск", into="Москва")
    assert db.scalar(text("SELECT city_key FROM leads")) == "geo:524901"
    app.extensions.pop("short_cache", None)


def test_the_person_who_requested_a_run_is_named(page, db, operator):
    db.add(RescoringRun(scope="all", requested_by=f"ops:{operator.id}"))
    db.commit()

    assert "Olga" in page("/console/engine?part=1")
