"""Public listings: properties of every contract that are on the market; and the check of who may change one."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, text
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Role, Status
from models.core.errors import NotAllowedError, NotFoundError
from models.market.facts import market_factors
from models.market.properties import Property, is_on_market, on_market
from models.market.search.text_search import RUSSIAN, ListingWords
from models.market.town_aliases import city_in, stored_key

#: The fields that others may search in a listing whose owner does not show the whole address.
_WORDS_BUT_ADDRESS = """(
    coalesce(address_precision, 'EXACT') = 'EXACT'
    OR property_words(title, description, NULL, search_text) @@ websearch_to_tsquery('pg_catalog.russian', :words)
)"""


class ListingOrder(StrEnum):
    """Ties are ordered by id, so that pages never overlap."""

    NEWEST = "newest"
    CHEAPEST = "price"
    DEAREST = "-price"


def public_listings(
    session: Session, filters: Mapping[str, Any], order: ListingOrder = ListingOrder.NEWEST
) -> Select[Property]:
    """
    Select the listings on the market.

    Within a city, prices are compared in its currency, by today's rates. A price that cannot be compared is in no
    range, and comes last in the order by price. Without a city, each listing is compared in its own currency.

    Args:
        filters: Any of `city` (in any spelling), `deal_type`, `property_types`, `price_min`, `price_max`, `rooms` (a
            list) and `q` (words, as in a search engine: "балкон -студия").
    """
    price: ColumnElement[Any] = Property.price.expression
    query = select(Property).join(User, on_market())
    if "city" in filters:
        key = city_in(session, filters["city"]).key
        query = query.where(Property.city_key == key)
        if {"price_min", "price_max"} & set(filters) or order is not ListingOrder.NEWEST:
            factors = market_factors(session, key)
            price = case(
                {currency: Property.price * factor for currency, factor in factors.items()}, value=Property.currency
            )
    query = query.order_by(*_ordered(order, price))
    if "deal_type" in filters:
        query = query.where(Property.deal_type == filters["deal_type"])
    if "property_types" in filters:
        query = query.where(Property.property_type.in_(filters["property_types"]))
    if "price_min" in filters:
        query = query.where(price >= filters["price_min"])
    if "price_max" in filters:
        query = query.where(price <= filters["price_max"])
    if "rooms" in filters:
        query = query.where(Property.rooms.in_(filters["rooms"]))
    if "q" in filters:
        words = func.websearch_to_tsquery(RUSSIAN, filters["q"])
        found_ids = select(ListingWords.property_id).where(ListingWords.words.bool_op("@@")(words))
        query = query.where(Property.id.in_(found_ids), text(_WORDS_BUT_ADDRESS).bindparams(words=filters["q"]))
    return query


def _ordered(order: ListingOrder, price: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    if order is ListingOrder.NEWEST:
        return (Property.id.desc(),)
    by_price = price.desc() if order is ListingOrder.DEAREST else price.asc()
    return by_price.nulls_last(), Property.id.desc() if order is ListingOrder.DEAREST else Property.id.asc()


def listing_on_market(session: Session, listing_id: int) -> Property:
    """A listing that anybody may see.

    Raises:
        NotFoundError: It is absent or off the market, or its owner is not active.
    """
    listing = session.scalar(select(Property).join(User, on_market()).where(Property.id == listing_id))
    if listing is None:
        raise NotFoundError("listing")
    return listing


def editable_listing(session: Session, user: User, listing_id: int) -> Property:
    """
    A listing that the user may change, locked: their own, or any for an administrator.

    Raises:
        NotFoundError: It is absent, or somebody else's and off the market.
        NotAllowedError: It is somebody else's.
    """
    listing = session.scalar(select(Property).where(Property.id == listing_id).with_for_update())
    if listing is None:
        raise NotFoundError("listing")
    if listing.owner_id == user.id or user.role is Role.ADMIN:
        return listing
    if not is_on_market(session, listing):
        raise NotFoundError("listing")
    raise NotAllowedError("listing.not_yours")


def all_listings(
    city: str | None = None, owner_id: int | None = None, is_active: bool | None = None
) -> Select[Property]:
    """Every listing, on the market or not, newest first: for administrators."""
    query = select(Property).order_by(Property.id.desc())
    if city is not None:
        query = query.where(Property.city_key == stored_key(city))
    if owner_id is not None:
        query = query.where(Property.owner_id == owner_id)
    if is_active is not None:
        query = query.where(Property.status == (Status.ACTIVE if is_active else Status.ARCHIVED))
    return query
