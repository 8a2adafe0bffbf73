"""Check the rules that stored data must satisfy at any moment, by SQL queries.

The rules (:mod:`models.upkeep.invariant_queries`) are written from the documented behaviour, not from the code that
implements it, so that both are unlikely to share a bug. All rules hold in every snapshot of a working system. Rows that
may lag behind a change for a moment (a list of an earlier version of its entity) are left out where that matters.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.base import database_now
from models.core.enums import DealType
from models.market.places import currency_of_city
from models.market.rates import factors_to
from models.ranking.recommendations import LIST_LENGTH, generation_of
from models.upkeep.home_queries import HOMES
from models.upkeep.invariant_queries import PROBES, Probe, Rule
from models.upkeep.retention import READ_NOTIFICATIONS_KEPT
from models.upkeep.webhook_queries import WEBHOOKS

ALL_PROBES = (*PROBES, WEBHOOKS, HOMES)
RULES = tuple(rule for probe in ALL_PROBES for rule in probe.rules)


@dataclass(frozen=True)
class Result:
    """The result of checking one rule."""

    rule: Rule
    count: int
    #: The first rows that break it, such as "lead 7, property 12".
    examples: tuple[str, ...]
    #: Duration of its probe; rules of one probe share it.
    seconds: float


def check_all(session: Session, examples: int = 5) -> Iterator[Result]:
    """
    Check all rules and yield the result of each.

    Only reads. While the system is working, pass a session whose transaction is REPEATABLE READ, so that all probes
    see one snapshot.

    Args:
        examples: How many of the rows that break a rule are returned, at most.
    """
    values = {
        "examples": examples,
        "list_length": LIST_LENGTH,
        "read_notifications_kept": READ_NOTIFICATIONS_KEPT,
        **_factors(session),
    }
    for probe in ALL_PROBES:
        began = time.monotonic()
        broken = {key: (count, pairs) for key, count, pairs in session.execute(text(_counted(probe)), values)}
        seconds = time.monotonic() - began
        for rule in probe.rules:
            count, pairs = broken.get(rule.key, (0, []))
            shown = tuple(
                ", ".join(f"{name} {id_}" for name, id_ in zip(rule.ids, pair, strict=False) if id_ is not None)
                for pair in pairs or []
            )
            yield Result(rule, count, shown, seconds)


def _counted(probe: Probe) -> str:
    """
    Wrap the probe's query so that it returns a count and the first few examples of each rule.

    The database counts, because a broken rule can have millions of examples. Parameters that a query does not use are
    harmless.
    """
    return f"""
        SELECT rule, count(*), array_agg(ARRAY[a, b] ORDER BY a, b) FILTER (WHERE rank <= :examples)
        FROM (SELECT *, row_number() OVER (PARTITION BY rule ORDER BY a, b) AS rank
              FROM ({probe.sql}) AS broken (rule, a, b)) AS ranked
        GROUP BY rule
        """  # noqa: S608


def _factors(session: Session) -> dict[str, list[Any]]:
    """
    Return the factor from each currency into each market's own, as four parallel columns; no rate, no row.

    The rates are those that the market's lists were computed with; if none are recorded, today's.
    """
    today = database_now(session).date()
    listed = text("SELECT DISTINCT city_key, deal_type FROM lead_recommendations WHERE city_key IS NOT NULL")
    rows = []
    for city_key, deal_type in session.execute(listed).all():
        generation = generation_of(session, city_key, DealType(deal_type))
        if generation is not None and generation.is_known:
            factors = generation.factors()
        else:
            factors = factors_to(session, currency_of_city(city_key), today)
        rows += [(city_key, deal_type, currency, factor) for currency, factor in factors.items()]
    names = ("cities", "deal_types", "currencies", "factors")
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
