"""An owner's properties as a feed at a secret address that portals poll."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ForeignKey, String, case, func, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from models.accounts.users import User
from models.core.base import Base, CreatedAt
from models.core.enums import SUPPLY_ROLES, AddressPrecision, DealType, Status
from models.core.errors import NotFoundError
from models.core.link_tokens import is_token
from models.market.properties import Property
from models.market.sample_keys import is_no_sample
from models.sources.errors import RoleOwnsNothingError
from models.sources.formats.yrl_writer import CURRENCIES, FLATS, Seller

TOKEN_BYTES = 24  # 192 random bits: the address cannot be guessed
PAGE = 500  # rows in memory at once
#: Part of the validator of a feed's content; increment it when the output for the same rows changes.
WRITER = 1


class OutgoingFeed(Base):
    """The address of one owner's feed; without a row there is none."""

    __tablename__ = "outgoing_feeds"

    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    created_at: Mapped[CreatedAt]


def outgoing_feed(session: Session, owner: User) -> OutgoingFeed | None:
    """The owner's feed, if they have one."""
    return session.get(OutgoingFeed, owner.id)


def renew_outgoing_feed(session: Session, owner: User) -> OutgoingFeed:
    """Give the owner's feed a new address; the former one stops working.

    Raises:
        NotAllowedError: The owner's role may not own properties.
    """
    if owner.role not in SUPPLY_ROLES:
        raise RoleOwnsNothingError(role=owner.role)
    feed = outgoing_feed(session, owner) or OutgoingFeed(owner_id=owner.id)
    feed.token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(feed)
    session.flush()
    return feed


def close_outgoing_feed(session: Session, owner: User) -> None:
    """Revoke the owner's feed; a repeated call changes nothing."""
    feed = outgoing_feed(session, owner)
    if feed is not None:
        session.delete(feed)
        session.flush()


def owner_of_feed(session: Session, token: str) -> User:
    """The owner of a feed; raises NotFoundError if the address is unknown, or its owner is inactive."""
    if not is_token(token):
        raise NotFoundError("feed")
    query = select(User).join(OutgoingFeed, OutgoingFeed.owner_id == User.id).where(OutgoingFeed.token == token)
    owner = session.scalar(query.where(User.is_active))
    if owner is None:
        raise NotFoundError("feed")
    return owner


def seller_of(owner: User) -> Seller:
    """The owner in the form for offers."""
    return Seller(owner.name, owner.agency_name, owner.phone, owner.role)


def version_of_feed(session: Session, owner: User) -> tuple[str, datetime]:
    """A value that changes whenever the feed's content does, and the time of the last change."""
    conditions = (Property.owner_id == owner.id, Property.status == Status.ACTIVE, is_no_sample(Property))
    query = select(func.count(), func.sum(Property.version), func.max(Property.updated_at)).where(*conditions)
    count, versions, latest = session.execute(query).one()
    state = f"{WRITER}|{count}|{versions}|{latest}|{seller_of(owner)}"
    return hashlib.sha256(state.encode()).hexdigest()[:32], latest or owner.created_at


def published(factory: sessionmaker[Session], owner_id: int) -> Iterator[Property]:
    """The owner's properties on the market, by id; a page of them in memory at a time."""
    last = 0
    with factory() as session:
        while True:
            query = select(Property).where(
                Property.owner_id == owner_id,
                Property.status == Status.ACTIVE,
                Property.id > last,
                is_no_sample(Property),
            )
            rows = session.scalars(query.order_by(Property.id).limit(PAGE)).all()
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1].id
            session.expunge_all()


def left_out(session: Session, owner: User) -> dict[str, int]:
    """Field that portals require -> number of the owner's properties without it (`formats.yrl_writer.missing_of`)."""
    flat, shown = Property.property_type.in_(FLATS), Property.address_precision
    without_house = func.coalesce(Property.location, Property.street)
    lacks = {
        "phone": literal(not owner.phone),
        "area": Property.area.is_(None),
        # A property that shows only its district to others has no address for portals.
        "address": func.coalesce(
            case(
                (shown == AddressPrecision.DISTRICT, ""),
                (shown == AddressPrecision.STREET, without_house),
                else_=func.coalesce(without_house, Property.house_number),
            ),
            "",
        )
        == "",
        "currency": Property.currency.not_in(CURRENCIES),
        "photos": (Property.deal_type == DealType.RENT) & (func.cardinality(Property.photos) == 0),
        "rooms": flat & Property.rooms.is_(None),
        "floor": flat & Property.floor.is_(None),
    }
    counts = [func.count().filter(condition).label(name) for name, condition in lacks.items()]
    conditions = (Property.owner_id == owner.id, Property.status == Status.ACTIVE, is_no_sample(Property))
    row = session.execute(select(*counts).where(*conditions)).one()
    return {name: count for name, count in row._asdict().items() if count}
