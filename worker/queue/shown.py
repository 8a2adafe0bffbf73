"""Counts of shown lists: kept in Redis by day and list, and read when a day's figures are written.

Key: ``leadmatch:shown:<day>``, a hash of ``<side>:<id>:lists`` and ``<side>:<id>:places``: the number of shown pages of
the list of that lead or property, and of entries on them. Counts are kept for some days; without Redis nothing is
counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

import redis

from models.core.enums import Side

KEPT_SECONDS = 4 * 24 * 3600
#: The last part of a stored name -> the attribute of :class:`ShownCounts`.
_COUNTS = {"lists": "lists", "places": "entries"}

#: Identifies a list by the side and the id of its owner.
ListKey = tuple[Side, int]


@dataclass
class ShownCounts:
    """Shown pages of a list, and entries on them."""

    lists: int = 0
    entries: int = 0


def add_shown(client: redis.Redis, day: date, shown: Mapping[ListKey, ShownCounts]) -> None:
    """Add to the counts of a day (UTC); raises redis.RedisError."""
    key = _key(day)
    with client.pipeline(transaction=False) as pipe:
        for (side, row_id), count in shown.items():
            pipe.hincrby(key, f"{side}:{row_id}:lists", count.lists)
            pipe.hincrby(key, f"{side}:{row_id}:places", count.entries)
        pipe.expire(key, KEPT_SECONDS)
        pipe.execute()


def shown_counts(client: redis.Redis, day: date) -> dict[ListKey, ShownCounts]:
    """The counts of a day; raises redis.RedisError."""
    counts: dict[ListKey, ShownCounts] = {}
    for name, value in cast(dict[bytes, bytes], client.hgetall(_key(day))).items():
        side, row_id, counted = name.decode().split(":")
        setattr(counts.setdefault((Side(side), int(row_id)), ShownCounts()), _COUNTS[counted], int(value))
    return counts


def _key(day: date) -> str:
    return f"leadmatch:shown:{day.isoformat()}"
