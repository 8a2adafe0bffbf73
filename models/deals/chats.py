"""Chats of a buyer and a seller about one property.

The ids of a chat's messages increase in the order of their commits, because a writer holds the chat's row until the
commit. So "everything after id 17" never misses a message that was still uncommitted, and a client that sends the last
id it has received gets all later messages once and in order.
"""

from collections.abc import Sequence

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id
from models.core.enums import ActionKind, FeedActionKind, Side
from models.core.errors import InvalidValueError, NotAllowedError, NotFoundError
from models.deals.actions import Action
from models.deals.feed import FeedAction
from models.deals.inquiries import Inquiry
from models.market.favorites import Favorite
from models.market.leads import Lead
from models.market.properties import Property, on_market

MAX_MESSAGE_LENGTH = 4000  # characters


class Chat(Base):
    """One buyer, one seller, one property of the seller's."""

    __tablename__ = "chats"
    __table_args__ = (
        UniqueConstraint("buyer_id", "seller_id", "property_id"),
        CheckConstraint("buyer_id <> seller_id", name="two_people"),
        Index("ix_chats_seller", "seller_id"),
        Index("ix_chats_property", "property_id"),
    )

    id: Mapped[Id]
    buyer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    #: The newest message, and the newest that each side has read; 0: none. They are stored so that a list of chats need
    #: not count rows.
    last_message_id: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    buyer_read_id: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    seller_read_id: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[CreatedAt]

    def other(self, user_id: int) -> int:
        """Return the id of the other participant."""
        return self.seller_id if user_id == self.buyer_id else self.buyer_id

    def read_by(self, user_id: int) -> int:
        """Return the id of the newest message that the participant *user_id* has read."""
        return self.buyer_read_id if user_id == self.buyer_id else self.seller_read_id


class ChatMessage(Base):
    """One message; it changes only if its sender is erased."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        Index("ix_chat_messages_chat", "chat_id", "id"),
        Index(
            "uq_chat_messages_client",
            "chat_id",
            "sender_id",
            "client_id",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    message: Mapped[str] = mapped_column(Text)
    #: The sender's own id of the message, so that a message sent again after a lost connection is stored once.
    client_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]


def open_chat(session: Session, user: User, *, buyer_id: int, seller_id: int, property_id: int) -> tuple[Chat, bool]:
    """
    Find or create the chat of a buyer and a seller about the seller's property.

    A seller can open a chat only with a buyer who has shown interest, that is, has sent this seller an inquiry or has
    liked or saved one of the seller's listings. Otherwise a seller could write to every user by trying ids. An unknown
    id is answered like a buyer without interest.

    Returns:
        (chat, whether it is new).
    Raises:
        NotAllowedError: The caller is neither buyer nor seller.
        InvalidValueError: Buyer and seller are one person, or the property is not the seller's.
        NotFoundError: The property is off the market, the other user is not active, or the buyer has shown no interest.
    """
    if user.id not in (buyer_id, seller_id):
        raise NotAllowedError("chat.not_yours")
    if buyer_id == seller_id:
        raise InvalidValueError("seller_id", "chat.own_property")
    triple = and_(Chat.buyer_id == buyer_id, Chat.seller_id == seller_id, Chat.property_id == property_id)
    present = session.scalar(select(Chat).where(triple))
    if present is not None:
        return present, False
    listing = session.scalar(select(Property).join(User, on_market()).where(Property.id == property_id))
    if listing is None:
        raise NotFoundError("property")
    if listing.owner_id != seller_id:
        raise InvalidValueError("seller_id", "chat.not_the_owner")
    buyer = select(User.id).where(User.id == buyer_id, User.is_active)
    if user.id != buyer_id:
        buyer = buyer.where(_is_interested(buyer_id, seller_id))
    if session.scalar(buyer) is None:
        raise NotFoundError("buyer")
    new = session.scalar(
        insert(Chat)
        .values(buyer_id=buyer_id, seller_id=seller_id, property_id=property_id)
        .on_conflict_do_nothing(index_elements=[Chat.buyer_id, Chat.seller_id, Chat.property_id])
        .returning(Chat)
    )
    return (new, True) if new is not None else (session.scalars(select(Chat).where(triple)).one(), False)


def _is_interested(buyer_id: int, seller_id: int) -> ColumnElement[bool]:
    """Whether the buyer has inquired about a home of the seller's, or liked or saved one, through any contract."""
    is_sellers = Property.owner_id == seller_id
    return or_(
        exists().where(Inquiry.tenant_id == buyer_id, Inquiry.owner_id == seller_id),
        exists().where(Favorite.user_id == buyer_id, Favorite.property_id == Property.id, is_sellers),
        exists().where(
            FeedAction.user_id == buyer_id,
            FeedAction.action != FeedActionKind.DISLIKE,
            FeedAction.property_id == Property.id,
            is_sellers,
        ),
        exists().where(
            Action.side == Side.LEAD,
            Action.kind == ActionKind.LIKE,
            Action.lead_id == Lead.id,
            Lead.owner_id == buyer_id,
            Action.property_id == Property.id,
            is_sellers,
        ),
    )


def chat_of(session: Session, user: User, chat_id: int, *, lock: bool = False) -> Chat:
    """
    Return a chat of the user, locked if *lock*.

    Raises:
        NotFoundError: It is absent, or between other users.
    """
    query = select(Chat).where(Chat.id == chat_id, or_(Chat.buyer_id == user.id, Chat.seller_id == user.id))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    chat = session.scalar(query)
    if chat is None:
        raise NotFoundError("chat")
    return chat


def chats_of(user: User, chat_id: int | None = None) -> Select:
    """
    Select (chat, its property, the other user's name, its last message or None, number of unread messages).

    The chat with the newest message comes first; *chat_id* selects that chat only. A seller may open a chat with any
    user, but sees a buyer's name only after that buyer has sent the seller an inquiry or a message, so that nobody
    reads all names by trying ids.
    """
    other, inquiry, written = aliased(User), aliased(Inquiry), aliased(ChatMessage)
    is_buyer = Chat.buyer_id == user.id
    sees_name = or_(
        is_buyer,
        exists().where(inquiry.tenant_id == Chat.buyer_id, inquiry.owner_id == user.id),
        exists().where(written.chat_id == Chat.id, written.sender_id == Chat.buyer_id),
    )
    read_id = case((is_buyer, Chat.buyer_read_id), else_=Chat.seller_read_id)
    unread = (
        select(func.count())
        .select_from(ChatMessage)
        .where(ChatMessage.chat_id == Chat.id, ChatMessage.id > read_id, ChatMessage.sender_id != user.id)
        .correlate(Chat)
        .scalar_subquery()
    )
    last = aliased(ChatMessage)
    query = (
        select(Chat, Property, case((sees_name, other.name)), last, unread)
        .join(Property, Property.id == Chat.property_id)
        .join(other, other.id == case((is_buyer, Chat.seller_id), else_=Chat.buyer_id))
        .outerjoin(last, last.id == Chat.last_message_id)
        .where(or_(is_buyer, Chat.seller_id == user.id))
        .order_by(Chat.last_message_id.desc(), Chat.id.desc())
    )
    return query if chat_id is None else query.where(Chat.id == chat_id)


def messages_between(
    session: Session,
    chat_id: int,
    *,
    after_id: int | None = None,
    before_id: int | None = None,
    skip: int = 0,
    limit: int,
) -> Sequence[ChatMessage]:
    """
    Return at most *limit* messages, oldest first.

    With *after_id*, the first ones after it; without it, the last ones (before *before_id*), skipping *skip* newer
    ones.
    """
    query = select(ChatMessage).where(ChatMessage.chat_id == chat_id).limit(limit)
    if before_id is not None:
        query = query.where(ChatMessage.id < before_id)
    if after_id is not None:
        return session.scalars(query.where(ChatMessage.id > after_id).order_by(ChatMessage.id)).all()
    return session.scalars(query.order_by(ChatMessage.id.desc()).offset(skip)).all()[::-1]


def post_message(
    session: Session, sender: User, chat_id: int, message: str, client_id: str | None = None
) -> tuple[Chat, ChatMessage]:
    """
    Store a message, and mark the chat as read by the sender.

    Args:
        client_id: The sender's own id of the message; a repeated id returns the message stored before.
    Raises:
        NotFoundError: The sender has no such chat.
    """
    chat = chat_of(session, sender, chat_id, lock=True)
    if client_id is not None:
        repeated = session.scalar(
            select(ChatMessage).where(
                ChatMessage.chat_id == chat.id, ChatMessage.sender_id == sender.id, ChatMessage.client_id == client_id
            )
        )
        if repeated is not None:
            return chat, repeated
    stored = ChatMessage(chat_id=chat.id, sender_id=sender.id, message=message, client_id=client_id)
    session.add(stored)
    session.flush()
    chat.last_message_id = stored.id
    _set_read(chat, sender.id, stored.id)
    session.flush()
    return chat, stored


def mark_chat_read(session: Session, user: User, chat_id: int, up_to_id: int | None = None) -> Chat:
    """Record that the user has read up to a message, by default the last; the mark never moves back."""
    chat = chat_of(session, user, chat_id, lock=True)
    _set_read(chat, user.id, chat.last_message_id if up_to_id is None else min(up_to_id, chat.last_message_id))
    session.flush()
    return chat


def notify_absent(session: Session, chat: Chat, message: ChatMessage) -> int | None:
    """Notify the other user of a message, once until they have read the chat. Returns the id of a new notification."""
    absent = chat.other(message.sender_id)
    return notify(
        session,
        absent,
        NotificationType.NEW_MESSAGE,
        f"chat:{chat.id}:{chat.read_by(absent)}",
        data={"chat_id": chat.id, "message_id": message.id, "sender_id": message.sender_id},
    )


def _set_read(chat: Chat, user_id: int, message_id: int) -> None:
    name = "buyer_read_id" if user_id == chat.buyer_id else "seller_read_id"
    if getattr(chat, name) < message_id:
        setattr(chat, name, message_id)


def erase_messages(session: Session, user: User) -> None:
    """Clear the texts of *user*'s messages, in the caller's transaction."""
    # The rows stay, so that the other side's conversation stays complete.
    session.execute(update(ChatMessage).where(ChatMessage.sender_id == user.id).values(message="", client_id=None))


def messages_by(session: Session, user: User) -> list[dict]:
    """Return the messages that *user* wrote, as JSON-ready rows."""
    query = select(ChatMessage).where(ChatMessage.sender_id == user.id).order_by(ChatMessage.id)
    return [
        {"id": row.id, "chat_id": row.chat_id, "message": row.message, "created_at": row.created_at.isoformat()}
        for row in session.scalars(query)
    ]
