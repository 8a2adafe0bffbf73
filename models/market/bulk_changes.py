"""Bulk changes: archive and restore leads or properties, change prices of properties."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import MAX_MONEY
from models.core.enums import Side, Status
from models.core.errors import InvalidValueError
from models.market.leads import archive_lead, restore_lead
from models.market.price_history import PropertyPrice
from models.market.properties import Property, archive_property, restore_property
from models.market.tags import TAGGED

#: A large changed price is rounded to this unit, to avoid prices such as 12 345 678.91.
STEP = Decimal(100)


def change_statuses(session: Session, owner: User, side: Side, row_ids: Sequence[int], status: Status) -> list[Any]:
    """
    Archive or restore those of the rows that belong to the owner; returns the rows whose status has changed.

    Rows are locked in the order of their ids, so that two such requests wait for each other instead of failing.
    """
    table = TAGGED[side][0]
    query = select(table).where(table.id.in_(row_ids), table.owner_id == owner.id, table.status != status)
    rows = list(session.scalars(query.order_by(table.id).with_for_update()))
    if side is Side.LEAD:
        move: Any = archive_lead if status is Status.ARCHIVED else restore_lead
    else:
        move = archive_property if status is Status.ARCHIVED else restore_property
    for row in rows:
        move(session, row)
    return rows


def change_prices(
    session: Session,
    owner: User,
    property_ids: Sequence[int],
    *,
    percent: Decimal | None = None,
    amount: Decimal | None = None,
    currency: str | None = None,
) -> tuple[datetime, list[Property]]:
    """
    Raise or lower the prices of those of the properties that belong to the owner, by a share of each price or by an
    amount.

    Args:
        percent: -5 lowers each price by a twentieth; a result of 100,000 or more is rounded to whole hundreds.
        amount: Added to each price; a negative amount lowers it.
        currency: The currency of the amount; prices in other currencies do not change. None: the currency of each
            price.
    Returns:
        A moment before the first change, by the database's clock, with which :func:`undo_price_change` undoes the
        change; and the properties whose price has changed.
    Raises:
        InvalidValueError: A price would be 0 or less, or too large; in this case no price has changed.
    """
    query = select(Property).where(Property.id.in_(property_ids), Property.owner_id == owner.id)
    rows = list(session.scalars(query.order_by(Property.id).with_for_update()))
    before = session.execute(select(func.clock_timestamp())).scalar_one()
    changed = []
    for row in rows:
        if amount is not None and currency and row.currency != currency:
            continue
        price = row.price + amount if amount is not None else _share(row.price, percent or Decimal(0))
        if not 0 < price <= MAX_MONEY:
            raise InvalidValueError("by", "several.price_out_of_range")
        if price != row.price:
            row.price = price
            changed.append(row)
    session.flush()
    return before, changed


def undo_price_change(session: Session, owner: User, property_ids: Sequence[int], since: datetime) -> list[Property]:
    """
    Undo one change of prices that was made after *since*, for those of the owner's properties whose price has changed
    exactly once since; returns those restored.
    """
    query = select(Property).where(Property.id.in_(property_ids), Property.owner_id == owner.id)
    undone = []
    for row in session.scalars(query.order_by(Property.id).with_for_update()).all():
        prices = session.scalars(
            select(PropertyPrice)
            .where(PropertyPrice.property_id == row.id)
            .order_by(PropertyPrice.since.desc())
            .limit(2)
        ).all()
        if len(prices) == 2 and prices[1].since < since <= prices[0].since and prices[0].price == row.price:
            row.price, row.currency = prices[1].price, prices[1].currency
            undone.append(row)
    session.flush()
    return undone


def _share(price: Decimal, percent: Decimal) -> Decimal:
    changed = price * (1 + percent / 100)
    step = STEP if changed >= 1000 * STEP else Decimal(1)
    return (changed / step).quantize(Decimal(1), ROUND_HALF_UP) * step
