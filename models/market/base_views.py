"""Settings of the pages with a user's own leads and properties: saved views, and the order and columns chosen last."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import Side
from models.core.errors import ConflictError, InvalidValueError
from models.platform.prepared_statements import PREPARED

MAX_NAME = 60  # characters
MAX_VIEWS = 30  # of one user and side
LAST = ""  #: The name under which the last choice is stored.


class BaseView(Base):
    """One saved view; *query* is the list's filter in the parameters of its address."""

    __tablename__ = "base_views"
    __table_args__ = (
        Index("uq_base_views_name", "user_id", "side", "name", unique=True),
        CheckConstraint("jsonb_typeof(query) = 'object'", name="query_is_an_object"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    side: Mapped[Side] = mapped_column(enum_column(Side, "side_is_known"))
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    query: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


def views_of(session: Session, user: User, side: Side) -> list[BaseView]:
    """The user's named views of one side, by name."""
    return list(session.scalars(_VIEWS, {"user_id": user.id, "side": side}, execution_options=PREPARED))


def last_choice(session: Session, user: User, side: Side) -> dict[str, Any]:
    """The order, size and columns that the user chose last; empty at first."""
    return session.scalar(_LAST_CHOICE, {"user_id": user.id, "side": side}, execution_options=PREPARED) or {}


def store_last_choice(session: Session, user: User, side: Side, chosen: dict[str, Any]) -> None:
    """Store an order, a size and columns as the last choice."""
    _put(session, user, side, LAST, chosen)


def save_view(session: Session, user: User, side: Side, name: str, query: dict[str, Any]) -> None:
    """Save a view; one of the same name is replaced.

    Raises:
        InvalidValueError: The name is empty, too long or cannot be printed.
        ConflictError: The user has MAX_VIEWS views.
    """
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise InvalidValueError("name", "view.name_empty")
    if len(name) > MAX_NAME:
        raise InvalidValueError("name", "text.too_long", max=MAX_NAME)
    # Two simultaneous calls must not exceed the limit.
    session.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
    names = {view.name for view in views_of(session, user, side)}
    if name not in names and len(names) >= MAX_VIEWS:
        raise ConflictError("view.too_many")
    _put(session, user, side, name, query)


def delete_view(session: Session, user: User, side: Side, name: str) -> None:
    """Delete a view; a missing one is no error."""
    session.execute(
        delete(BaseView).where(
            BaseView.user_id == user.id, BaseView.side == side, BaseView.name == name, BaseView.name != LAST
        )
    )


def _put(session: Session, user: User, side: Side, name: str, query: dict[str, Any]) -> None:
    made = insert(BaseView).values(user_id=user.id, side=side, name=name, query=query, created_at=func.now())
    session.execute(
        made.on_conflict_do_update(
            index_elements=[BaseView.user_id, BaseView.side, BaseView.name], set_={"query": made.excluded.query}
        )
    )


# Built once, and planned once per connection.
_OF_SIDE = (BaseView.user_id == bindparam("user_id"), BaseView.side == bindparam("side"))
_VIEWS = select(BaseView).where(*_OF_SIDE, BaseView.name != literal_column(f"'{LAST}'")).order_by(BaseView.name)
_LAST_CHOICE = select(BaseView.query).where(*_OF_SIDE, BaseView.name == literal_column(f"'{LAST}'"))
