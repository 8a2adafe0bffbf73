"""
Markets of sample data: each has one user, and its rows are offered to nobody else.

A sample lead or property belongs to a market of its user's own, whose key is ``sample:<set's number>:<town's key>``. No
name of a town yields such a key, so no other row can enter that market. A row in it stays there even if its town is
changed: a database trigger ensures this (migration 0222).
"""

from typing import Any

from sqlalchemy import ColumnElement

PREFIX = "sample:"


def sample_key(set_id: int, town_key: str) -> str:
    """
    The key of a set's market in a town.

    >>> sample_key(7, "geo:524901"), town_of_sample("sample:7:geo:524901")
    ('sample:7:geo:524901', 'geo:524901')
    """
    return f"{PREFIX}{set_id}:{town_key}"


def is_sample_key(key: str | None) -> bool:
    """Whether this is the key of a market of sample data."""
    return key is not None and key.startswith(PREFIX)


def town_of_sample(key: str) -> str:
    """The key of the town of a market of sample data."""
    return key.split(":", 2)[2]


def of_set(table: Any, set_id: int) -> ColumnElement[bool]:
    """The condition that a lead or property belongs to a set."""
    condition: ColumnElement[bool] = table.city_key.like(f"{PREFIX}{set_id}:%")
    return condition


def is_no_sample(table: Any) -> ColumnElement[bool]:
    """The condition that a lead, a property or another row with a `city_key` is not a sample."""
    condition: ColumnElement[bool] = table.city_key.not_like(f"{PREFIX}%")
    return condition
