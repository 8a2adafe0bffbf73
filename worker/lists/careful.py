"""Rescoring entities that may kill their worker: attempts are counted, and bounded.

A worker that dies (out of memory, a crash in a library) leaves no exception. Its message is delivered again, and the
sweep finds the same stale entity, so without a bound one entity would kill one worker after another. The careful way
costs two small transactions, and is taken where an entity is seen for a second time: in the sweep, and by messages that
are delivered again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models.core.enums import MarketKey, Side
from models.market.unscorable import KILLED_ITS_WORKER
from models.rescoring.attempts import MAX_ATTEMPTS, attempts_of, begin_attempts, end_attempts, quarantine_killers
from worker.lists.changes import MAX_CHANGES
from worker.lists.rescore import leave_other_markets, markets_of, remove_unloadable, rescore_changed
from worker.market.change_set import ChangeSet
from worker.market.grouping import group_market, group_property
from worker.market.readings import read_entity_carefully, read_market
from worker.market.stale import stale_in

log = logging.getLogger(__name__)

#: How many entities are tried at once after 0, 1, 2 attempts that ended with their worker: at most three deaths tell
#: the one among hundreds that is to blame.
GROUP_SIZES = (MAX_CHANGES, 17, 1)


def reconcile_carefully(session: Session, market: MarketKey) -> None:
    """Rescore what is stale in the market, and commit, unless another worker does so at the moment."""
    with _alone_in(session, market) as is_alone:
        if is_alone:
            leave_other_markets(session, market)
            killers = read_market(session, market)
            if killers:
                remove_unloadable(session, market, killers, ChangeSet())
            regrouped = ChangeSet.of(Side.PROPERTY, group_market(session, market))
            _rescore(session, market, stale_in(session, market) | regrouped)


def rescore_carefully(session: Session, side: Side, entity_id: int) -> None:
    """As :func:`worker.lists.rescore.rescore_entity`; a market in which a sweep is at work is left to it."""
    killers = read_entity_carefully(session, side, entity_id)
    regrouped = group_property(session, entity_id) if side is Side.PROPERTY else set()
    for market in markets_of(session, side, entity_id):
        with _alone_in(session, market) as is_alone:
            if is_alone and killers:
                remove_unloadable(session, market, killers, ChangeSet())
            elif is_alone:
                _rescore(session, market, ChangeSet.of(side, [entity_id, *regrouped]))


def _rescore(session: Session, market: MarketKey, changes: ChangeSet) -> None:
    """
    Rescore the changes in groups, the smaller the more attempts have ended with their worker.

    Loading the market turns all of its rows into vectors, and may be what kills. So each group is worked on with the
    entities of the other groups left out of the load, and a death tells of the group alone.
    """
    by_attempts = [ChangeSet() for _ in range(MAX_ATTEMPTS + 1)]
    for side in Side:
        attempts = attempts_of(session, side, changes.ids(side))
        for entity_id in changes.ids(side):
            number = min(attempts.get(entity_id, 0), MAX_ATTEMPTS)
            by_attempts[number] |= ChangeSet.of(side, [entity_id])
    *to_try, killers = by_attempts
    suspects = changes - to_try[0] - killers
    if len(killers):
        for side in Side:
            for entity_id in killers.ids(side):
                log.error(
                    "entity_quarantined", extra={"side": side, "entity_id": entity_id, "reason": KILLED_ITS_WORKER}
                )
            quarantine_killers(session, side, killers.ids(side))
        session.commit()
        remove_unloadable(session, market, killers, suspects)
    for entities, size in zip(to_try, GROUP_SIZES, strict=True):
        groups = [entities] if 0 < len(entities) <= size else entities.split(size)
        for group in groups:
            _attempt(session, market, group, suspects - group)
            suspects -= group


def _attempt(session: Session, market: MarketKey, changes: ChangeSet, skipping: ChangeSet) -> None:
    for side in Side:
        begin_attempts(session, side, changes.ids(side))
    session.commit()
    try:
        rescore_changed(session, market, changes, skipping=skipping)
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
    Whether no other worker is carefully at work in the market; none begins to while the context is open.

    So attempts that are stored were left by dead workers. The lock belongs to a connection of its own, and ends with
    it.
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
