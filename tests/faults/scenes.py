"""For every task, a state of the database in which it has something to do, and the arguments of its message.

All rows have fixed names, numbers and dates, so that two databases get the same rows.
"""

import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.accounts.account_exports import request_export
from models.accounts.codes import request_code
from models.accounts.links import request_email_link
from models.accounts.notifications import NotificationType, notify
from models.accounts.tokens import RevokedToken
from models.accounts.users import User
from models.agenda.following import Frequency, set_frequency
from models.agenda.tasks import TaskKind, create_task
from models.core.base import utc_now
from models.core.enums import ActionKind, DealType, ListOrder, Origin, Role, RunScope, Side
from models.deals.matches import act
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.niches import create_niche
from models.leadgen.prospects import ProspectStatus, add_prospects
from models.market.client_keys import UnkeyedLead
from models.market.leads import create_lead
from models.market.places import city_of
from models.market.search.criteria import SearchCriteria
from models.market.search.saved import NotificationPace, save_search
from models.ranking.display_order_settings import set_list_order
from models.ranking.recommendations import LeadRecommendations
from models.rescoring.runs import request_run
from models.sources.sources import create_source, request_import
from tests.factories import make_lead, make_property, make_user

Args = list[int | str]
#: (session, folder of uploads) -> arguments of the message; the caller commits.
Scene = Callable[[Session, Path], Args]


def base(session: Session) -> None:
    """The rows that every scene may use: two realtors, each with a market of six leads and ten properties."""
    buyer = make_user(session, name="Buyer", telegram_id="90001", phone="+77020000001")
    seller = make_user(session, name="Seller", telegram_id="90002", phone="+77020000002")
    for _ in range(6):
        make_lead(session, buyer)
    for number in range(10):
        make_property(session, seller, price=12_000_000 + number * 100_000)


def _user(session: Session, name: str) -> User:
    return session.scalars(select(User).where(User.name == name)).one()


def changed_lead(session: Session, _: Path) -> Args:
    return [make_lead(session, _user(session, "Buyer"), notes="new").id]


def unkeyed_lead(session: Session, _: Path) -> Args:
    session.add(UnkeyedLead(lead_id=make_lead(session, _user(session, "Buyer")).id))
    return []


def changed_property(session: Session, _: Path) -> Args:
    return [make_property(session, _user(session, "Seller"), price=11_000_000).id]


def nothing(_session: Session, _media: Path) -> Args:
    return []


def queued_run(session: Session, _: Path) -> Args:
    return [request_run(session, RunScope.ALL, "test")[0].id]


def queued_shard(session: Session, _: Path) -> Args:
    from worker.jobs.runs import prepare_run  # late: it reads the environment

    run, _new = request_run(session, RunScope.MARKET, "test", city="Москва", deal_type=DealType.SALE)
    return [prepare_run(session, run.id)[0]]


def stale_list(session: Session, _: Path) -> Args:
    make_lead(session, _user(session, "Buyer"))
    return []


def abandoned_run(session: Session, _: Path) -> Args:
    run, _new = request_run(session, RunScope.ALL, "test")
    session.execute(
        text("UPDATE rescoring_runs SET created_at = now() - interval '1 hour' WHERE id = :id"), {"id": run.id}
    )
    return []


def past_its_time(session: Session, _: Path) -> Args:
    session.add(RevokedToken(jti=f"old-{random.Random(1).random()}", expires_at=utc_now() - timedelta(days=2)))
    user = _user(session, "Buyer")
    notification = notify(session, user.id, NotificationType.NEW_MATCH, "match:0", data={})
    session.execute(
        text("UPDATE notifications SET read_at = now() - interval '1 year' WHERE id = :id"), {"id": notification}
    )
    return []


def queued_code(session: Session, _: Path, phone: str = "+77020000077") -> Args:
    names = {"first_name": "А", "last_name": "Б", "role": Role.TENANT}
    row = request_code(
        session, phone, registration=names, address=None, sends_per_hour=1000, now=session.scalar(select(func.now()))
    )
    return [row.id]


def queued_link(session: Session, _: Path) -> Args:
    user = _user(session, "Buyer")
    user.email = f"reader{user.id}@example.com"
    session.flush()
    now = session.scalar(select(func.now()))
    return [request_email_link(session, user.email, network=None, device=None, now=now).id]


def lost_and_old_codes(session: Session, media: Path) -> Args:
    lost, old = (queued_code(session, media, f"+770200000{number}")[0] for number in (78, 79))
    for code, age in ((lost, "1 minute"), (old, "3 days")):
        session.execute(
            text("UPDATE phone_codes SET made_at = made_at - CAST(:age AS interval) WHERE id = :id"),
            {"age": age, "id": code},
        )
    return []


def orphaned_file(_: Session, media: Path) -> Args:
    media.mkdir(parents=True, exist_ok=True)
    orphan = media / "orphaned-file-of-a-crash.jpg"
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    return []


def stored_notification(session: Session, _: Path, number: int = 1) -> Args:
    user = _user(session, "Seller")
    subject = f"inquiry:{number}"
    return [notify(session, user.id, NotificationType.NEW_INQUIRY, subject, data={})]


def lost_notification(session: Session, media: Path) -> Args:
    [notification] = stored_notification(session, media, 2)
    session.execute(
        text("UPDATE notifications SET created_at = now() - interval '5 minutes' WHERE id = :id"), {"id": notification}
    )
    return []


def new_prospect(session: Session, _: Path) -> Args:
    contact = {"name": "Новый", "source": Platform.OLX, "phone": "+77771110001"}
    return [str(add_prospects(session, [contact])[0].prospect.id)]


def outcomes(session: Session, _: Path) -> Args:
    """A niche in which the source that the rules rate lowest is the most successful."""
    niche = create_niche(session, {"name": "Ремонт", "category": "repair"})
    campaign = create_campaign(session, {"niche_id": niche.id, "name": "К", "platform": Platform.OLX, "budget": 1})
    ad, chance = create_ad(session, campaign, {"title": "Объявление"}), random.Random(0)
    contacts = [
        {"ad_id": ad.id, "name": "x", "source": chance.choice(list(Platform)), "phone": f"+7777{number:07}"}
        for number in range(200)
    ]
    for one in add_prospects(session, contacts):
        wins = 0.8 if one.prospect.source is Platform.OLX else 0.2
        one.prospect.status = ProspectStatus.WON if chance.random() < wins else ProspectStatus.LOST
    return []


def likes_to_learn_from(session: Session, _: Path) -> Args:
    buyer = _user(session, "Buyer")
    lead_ids = session.scalars(text("SELECT id FROM leads ORDER BY id LIMIT 6")).all()
    property_ids = session.scalars(text("SELECT id FROM properties ORDER BY id LIMIT 10")).all()
    for index, (lead_id, property_id) in enumerate((a, b) for a in lead_ids for b in property_ids):
        kind = ActionKind.LIKE if index % 10 < 5 else ActionKind.DISLIKE
        act(session, buyer, Side.LEAD, lead_id=lead_id, property_id=property_id, kind=kind)
    return []


def balanced_market(session: Session, _: Path) -> Args:
    from worker.lists.rescore import rebuild_market  # late: it reads the environment

    market = (city_of("Москва").key, DealType.SALE)
    rebuild_market(session, market, None)
    session.commit()
    set_list_order(session, *market, ListOrder.BALANCED)
    return []


def due_reminder(session: Session, _: Path) -> Args:
    """A reminder that has become due since it was set."""
    buyer = _user(session, "Buyer")
    lead_id = session.scalar(text("SELECT min(id) FROM leads"))
    due = session.scalar(select(func.now())) + timedelta(hours=1)
    task = create_task(
        session, buyer, lead_id, {"kind": TaskKind.CALL, "title": "x", "due_at": due, "remind_minutes": 5}
    )
    due = text("UPDATE lead_tasks SET remind_at = now(), due_at = '2100-01-01T10:00Z' WHERE id = :id")
    session.execute(due, {"id": task.id})
    return []


def followed_list(session: Session, _: Path) -> Args:
    """A lead whose owner is notified at once, with a list that was computed since."""
    buyer = _user(session, "Buyer")
    lead = make_lead(session, buyer, client_name="Client")
    set_frequency(session, buyer, lead.id, Frequency.AT_ONCE)
    rows = session.scalars(text("SELECT id FROM properties ORDER BY id LIMIT 3")).all()
    session.merge(
        LeadRecommendations(
            lead_id=lead.id,
            property_ids=rows,
            scores=[95.0] * len(rows),
            version=lead.version,
            city_key=lead.city_key,
            deal_type=lead.deal_type,
        )
    )
    return []


def new_offers(session: Session, _: Path) -> Args:
    """Three requests on the portal, older than the properties in their lists: more than are notified in a day."""
    asker = make_user(session, Role.TENANT, name="Asker", telegram_id="90003", phone="+77020000003")
    rows = session.scalars(text("SELECT id FROM properties ORDER BY id LIMIT 10")).all()
    for number in range(3):
        wish = create_lead(session, asker, Origin.PORTAL, {"city": "Москва", "currency": "RUB"})
        session.execute(text("UPDATE leads SET created_at = now() - interval '1 day' WHERE id = :id"), {"id": wish.id})
        session.add(
            LeadRecommendations(
                lead_id=wish.id,
                property_ids=rows,
                scores=[95.0 - number] * len(rows),
                version=wish.version,
                city_key=wish.city_key,
                deal_type=wish.deal_type,
            )
        )
    return []


def queued_import(session: Session, _: Path) -> Args:
    """An import whose address does not exist: the first delivery records that in its row, the second finds it ended."""
    owner = session.scalars(select(User).order_by(User.id)).first()
    source = create_source(session, owner, {"name": "feed", "address": "https://feeds.invalid/feed.xml"})
    return [request_import(session, source, "request").id]


def alike_adverts(session: Session, _: Path) -> Args:
    """Two owners' adverts of one home, which nobody has grouped yet."""
    for _number in range(2):
        make_property(session, make_user(session, telegram_id=None, phone=None), house_number="7, кв. 5")
    return []


def requested_export(session: Session, _: Path) -> Args:
    """A requested export of an account."""
    return [request_export(session, make_user(session, telegram_id=None, phone=None)).id]


#: Every task of the application; a task without an entry fails a test.
def saved_search(session: Session, _: Path) -> Args:
    """A search that a new home fits."""
    save_search(session, _user(session, "Buyer"), "Homes", SearchCriteria(), NotificationPace.AT_ONCE)
    session.flush()
    session.execute(text("UPDATE saved_searches SET created_at = now() - interval '1 hour', seed = 'of the scene'"))
    make_property(session, _user(session, "Seller"), price=9_000_000)
    return ["at_once"]


SCENES: dict[str, Scene] = {
    "worker.tasks.rescore_lead": changed_lead,
    "worker.tasks.rescore_property": changed_property,
    "worker.tasks.count_relaxations": changed_lead,
    "worker.tasks.score_shard": queued_shard,
    "worker.tasks.start_run": queued_run,
    "worker.tasks.request_full_run": nothing,
    "worker.tasks.sweep": stale_list,
    "worker.tasks.sweep_runs": abandoned_run,
    "worker.tasks.clear_away": past_its_time,
    "worker.tasks.send_code": queued_code,
    "worker.tasks.send_link": queued_link,
    "worker.tasks.make_account_export": requested_export,
    "worker.tasks.sweep_accounts": lost_and_old_codes,
    "worker.tasks.remove_orphans": orphaned_file,
    "worker.tasks.send_notification": stored_notification,
    "worker.tasks.send_lost_notifications": lost_notification,
    "worker.tasks.notify_new_offers": new_offers,
    "worker.tasks.remind_of_tasks": due_reminder,
    "worker.tasks.notify_new_recommendations": followed_list,
    "worker.tasks.send_recommendation_digests": nothing,  # does something only in the daytime
    "worker.tasks.score_prospect": new_prospect,
    "worker.tasks.score_stale_prospects": new_prospect,
    "worker.tasks.fit_quality_models": outcomes,
    "worker.tasks.fetch_rates": nothing,
    "worker.tasks.send_webhooks": nothing,  # tests/worker/jobs/test_webhooks.py has receivers
    "worker.tasks.run_import": queued_import,
    "worker.tasks.find_due_imports": nothing,
    "worker.tasks.find_due_photos": nothing,
    "worker.tasks.count_markets": nothing,
    "worker.tasks.renew_client_keys": unkeyed_lead,  # tests/models/market/test_client_keys.py has writers beside it
    "worker.tasks.send_reply": lambda _session, _media: [str(UUID(int=0))],
    "worker.tasks.fetch_photos": lambda _session, _media: [1],
    "worker.tasks.regroup_adverts": alike_adverts,
    "worker.tasks.refresh_search_words": nothing,
    "worker.tasks.notify_search_news": saved_search,
    "worker.tasks.learn_weights": likes_to_learn_from,
    "worker.tasks.order_markets": balanced_market,
}
#: Tasks without arguments, although their scene returns some.
WITHOUT_ARGUMENTS = {"worker.tasks.score_stale_prospects"}
