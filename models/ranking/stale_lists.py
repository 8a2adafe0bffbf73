"""Stale lists, found among the rows that were written since an earlier look instead of among all rows.

A list becomes stale, or ceases to be, only if its entity, the list itself, its owner's account or the quarantine
changes. Entities and lists carry the number of the transaction that wrote them. Inactive users and quarantined
entities are few, so a look compares them with those of the look before. Nobody deletes single lists; if somebody does
by hand, the next look at all rows finds it, after at most :data:`WHOLE_LOOK_SECONDS`.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, CompoundSelect, Integer, Select, bindparam, func, literal, select, text, union_all
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import LARGEST_ID
from models.core.enums import MarketKey, Side
from models.market.unscorable import UnscorableEntity
from models.ranking.recommendations import SIDE_TABLES, stale_rows

#: Looks at all rows are at most this far apart.
WHOLE_LOOK_SECONDS = 3600
#: A look returns at most this many entities of each side, and follows at most this many written rows.
MAX_ROWS = 10_000


class StaleEntity(NamedTuple):
    """A lead or property with a stale list."""

    side: Side
    id: int
    #: The market to which it belongs; None: it is not on the market.
    market: MarketKey | None
    #: The market in which it is listed; None: in none.
    listed_in: MarketKey | None
    #: Seconds since it was written, by the database's clock.
    age: float

    @property
    def markets(self) -> set[MarketKey]:
        """The markets in which lists are to be written because of it."""
        return {market for market in (self.market, self.listed_in) if market is not None}


@dataclass(frozen=True)
class Moment:
    """A moment from which changes are followed.

    Args:
        transaction: All transactions before this one had ended.
        inactive: The users who were inactive.
        quarantined: The entities that were quarantined, of each side.
    """

    transaction: int
    inactive: frozenset[int]
    quarantined: dict[Side, frozenset[int]]


def current_moment(session: Session) -> Moment:
    """The moment before the session's next query (its own uncommitted writes count as later)."""
    transaction, inactive, *quarantined = session.execute(_moment()).one()
    of_side = {side: frozenset(ids) for side, ids in zip(Side, quarantined, strict=True)}
    return Moment(int(transaction), frozenset(inactive), of_side)


@cache
def _moment() -> Select[*tuple[Any, ...]]:
    quarantined = [select(UnscorableEntity.entity_id).where(UnscorableEntity.side == side) for side in Side]
    arrays = [select(User.id).where(~User.is_active), *quarantined]
    return select(
        text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
        *(func.array(each.scalar_subquery()) for each in arrays),
    )


def changed_between(session: Session, earlier: Moment, now: Moment) -> dict[Side, set[int]] | None:
    """
    The ids whose lists may have become stale, or ceased to be, between the two moments or since *now*.

    None: there are more than :data:`MAX_ROWS` of a side, or *earlier* belongs to another database.
    """
    if earlier.transaction > now.transaction:
        return None
    changed: dict[Side, list[int]] = {side: list(earlier.quarantined[side] ^ now.quarantined[side]) for side in Side}
    parameters = {"earlier": earlier.transaction, "maximum": MAX_ROWS + 1}
    for side, entity_id in session.execute(_written(), parameters):
        changed[Side(side)].append(entity_id)
    users = earlier.inactive ^ now.inactive
    for side, tables in SIDE_TABLES.items() if users else ():
        owned = select(tables.entities.id).where(tables.entities.owner_id.in_(users))
        changed[side] += session.scalars(owned.limit(MAX_ROWS + 1))
    if any(len(ids) > MAX_ROWS for ids in changed.values()):
        return None
    return {side: set(ids) for side, ids in changed.items()}


@cache
def _written() -> CompoundSelect[str, int]:
    """Side and id of what was written, or whose list was written, since the transaction *earlier*."""
    earlier, maximum = bindparam("earlier", type_=BigInteger), bindparam("maximum", type_=Integer)
    queries = []
    for side, (entities, lists, owner_id, _) in SIDE_TABLES.items():
        for entity_id, changed_in in ((entities.id, entities.changed_in), (owner_id, lists.changed_in)):
            # A range with two bounds, because PostgreSQL expects a third of the table for one with a single bound.
            written = changed_in.between(earlier, LARGEST_ID)
            queries.append(select(literal(side.value), entity_id).where(written).limit(maximum))
    return union_all(*queries)


def stale_among(session: Session, side: Side, ids: Iterable[int] | None) -> list[StaleEntity]:
    """Those of the entities whose lists are stale; without *ids*, the first ``MAX_ROWS + 1`` of all."""
    entities = SIDE_TABLES[side].entities
    age = func.extract("epoch", func.clock_timestamp() - entities.updated_at)
    query: Select[*tuple[Any, ...]] = stale_rows(side).add_columns(age).limit(MAX_ROWS + 1)
    if ids is not None:
        ids = list(ids)
        if not ids:
            return []
        query = query.where(entities.id.in_(ids))
    found = []
    for entity_id, _, is_on_market, city_key, deal_type, listed_city_key, listed_deal_type, seconds in session.execute(
        query
    ):
        market = (city_key, deal_type) if is_on_market else None
        listed_in = None if listed_city_key is None else (listed_city_key, listed_deal_type)
        found.append(StaleEntity(side, entity_id, market, listed_in, float(seconds)))
    return found


class _Watch:
    """The result of the last look at one database."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.moment: Moment | None = None
        self.whole_at = 0.0
        self.ids: dict[Side, set[int]] = {side: set() for side in Side}

    def look(self, session: Session) -> list[StaleEntity] | None:
        started, now = time.monotonic(), current_moment(session)
        earlier = self.moment if started - self.whole_at < WHOLE_LOOK_SECONDS else None
        changed = None if earlier is None else changed_between(session, earlier, now)
        found: list[StaleEntity] = []
        for side in Side:
            of_side = stale_among(session, side, None if changed is None else changed[side] | self.ids[side])
            if len(of_side) > MAX_ROWS:
                return None
            self.ids[side] = {entity.id for entity in of_side}
            found += of_side
        self.moment = now  # only now: after a look that failed, the next one begins where this one did
        if changed is None:
            self.whole_at = started
        return found


_WATCHES: WeakKeyDictionary[Engine | Connection, _Watch] = WeakKeyDictionary()
_WATCHES_LOCK = threading.Lock()


def stale_entities(session: Session) -> list[StaleEntity] | None:
    """
    All leads and properties with stale lists; None: there are more than :data:`MAX_ROWS` of a side.

    A process reads all rows at its first look, and every hour; otherwise only rows that were written since the
    look before.
    """
    with _WATCHES_LOCK:
        watch = _WATCHES.setdefault(session.get_bind(), _Watch())
    with watch.lock:
        return watch.look(session)
