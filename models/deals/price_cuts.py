"""Actions apply to a home, whichever of its adverts they name; a dislike lasts until the price falls.

A dislike refers to a home at a price. When an advert of the home costs 5 % less than that, or its price has come down
into the lead's budget, that advert returns to the lead's lists, with the former price. This happens once: a second
dislike lasts at any price. The former price is the lower of the prices that the disliked advert and the returning one
had at the time of the dislike. Prices in different currencies are not compared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select
from sqlalchemy.orm import aliased

from models.market.advert_groups import AdvertGroup, are_siblings
from models.market.price_history import price_at
from models.market.properties import Property

#: The share by which the price has to fall for a disliked home to return.
CUT = Decimal("0.05")


@dataclass(frozen=True)
class ActionsOf:
    """The actions of one person or lead on properties, of either table of actions."""

    table: Any  #: An alias with property_id, acted_at and holds_at_any_price.
    is_own: ColumnElement[bool]  #: The condition that selects the actions of this person or lead.
    is_dislike: ColumnElement[bool]


def hides(actions: ActionsOf, disliked: Any, shown: Any, lead: Any) -> ColumnElement[bool]:
    """
    A condition: an action on *disliked* keeps *shown*, an advert of the same home, out of the lists of *lead*.

    Args:
        disliked, shown: The table of properties, or aliases of it; may be the same.
        lead: The table of leads or an alias; None if no budget counts.
    """
    return or_(
        ~actions.is_dislike,
        actions.table.holds_at_any_price,
        ~_has_fallen(shown, price_before(actions, disliked, shown), lead),
    )


def price_before(actions: ActionsOf, disliked: Any, shown: Any) -> ColumnElement[Any]:
    """The price to which a dislike of *disliked* refers, for *shown*; null if it is unknown in this currency."""
    return func.least(
        *(
            price_at(each, actions.table.acted_at, shown.currency)
            for each in ((shown,) if shown is disliked else (disliked, shown))
        )
    )


def _has_fallen(shown: Any, before: ColumnElement[Any], lead: Any) -> ColumnElement[bool]:
    falls = [shown.price <= before * (1 - CUT)]
    if lead is not None:
        ceiling = lead.budget_max
        falls.append(and_(lead.currency == shown.currency, before > ceiling, shown.price <= ceiling))
    return func.coalesce(or_(*falls), false())


def is_hidden_by(actions: Callable[[], ActionsOf], shown: Any, lead: Any) -> ColumnElement[bool]:
    """A condition: one of the *actions* keeps the property *shown* out of lists and feed, itself or by its group."""
    return or_(
        _exists(actions(), shown, lambda acted, disliked: hides(acted, disliked, shown, lead)),
        _exists_in_group(actions(), shown, lambda acted, disliked: hides(acted, disliked, shown, lead)),
    )


def has_returned(actions: Callable[[], ActionsOf], shown: Any, lead: Any) -> ColumnElement[bool]:
    """A condition: the home of *shown* was disliked and has already returned once; another dislike is final."""

    def was_disliked_before(acted: ActionsOf, disliked: Any) -> ColumnElement[bool]:
        has_fallen = _has_fallen(shown, price_before(acted, disliked, shown), lead)
        return and_(acted.is_dislike, or_(acted.table.holds_at_any_price, has_fallen))

    return or_(_exists(actions(), shown, was_disliked_before), _exists_in_group(actions(), shown, was_disliked_before))


def disliked_at(actions: Callable[[], ActionsOf], shown: Any) -> ColumnElement[Any]:
    """
    The price at which the home of *shown* was last disliked; null if it was not disliked.

    Only meaningful if :func:`is_hidden_by` is false; then this is the price that has been cut.
    """
    acted, of_group, disliked = actions(), actions(), aliased(Property)
    own_group, sibling = aliased(AdvertGroup), aliased(AdvertGroup)
    same = (
        select(price_before(acted, shown, shown))
        .where(acted.is_own, acted.is_dislike, acted.table.property_id == shown.id)
        .correlate_except(acted.table)
        .limit(1)
        .scalar_subquery()
    )
    group = (
        select(price_before(of_group, disliked, shown))
        .select_from(own_group)
        .join(sibling, are_siblings(own_group, sibling))
        .join(of_group.table, of_group.table.property_id == sibling.property_id)
        .join(disliked, disliked.id == sibling.property_id)
        .where(own_group.property_id == shown.id, of_group.is_own, of_group.is_dislike)
        .correlate_except(of_group.table, own_group, sibling, disliked)
        .order_by(of_group.table.acted_at.desc(), of_group.table.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(same, group)


Condition = Callable[[ActionsOf, Any], ColumnElement[bool]]


def _exists(acted: ActionsOf, shown: Any, condition: Condition) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .where(acted.is_own, acted.table.property_id == shown.id, condition(acted, shown))
        .correlate_except(acted.table)
        .exists()
    )


def _exists_in_group(acted: ActionsOf, shown: Any, condition: Condition) -> ColumnElement[bool]:
    group, sibling, disliked = aliased(AdvertGroup), aliased(AdvertGroup), aliased(Property)
    return (
        select(literal(1))
        .select_from(group)
        .join(sibling, are_siblings(group, sibling))
        .join(acted.table, acted.table.property_id == sibling.property_id)
        .join(disliked, disliked.id == sibling.property_id)
        .where(group.property_id == shown.id, acted.is_own, condition(acted, disliked))
        .correlate_except(acted.table, group, sibling, disliked)
        .exists()
    )
