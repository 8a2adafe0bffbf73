"""The towns of a realtor's own leads and properties."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from models.accounts.users import User
from models.core.enums import Side
from models.market.tags import TAGGED
from models.platform.prepared_statements import PREPARED

#: A literal, because the plan of a prepared statement would expect a tenth of all rows for a parameter.
_ONE: ColumnElement[int] = literal_column("1")


def own_towns(session: Session, owner: User, side: Side) -> Mapping[str, str]:
    """The towns of the owner's leads, or properties: key -> the most frequent name, in alphabetical order."""
    rows = session.execute(_TOWNS[side], {"owner_id": owner.id}, execution_options=PREPARED)
    return dict(sorted(((key, town) for key, town in rows), key=lambda each: each[1]))


def _towns_query(side: Side) -> Select[Any]:
    """
    Select (key, the most frequent name) of the towns of :owner_id's rows.

    There may be ten thousand rows in a handful of towns. So each name is looked up in an index as the next one after
    the last, and rows are counted only for towns with several names.
    """
    table = TAGGED[side][0]
    mine = table.owner_id == bindparam("owner_id")
    first = select(table.city_key, table.city).where(mine).order_by(table.city_key, table.city).limit(_ONE)
    names = first.cte("names", recursive=True)
    later = aliased(table)
    after = (
        select(later.city_key, later.city)
        .where(
            later.owner_id == bindparam("owner_id"),
            tuple_(later.city_key, later.city) > tuple_(names.c.city_key, names.c.city),
        )
        .order_by(later.city_key, later.city)
        .limit(_ONE)
        .lateral("after")
    )
    names = names.union_all(select(after.c.city_key, after.c.city).select_from(names.join(after, true())))
    number = func.count().over(partition_by=names.c.city_key).label("number")
    listed = select(names, number).subquery("listed")
    same = aliased(table)
    count = select(func.count()).where(
        same.owner_id == bindparam("owner_id"), same.city_key == listed.c.city_key, same.city == listed.c.city
    )
    frequency = case((listed.c.number > 1, count.scalar_subquery()))
    query = select(listed.c.city_key, listed.c.city).ext(distinct_on(listed.c.city_key))
    return query.order_by(listed.c.city_key, frequency.desc(), listed.c.city)


#: Built once, and planned once per connection.
_TOWNS = {side: _towns_query(side) for side in Side}
