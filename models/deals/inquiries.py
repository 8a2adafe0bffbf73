"""Inquiries: a tenant's interest in a listing, which its owner works through. Tinder calls them leads.

new -> in_progress -> closed        (the owner moves it on; never back)
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

from models.accounts.notifications import NoticeType, notify
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, UpdatedAt, words
from models.core.enums import InquiryStatus
from models.core.errors import ConflictError, InvalidValueError, NotAllowedError, NotFoundError
from models.market.properties import Property

_ORDER = list(InquiryStatus)
#: Of a row that an upsert returns: whether it was inserted. One that it found carries the finder in xmax.
_IS_NEW: ColumnElement[bool] = literal_column("inquiries.xmax = 0")


class Inquiry(Base):
    """One tenant asks about one property; asking again changes nothing."""

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
    #: The property's owner; a property never changes hands.
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[InquiryStatus] = mapped_column(
        words(InquiryStatus, "status_is_known"), default=InquiryStatus.NEW, server_default=text("'new'")
    )
    #: Made by the feed's like, and taken back with it while it is new.
    from_feed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def inquire(
    session: Session, tenant: User, found: Property, *, owner_id: int | None = None, from_feed: bool = False
) -> Inquiry:
    """
    Ask about a property and tell its owner, once however often and however simultaneously asked. By hand counts for
    more: what the feed had made is not taken back with the like any more.

    Args:
        owner_id: Whom the tenant takes for the owner; None trusts the listing.
    Raises:
        InvalidValueError: The owner is somebody else.
        NotAllowedError: The property is the tenant's own.
    """
    if owner_id is not None and owner_id != found.owner_id:
        raise InvalidValueError("owner_id", "The listing belongs to another user.")
    if found.owner_id == tenant.id:
        raise NotAllowedError("This listing is your own.")
    values = {"tenant_id": tenant.id, "property_id": found.id, "owner_id": found.owner_id, "from_feed": from_feed}
    made = insert(Inquiry).values(values)
    # An update, although most often of nothing: a row that was passed over could be gone before it is read.
    asked = made.on_conflict_do_update(
        index_elements=[Inquiry.tenant_id, Inquiry.property_id],
        set_={"from_feed": and_(Inquiry.from_feed, made.excluded.from_feed)},
    )
    inquiry, is_new = session.execute(
        asked.returning(Inquiry, _IS_NEW), execution_options={"populate_existing": True}
    ).one()
    if not is_new:
        return inquiry
    notify(
        session,
        found.owner_id,
        NoticeType.NEW_INQUIRY,
        # By the pair, not by the inquiry: liking, taking back and liking again tells the owner once.
        f"inquiry:{tenant.id}:{found.id}",
        title="Новая заявка",
        message=f"Вашим объявлением интересуются: {found.title or found.city}.",
        data={"inquiry_id": inquiry.id, "listing_id": found.id, "tenant_id": tenant.id},
    )
    return inquiry


def withdraw(session: Session, tenant: User, property_id: int) -> None:
    """Take back what the feed's like made, unless the owner has taken it up."""
    session.execute(
        delete(Inquiry).where(
            Inquiry.tenant_id == tenant.id,
            Inquiry.property_id == property_id,
            Inquiry.status == InquiryStatus.NEW,
            Inquiry.from_feed,
        )
    )


def inquiries_by(tenant: User) -> Select[Inquiry]:
    """What the user asked, newest first."""
    return select(Inquiry).where(Inquiry.tenant_id == tenant.id).order_by(Inquiry.id.desc())


def inquiries_for(owner: User, status: InquiryStatus | None = None) -> Select[Inquiry]:
    """What the user was asked, newest first."""
    query = select(Inquiry).where(Inquiry.owner_id == owner.id).order_by(Inquiry.id.desc())
    return query.where(Inquiry.status == status) if status else query


def move_inquiry(session: Session, owner: User, inquiry_id: int, status: InquiryStatus) -> Inquiry:
    """
    Move an inquiry on, and tell the tenant. Setting the status that it has changes nothing.

    Raises:
        NotFoundError: No such inquiry of the owner's.
        ConflictError: It would go back.
    """
    found = session.scalar(
        select(Inquiry).where(Inquiry.id == inquiry_id, Inquiry.owner_id == owner.id).with_for_update()
    )
    if found is None:
        raise NotFoundError("inquiry")
    if _ORDER.index(status) < _ORDER.index(found.status):
        raise ConflictError(f"The inquiry is {found.status} already; it does not go back to {status}.")
    if status is found.status:
        return found
    found.status = status
    session.flush()
    notify(
        session,
        found.tenant_id,
        NoticeType.INQUIRY_STATUS,
        f"inquiry:{found.id}:{status}",
        title="Заявка обновлена",
        message="Владелец взял вашу заявку в работу." if status is InquiryStatus.IN_PROGRESS else "Заявка закрыта.",
        data={"inquiry_id": found.id, "listing_id": found.property_id, "status": status},
    )
    return found
