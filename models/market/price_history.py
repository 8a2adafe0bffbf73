"""Former prices of properties. A trigger (migration 0060) records every change, whichever program makes it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, case, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, Id, Money
from models.market.properties import Property


class PropertyPrice(Base):
    """The price of a property from a certain moment on. A property whose price never changed has no rows."""

    __tablename__ = "property_prices"
    __table_args__ = (Index("ix_property_prices_since", "property_id", "since"),)

    id: Mapped[Id]
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id", ondelete="CASCADE"))
    price: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3))
    since: Mapped[datetime]


def price_history(session: Session, listing: Property) -> list[dict[str, Any]]:
    """
    The property's prices as {"price": Decimal, "currency", "at"}, the oldest first and the current one last.

    There is at least one: a price that never changed applies since the property was created.
    """
    rows = session.execute(
        select(PropertyPrice.price, PropertyPrice.currency, PropertyPrice.since)
        .where(PropertyPrice.property_id == listing.id)
        .order_by(PropertyPrice.since, PropertyPrice.id)
    ).all()
    kept = [(price, currency, at) for price, currency, at in rows] or [
        (listing.price, listing.currency, listing.created_at)
    ]
    return [{"price": price, "currency": currency, "at": at} for price, currency, at in kept]


def price_at(listing: Any, moment: ColumnElement[datetime], currency: ColumnElement[str]) -> ColumnElement[Any]:
    """The price of *listing*, the table of properties or an alias of it, at a *moment*.

    Null if it did not exist yet, or had a price in another currency.
    """
    then = (
        select(case((PropertyPrice.currency == currency, PropertyPrice.price)))
        .where(PropertyPrice.property_id == listing.id, PropertyPrice.since <= moment)
        .order_by(PropertyPrice.since.desc(), PropertyPrice.id.desc())
        .limit(1)
        .correlate_except(PropertyPrice)
        .scalar_subquery()
    )
    changed_ever = (
        select(PropertyPrice.id).where(PropertyPrice.property_id == listing.id).correlate_except(PropertyPrice).exists()
    )
    same_since = and_(~changed_ever, listing.created_at <= moment, listing.currency == currency)
    return func.coalesce(then, case((same_since, listing.price)))


def price_since(listing: Any) -> ColumnElement[datetime]:
    """The moment from which *listing* has had its current price."""
    since = (
        select(func.max(PropertyPrice.since))
        .where(PropertyPrice.property_id == listing.id)
        .correlate_except(PropertyPrice)
        .scalar_subquery()
    )
    return func.coalesce(since, listing.created_at)
