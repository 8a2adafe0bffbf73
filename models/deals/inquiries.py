"""Inquiries: a tenant's interest in a listing. The swipe contract calls them leads.

new -> in_progress -> closed        (the owner moves it forward, never back)
"""

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    and_,
    delete,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, UpdatedAt, enum_column
from models.core.enums import InquiryStatus
from models.core.errors import InvalidValueError, NotAllowedError, NotFoundError
from models.deals.errors import InquiryCannotGoBackError
from models.market.properties import Property
from models.webhooks.events import record_event
from models.webhooks.tables import EventType

_ORDER = list(InquiryStatus)
#: Whether a row that an upsert returns was inserted: the upsert locks an existing row, which sets its xmax.
_IS_NEW: ColumnElement[bool] = literal_column("inquiries.xmax = 0")


class Inquiry(Base):
    """One tenant's inquiry about one property; a second inquiry changes nothing."""

    __tablename__ = "inquiries"
    __table_args__ = (
        UniqueConstraint("tenant_id", "property_id"),
        Index("ix_inquiries_owner", "owner_id", "id"),
        Index("ix_inquiries_tenant", "tenant_id", "id"),
        Index("ix_inquiries_property", "property_id"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    #: The property's owner; reassigning one within an agency (models.agencies) changes both.
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[InquiryStatus] = mapped_column(
        enum_column(InquiryStatus, "status_is_known"), default=InquiryStatus.NEW, server_default=text("'new'")
    )
    #: Whether a like in the feed created it; it is withdrawn with the like as long as its status is new.
    from_feed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def create_inquiry(
    session: Session, tenant: User, listing: Property, *, owner_id: int | None = None, from_feed: bool = False
) -> Inquiry:
    """
    Create an inquiry about a property and notify its owner; both happen once, however often this is called.

    An inquiry that is also made directly (*from_feed* false) is no longer withdrawn with the feed's like.

    Args:
        owner_id: The expected owner; None accepts the listing's.
    Raises:
        InvalidValueError: The listing has another owner.
        NotAllowedError: The property is the tenant's own.
    """
    if owner_id is not None and owner_id != listing.owner_id:
        raise InvalidValueError("owner_id", "listing.not_the_owner")
    if listing.owner_id == tenant.id:
        raise NotAllowedError("listing.own")
    values = {"tenant_id": tenant.id, "property_id": listing.id, "owner_id": listing.owner_id, "from_feed": from_feed}
    insertion = insert(Inquiry).values(values)
    # DO UPDATE rather than DO NOTHING: an existing row that is not locked could be deleted before it is read.
    upsert = insertion.on_conflict_do_update(
        index_elements=[Inquiry.tenant_id, Inquiry.property_id],
        set_={"from_feed": and_(Inquiry.from_feed, insertion.excluded.from_feed)},
    )
    inquiry, is_new = session.execute(
        upsert.returning(Inquiry, _IS_NEW), execution_options={"populate_existing": True}
    ).one()
    if not is_new:
        return inquiry
    data = {"inquiry_id": inquiry.id, "listing_id": listing.id, "tenant_id": tenant.id}
    record_event(session, EventType.INQUIRY_CREATED, f"inquiry:{inquiry.id}", data, owners=[inquiry.owner_id])
    notify(
        session,
        inquiry.owner_id,
        NotificationType.NEW_INQUIRY,
        # The subject is the pair, not the inquiry, so that liking, undoing and liking again notifies the owner only
        # once.
        f"inquiry:{tenant.id}:{listing.id}",
        data=data,
        title=listing.title or listing.city,
    )
    return inquiry


def withdraw(session: Session, tenant: User, property_id: int) -> None:
    """Delete the inquiry that a like in the feed created, unless the listing's owner has begun to work on it."""
    session.execute(
        delete(Inquiry).where(
            Inquiry.tenant_id == tenant.id,
            Inquiry.property_id == property_id,
            Inquiry.status == InquiryStatus.NEW,
            Inquiry.from_feed,
        )
    )


def inquiries_by(tenant: User) -> Select[Inquiry]:
    """Select the inquiries that the user made, newest first."""
    return select(Inquiry).where(Inquiry.tenant_id == tenant.id).order_by(Inquiry.id.desc())


def inquiries_for(owner: User, status: InquiryStatus | None = None) -> Select[Inquiry]:
    """Select the inquiries about the user's listings, newest first."""
    query = select(Inquiry).where(Inquiry.owner_id == owner.id).order_by(Inquiry.id.desc())
    return query.where(Inquiry.status == status) if status else query


def move_inquiry(session: Session, owner: User, inquiry_id: int, status: InquiryStatus) -> Inquiry:
    """
    Move an inquiry forward, and notify the tenant. Setting the current status changes nothing.

    Raises:
        NotFoundError: The owner has no such inquiry.
        ConflictError: The move would go back.
    """
    inquiry = session.scalar(
        select(Inquiry).where(Inquiry.id == inquiry_id, Inquiry.owner_id == owner.id).with_for_update()
    )
    if inquiry is None:
        raise NotFoundError("inquiry")
    if _ORDER.index(status) < _ORDER.index(inquiry.status):
        raise InquiryCannotGoBackError(present=inquiry.status, wanted=status)
    if status is inquiry.status:
        return inquiry
    inquiry.status = status
    session.flush()
    notify(
        session,
        inquiry.tenant_id,
        NotificationType.INQUIRY_STATUS,
        f"inquiry:{inquiry.id}:{status}",
        data={"inquiry_id": inquiry.id, "listing_id": inquiry.property_id, "status": status},
        variant=str(status),
    )
    return inquiry
