"""What the demo's people have done so far, so that no page is empty: likes, inquiries, talks, advertising."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.demo_logins import DEMO_LOGINS
from models.accounts.users import User, active_user, user_by_login
from models.core.base import utc_now
from models.core.enums import ActionKind, FeedActionKind, Role, Side, Status
from models.deals.chats import open_chat, post_message
from models.deals.feed import act_in_feed
from models.deals.matches import act, complete
from models.leadgen.ads import AdSpend, create_ad
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


def demo_deeds(session: Session) -> None:
    """Add the deeds of the demo's people and commit; they need the demo's market."""
    rng = Random(SEED)
    realtor, tenant, _ = (user_by_login(session, email) for email, _ in DEMO_LOGINS)
    if realtor is None or tenant is None:
        return
    _likes(session, realtor)
    _tenant(session, rng, tenant, realtor)
    _advertising(session, rng)
    session.commit()


def _likes(session: Session, realtor: User) -> None:
    """Matches in every state, some begun by the realtor and some by others."""
    leads = list(session.scalars(leads_of(realtor, Status.ACTIVE).limit(60)))
    made = 0
    for lead in leads:
        found = session.scalar(
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
        if found is not None:
            _one_match(session, realtor, lead, found, made)
            made += 1
        if made == 8:
            return


def _one_match(session: Session, realtor: User, lead: Lead, found: Property, place: int) -> None:
    pair = {"lead_id": lead.id, "property_id": found.id}
    owner = active_user(session, found.owner_id)
    theirs = {"side": Side.PROPERTY, "kind": ActionKind.LIKE, **pair}
    mine = {"side": Side.LEAD, "kind": ActionKind.LIKE, **pair}
    if place % 4 == 0:
        act(session, owner, **theirs)
    elif place % 4 == 1:
        act(session, realtor, **mine, proposed_commission=Decimal("2.5"))
        act(session, owner, **theirs, proposed_commission=Decimal("1.5"))
    elif place % 4 == 2:
        act(session, realtor, **mine)
        match = act(session, owner, **theirs)
        if place > 4:
            complete(session, realtor, match.id)
    else:
        act(session, realtor, **mine)
        if place > 4:
            act(session, owner, **theirs | {"kind": ActionKind.DISLIKE})


def _tenant(session: Session, rng: Random, tenant: User, realtor: User) -> None:
    homes = [home for home in session.scalars(properties_of(realtor, Status.ACTIVE).limit(300)) if home.rooms]
    if not homes:
        return
    first = next((home for home in homes if home.deal_type == "RENT"), homes[0])
    wishes = {
        "city": first.city,
        "deal_type": first.deal_type,
        "property_type": first.property_type,
        "budget_min": 0,
        "budget_max": first.price * 2,
    }
    save_preference(session, tenant, wishes)
    alike = [home for home in homes if (home.city_key, home.deal_type) == (first.city_key, first.deal_type)]
    for place, home in enumerate(alike[:5]):
        act_in_feed(session, tenant, home, FeedActionKind.LIKE if place < 3 else FeedActionKind.FAVORITE, "web")
    chat, _ = open_chat(session, tenant, buyer_id=tenant.id, seller_id=realtor.id, property_id=alike[0].id)
    for sender, text in ((tenant, QUESTIONS[0]), (realtor, ANSWERS[0]), (tenant, QUESTIONS[1])):
        post_message(session, sender, chat.id, text)


def _advertising(session: Session, rng: Random) -> None:
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
            _spend(session, rng, ad.id, today, cpl * count / 2)
            ads.append((ad, platform))
        for _ in range(count):
            _prospect(session, rng, *rng.choice(ads), cpl)


def _spend(session: Session, rng: Random, ad_id, today: date, whole: Decimal) -> None:
    for back in range(1, PROSPECT_DAYS):  # today's day is booked with the ad
        amount = (whole / PROSPECT_DAYS * Decimal(rng.uniform(0.6, 1.2))).quantize(Decimal("0.01"))
        session.add(AdSpend(ad_id=ad_id, day=today - timedelta(days=back), amount=amount))


def _prospect(session: Session, rng: Random, ad, platform: Platform, cpl: Decimal) -> None:
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
