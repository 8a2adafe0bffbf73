"""
Sample data: the user of an empty account adds it with one click, to try the product, and removes it with another.

A set has leads and properties of its user, and as many of a partner who exists only for this set. The partner is needed
for real lists, because the engine never pairs a user's rows with each other. All rows are on a market of the set's own
(:mod:`models.market.sample_keys`), so they are never offered to anybody else. Removing a set deletes its rows,
everything that refers to them, whoever wrote it, and the partner. The rows are selected by their market, which contains
nothing else, so nothing else is deleted.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.notifications import Notification
from models.accounts.users import User, create_user
from models.core.base import Base, CreatedAt, Id
from models.core.enums import ActionKind, DealType, Origin, Role, Side
from models.core.errors import ConflictError
from models.deals.actions import Action
from models.deals.chats import Chat, ChatMessage
from models.deals.feed import FeedAction
from models.deals.inquiries import Inquiry
from models.deals.matches import Match, act
from models.deals.selections import Selection, SelectionHome
from models.market.favorites import Favorite
from models.market.leads import Lead, canonical_lead
from models.market.properties import Property, canonical
from models.market.sample_keys import PREFIX, is_sample_key, of_set, sample_key
from models.platform.prepared_statements import PREPARED
from models.ranking.display_order import delete_explored_offers, delete_score_shifts
from models.ranking.recommendations import Market
from models.upkeep.sample_rows import ALMATY, MOSCOW, SampleTown, clients_of, homes_of

PARTNER = "Дана Примерова"
AGENCY_OF_PARTNER = "Агентство «Образец»"
#: The partners' phones, for the contacts that a match shares: no real number begins like this after +7.
FIRST_PHONE = 5_000_000


class SampleSet(Base):
    """One user's sample data."""

    __tablename__ = "sample_sets"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    #: The owner of the other side of the pairs; a user who never signs in.
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), unique=True)
    created_at: Mapped[CreatedAt]


#: Built once, and planned once per connection.
_SAMPLES_OF = select(SampleSet.id).where(SampleSet.user_id == bindparam("user_id"))


def has_samples(session: Session, user: User) -> bool:
    """Whether the user's account has sample data."""
    return session.scalar(_SAMPLES_OF, {"user_id": user.id}, execution_options=PREPARED) is not None


def add_samples(session: Session, user: User) -> tuple[list[Lead], list[Property]]:
    """
    Add sample data to an account, in the caller's transaction; an account that has some does not change.

    Returns:
        The leads and properties whose lists have to be computed, the user's own first.
    """
    set_id = session.scalar(
        insert(SampleSet)
        .values(user_id=user.id)
        .on_conflict_do_nothing(index_elements=["user_id"])
        .returning(SampleSet.id)
    )
    if set_id is None:
        return [], []
    partner = create_user(
        session,
        role=Role.REALTOR,
        name=PARTNER,
        agency_name=AGENCY_OF_PARTNER,
        phone=f"+7000{FIRST_PHONE + set_id:07}",
    )
    session.get_one(SampleSet, set_id).partner_id = partner.id
    town = _town_for(user)
    leads: list[Lead] = []
    properties: list[Property] = []
    for owner in (user, partner):
        own = owner is user
        for fields in clients_of(town, own=own):
            leads.append(Lead(**_columns(set_id, owner, canonical_lead(session, fields))))
        for fields in homes_of(town, own=own):
            properties.append(Property(**_columns(set_id, owner, canonical(session, fields))))
    session.add_all([*leads, *properties])
    session.flush()
    _let_partner_like(session, user, partner, leads, properties)
    return leads, properties


def remove_samples(session: Session, user: User) -> list[str]:
    """
    Remove the sample data of an account, in the caller's transaction; without any, nothing happens.

    Returns:
        Addresses of photos that only the removed properties of the user showed; the caller deletes those that were
        uploaded.
    """
    kept = session.scalar(select(SampleSet).where(SampleSet.user_id == user.id).with_for_update())
    if kept is None:
        return []
    # Locked in the same order as by a worker: the market, the leads, the properties.
    market = Market.city_key.like(f"{PREFIX}{kept.id}:%")
    session.execute(select(Market.city_key).where(market).with_for_update())
    lead_ids = _locked_ids(session, Lead, kept.id)
    property_ids = _locked_ids(session, Property, kept.id)
    photos = _photos_of(session, user, property_ids)
    _delete_deals(session, user, lead_ids, property_ids)
    keys = set(session.scalars(select(Market.city_key).where(market)))
    for table, ids in ((Lead, lead_ids), (Property, property_ids)):
        session.execute(delete(table).where(table.id.in_(ids)))
    for key in keys:
        for deal_type in DealType:
            delete_score_shifts(session, key, deal_type)
            delete_explored_offers(session, key, deal_type)
    session.execute(delete(Market).where(market))
    partner_id = kept.partner_id
    session.delete(kept)
    session.flush()
    if partner_id is not None:
        session.execute(delete(Notification).where(Notification.user_id == partner_id))
        session.execute(delete(User).where(User.id == partner_id))
    session.expire_all()
    return photos


def refuse_sample(row: Lead | Property) -> None:
    """Raise ConflictError for a sample: it cannot be copied, because the copy would be on the common market."""
    if is_sample_key(row.city_key):
        raise ConflictError("sample.stays")


def _town_for(user: User) -> SampleTown:
    """Almaty for users who read Kazakh or have a phone of Kazakhstan (+7 6 or 7), otherwise Moscow."""
    is_kazakh = user.language == "kk" or (user.phone or "").startswith(("+76", "+77"))
    return ALMATY if is_kazakh else MOSCOW


def _columns(set_id: int, owner: User, columns: Mapping[str, Any]) -> dict[str, Any]:
    key = sample_key(set_id, columns["city_key"])
    return {**columns, "city_key": key, "owner_id": owner.id, "origin": Origin.EXCHANGE, "deal_type": DealType.SALE}


def _let_partner_like(
    session: Session, user: User, partner: User, leads: list[Lead], properties: list[Property]
) -> None:
    """Let the partner like a home of the user's, and offer the user's first client one of theirs."""
    partners_lead = next(lead for lead in leads if lead.owner_id == partner.id)
    offered = next(home for home in properties if home.owner_id == user.id)
    act(session, partner, Side.LEAD, lead_id=partners_lead.id, property_id=offered.id, kind=ActionKind.LIKE)
    client = next(lead for lead in leads if lead.owner_id == user.id)
    home = next(
        home
        for home in properties
        if home.owner_id == partner.id and home.rooms in client.rooms and home.district in client.districts
    )
    act(session, partner, Side.PROPERTY, lead_id=client.id, property_id=home.id, kind=ActionKind.LIKE)


def _locked_ids(session: Session, table: type[Lead] | type[Property], set_id: int) -> list[int]:
    query = select(table.id).where(of_set(table, set_id)).order_by(table.id)
    return list(session.scalars(query.with_for_update()))


def _photos_of(session: Session, user: User, property_ids: list[int]) -> list[str]:
    photos = select(Property.photos).where(Property.owner_id == user.id)
    removed = {url for urls in session.scalars(photos.where(Property.id.in_(property_ids))) for url in urls}
    if removed:
        removed -= {url for urls in session.scalars(photos.where(Property.id.not_in(property_ids))) for url in urls}
    return sorted(removed)


def _delete_deals(session: Session, user: User, lead_ids: list[int], property_ids: list[int]) -> None:
    """
    Delete rows that refer to these rows and are not deleted with them automatically, and the user's notifications about
    them.
    """
    match_ids = list(session.scalars(select(Match.id).where(_about(Match, lead_ids, property_ids))))
    selection_ids = list(session.scalars(select(Selection.id).where(Selection.lead_id.in_(lead_ids))))
    chat_ids = list(session.scalars(select(Chat.id).where(Chat.property_id.in_(property_ids))))
    session.execute(delete(ChatMessage).where(ChatMessage.chat_id.in_(chat_ids)))
    session.execute(delete(Chat).where(Chat.id.in_(chat_ids)))
    session.execute(delete(Match).where(Match.id.in_(match_ids)))
    session.execute(delete(Action).where(_about(Action, lead_ids, property_ids)))
    about_homes: tuple[Any, ...] = (FeedAction, Favorite, Inquiry, SelectionHome)
    for table in about_homes:
        session.execute(delete(table).where(table.property_id.in_(property_ids)))
    named = [
        Notification.data[name].astext.in_([str(each) for each in ids])
        for name, ids in (
            ("lead_id", lead_ids),
            ("property_id", property_ids),
            ("match_id", match_ids),
            ("selection_id", selection_ids),
        )
    ]
    session.execute(delete(Notification).where(Notification.user_id == user.id, or_(*named)))


def _about(table: type[Match] | type[Action], lead_ids: list[int], property_ids: list[int]) -> ColumnElement[bool]:
    return or_(table.lead_id.in_(lead_ids), table.property_id.in_(property_ids))
