"""Add actions of the demo's users, so that no page is empty: likes, inquiries, chats, advertising."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.demo_logins import DEMO_LOGINS
from models.accounts.users import User, user_by_login
from models.core.base import utc_now
from models.core.enums import ActionKind, FeedActionKind, Role, Side, Status
from models.deals.chats import open_chat, post_message
from models.deals.completion import complete
from models.deals.feed import act_in_feed
from models.deals.matches import act
from models.leadgen.ads import Ad, AdSpend, create_ad
from models.leadgen.campaigns import CampaignStatus, Platform, change_status, create_campaign
from models.leadgen.messages import Sender, add_message
from models.leadgen.niches import NicheStatus, change_niche, create_niche
from models.leadgen.prospects import Prospect, ProspectStatus, add_prospect
from models.leadgen.prospects import change_status as change_prospect
from models.market.leads import Lead, leads_of
from models.market.preferences import save_preference
from models.market.properties import Property, properties_of
from scripts.demo.texts import person

SEED = 20260102
NICHES = (
    ("Студии у метро, Москва", "Жильё", Decimal(900), Decimal(120), 60),
    ("Коммерция, Алматы", "Коммерция", Decimal(2500), Decimal(200), 26),
)
PROSPECT_DAYS = 21

QUESTIONS = (
    "Здравствуйте! Ещё актуально?",
    "Можно посмотреть в субботу?",
    "А ипотека подходит?",
    "Сколько просят за аренду в месяц?",
    "Дом далеко от метро?",
)
ANSWERS = (
    "Да, актуально. Когда вам удобно посмотреть?",
    "Конечно, ипотека подходит. Оставите телефон?",
    "От метро семь минут пешком.",
)
REPLIES = ("Спасибо, подумаю.", "Давайте завтра в шесть.", "Хорошо, мой номер тот же.", "Дороговато…")


def demo_actions(session: Session) -> None:
    """Add the actions of the demo's users and commit. Requires the demo's market; without its users, adds nothing."""
    rng = Random(SEED)
    realtor, tenant = (user_by_login(session, email) for email, _ in DEMO_LOGINS[:2])
    if realtor is None or tenant is None:
        return
    _add_matches(session, realtor)
    _add_tenant_actions(session, tenant, realtor)
    _add_advertising(session, rng)
    session.commit()


def _add_matches(session: Session, realtor: User) -> None:
    """Add up to 8 matches, some in each state, some begun by the realtor and some by the other owner."""
    leads = list(session.scalars(leads_of(realtor, Status.ACTIVE).limit(60)))
    made = 0
    for lead in leads:
        listing = session.scalar(
            select(Property)
            .join(User, User.id == Property.owner_id)
            .where(
                Property.city_key == lead.city_key,
                Property.deal_type == lead.deal_type,
                Property.owner_id != realtor.id,
                Property.price <= (lead.budget_max or 10**12),
                Property.price >= (lead.budget_min or 0),
                Property.rooms.in_(lead.rooms or [1, 2]),
                User.role == Role.REALTOR,
            )
            .order_by(Property.price.desc(), Property.id)
            .limit(1)
        )
        if listing is not None:
            _add_match(session, realtor, lead, listing, made)
            made += 1
        if made == 8:
            return


def _add_match(session: Session, realtor: User, lead: Lead, listing: Property, number: int) -> None:
    """Add actions about one pair; *number* cycles through the states of a match."""
    owner = session.get_one(User, listing.owner_id)
    owner_acts = partial(act, session, owner, Side.PROPERTY, lead_id=lead.id, property_id=listing.id)
    realtor_acts = partial(act, session, realtor, Side.LEAD, lead_id=lead.id, property_id=listing.id)
    if number % 4 == 0:
        owner_acts(kind=ActionKind.LIKE)
    elif number % 4 == 1:
        realtor_acts(kind=ActionKind.LIKE, proposed_commission=Decimal("2.5"))
        owner_acts(kind=ActionKind.LIKE, proposed_commission=Decimal("1.5"))
    elif number % 4 == 2:
        realtor_acts(kind=ActionKind.LIKE)
        match = owner_acts(kind=ActionKind.LIKE)
        if number > 4 and match is not None:
            complete(session, realtor, match.id)
    else:
        realtor_acts(kind=ActionKind.LIKE)
        if number > 4:
            owner_acts(kind=ActionKind.DISLIKE)


def _add_tenant_actions(session: Session, tenant: User, realtor: User) -> None:
    """Give the tenant a preference, likes, favourites and a chat about the realtor's listings."""
    listings = [
        listing for listing in session.scalars(properties_of(realtor, Status.ACTIVE).limit(300)) if listing.rooms
    ]
    if not listings:
        return
    first = next((listing for listing in listings if listing.deal_type == "RENT"), listings[0])
    preference = {
        "city": first.city,
        "deal_type": first.deal_type,
        "property_type": first.property_type,
        "budget_min": 0,
        "budget_max": first.price * 2,
    }
    save_preference(session, tenant, preference)
    market = (first.city_key, first.deal_type)
    alike = [listing for listing in listings if (listing.city_key, listing.deal_type) == market]
    for place, listing in enumerate(alike[:5]):
        act_in_feed(session, tenant, listing, FeedActionKind.LIKE if place < 3 else FeedActionKind.FAVORITE, "web")
    chat, _ = open_chat(session, tenant, buyer_id=tenant.id, seller_id=realtor.id, property_id=alike[0].id)
    for sender, text in ((tenant, QUESTIONS[0]), (realtor, ANSWERS[0]), (tenant, QUESTIONS[1])):
        post_message(session, sender, chat.id, text)


def _add_advertising(session: Session, rng: Random) -> None:
    """Add niches with campaigns, ads, their spend and prospects."""
    today = utc_now().date()
    for name, category, cpl, roi, count in NICHES:
        niche = create_niche(session, {"name": name, "category": category, "cpl_target": cpl, "roi_target": roi})
        change_niche(session, niche, {"status": NicheStatus.ACTIVE})
        ads = []
        for platform in (Platform.OLX, Platform.TELEGRAM):
            fields = {"niche_id": niche.id, "name": f"{category}: {platform.value}", "platform": platform}
            campaign = create_campaign(session, fields | {"budget": Decimal(60_000)})
            change_status(session, campaign, CampaignStatus.ACTIVE)
            ad = create_ad(session, campaign, {"title": name, "text": None, "url": None})
            _add_spend(session, rng, ad.id, today, cpl * count / 2)
            ads.append((ad, platform))
        for _ in range(count):
            _add_prospect(session, rng, *rng.choice(ads), cpl)


def _add_spend(session: Session, rng: Random, ad_id: UUID, today: date, total: Decimal) -> None:
    """Spread about *total* over the days before *today*; today's row came with the ad."""
    for days_ago in range(1, PROSPECT_DAYS):
        amount = (total / PROSPECT_DAYS * Decimal(rng.uniform(0.6, 1.2))).quantize(Decimal("0.01"))
        session.add(AdSpend(ad_id=ad_id, day=today - timedelta(days=days_ago), amount=amount))


def _add_prospect(session: Session, rng: Random, ad: Ad, platform: Platform, cpl: Decimal) -> None:
    """Add a prospect of the ad with a short conversation and some status."""
    budget = cpl * rng.choice((0, 3, 5, 8, 12)) or None
    contact = {
        "ad_id": ad.id,
        "name": person(rng),
        "phone": f"+7002{rng.randrange(10**7):07}" if rng.random() < 0.7 else None,
        "source": platform,
        "platform_user_id": f"user{rng.randrange(10**9)}",
        "budget": budget,
        "notes": None,
    }
    prospect: Prospect = add_prospect(session, contact).prospect
    prospect.created_at = utc_now() - timedelta(days=rng.uniform(0, PROSPECT_DAYS - 1))
    session.flush()
    add_message(session, prospect.id, rng.choice(QUESTIONS), Sender.LEAD, platform)
    if rng.random() < 0.7:
        add_message(session, prospect.id, rng.choice(ANSWERS), Sender.BOT, platform)
        add_message(session, prospect.id, rng.choice(REPLIES), Sender.LEAD, platform)
    status = rng.choices(list(ProspectStatus), (6, 4, 4, 3, 3, 3, 1))[0]
    if status is not ProspectStatus.NEW:
        change_prospect(session, prospect, status)
