"""The row that stands for a market: whoever writes lists of a market holds its lock, so that writers take turns."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matching.engine.criteria import DEFAULT_WEIGHTS, Weights
from matching.engine.text import TextModel
from models.deals.weights import WeightSet, present_set
from models.ranking.recommendations import Market, TextModelRow
from worker.market.load import MarketKey

log = logging.getLogger(__name__)

#: Text models held in memory: the present one, and the one before while markets move from one to the other.
MODELS_KEPT = 2
_kept: dict[int, TextModel] = {}


def lock_market(session: Session, market: MarketKey) -> Market:
    """The market's row, made if need be, locked until the transaction ends."""
    made = insert(Market).values(city_key=market[0], deal_type=market[1]).on_conflict_do_nothing()
    is_new = bool(session.execute(made).rowcount)
    query = select(Market).where(Market.city_key == market[0], Market.deal_type == market[1])
    row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    if row.text_model_id is None:  # no run has been through yet
        row.text_model_id = newest_text_model(session)
    if is_new:
        # Only now: later, lists may stand that were computed with the weights of today.
        row.weights_id = present_weights(session, market)
    return row


@contextmanager
def apart(session: Session, market: MarketKey) -> Iterator[None]:
    """
    Work on one market of several, committed at its end; a failure is logged and undone, and the others have their turn.

    Raises:
        DBAPIError: The connection is lost: the others would fare no better.
    """
    try:
        yield
        session.commit()
    except Exception as failure:
        if getattr(failure, "connection_invalidated", False):
            raise
        session.rollback()
        log.exception("market_failed", extra={"market": market})


def present_weights(session: Session, market: MarketKey) -> int | None:
    """The id of the set that a run over the market computes with; None: the defaults."""
    found = present_set(session, market)
    return found.id if found else None


def weights(session: Session, weights_id: int | None) -> Weights:
    """The stored set, or the defaults."""
    return DEFAULT_WEIGHTS if weights_id is None else Weights.from_dict(session.get_one(WeightSet, weights_id).weights)


def newest_text_model(session: Session) -> int | None:
    """The id of the text model fitted last; None before the first run."""
    return session.scalar(select(func.max(TextModelRow.id)))


def text_model(session: Session, model_id: int | None) -> TextModel:
    """The stored model, or the empty one."""
    if model_id is None:
        return TextModel.empty()
    if model_id not in _kept:
        _kept[model_id] = TextModel.from_bytes(session.get_one(TextModelRow, model_id).model)
        while len(_kept) > MODELS_KEPT:
            del _kept[next(iter(_kept))]
    return _kept[model_id]
