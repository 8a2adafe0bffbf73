"""Marketers' pages over HTTP: currency, periods, ads, contacts, replies, conversion, files."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, update

from models.core.base import utc_now
from models.core.enums import Role
from models.leadgen.ads import Ad, create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.messages import Message, MessageDelivery, Sender, add_message
from models.leadgen.niches import create_niche
from models.leadgen.prospects import Prospect, add_prospect
from models.market.leads import Lead
from models.platform.settings import Settings
from tests.console.conftest import enter
from tests.factories import make_user
from tests.telegram import TOKEN
from worker.jobs import replies
from worker.queue.client import Client

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def niche(db, town):
    """A niche in roubles, with a campaign, an ad that cost 1,000 today, and a prospect from Telegram."""
    niche = create_niche(db, {"name": "Flats", "category": "sale", "currency": "RUB", "cpl_target": Decimal(900)})
    campaign = create_campaign(
        db, {"niche_id": niche.id, "name": "Avito 1", "platform": Platform.AVITO, "budget": Decimal(50_000)}
    )
    create_ad(db, campaign, {"title": "Studio"}, Decimal(1000))
    ad = db.scalars(select(Ad)).one()
    contact = {"ad_id": ad.id, "name": "Ivan", "phone": "+77011234567", "source": Platform.TELEGRAM}
    add_prospect(db, contact | {"platform_user_id": "4242", "budget": Decimal(9_000_000)})
    db.commit()
    return niche


@pytest.fixture
def marketer(client, db, town):
    """``marketer(path)`` returns the page as a marketer sees it; ``marketer.post(path, **form)`` sends a form."""
    user = make_user(db, role=Role.MARKETER, email="m@leadmatch.example", password_hash=town.buyer.password_hash)
    db.commit()
    csrf = enter(client, user)

    def read(path: str, status: int = 200) -> str:
        answer = client.get(path, headers=ENGLISH)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(path: str, status: int = 303, **form):
        answer = client.post(path, data={"csrf": csrf} | form, headers=ENGLISH)
        assert answer.status_code == status, answer.text
        return answer

    read.post = post
    return read


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


def prospect_of(db) -> Prospect:
    db.expire_all()
    return db.scalars(select(Prospect).order_by(Prospect.created_at)).first()


def test_a_niche_shows_its_currency_and_compares_a_period_with_the_one_before(marketer, niche, db):
    made = make_old(db)
    shown = plain(marketer(f"/console/leadgen/{niche.id}?days=7"))

    assert "Cost per lead 1 000 ₽ target 900 ₽" in shown
    assert "Leads 1 qualified: 0 before: 1" in shown
    assert "before" not in plain(marketer(f"/console/leadgen/{niche.id}"))
    assert "1 000 ₽" in plain(marketer("/console/leadgen")) and made
    axis = re.findall(r'<text class="tick end"[^>]*>([^<]+)</text>', marketer(f"/console/leadgen/{niche.id}?days=30"))
    assert axis == ["0", "1"]


def make_old(db) -> Prospect:
    """A prospect of ten days ago."""
    ad = db.scalars(select(Ad)).one()
    found = add_prospect(db, {"ad_id": ad.id, "name": "Old", "source": Platform.VK, "notes": "wants a dacha"}).prospect
    db.execute(update(Prospect).where(Prospect.id == found.id).values(created_at=utc_now() - timedelta(days=10)))
    db.commit()
    return found


def test_prospects_are_found_and_sorted_by_quality(marketer, niche, db):
    make_old(db)
    db.execute(update(Prospect).where(Prospect.name == "Old").values(quality_score=90))
    db.commit()
    names = lambda path: re.findall(r'<span class="title">([^<]+)</span>', marketer(path))

    assert names("/console/leadgen/prospects") == ["Ivan", "Old"]
    assert names("/console/leadgen/prospects?sort=quality") == ["Old", "Ivan"]
    assert names("/console/leadgen/prospects?q=dacha") == ["Old"]
    assert names("/console/leadgen/prospects?q=8 701 123 45 67") == ["Ivan"]
    assert names("/console/leadgen/prospects?q=%25") == []
    rows = list(csv.DictReader(io.StringIO(marketer("/console/leadgen/prospects.csv?status=new").lstrip("\ufeff"))))
    assert [row["name"] for row in rows] == ["Ivan", "Old"]


def test_a_contact_is_added_manually_and_a_known_one_gets_a_new_touch(marketer, niche, db):
    ad = db.scalars(select(Ad)).one()
    form = {"name": "Olga", "phone": "8 705 000 00 01", "source": "cian", "ad_id": str(ad.id), "budget": "9 млн"}
    path = f"/console/leadgen/{niche.id}/prospects/new"
    assert "Studio · Avito 1" in marketer(path)

    marketer.post(path, **form)
    marketer.post(path, **form)
    marketer.post(path, 400, name="", source="cian")

    olga = db.scalars(select(Prospect).where(Prospect.name == "Olga")).one()
    assert (olga.phone, olga.source, olga.niche_id, olga.budget) == ("+77050000001", "cian", niche.id, 9_000_000)


def test_an_ad_starts_with_its_campaign_and_reports_its_impressions(marketer, niche, db):
    first = db.scalars(select(Ad)).one()
    form = {"campaign_id": str(first.campaign_id), "title": "Loft", "impressions": "2000", "clicks": "15"}
    marketer.post(f"/console/leadgen/{niche.id}/ads/new", 400, **form | {"campaign_id": str(UUID(int=0))})
    marketer.post(f"/console/leadgen/{niche.id}/ads/new", **form)
    path = f"/console/leadgen/campaigns/{first.campaign_id}"
    assert re.search(r"Loft .*2 000 .*15 .*0\.75%", plain(marketer(path)))

    file = f"ad_id;impressions;clicks;spent\n{first.id};800;8;1 500\n"
    marketer.post(f"{path}/figures", file=(io.BytesIO(file.encode()), "ads.csv"))
    db.expire_all()
    assert (first.impressions, first.clicks, first.ctr) == (800, 8, Decimal("1.00"))
    assert "1 500 ₽" in plain(marketer(path))

    wrong = f"{file.replace(';800;', ';9;')}{UUID(int=1)};1;1;\n"  # an id may contain 800 too
    refused = marketer.post(f"{path}/figures", 400, file=(io.BytesIO(wrong.encode()), "a.csv"))
    assert "Line 3: ad_id" in refused.text
    db.expire_all()
    assert first.impressions == 800  # nothing of the file is stored
    exported = marketer(f"{path}/figures.csv").lstrip("\ufeff")
    marketer.post(f"{path}/figures", file=(io.BytesIO(exported.encode()), "ads.csv"))


def test_a_reply_without_a_channel_is_recorded_and_says_so(marketer, niche, db):
    prospect = prospect_of(db)
    path = f"/console/leadgen/prospects/{prospect.id}"
    assert "This is only a record" in marketer(path)

    answer = marketer.post(f"{path}/reply", message="Good day")
    marketer.post(f"{path}/reply", 400, message=" ")

    assert "reply_recorded" in answer.location
    assert [(row.sender, row.delivery) for row in db.scalars(select(Message))] == [(Sender.HUMAN, None)]


def test_a_reply_goes_out_by_telegram_once(
    app_with, db, town, niche, telegram, process_environment, redis_url, monkeypatch
):
    bot = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    monkeypatch.setattr(replies, "settings", lambda: Settings.from_env(process_environment | bot))
    client = app_with(**bot).test_client()
    csrf = enter(client, town.admin)
    prospect = prospect_of(db)

    answer = client.post(f"/console/leadgen/prospects/{prospect.id}/reply", data={"csrf": csrf, "message": "Good day"})
    assert "reply_sent" in answer.location
    message = db.scalars(select(Message)).one()
    assert message.delivery is MessageDelivery.QUEUED
    (task,) = [each for each in Client(redis_url).waiting("notifications", 9) if each.task.endswith("send_reply")]
    assert task.args == (str(message.id),)
    telegram.answers.append((429, {"parameters": {"retry_after": 1}}))
    with pytest.raises(replies.NotSentError):
        replies.send_reply(str(message.id))
    for _ in range(2):  # a message that is delivered twice
        replies.send_reply(str(message.id))

    assert [(each["chat_id"], each["text"]) for each in telegram.messages] == [("4242", "Good day")]
    db.expire_all()
    assert message.delivery is MessageDelivery.SENT
    assert "sent" in client.get(f"/console/leadgen/prospects/{prospect.id}", headers=ENGLISH).text


def test_a_prospect_becomes_a_lead_with_the_wishes_of_the_conversation(marketer, niche, db, town):
    prospect = prospect_of(db)
    add_message(db, prospect.id, "не первый этаж, есть кошка", Sender.LEAD, Platform.TELEGRAM)
    add_message(db, prospect.id, "Понял вас", Sender.HUMAN, Platform.TELEGRAM)
    db.commit()
    path = f"/console/leadgen/prospects/{prospect.id}/convert"
    form = marketer(path)
    assert "не первый этаж, есть кошка</textarea>" in form and "Понял" not in form

    sent = {"realtor_id": str(town.buyer.id), "deal_type": "SALE", "city": "Москва", "budget_max": "9 млн"}
    marketer.post(path, **sent, additional_requirements="не первый этаж, есть кошка")
    marketer.post(path, 409, **sent, additional_requirements="x")

    lead = db.get(Lead, prospect_of(db).lead_id)
    assert (lead.owner_id, lead.client_name, lead.budget_max) == (town.buyer.id, "Ivan", 9_000_000)
    assert {wish["kind"] for wish in lead.wishes} >= {"cats", "first_floor"}
    assert "№ " + str(lead.id) in marketer(f"/console/leadgen/prospects/{prospect.id}")


def test_imported_figures_are_shown_by_day_beside_the_days_before(marketer, niche, db):
    ad = db.scalars(select(Ad)).one()
    path = f"/console/leadgen/campaigns/{ad.campaign_id}"
    today = utc_now().date()
    rows = [(40, 500, 10, 1200), (3, 700, 13, 1700), (0, 1000, 20, 2000)]  # days ago, totals so far
    for days_ago, impressions, clicks, spent in rows:
        line = f"{ad.id},{impressions},{clicks},{spent},{today - timedelta(days=days_ago)}"
        file = io.BytesIO(f"ad_id,impressions,clicks,spent,spent_on\n{line}\n".encode())
        marketer.post(f"{path}/figures", file=(file, "figures.csv"))

    page = marketer(path)

    assert plain(page).count("before: 500") == 1 and "before: 10 " in plain(page)
    assert re.search(r"Impressions 500 before: 500", plain(page))
    assert re.search(r"Clicks 10 before: 10", plain(page))
    week = marketer(f"{path}?days=7")
    assert re.search(r"Impressions 500 before: 0", plain(week))
    chart = re.search(r'<svg class="chart"[^>]*aria-label="Clicks by day">.*?</svg>', week, re.DOTALL)[0]
    ticks = re.findall(r'class="tick end"[^>]*>([^<]*)<', chart)
    assert ticks and all(tick.isdigit() for tick in ticks)
    assert re.findall(r"<title>[^:]*: ([0-9]+)</title>", chart) == ["0", "0", "0", "3", "0", "0", "7"]
    assert "before: 500" in plain(marketer(f"{path}?days=nonsense"))
