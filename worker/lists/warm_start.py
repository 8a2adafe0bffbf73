"""Loading big markets before the first task: a market of 100,000 leads and properties loads in some ten seconds."""

import logging

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from matching.reading.json_rows import fact_rows
from models.ranking.recommendations import Market
from models.rescoring.run_plan import live_markets
from worker.celery_app.heap_memory import trim_heap_after
from worker.celery_app.task_context import DATABASE_AWAY, new_session
from worker.market.cache import preload

log = logging.getLogger(__name__)

#: Markets that are loaded at the start; others are loaded when they are needed.
MAX_MARKETS = 4


def load_biggest_markets() -> None:
    """
    Load the biggest markets that have been scored, for the processes that are forked from this one.

    All of these processes share the memory, including a process that later replaces another. Each adopts later writes
    before it works. If the database or its tables are missing or locked, nothing is loaded and the worker starts.
    """
    fact_rows("первый этаж")  # the first text that is read builds the grammar, which takes a second of CPU
    session = new_session()
    try:
        with trim_heap_after():
            session.execute(text("SET lock_timeout = '2s'"))
            # The biggest last: if memory is short, the markets loaded first are evicted first.
            for city_key, deal_type, *_ in reversed(live_markets(session)[:MAX_MARKETS]):
                row = session.get(Market, (city_key, deal_type))
                if row is not None and row.published_at is not None and row.generation.is_known:
                    preload(session, (city_key, deal_type), row.generation)
                session.commit()
    except (SQLAlchemyError, *DATABASE_AWAY) as error:
        log.warning("no_market_loaded", extra={"kind": type(error).__name__})
    finally:
        session.close()
        engine = session.get_bind()
        assert isinstance(engine, Engine)
        engine.dispose()  # forked processes must not share connections
