"""Rescoring entities that may kill their worker: attempts are counted and limited.

A worker that dies (out of memory, a crash in a library) leaves no exception. Its message is delivered again, and the
sweep finds the same stale entity, so without a limit one entity would kill one worker after another. Counting attempts
costs two small transactions. It is done only where an entity is seen for a second time: in the sweep, and for messages
that are delivered again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models.core.enums import MarketKey, Side
from models.market.properties import Property
from models.market.unscorable import KILLED_ITS_WORKER
from models.rescoring.attempts import MAX_ATTEMPTS, attempts_of, begin_attempts, end_attempts, quarantine_crashing
from worker.lists.changes import MAX_CHANGES
from worker.lists.rescore import leave_markets, markets_of, remove_unloadable, rescore_changed
from worker.market.change_set import ChangeSet
from worker.market.grouping import group_properties, ungrouped
from worker.market.readings import read_entity_carefully, read_market
from worker.market.stale import still_listed_elsewhere, still_stale

log = logging.getLogger(__name__)

#: How many entities are tried at once after 0, 1, 2 attempts during which the worker died. So at most three deaths
#: identify the one entity among hundreds that is to blame.
GROUP_SIZES = (MAX_CHANGES, 17, 1)


def reconcile_carefully(session: Session, market: MarketKey, stale: ChangeSet) -> None:
    """Rescore the market's *stale* entities and commit, unless another worker is doing so at the moment."""
    with _alone_in(session, market) as is_alone:
        if is_alone:
            leave_markets(session, still_listed_elsewhere(session, market, stale))
            crashing = read_market(session, market, stale)
            regrouped, crashing_groups = _group(session, Property.id.in_(stale.properties))
            crashing |= crashing_groups
            if crashing:
                remove_unloadable(session, market, crashing, ChangeSet())
            _rescore(session, market, still_stale(session, market, stale) | regrouped)


def rescore_carefully(session: Session, side: Side, entity_id: int) -> None:
    """As :func:`worker.lists.rescore.rescore_entity`, but skips a market in which a sweep is running."""
    crashing = read_entity_carefully(session, side, entity_id)
    regrouped = ChangeSet()
    if side is Side.PROPERTY and not crashing:
        regrouped, crashing = _group_one(session, entity_id)
    for market in markets_of(session, side, entity_id):
        with _alone_in(session, market) as is_alone:
            if is_alone and crashing:
                remove_unloadable(session, market, crashing, ChangeSet())
            elif is_alone:
                _rescore(session, market, ChangeSet.of(side, [entity_id]) | regrouped)


def _group_one(session: Session, property_id: int) -> tuple[ChangeSet, ChangeSet]:
    """As :func:`_group`, for one property; does nothing while a sweep is running in the property's market."""
    market_of = select(Property.city_key, Property.deal_type).where(Property.id == property_id)
    market = session.execute(market_of).one_or_none()
    session.commit()
    if market is not None:
        with _alone_in(session, (market[0], market[1])) as is_alone:
            if is_alone:
                return _group(session, Property.id == property_id)
    return ChangeSet(), ChangeSet()


def _group(session: Session, which: ColumnElement[bool]) -> tuple[ChangeSet, ChangeSet]:
    """
    Group the properties that were written since they were last grouped, in portions as :func:`_rescore` does; commits.

    Returns:
        The properties whose group has changed, and those that were quarantined because grouping them kills the worker.
    """
    ids = session.scalars(ungrouped().where(which).order_by(Property.id)).all()
    attempts = attempts_of(session, Side.PROPERTY, ids)
    crashing = ChangeSet.of(Side.PROPERTY, [each for each in ids if attempts.get(each, 0) >= MAX_ATTEMPTS])
    if crashing:
        _quarantine(session, crashing)
    regrouped: set[int] = set()
    for number, size in enumerate(GROUP_SIZES):
        to_try = [each for each in ids if attempts.get(each, 0) == number]
        for first in range(0, len(to_try), size):
            group = to_try[first : first + size]
            with _counted(session, ChangeSet.of(Side.PROPERTY, group)):
                regrouped |= group_properties(session, select(Property.id).where(Property.id.in_(group)))
    return ChangeSet.of(Side.PROPERTY, regrouped), crashing


def _rescore(session: Session, market: MarketKey, changes: ChangeSet) -> None:
    """
    Rescore the changes in groups. Entities with more attempts during which the worker died are in smaller groups.

    Loading the market turns all of its rows into vectors, which may itself kill the worker. So while one group is
    rescored, the entities of the other groups are not loaded; if the worker dies, only this group can be the cause.
    """
    by_attempts = [ChangeSet() for _ in range(MAX_ATTEMPTS + 1)]
    for side in Side:
        attempts = attempts_of(session, side, changes.ids(side))
        for entity_id in changes.ids(side):
            number = min(attempts.get(entity_id, 0), MAX_ATTEMPTS)
            by_attempts[number] |= ChangeSet.of(side, [entity_id])
    *to_try, crashing = by_attempts
    suspects = changes - to_try[0] - crashing
    if crashing:
        _quarantine(session, crashing)
        remove_unloadable(session, market, crashing, suspects)
    for entities, size in zip(to_try, GROUP_SIZES, strict=True):
        groups = [entities] if 0 < len(entities) <= size else entities.split(size)
        for group in groups:
            with _counted(session, group):
                rescore_changed(session, market, group, skipping=suspects - group)
            suspects -= group


def _quarantine(session: Session, crashing: ChangeSet) -> None:
    for side in Side:
        for entity_id in crashing.ids(side):
            log.error("entity_quarantined", extra={"side": side, "entity_id": entity_id, "reason": KILLED_ITS_WORKER})
        quarantine_crashing(session, side, crashing.ids(side))
    session.commit()


@contextmanager
def _counted(session: Session, changes: ChangeSet) -> Iterator[None]:
    """Store an attempt at each entity while the context is open; a worker that dies leaves its attempts stored."""
    for side in Side:
        begin_attempts(session, side, changes.ids(side))
    session.commit()
    try:
        yield
    except Exception:  # this process lives, so nothing has killed it
        session.rollback()
        _end_attempts(session, changes)
        raise
    _end_attempts(session, changes)


def _end_attempts(session: Session, changes: ChangeSet) -> None:
    for side in Side:
        end_attempts(session, side, changes.ids(side))
    session.commit()


@contextmanager
def _alone_in(session: Session, market: MarketKey) -> Iterator[bool]:
    """
    Whether no other worker counts attempts in the market; none can begin to while the context is open.

    So stored attempts were left by dead workers. The lock is held by a separate connection and ends with it.
    """
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    name = f"careful:{market[0]}:{market[1]}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"key": connection.scalar(select(text("hashtextextended(:name, 0)")), {"name": name})}
        is_alone = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        try:
            yield is_alone
        finally:
            if is_alone:
                connection.scalar(text("SELECT pg_advisory_unlock(:key)"), key)
