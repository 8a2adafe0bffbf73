"""Rows for every page of the console."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.accounts.users import User
from models.agencies.invitations import accept_invitation, invite
from models.agencies.members import create_agency
from models.agenda.shortlist import add_to_shortlist
from models.agenda.tasks import TaskKind, create_task
from models.core.base import database_now, utc_now
from models.core.enums import ActionKind, DealType, Origin, RunState, Side
from models.deals.answer_templates import add_template
from models.deals.chats import open_chat, post_message
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from models.deals.selection_answers import answer_home
from models.deals.selections import SelectedHome, create_selection
from models.deals.weights import WeightSet, store_live_set
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.messages import Sender, add_message
from models.leadgen.niches import create_niche
from models.leadgen.prospects import add_prospect
from models.leadgen.quality import store_scores
from models.market.base_views import save_view
from models.market.favorites import add_favorite, set_favorite_note
from models.market.leads import Lead, create_lead
from models.market.preferences import save_preference
from models.market.search.criteria import SearchCriteria
from models.market.search.saved import AnnouncedHome, NotificationPace, SavedSearch, save_search
from models.market.unscorable import Failure, quarantine
from models.rescoring.runs import RescoringRun
from models.sources.sources import create_source
from models.sources.tables import Import, ImportState
from models.upkeep.market_days import MarketDay
from models.webhooks.endpoints import add_endpoint, send_test
from models.webhooks.tables import EventType
from tests.console.conftest import Town
from tests.factories import make_lead, make_property


def rows_for_pages(db: Session, town: Town) -> dict[str, Any]:
    """Create rows for every page; returns the ids for the addresses."""
    # Names and contacts without a place to break are as wide as a phone allows.
    lead = db.get_one(Lead, town.lead.id)
    lead.client_name, lead.client_contacts = "Ж" * 60, f"+7 701 000 0000, {'a' * 60}@example.com"
    pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, **pair)
    match = act(db, town.seller, Side.PROPERTY, **pair)
    aside = {"lead_id": town.lead.id, "property_id": town.properties[2].id, "kind": ActionKind.DISLIKE}
    act(db, town.buyer, Side.LEAD, **aside)
    made = create_selection(
        db, town.buyer, town.lead.id, [SelectedHome(town.properties[1].id, "x")], words="x", days=30
    )
    answer_home(db, made.token, town.properties[1].id, ActionKind.LIKE)
    when = database_now(db) + timedelta(days=1)
    showing = {"kind": TaskKind.SHOWING, "title": "x", "due_at": when, "remind_minutes": 60}
    task = create_task(db, town.buyer, town.lead.id, showing)
    add_to_shortlist(db, town.buyer, town.lead.id, town.properties[1].id)
    run = RescoringRun(scope="all", state=RunState.FAILED, requested_by="cli", error="killed")
    db.add(run)
    search = wanted_by(db, town)
    troubled(db, town)
    add_template(db, db.get_one(User, town.seller.id), "Приходите в субботу.", "en")
    save_view(db, town.buyer, Side.LEAD, "Арбат", {"q": "Арбат"})
    save_view(db, town.seller, Side.PROPERTY, "Арбат", {"q": "Арбат"})
    inquiry = create_inquiry(db, town.tenant, town.properties[1])
    wanted = create_lead(db, town.tenant, Origin.PORTAL, {"city": "Москва", "deal_type": DealType.SALE})
    who = {"buyer_id": town.tenant.id, "seller_id": town.seller.id, "property_id": town.properties[1].id}
    chat, _ = open_chat(db, town.tenant, **who)
    post_message(db, town.tenant, chat.id, "Is it still free?")
    post_message(db, town.seller, chat.id, "Yes.")
    create_agency(db, town.buyer, "Дом у моря")
    accept_invitation(db, db.get_one(User, town.seller.id), invite(db, town.buyer), town.buyer.id)
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
        "other": town.properties[2].id,
        "selection": made.token,
        "agents_lead": make_lead(db, town.seller).id,
        "invitation": invite(db, town.buyer, "Пётр"),
        "search": search.id,
        "seed": search.seed,
        "user": town.seller.id,
        **imported(db, town.buyer),
        **advertised(db),
    }


def imported(db: Session, owner: User) -> dict[str, int]:
    """A feed whose last import has results of every kind."""
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
    A niche with targets, a campaign, an ad with costs, and a prospect with messages and a quality score.
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


def wanted_by(db: Session, town: Town) -> SavedSearch:
    """A tenant with preferences, two favourites with notes, and a saved search with news of both kinds."""
    wanted = {"city": "Москва", "deal_type": DealType.SALE, "rooms": [2], "budget_max": 13_000_000}
    save_preference(db, town.tenant, wanted)
    search = save_search(db, town.tenant, "Арбат", SearchCriteria(), NotificationPace.DAILY)
    for number, found in enumerate(town.properties[1:]):
        add_favorite(db, town.tenant, found)
        set_favorite_note(db, town.tenant, found.id, "Тихий двор")
        announced = AnnouncedHome(
            search_id=search.id, property_id=found.id, price=13_000_000, currency="RUB", is_cut=bool(number)
        )
        db.add(announced)
    return search


def troubled(db: Session, town: Town) -> None:
    """Rows for operators' pages: an unknown town, a failing row, a waiting feed, weights."""
    make_property(db, town.seller, city="Нигденск", price=5)
    quarantine(db, [Failure(Side.LEAD, town.lead.id, town.lead.version, "ValueError at engine.py:1")])
    source = create_source(db, town.seller, {"address": "https://feeds.example/cian.xml", "refresh_minutes": 60})
    waits = Import(source_id=source.id, asked_by="schedule", file_name="cian.xml", is_dry_run=False)
    waits.state, waits.counts = ImportState.WAITING, {"offers": 4}
    waits.reason, waits.reason_facts = "import.many_missing", {"missing": 2, "all": 4}
    day = {"city_key": "geo:524901", "deal_type": DealType.SALE, "day": utc_now().date()}
    figures = {"leads": 4, "properties": 9, "covered": 3, "lists_shown": 8, "places_shown": 160}
    db.add_all([waits, MarketDay(**day, **figures, likes=12, matches=3)])
    losses = {"present_loss": 0.5, "fitted_loss": 0.4, "standard_error": 0.01}
    for _ in range(2):
        store_live_set(db, WeightSet(weights={"price": 1.0}, actions=9, actions_said=9, **losses))
