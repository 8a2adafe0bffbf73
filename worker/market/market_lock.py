"""The row of a market as its lock: every writer of lists of a market holds it, so that writers take turns."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.core.enums import MarketKey
from models.ranking.generations import Generation
from models.ranking.recommendations import Market
from worker.market.generations import current_generation

log = logging.getLogger(__name__)

#: Key of ``session.info``: the row that was locked last and its transaction, until whose end no one else can change it.
_LOCKED = "locked_market"


class GenerationMovedError(Exception):
    """The market's lists belong to another generation than those about to be written, which must be computed again."""

    def __init__(self, market: MarketKey, held: Generation, present: Generation) -> None:
        super().__init__(f"{market[0]}, {market[1]}: computed with {held}, but its lists are of {present}")


def lock_market(session: Session, market: MarketKey) -> Market:
    """
    The market's row, locked until the transaction ends; created if the market has none.

    A new market begins with the present generation. From then on only a run moves it to another.
    """
    query = select(Market).where(Market.city_key == market[0], Market.deal_type == market[1])
    query = query.with_for_update().execution_options(populate_existing=True)
    row, is_new = session.scalars(query).one_or_none(), False
    if row is None:
        created = insert(Market).values(city_key=market[0], deal_type=market[1]).on_conflict_do_nothing()
        is_new = bool(session.connection().execute(created).rowcount)
        row = session.scalars(query).one()
    if is_new:
        row.generation = current_generation(session, market)
    elif row.rates is None:  # a row from a release that did not record rates before the first run
        row.rates = current_generation(session, market).rates
    session.flush()
    session.info[_LOCKED] = session.get_transaction(), row
    return row


def require_generation(session: Session, market: MarketKey, generation: Generation) -> None:
    """
    Check, under the market's lock, that its lists belong to *generation*.

    Raises:
        GenerationMovedError: They belong to another.
    """
    locked_in, row = session.info.get(_LOCKED, (None, None))
    if locked_in is not session.get_transaction() or (row.city_key, row.deal_type) != market:
        row = session.get_one(Market, market, populate_existing=True)
    present = row.generation
    if present != generation:
        raise GenerationMovedError(market, generation, present)


@contextmanager
def own_transaction(session: Session, event: str, **facts: object) -> Iterator[None]:
    """
    Do one of several pieces of work in a transaction of its own, so that its failure does not stop the others.

    Commits at the end. A failure is rolled back and logged as *event* with *facts*.

    Raises:
        DBAPIError: The connection is lost, so the other pieces would fail as well.
    """
    try:
        yield
        session.commit()
    except Exception as failure:
        if getattr(failure, "connection_invalidated", False):
            raise
        session.rollback()
        log.exception(event, extra=facts)
