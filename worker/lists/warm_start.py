"""Big markets in memory before the first task: loading one of 100,000 a side takes a worker some ten seconds."""

import logging

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.ranking.recommendations import Market
from models.rescoring.run_plan import live_markets
from worker.celery_app.heap_memory import memory_given_back
from worker.celery_app.task_context import DATABASE_AWAY, new_session
from worker.lists.rescore import keep_market

log = logging.getLogger(__name__)

#: So many are loaded; others are when they are needed.
MOST_MARKETS = 4


def load_biggest_markets() -> None:
    """
    Load the biggest markets that have been scored, for the processes that are forked from this one.

    All of these share the memory, also one that later takes the place of another: what was written since, any process
    takes in before it works. Without a database or its tables, or while somebody locks them, nothing is loaded: the start
    does not fail by it.
    """
    session = new_session()
    try:
        with memory_given_back():
            session.execute(text("SET lock_timeout = '2s'"))
            # The biggest last: where memory is short, the first to be kept are the first to go.
            for city_key, deal_type, *_ in reversed(live_markets(session)[:MOST_MARKETS]):
                row = session.get(Market, (city_key, deal_type))
                if row is not None and row.published_at is not None:
                    keep_market(session, (city_key, deal_type), row.text_model_id, row.weights_id)
                session.commit()
    except (SQLAlchemyError, *DATABASE_AWAY) as trouble:
        log.warning("no_market_loaded", extra={"kind": type(trouble).__name__})
    finally:
        session.close()
        session.get_bind().dispose()  # connections are not to be shared with those forked
