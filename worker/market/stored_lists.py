"""Reading the stored recommendation lists of a market as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

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
    Lists by id: row *row* of *lists* belongs to entity ``ids[row]`` in ``versions[row]``; its columns are ids too.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    lists: RankedLists

    def take(self, rows: NDArray[np.int64], lists: RankedLists) -> "StoredLists":
        """The owners of these *rows*, each with one of the new *lists*."""
        return StoredLists(self.ids[rows], self.versions[rows], lists)

    def with_lists(self, ids: NDArray[np.int64], versions: NDArray[np.int64], lists: RankedLists) -> "StoredLists":
        """These lists, followed by further ones."""
        return StoredLists(
            np.concatenate([self.ids, ids]),
            np.concatenate([self.versions, versions]),
            RankedLists.concat([self.lists, lists]),
        )


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
           coalesce((city_key, deal_type) = (:city_key, :deal_type), false), '{table}'
    FROM {table}
    WHERE """
_IN_MARKET = "(city_key, deal_type) = (:city_key, :deal_type)"
_WRITTEN_SINCE = f"{MISSED} OR {{key}} = ANY(CAST(:{{table}} AS bigint[]))"


def entry_thresholds(
    session: Session,
    market: MarketKey,
    k: int,
    since: ReadWatermark | None = None,
    ids: Mapping[Side, NDArray[np.int64]] = MappingProxyType({}),
) -> dict[Side, EntryThresholds]:
    """
    The entry thresholds of the market's lists of *k* entries, by one statement.

    Args:
        since: Only lists that a read with this watermark has missed, and the lists of *ids*. This includes lists in
            other markets, because they may have been in this one.
    """
    parameters = {"k": k, **market_parameters(market)}
    if since:
        of_side = {TABLES[side][0]: ids.get(side, NO_IDS).tolist() for side in Side}
        parameters |= of_side | since.parameters
    which = _WRITTEN_SINCE if since else _IN_MARKET
    parts = [for_side(side, _THRESHOLDS + which).text for side in Side]
    query = text(" UNION ALL ".join(parts)).execution_options(prepared=since is not None)
    rows = session.execute(query, parameters).all()
    return {side: _thresholds_of([row for row in rows if row[4] == TABLES[side][0]]) for side in Side}


def _thresholds_of(rows: list[Any]) -> EntryThresholds:
    in_market = np.array([row[3] for row in rows], bool)
    return EntryThresholds(
        np.array([row[0] for row in rows], np.int64),
        np.where(in_market, np.array([row[1] for row in rows], np.int64), 0),
        np.where(in_market, np.array([row[2] for row in rows], np.float32), NO_LIST),
    )


def read_lists(session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64]) -> StoredLists:
    """The stored lists of these entities, by ascending id; entities without a list in this market are left out."""
    rows = session.execute(
        for_side(
            side,
            "SELECT {key}, version, array_send({array}), array_send(scores) FROM {table}"
            " WHERE {key} = ANY(:ids) AND city_key = :city_key AND deal_type = :deal_type ORDER BY {key}",
        ).execution_options(prepared=True),
        {"ids": ids.tolist(), **market_parameters(market)},
    ).all()
    entries, lengths = _items([row[2] for row in rows], ">i8")
    scores, _ = _items([row[3] for row in rows], ">f4")
    return StoredLists(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        RankedLists(np.concatenate([[0], np.cumsum(lengths)]), entries.astype(np.int64), scores.astype(np.float32)),
    )


#: Bytes that array_send writes before an array's items: dimensions, nulls, type, length, first index; an empty array
#: has only the first three. Arrays are decoded by numpy, because converting ten thousand numbers to Python's takes as
#: long as scoring a market against one lead.
_ARRAY_HEAD = 20


def _items(arrays: list[Any], kind: str) -> tuple[NDArray, NDArray[np.int64]]:
    """The concatenated items of arrays in the format of array_send, without nulls, and the length of each array."""
    item = np.dtype([("size", ">i4"), ("value", kind)])
    lengths = np.array([max(len(array) - _ARRAY_HEAD, 0) // item.itemsize for array in arrays], np.int64)
    return np.frombuffer(b"".join(array[_ARRAY_HEAD:] for array in arrays), item)["value"], lengths


def listing_any(session: Session, side: Side, market: MarketKey, entries: list[int]) -> NDArray[np.int64]:
    """Ids of *side* whose list contains any of *entries*."""
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
            ).execution_options(prepared=True),
            {"ids": ids.tolist(), **market_parameters(market)},
        )
    )


def market_parameters(market: MarketKey) -> dict[str, object]:
    """The market as the parameters of a statement."""
    return {"city_key": market[0], "deal_type": market[1].value}


@cache
def for_side(side: Side, statement: str) -> TextClause:
    """*statement* with the names of the side's tables: constants of this module; values are parameters."""
    table, key, array = TABLES[side]
    entities = SIDE_TABLES[side].entities.__tablename__
    return text(statement.format(table=table, key=key, array=array, entities=entities))
