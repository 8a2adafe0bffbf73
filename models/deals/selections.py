"""Selections: homes that a realtor chooses for the client of a lead and sends as a link.

Anybody with the link sees the selection, without an account, so its token has 192 random bits. It is stored in clear
text, not as a digest: the realtor copies the link again from the lead's page, and everything that it opens (homes,
texts, answers) is in the same tables, so a digest would protect nothing. The link ends when the selection is revoked or
expires.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    SmallInteger,
    String,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, database_now, enum_column
from models.core.enums import ActionKind
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.core.link_tokens import is_token
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, is_on_any_market, on_any_market

TOKEN_BYTES = 24
MAX_HOMES = 30  #: More than a client views.
MAX_SELECTIONS = 200  #: Of one lead, revoked ones included.
MAX_WORDS = 2000  #: Characters of the text about the whole selection.
MAX_WORDS_OF_HOME = 1000  #: Characters.
MAX_DAYS = 365
USUAL_DAYS = 30  #: How long a link is valid by default.
MAX_QUESTION = 500  #: Characters.
#: The maximum number of answers by one link, changed answers included, because its users are anonymous.
MAX_ANSWERS = 300


class Selection(Base):
    """One selection of a lead's homes."""

    __tablename__ = "selections"
    __table_args__ = (
        Index("ix_selections_lead", "lead_id", "id"),
        CheckConstraint(f"answers_taken BETWEEN 0 AND {MAX_ANSWERS}", name="answers_are_limited"),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    words: Mapped[str | None] = mapped_column(Text)
    #: Null: the link is valid until it is revoked.
    expires_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    answers_taken: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    created_at: Mapped[CreatedAt]

    homes: Mapped[list["SelectionHome"]] = relationship(
        order_by="SelectionHome.place", lazy="selectin", passive_deletes=True
    )


class SelectionHome(Base):
    """One home of a selection, and the client's answer."""

    __tablename__ = "selection_homes"
    __table_args__ = (
        Index("ix_selection_homes_property", "property_id"),
        CheckConstraint("put_aside_at IS NULL OR answer = 'DISLIKE'", name="put_aside_is_disliked"),
        CheckConstraint("(answer IS NULL AND question IS NULL) OR answered_at IS NOT NULL", name="answer_has_its_time"),
        CheckConstraint(f"char_length(question) BETWEEN 1 AND {MAX_QUESTION}", name="question_is_short"),
    )

    selection_id: Mapped[int] = mapped_column(ForeignKey("selections.id", ondelete="CASCADE"), primary_key=True)
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"), primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)  #: From 1, in the realtor's order.
    words: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[ActionKind | None] = mapped_column(enum_column(ActionKind, "answer_is_known"))
    question: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    #: When the client's dislike removed the home from the lead's list; the action that it created has the same time.
    put_aside_at: Mapped[datetime | None]

    property: Mapped[Property] = relationship(lazy="raise_on_sql")


@dataclass(frozen=True)
class SelectedHome:
    """A home chosen by the realtor, with a text for the client."""

    property_id: int
    words: str | None = None


def create_selection(
    session: Session, user: User, lead_id: int, picked: Sequence[SelectedHome], *, words: str | None, days: int | None
) -> Selection:
    """Create a selection of homes for one of the user's leads.

    Args:
        picked: 1 to :data:`MAX_HOMES` homes on the lead's market, each once; the user's own are allowed.
        days: How long the link is valid, 1 to :data:`MAX_DAYS`; None: until it is revoked.
    Raises:
        NotFoundError: The lead is absent or not the user's.
        InvalidValueError: A home is not on the lead's market, or is picked twice; or there are none, or too many.
        ConflictError: The lead has :data:`MAX_SELECTIONS` selections.
    """
    lead = owned_lead(session, user, lead_id, lock=True)
    if not 1 <= len(picked) <= MAX_HOMES:
        raise InvalidValueError("homes", "selection.homes_count", max=MAX_HOMES)
    offered = _offered(session, lead, [each.property_id for each in picked])
    seen: set[int] = set()
    for index, each in enumerate(picked):
        if each.property_id not in offered:
            raise InvalidValueError(f"homes.{index}.property_id", "selection.home_not_offered")
        if each.property_id in seen:
            raise InvalidValueError(f"homes.{index}.property_id", "selection.home_twice")
        seen.add(each.property_id)
    if count_selections(session, lead.id) >= MAX_SELECTIONS:
        raise ConflictError("selection.too_many")
    selection = Selection(
        lead_id=lead.id,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        words=words or None,
        expires_at=None if days is None else database_now(session) + timedelta(days=days),
        homes=[
            SelectionHome(property_id=each.property_id, place=position, words=each.words or None)
            for position, each in enumerate(picked, start=1)
        ],
    )
    session.add(selection)
    session.flush()
    return selection


def selections_of(session: Session, user: User, lead_id: int) -> Select[Selection]:
    """
    Select the selections of one of the user's leads, the newest first.

    Raises:
        NotFoundError: The lead is absent or not the user's.
    """
    lead = owned_lead(session, user, lead_id)
    return select(Selection).where(Selection.lead_id == lead.id).order_by(Selection.id.desc())


def count_selections(session: Session, lead_id: int) -> int:
    """The number of a lead's selections."""
    return session.scalar(select(func.count()).select_from(Selection).where(Selection.lead_id == lead_id)) or 0


def owned_selection(session: Session, user: User, lead_id: int, selection_id: int, *, lock: bool = False) -> Selection:
    """
    One selection of one of the user's leads.

    Raises:
        NotFoundError: It is absent or somebody else's.
    """
    query = (
        select(Selection)
        .join(Lead, Lead.id == Selection.lead_id)
        .where(Selection.id == selection_id, Lead.id == lead_id, Lead.owner_id == user.id)
    )
    if lock:
        query = query.with_for_update(of=Selection).execution_options(populate_existing=True)
    selection = session.scalar(query)
    if selection is None:
        raise NotFoundError("selection")
    return selection


def withdraw_selection(session: Session, user: User, lead_id: int, selection_id: int) -> Selection:
    """Revoke a selection's link; its answers are kept. A repeated call changes nothing.

    Raises:
        NotFoundError: It is absent or somebody else's.
    """
    selection = owned_selection(session, user, lead_id, selection_id, lock=True)
    if selection.withdrawn_at is None:
        selection.withdrawn_at = database_now(session)
        session.flush()
    return selection


def is_open(selection: Selection, now: datetime) -> bool:
    """Whether the selection's link is valid at the moment *now* of the database's clock."""
    return selection.withdrawn_at is None and (selection.expires_at is None or now < selection.expires_at)


def offered_homes(session: Session, lead: Lead, property_ids: Sequence[int]) -> list[Property]:
    """Those of the homes that may be chosen for the lead, in the given order."""
    offered = _offered(session, lead, property_ids)
    return [offered[property_id] for property_id in dict.fromkeys(property_ids) if property_id in offered]


def homes_of(session: Session, selections: Sequence[Selection]) -> dict[int, Property]:
    """Property id -> the property, of all homes of these selections, including those off the market."""
    ids = {home.property_id for selection in selections for home in selection.homes}
    return {listing.id: listing for listing in session.scalars(select(Property).where(Property.id.in_(ids)))}


def homes_on_market(session: Session, homes: Iterable[int], lead: Lead | None = None) -> set[int]:
    """Those of the property ids that are still on the market, or on the market of *lead*."""
    query = select(Property.id).join(User, on_any_market()).where(Property.id.in_(list(homes)))
    if lead is not None:
        query = query.where(Property.city_key == lead.city_key, Property.deal_type == lead.deal_type)
    return set(session.scalars(query))


def opened_selection(session: Session, token: str, *, lock: bool = False) -> tuple[Selection, Lead, User]:
    """
    The selection that a link opens, with its lead and the realtor.

    Args:
        lock: Lock the lead against changes and the selection against other writers until the transaction ends. The lead
            is locked first, as everywhere that both are locked.
    Raises:
        NotFoundError: There is no such link, it is revoked or expired, or its realtor is not active.
    """
    lead_id = None
    if is_token(token):
        lead_id = session.scalar(select(Selection.lead_id).where(Selection.token == token))
    lead = None
    if lead_id is not None:
        lead = session.get(Lead, lead_id, with_for_update={"read": True} if lock else None)
    if lead is None:
        raise NotFoundError("selection")
    query = select(Selection).where(
        Selection.token == token,
        Selection.withdrawn_at.is_(None),
        or_(Selection.expires_at.is_(None), Selection.expires_at > func.now()),
    )
    selection = session.scalar(query.with_for_update() if lock else query)
    owner = session.get_one(User, lead.owner_id)
    if selection is None or not owner.is_active:
        raise NotFoundError("selection")
    return selection, lead, owner


def is_offered(session: Session, lead: Lead, listing: Property) -> bool:
    """Whether a home is on the market of the lead."""
    one_market = (lead.city_key, lead.deal_type) == (listing.city_key, listing.deal_type)
    return one_market and is_on_any_market(session, listing)


def erase_selections(session: Session, user: User) -> None:
    """Delete the selections of a user's leads, with their clients' questions."""
    session.execute(delete(Selection).where(Selection.id.in_(selection_ids_of(user))))


def selection_ids_of(user: User) -> Select[int]:
    """Select the ids of the selections of all leads of a user."""
    return select(Selection.id).join(Lead, Lead.id == Selection.lead_id).where(Lead.owner_id == user.id)


def _offered(session: Session, lead: Lead, property_ids: Sequence[int]) -> dict[int, Property]:
    query = (
        select(Property)
        .join(User, on_any_market())
        .where(
            Property.id.in_(property_ids),
            and_(Property.city_key == lead.city_key, Property.deal_type == lead.deal_type),
        )
    )
    return {listing.id: listing for listing in session.scalars(query)}
