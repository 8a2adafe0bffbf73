"""Reading the stored recommendation lists of a market as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from matching.engine.ranking import RankedLists
from models.core.enums import MarketKey, Side
from models.ranking.recommendations import SIDE_TABLES
from worker.market.read_watermark import MISSED, ReadWatermark

#: (table, key column, column of entry ids) of each side's lists.
TABLES = {side: (lists.__tablename__, key.key, array.key) for side, (_, lists, key, array) in SIDE_TABLES.items()}

#: The entry threshold of an entity that has no list in the market: no score reaches it.
NO_LIST = np.float32(np.inf)
NO_IDS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class StoredLists:
    """
    Lists by id: row *row* of *lists* is that of entity ``ids[row]`` in ``versions[row]``; its columns are ids too.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    lists: RankedLists


@dataclass(frozen=True)
class EntryThresholds:
    """The scores that an entry needs to enter some lists."""

    ids: NDArray[np.int64]
    #: The owner's version that the list was computed from; 0 where the list is not in the market.
    versions: NDArray[np.int64]
    #: The last score of a full list, -1 where the list has room; :data:`NO_LIST` where it is not in the market.
    scores: NDArray[np.float32]


_THRESHOLDS = """
    SELECT {key}, version, CASE WHEN cardinality(scores) >= :k THEN scores[:k] ELSE -1 END,
           coalesce((city_key, deal_type) = (:city_key, :deal_type), false)
    FROM {table}
    WHERE """
_IN_MARKET = "(city_key, deal_type) = (:city_key, :deal_type)"
_WRITTEN_SINCE = f"{MISSED} OR {{key}} = ANY(CAST(:ids AS bigint[]))"


def entry_thresholds(
    session: Session,
    side: Side,
    market: MarketKey,
    k: int,
    since: ReadWatermark | None = None,
    ids: NDArray[np.int64] = NO_IDS,
) -> EntryThresholds:
    """
    The entry thresholds of the market's lists of *k* entries.

    Args:
        since: Only lists that a read with this watermark has missed, and the lists of *ids*; lists in other markets
            too, for they may have been in this one.
    """
    parameters = {"k": k, **market_parameters(market)}
    if since:
        parameters |= {"ids": ids.tolist()} | since.parameters
    rows = session.execute(for_side(side, _THRESHOLDS + (_WRITTEN_SINCE if since else _IN_MARKET)), parameters).all()
    in_market = np.array([row[3] for row in rows], bool)
    return EntryThresholds(
        np.array([row[0] for row in rows], np.int64),
        np.where(in_market, np.array([row[1] for row in rows], np.int64), 0),
        np.where(in_market, np.array([row[2] for row in rows], np.float32), NO_LIST),
    )


def read_lists(session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64]) -> StoredLists:
    """The stored lists of these entities, ascending by id; entities without a list in this market are left out."""
    rows = session.execute(
        for_side(
            side,
            "SELECT {key}, version, {array}, scores FROM {table}"
            " WHERE {key} = ANY(:ids) AND city_key = :city_key AND deal_type = :deal_type ORDER BY {key}",
        ),
        {"ids": ids.tolist(), **market_parameters(market)},
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
    """Ids of *side* whose list names any of *entries*."""
    owner_ids = session.scalars(
        for_side(
            side,
            "SELECT {key} FROM {table} WHERE city_key = :city_key AND deal_type = :deal_type"
            " AND {array} && CAST(:entries AS bigint[])",
        ),
        {"entries": entries, **market_parameters(market)},
    )
    return np.array(owner_ids.all(), np.int64)


def listed_elsewhere(session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64]) -> set[int]:
    """Those of *ids* whose list is in another market."""
    if not len(ids):
        return set()
    return set(
        session.scalars(
            for_side(
                side,
                "SELECT {key} FROM {table} WHERE {key} = ANY(:ids)"
                " AND city_key IS NOT NULL AND (city_key, deal_type) <> (:city_key, :deal_type)",
            ),
            {"ids": ids.tolist(), **market_parameters(market)},
        )
    )


def market_parameters(market: MarketKey) -> dict[str, object]:
    """The market as the parameters of a statement."""
    return {"city_key": market[0], "deal_type": market[1].value}


def for_side(side: Side, statement: str) -> TextClause:
    """*statement* with the names of the side's tables: constants of this module; values are parameters."""
    table, key, array = TABLES[side]
    entities = SIDE_TABLES[side].entities.__tablename__
    return text(statement.format(table=table, key=key, array=array, entities=entities))
