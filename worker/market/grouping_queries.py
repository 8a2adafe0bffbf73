"""The queries of :mod:`worker.market.grouping`, each built once: building them took as long as executing them."""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from models.market.advert_groups import AdvertGroup, AdvertKeys
from models.market.properties import Property

#: Characters of an advert's words that are compared.
MAX_TEXT = 3_000

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_KEYS = bindparam("keys", type_=ARRAY(BigInteger))


@cache
def facts_of_adverts() -> Select[*tuple[Any, ...]]:
    """The rows of the properties :ids, with what :func:`worker.market.grouping.advert_facts` reads."""
    return select(
        Property.id,
        Property.version,
        Property.owner_id,
        Property.status,
        Property.city_key,
        Property.deal_type,
        Property.property_type,
        Property.area,
        Property.rooms,
        Property.floor,
        Property.total_floors,
        Property.year_built,
        Property.price,
        Property.currency,
        Property.street,
        Property.house_number,
        Property.location,
        Property.latitude,
        Property.longitude,
        Property.attributes,
        Property.facts,
        Property.read_facts,
        func.left(Property.description, MAX_TEXT).label("words"),
    ).where(Property.id == any_(_IDS))


@cache
def stored_keys() -> Select[int, list[int]]:
    """(property, its stored keys) of the properties :ids."""
    return select(AdvertKeys.property_id, AdvertKeys.keys).where(AdvertKeys.property_id == any_(_IDS))


@cache
def adverts_with_keys() -> Select[Any, int]:
    """(key, property stored under it) of the :keys; of each key at most :maximum properties."""
    pairs = (
        select(func.unnest(AdvertKeys.keys).label("key"), AdvertKeys.property_id)
        .where(AdvertKeys.keys.overlap(_KEYS))
        .subquery()
    )
    number = func.row_number().over(partition_by=pairs.c.key).label("number")
    numbered = select(pairs, number).where(pairs.c.key == any_(_KEYS)).subquery()
    return select(numbered.c.key, numbered.c.property_id).where(
        numbered.c.number <= bindparam("maximum", type_=BigInteger)
    )


@cache
def present_properties() -> Select[int]:
    """Those of the properties :ids that exist, locked against deletion."""
    kept = select(Property.id).where(Property.id == any_(_IDS)).order_by(Property.id)
    return kept.with_for_update(read=True, key_share=True)


@cache
def members_of_groups() -> Select[int, int]:
    """(property, group) of all members of the groups of the properties :ids."""
    groups = select(AdvertGroup.group_id).where(AdvertGroup.property_id == any_(_IDS))
    return select(AdvertGroup.property_id, AdvertGroup.group_id).where(AdvertGroup.group_id.in_(groups))
