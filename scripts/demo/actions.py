"""Add actions of the demo's users, so that no page is empty: likes, inquiries, chats, advertising."""

from decimal import Decimal
from functools import partial
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.demo_logins import DEMO_LOGINS
from models.accounts.users import User, user_by_login
from models.core.enums import ActionKind, FeedActionKind, Role, Side, Status
from models.deals.chats import open_chat, post_message
from models.deals.completion import complete
from models.deals.feed import act_in_feed
from models.deals.matches import act
from models.market.leads import Lead, leads_of
from models.market.preferences import save_preference
from models.market.properties import Property, properties_of
from scripts.demo.advertising import add_advertising

SEED = 20260102
#: What the tenant and the realtor write to each other.
CHAT = (
    "Здравствуйте! Ещё актуально?",
    "Да, актуально. Когда вам удобно посмотреть?",
    "Можно посмотреть в субботу?",
)


def demo_actions(session: Session) -> None:
    """
    Add the actions of the demo's users, in the caller's transaction. Requires the demo's market; without its users,
    adds nothing.
    """
    realtor, tenant = (user_by_login(session, email) for email, _ in DEMO_LOGINS[:2])
    if realtor is None or tenant is None:
        return
    _add_matches(session, realtor)
    _add_tenant_actions(session, tenant, realtor)
    add_advertising(session, Random(SEED))


def _add_matches(session: Session, realtor: User) -> None:
    """Add up to 8 matches, in all states, some begun by the realtor and some by the other owner."""
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
    for index, listing in enumerate(alike[:5]):
        act_in_feed(session, tenant, listing, FeedActionKind.LIKE if index < 3 else FeedActionKind.FAVORITE, "web")
    chat, _ = open_chat(session, tenant, buyer_id=tenant.id, seller_id=realtor.id, property_id=alike[0].id)
    for sender, text in zip((tenant, realtor, tenant), CHAT, strict=True):
        post_message(session, sender, chat.id, text)
