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
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Select, func, select, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import LARGEST_ID
from models.core.enums import MarketKey, Side
from models.market.unscorable import quarantined_ids
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
    transaction = session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")) or 0
    inactive = session.scalars(select(User.id).where(~User.is_active))
    quarantined = {side: frozenset(ids) for side, ids in quarantined_ids(session).items()}
    return Moment(transaction, frozenset(inactive), quarantined)


def changed_between(session: Session, side: Side, earlier: Moment, now: Moment) -> set[int] | None:
    """
    The ids of this side whose lists may have become stale, or ceased to be, between the two moments or since *now*.

    None: there are more than :data:`MAX_ROWS`, or *earlier* belongs to another database.
    """
    if earlier.transaction > now.transaction:
        return None
    entities, lists, owner_id, _ = SIDE_TABLES[side]
    # Ranges with two bounds, because PostgreSQL expects a third of the table for those with one.
    queries = [
        select(entities.id).where(entities.changed_in.between(earlier.transaction, LARGEST_ID)),
        select(owner_id).where(lists.changed_in.between(earlier.transaction, LARGEST_ID)),
    ]
    users = earlier.inactive ^ now.inactive
    if users:
        queries.append(select(entities.id).where(entities.owner_id.in_(users)))
    changed = set(earlier.quarantined[side] ^ now.quarantined[side])
    for query in queries:
        ids = session.scalars(query.limit(MAX_ROWS + 1)).all()
        if len(ids) > MAX_ROWS:
            return None
        changed.update(ids)
    return changed


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
        to_check: dict[Side, set[int] | None] = dict.fromkeys(Side)
        if earlier is not None:
            to_check = {side: changed_between(session, side, earlier, now) for side in Side}
        is_whole = None in to_check.values()
        found: list[StaleEntity] = []
        for side, changed in to_check.items():
            ids = None if is_whole or changed is None else changed | self.ids[side]
            of_side = stale_among(session, side, ids)
            if len(of_side) > MAX_ROWS:
                return None
            self.ids[side] = {entity.id for entity in of_side}
            found += of_side
        self.moment = now  # only now: after a look that failed, the next one begins where this one did
        if is_whole:
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
