"""Writing recommendation lists: COPY into a staging table, then one statement moves what belongs into place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from matching.engine.ranking import RankedLists
from models.core.base import LARGEST_ID
from models.core.enums import Side
from models.ranking.recommendations import SIDE_TABLES
from worker.lists.binary_copy import ListsToCopy
from worker.market.load import MarketKey
from worker.market.read_watermark import MISSED, Horizon

#: (table, its key, its array of ids) of each side's lists.
TABLES = {side: (lists.__tablename__, key.key, array.key) for side, (_, lists, key, array) in SIDE_TABLES.items()}

#: The cut of an entity that has no list in the market: nothing reaches it.
NO_LIST = np.float32(np.inf)
NO_IDS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class StoredLists:
    """Lists ready to be stored: ``ids[row]`` and ``versions[row]`` own row *row* of *lists*, whose columns are ids too."""

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    lists: RankedLists


def write_lists(
    session: Session, side: Side, market: MarketKey, stored: StoredLists, run_id: int | None = None
) -> None:
    """
    Store lists of *side* in the caller's transaction.

    A list computed from a newer version of its entity is left alone; so is one that still stands in another market: its
    entity has moved here and must leave there first, or it would stay in that market's other lists.

    Large and small amounts go the same way: COPY, then one INSERT.
    """
    if len(stored.ids):
        stage_lists(session, side, stored)
        publish_staged(session, side, market, run_id)


def stage_lists(session: Session, side: Side, stored: StoredLists) -> None:
    """Put lists where this transaction alone sees them."""
    staging = f"staged_{TABLES[side][0]}"
    session.execute(
        text(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging}"
            " (id bigint, entries bigint[], scores real[], version bigint) ON COMMIT DELETE ROWS"
        )
    )
    with session.connection().connection.cursor() as cursor:
        rows = ListsToCopy(stored.ids, stored.versions, stored.lists)
        cursor.copy_expert(f"COPY {staging} FROM STDIN (FORMAT binary)", rows)


def compare_staged(session: Session, side: Side) -> tuple[int, int, float | None]:
    """
    What the staged lists change: (lists, how many of them name others or in another order, mean change of the
    first score).

    A list that was not there before counts as changed; the mean is over those that were, and None if none were.
    """
    row = session.execute(
        _of(
            side,
            "SELECT count(*), count(*) FILTER (WHERE stored.{array} IS DISTINCT FROM staged.entries),"
            " avg(staged.scores[1] - stored.scores[1])"
            " FROM staged_{table} AS staged LEFT JOIN {table} AS stored ON stored.{key} = staged.id",
        )
    ).one()
    return row[0], row[1], row[2]


def forget_unchanged(session: Session, side: Side, market: MarketKey) -> int:
    """Take out of the staged lists those that stand so in the market already; how many."""
    found = session.execute(
        _of(
            side,
            "DELETE FROM staged_{table} AS staged USING {table} AS stored"
            " WHERE stored.{key} = staged.id AND stored.version = staged.version"
            " AND stored.city_key = :city_key AND stored.deal_type = :deal_type"
            " AND stored.{array} = staged.entries AND stored.scores = staged.scores",
        ),
        _named(market),
    )
    return found.rowcount


def publish_staged(
    session: Session, side: Side, market: MarketKey, run_id: int | None, unless_written_since: Horizon | None = None
) -> None:
    """
    Move the staged lists into place; see :func:`write_lists` for those that are left alone.

    Args:
        unless_written_since: Leave alone lists, too, that a look to this horizon may have missed.
    """
    session.execute(
        _of(
            side,
            """
            INSERT INTO {table} AS stored ({key}, {array}, scores, version, city_key, deal_type, run_id, computed_at)
            SELECT id, entries, scores, version, :city_key, :deal_type, :run_id, now() FROM staged_{table}
            ON CONFLICT ({key}) DO UPDATE
            SET {array} = excluded.{array}, scores = excluded.scores, version = excluded.version,
                city_key = excluded.city_key, deal_type = excluded.deal_type, run_id = excluded.run_id,
                computed_at = excluded.computed_at, changed_in = excluded.changed_in
            WHERE stored.version <= excluded.version
                AND stored.changed_in < :written_since
                AND (stored.city_key IS NULL
                     OR (stored.city_key, stored.deal_type) = (excluded.city_key, excluded.deal_type))
            """,
        ),
        {
            **_named(market),
            "run_id": run_id,
            "written_since": LARGEST_ID if unless_written_since is None else unless_written_since.oldest,
        },
    )
    session.execute(_of(side, "TRUNCATE staged_{table}"))


def written_here(session: Session, side: Side, market: MarketKey) -> set[int]:
    """Ids of *side* whose lists this transaction has written."""
    found = session.scalars(
        _of(
            side,
            "SELECT {key} FROM {table} WHERE changed_in = (pg_current_xact_id()::text)::bigint"
            " AND city_key = :city_key AND deal_type = :deal_type",
        ),
        _named(market),
    )
    return set(found)


def clear_lists(session: Session, side: Side, market: MarketKey, ids: list[int]) -> None:
    """Empty the lists of entities that have left the market: they stand in none now."""
    session.execute(
        _of(
            side,
            "UPDATE {table} SET {array} = '{{}}', scores = '{{}}', city_key = NULL, deal_type = NULL, run_id = NULL,"
            " computed_at = now(), changed_in = (pg_current_xact_id()::text)::bigint"
            " WHERE {key} = ANY(:ids) AND city_key = :city_key AND deal_type = :deal_type",
        ),
        {"ids": ids, **_named(market)},
    )


def listed_elsewhere(session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64]) -> set[int]:
    """Those of *ids* whose list stands in another market."""
    if not len(ids):
        return set()
    found = session.scalars(
        _of(
            side,
            "SELECT {key} FROM {table} WHERE {key} = ANY(:ids)"
            " AND city_key IS NOT NULL AND (city_key, deal_type) <> (:city_key, :deal_type)",
        ),
        {"ids": ids.tolist(), **_named(market)},
    )
    return set(found)


def read_lists(session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64]) -> StoredLists:
    """The stored lists of these entities, ascending by id; those without one in this market are left out."""
    rows = session.execute(
        _of(
            side,
            "SELECT {key}, version, {array}, scores FROM {table}"
            " WHERE {key} = ANY(:ids) AND city_key = :city_key AND deal_type = :deal_type ORDER BY {key}",
        ),
        {"ids": ids.tolist(), **_named(market)},
    ).all()
    lengths = np.array([0, *(len(row[2]) for row in rows)], np.int64)
    return StoredLists(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        RankedLists(
            np.cumsum(lengths),
            np.array([entry for row in rows for entry in row[2]], np.int64),
            np.array([score for row in rows for score in row[3]], np.float32),
        ),
    )


def listing_any(session: Session, side: Side, market: MarketKey, entries: list[int]) -> NDArray[np.int64]:
    """Ids of *side* whose list holds any of *entries*."""
    found = session.scalars(
        _of(
            side,
            "SELECT {key} FROM {table} WHERE city_key = :city_key AND deal_type = :deal_type"
            " AND {array} && CAST(:entries AS bigint[])",
        ),
        {"entries": entries, **_named(market)},
    )
    return np.array(found.all(), np.int64)


@dataclass(frozen=True)
class Cuts:
    """Of some lists: from which version of their owner they were computed, and the score below which nothing enters them."""

    ids: NDArray[np.int64]
    #: 0 where the list does not stand in the market.
    versions: NDArray[np.int64]
    #: The last score of a full list, -1 where there is room; :data:`NO_LIST` where it does not stand in the market.
    scores: NDArray[np.float32]


_CUTS = """
    SELECT {key}, version, CASE WHEN cardinality(scores) >= :k THEN scores[:k] ELSE -1 END,
           coalesce((city_key, deal_type) = (:city_key, :deal_type), false)
    FROM {table}
    WHERE """
_STANDING_HERE = "(city_key, deal_type) = (:city_key, :deal_type)"
_WRITTEN_SINCE = f"{MISSED} OR {{key}} = ANY(CAST(:ids AS bigint[]))"


def cuts(
    session: Session,
    side: Side,
    market: MarketKey,
    k: int,
    since: Horizon | None = None,
    ids: NDArray[np.int64] = NO_IDS,
) -> Cuts:
    """
    The cuts of the market's lists of *k* entries.

    Args:
        since: Only lists that a look to this horizon has missed, and the lists of *ids*; those of other markets, too, for
            they may have been in this one.
    """
    rows = session.execute(
        _of(side, _CUTS + (_WRITTEN_SINCE if since else _STANDING_HERE)),
        {
            "k": k,
            **_named(market),
            **({"ids": ids.tolist()} | since.parameters if since else {}),
        },
    ).all()
    here = np.array([row[3] for row in rows], bool)
    return Cuts(
        np.array([row[0] for row in rows], np.int64),
        np.where(here, np.array([row[1] for row in rows], np.int64), 0),
        np.where(here, np.array([row[2] for row in rows], np.float32), NO_LIST),
    )


def _named(market: MarketKey) -> dict[str, str]:
    """The market as the statements' parameters."""
    return {"city_key": market[0], "deal_type": market[1].value}


def _of(side: Side, statement: str) -> TextClause:
    """*statement* with the names of the side's table in it. They are constants of this module; values are parameters."""
    table, key, array = TABLES[side]
    return text(statement.format(table=table, key=key, array=array))
