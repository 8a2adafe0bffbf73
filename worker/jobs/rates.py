"""Exchange rates from central banks' daily tables (RATES_URL), fetched on schedule; after errors the old ones stay."""

import logging
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from models.core.base import database_now
from models.market.rate_tables import RatesRefusedError, Stored, read_table, store_table
from models.platform.settings import Settings
from worker.jobs.safe_fetch import FetchError, fetch

log = logging.getLogger(__name__)

#: Tables are 10 to 30 KB.
MAX_BYTES = 2_000_000


def fetch_rates(session: Session, settings: Settings) -> None:
    """Fetch today's tables and store new rates; unreadable or implausible tables are logged and change nothing."""
    for url, outcome in fetch_tables(session, settings).items():
        host = urlsplit(url).hostname
        if isinstance(outcome, Stored):
            summary = {"home": outcome.table.home, "day": str(outcome.table.day), "changed": outcome.changed}
            log.info("rates_fetched", extra={"host": host} | summary)
        else:
            log.warning("rates_not_fetched", extra={"host": host, "reason": str(outcome)})


def fetch_tables(session: Session, settings: Settings) -> dict[str, Stored | RatesRefusedError | FetchError]:
    """
    Fetch every configured table and store it in a transaction of its own.

    Returns:
        The outcome for each address. Fetching the same table again changes nothing.
    """
    trusted = {urlsplit(url).hostname or "" for url in settings.rates_urls}
    outcomes: dict[str, Stored | RatesRefusedError | FetchError] = {}
    for url in settings.rates_urls:
        try:
            table = read_table(fetch(url, trusted_hosts=trusted, max_bytes=MAX_BYTES))
            outcomes[url] = store_table(session, table, database_now(session).date())
            session.commit()
        except (RatesRefusedError, FetchError) as error:
            session.rollback()
            outcomes[url] = error
        except Exception:  # an error of one bank's table must not stop the others
            session.rollback()
            log.exception("rates_failed", extra={"host": urlsplit(url).hostname})
    return outcomes
