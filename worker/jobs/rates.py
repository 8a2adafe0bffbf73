"""Exchange rates from central banks' daily tables (RATES_URL), fetched on schedule; after errors the old ones stay.

The hosts that the operator configures may be in any network. A redirect may lead only to public addresses, or back to
one of these hosts.
"""

import logging
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from models.core.base import database_now
from models.market.rate_tables import RatesRefusedError, Stored, read_table, store_table
from models.platform.settings import Settings
from worker.jobs.fetch import Limits, fetch_feed
from worker.jobs.guarded_connections import FetchError

log = logging.getLogger(__name__)

#: Tables are 10 to 30 KB.
MAX_BYTES = 2 << 20
#: The time limit of one table, however slowly it arrives, and of each of its parts.
TOTAL_SECONDS, READ_SECONDS = 30.0, 10.0


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
    trusted = frozenset(urlsplit(url).hostname or "" for url in settings.rates_urls)
    outcomes: dict[str, Stored | RatesRefusedError | FetchError] = {}
    for url in settings.rates_urls:
        try:
            table = read_table(fetch_table(url, trusted))
            outcomes[url] = store_table(session, table, database_now(session).date())
            session.commit()
        except (RatesRefusedError, FetchError) as error:
            session.rollback()
            outcomes[url] = error
        except Exception:  # an error of one bank's table must not stop the others
            session.rollback()
            log.exception("rates_failed", extra={"host": urlsplit(url).hostname})
    return outcomes


def fetch_table(url: str, trusted_hosts: frozenset[str]) -> bytes:
    """The table at *url*; *trusted_hosts* may have private addresses. Raises FetchError."""
    limits = Limits(bytes=MAX_BYTES, seconds=TOTAL_SECONDS, read_seconds=READ_SECONDS, trusted_hosts=trusted_hosts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        fetch_feed(url, path, limits)
        return path.read_bytes()
