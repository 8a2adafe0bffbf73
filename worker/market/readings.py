"""Read the texts of leads and properties that are still unread: imported rows, and rows read by an older grammar.

A text may kill the worker that reads it. So attempts are counted as in scoring (`worker.lists.careful`): the more often
the worker has died while it read a row, the smaller the row's group, until the row is quarantined.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from matching.reading.json_rows import fact_rows, wish_rows
from matching.reading.kinds import GRAMMAR_VERSION
from models.core.enums import MarketKey, Side
from models.deals.exclusions import CITY_KEY, DEAL_TYPE
from models.market.facts import property_text
from models.market.leads import Lead
from models.market.properties import Property
from models.market.readings import merged_wishes
from models.market.unscorable import KILLED_ITS_WORKER, UnscorableEntity
from models.platform.prepared_statements import COMPILED_ONCE
from models.rescoring.attempts import (
    MAX_ATTEMPTS,
    RescoringAttempt,
    begin_attempts,
    end_attempts,
    quarantine_crashing,
)
from worker.market.change_set import ChangeSet

log = logging.getLogger(__name__)

#: Rows read and written in one transaction: few enough that others who write one of them hardly wait.
BATCH = 500
#: How many rows are read at once after 1 and 2 attempts during which the worker died, and how many are quarantined.
GROUP_SIZES = {1: 17, 2: 1, MAX_ATTEMPTS: BATCH}

_TABLES: dict[Side, type[Lead] | type[Property]] = {Side.LEAD: Lead, Side.PROPERTY: Property}


def read_market(session: Session, market: MarketKey, only: ChangeSet | None = None) -> ChangeSet:
    """
    Read the unread rows of *market*, or *only* these of them, and commit after each group.

    Waits while another worker reads in the market. Rows that are being written by others are left for the next time.
    Reading gives a row a new version, as any write does, so that its own list and the lists that contain it are
    rescored.

    Returns:
        The rows that were quarantined because they kill their reader; lists may still contain them.
    """
    crashing = ChangeSet()
    if not _has_unread(session, market, only):
        return crashing
    with _alone_in(session, market):
        for side in Side:
            table = _TABLES[side]
            chosen = and_(table.city_key == market[0], table.deal_type == market[1])
            if only is not None:
                chosen &= table.id.in_(only.ids(side))
            last = 0
            while ids := session.scalars(_unread(side).where(chosen, table.id > last).limit(BATCH)).all():
                _attempt(session, side, 0, ids)
                last = ids[-1]
            crashing |= _read_suspects(session, side, chosen)
        session.commit()
        return crashing


def _has_unread(session: Session, market: MarketKey, only: ChangeSet | None) -> bool:
    """Whether some row of *market*, or of *only* these rows, is unread; mostly none is. Commits."""
    if only is None:
        parameters = {"city_key": market[0], "deal_type": market[1]}
        has_unread = session.execute(_unread_in_market(), parameters, execution_options=COMPILED_ONCE).scalar_one()
    else:
        among = [exists().where(table.id.in_(only.ids(side)), is_outdated(table)) for side, table in _TABLES.items()]
        has_unread = session.execute(select(or_(*among))).scalar_one()
    session.commit()
    return bool(has_unread)


@cache
def _unread_in_market() -> Select[bool]:
    in_market = lambda table: and_(table.city_key == CITY_KEY, table.deal_type == DEAL_TYPE)
    return select(or_(*(exists().where(in_market(table), is_outdated(table)) for table in _TABLES.values())))


def read_entity(session: Session, side: Side, entity_id: int) -> None:
    """Read one row's text and commit, unless this grammar has read it already."""
    _read_rows(session, side, [entity_id], wait=True)
    session.commit()


def read_entity_carefully(session: Session, side: Side, entity_id: int) -> ChangeSet:
    """As :func:`read_entity`, for a row that may have killed a worker; returns the same as :func:`read_market`."""
    table = _TABLES[side]
    market = session.execute(select(table.city_key, table.deal_type).where(table.id == entity_id)).one_or_none()
    session.commit()
    if market is None:
        return ChangeSet()
    with _alone_in(session, (market[0], market[1])):
        if session.scalars(_unread(side).where(table.id == entity_id)).all():
            return _attempt(session, side, 0, [entity_id])
        return _read_suspects(session, side, table.id == entity_id)


def _read_suspects(session: Session, side: Side, condition: ColumnElement[bool]) -> ChangeSet:
    """Read the rows whose earlier attempts ended with the worker's death, or quarantine them."""
    crashing = ChangeSet()
    attempts = func.least(RescoringAttempt.attempts, MAX_ATTEMPTS)
    suspects = _unread(side, tried=True).add_columns(attempts).where(condition).order_by(None)
    rows = sorted(session.execute(suspects).all(), key=lambda row: (row[1], row[0]))
    session.commit()
    for number, group in groupby(rows, key=lambda row: int(row[1])):
        ids, size = [row[0] for row in group], GROUP_SIZES[number]
        for first in range(0, len(ids), size):
            crashing |= _attempt(session, side, number, ids[first : first + size])
    return crashing


def _attempt(session: Session, side: Side, number: int, ids: Sequence[int]) -> ChangeSet:
    """Read the rows and commit. After *number* attempts during which the worker died they may be quarantined."""
    if number >= MAX_ATTEMPTS:
        for entity_id in ids:
            log.error("entity_quarantined", extra={"side": side, "entity_id": entity_id, "reason": KILLED_ITS_WORKER})
        quarantine_crashing(session, side, ids)
        session.commit()
        return ChangeSet.of(side, ids)
    begin_attempts(session, side, ids)
    session.commit()
    try:
        rows = _read_rows(session, side, ids)
    except Exception:  # this process lives, so nothing has killed it
        session.rollback()
        end_attempts(session, side, ids)
        session.commit()
        raise
    end_attempts(session, side, ids)
    session.commit()
    for row in rows:
        session.expunge(row)
    return ChangeSet()


def _unread(side: Side, tried: bool = False) -> Select[*tuple[Any, ...]]:
    """Ids of unread rows, ascending: those without an earlier attempt, or only those with one (*tried*)."""
    table = _TABLES[side]
    crashes_worker = exists().where(
        UnscorableEntity.side == side,
        UnscorableEntity.entity_id == table.id,
        UnscorableEntity.version == table.version,
        UnscorableEntity.error == KILLED_ITS_WORKER,
    )
    attempt = and_(RescoringAttempt.side == side, RescoringAttempt.entity_id == table.id)
    unread = select(table.id).where(is_outdated(table), ~crashes_worker).order_by(table.id)
    return unread.join(RescoringAttempt, attempt) if tried else unread.where(~exists().where(attempt))


def _read_rows(session: Session, side: Side, ids: Sequence[int], wait: bool = False) -> Sequence[Any]:
    """Read the rows' texts and store the results; *wait* for rows that others are writing. The caller commits."""
    table = _TABLES[side]
    unread = select(table).where(table.id.in_(ids), is_outdated(table)).order_by(table.id)
    rows: Sequence[Any] = session.scalars(unread.with_for_update(skip_locked=not wait)).all()
    if rows:
        session.execute(update(table), [{"id": row.id, **_read_or_log(row, side)} for row in rows])
    return rows


def is_outdated(table: type[Lead] | type[Property]) -> ColumnElement[bool]:
    """A condition: the row's text was never read, or read by an older grammar."""
    return or_(table.grammar.is_(None), table.grammar < GRAMMAR_VERSION)


def _read_or_log(row: Lead | Property, side: Side) -> dict[str, Any]:
    """As :func:`_read`. A text on which the grammar raises states nothing until the next grammar reads it again."""
    try:
        return _read(row)
    except Exception:
        log.exception("text_not_read", extra={"side": side, "entity_id": row.id})
        return {"grammar": GRAMMAR_VERSION}


def _read(row: Lead | Property) -> dict[str, Any]:
    """The columns of a row that store what its text states."""
    if isinstance(row, Lead):
        wishes = merged_wishes(row.wishes, wish_rows(row.additional_requirements or ""))
        return {"wishes": wishes, "grammar": GRAMMAR_VERSION}
    words = property_text(row.title, row.description, row.search_text)
    return {"read_facts": fact_rows(words), "grammar": GRAMMAR_VERSION}


@contextmanager
def _alone_in(session: Session, market: MarketKey) -> Iterator[None]:
    """
    Keep other workers from counting reading attempts in the market while the context is open, so that stored attempts
    are those of dead workers.

    The lock is held by a separate connection and ends with it.
    """
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    name = {"name": f"reading:{market[0]}:{market[1]}"}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"), name)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name)
