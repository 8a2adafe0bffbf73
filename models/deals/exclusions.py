"""Pairs that a list leaves out because its side has acted on them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, CompoundSelect, Select, any_, bindparam, select, union_all
from sqlalchemy.orm import Session, aliased

from models.core.enums import DealType, Origin, Side
from models.deals.actions import Action, actions_of_lead
from models.deals.feed import feed_actions_of
from models.deals.price_cuts import ActionsOf, hides
from models.market.advert_groups import AdvertGroup, are_siblings
from models.market.leads import Lead
from models.market.properties import Property


def acted_pairs(
    session: Session,
    side: Side,
    market: tuple[str, DealType],
    *,
    lead_ids: list[int] | None = None,
    property_ids: list[int] | None = None,
) -> list[tuple[int, int]]:
    """
    Return (lead_id, property_id) of the market's pairs that *side* has acted on, among the given ids if any.

    On the lead's side this includes a tenant's actions in the feed, which shows the list of the preference; and all
    adverts of a home of which one was acted on, except those that have returned by a price cut (price_cuts.py).
    """
    parameters: dict[str, Any] = {"city_key": market[0], "deal_type": market[1]}
    parameters |= {} if lead_ids is None else {"lead_ids": lead_ids}
    parameters |= {} if property_ids is None else {"property_ids": property_ids}
    query = _query(side, lead_ids is not None, property_ids is not None)
    return list(dict.fromkeys((row[0], row[1]) for row in session.execute(query, parameters)))


#: A query of pairs, and its columns with the lead's and the property's id.
Pairs = tuple[Select[*tuple[Any, ...]], Any, Any]
CITY_KEY: BindParameter[str] = bindparam("city_key")
DEAL_TYPE: BindParameter[DealType] = bindparam("deal_type")


@cache
def _query(side: Side, among_leads: bool, among_properties: bool) -> CompoundSelect[*tuple[Any, ...]]:
    """
    The query of a side. It is built once, because building it usually takes longer than running it, and it runs for
    every change.
    """
    queries = []
    for query, lead_id, property_id in [_by_property()] if side is Side.PROPERTY else [*_by_lead(), *_in_feed()]:
        if among_leads:
            query = query.where(lead_id == any_(bindparam("lead_ids", type_=ARRAY(BigInteger))))
        if among_properties:
            query = query.where(property_id == any_(bindparam("property_ids", type_=ARRAY(BigInteger))))
        queries.append(query)
    # For a few rows it finds little, by keys, but it has twenty subqueries: planning them takes many times as long.
    return union_all(*queries).execution_options(prepared=among_leads or among_properties)


def _by_property() -> Pairs:
    query = (
        select(Action.lead_id, Action.property_id)
        .join(Property, Property.id == Action.property_id)
        .where(Action.side == Side.PROPERTY, Property.city_key == CITY_KEY, Property.deal_type == DEAL_TYPE)
    )
    return query, Action.lead_id, Action.property_id


def _by_lead() -> Iterator[Pairs]:
    return _acted(lambda: actions_of_lead(Lead.id))


def _in_feed() -> Iterator[Pairs]:
    for query, *ids in _acted(lambda: feed_actions_of(Lead.owner_id)):
        yield query.where(Lead.origin == Origin.TINDER), *ids


def _acted(actions: Any) -> Iterator[Pairs]:
    """Select the properties acted on, and the other adverts of their homes."""
    in_market = Lead.city_key == CITY_KEY, Lead.deal_type == DEAL_TYPE
    acted: ActionsOf = actions()
    table, listing = acted.table, aliased(Property)
    yield (
        select(Lead.id, table.property_id)
        .select_from(Lead)
        .join(table, acted.is_own)
        .join(listing, listing.id == table.property_id)
        .where(*in_market, hides(acted, listing, listing, Lead)),
        Lead.id,
        table.property_id,
    )
    acted = actions()
    table, disliked, listing = acted.table, aliased(Property), aliased(Property)
    group, sibling = aliased(AdvertGroup), aliased(AdvertGroup)
    yield (
        select(Lead.id, sibling.property_id)
        .select_from(Lead)
        .join(table, acted.is_own)
        .join(group, group.property_id == table.property_id)
        .join(sibling, are_siblings(group, sibling))
        .join(disliked, disliked.id == table.property_id)
        .join(listing, listing.id == sibling.property_id)
        .where(*in_market, hides(acted, disliked, listing, Lead)),
        Lead.id,
        sibling.property_id,
    )
