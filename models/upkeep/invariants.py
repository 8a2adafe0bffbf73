"""What must hold at any moment of all that is stored, asked of the database in its own words.

The rules (:mod:`models.upkeep.invariant_queries`) are written from what the system promises, not from the code that
keeps the promises: they would be worth little if both had the same bug. All of them hold in every snapshot of a working
system. What may lag behind a change for a moment (a list that is not of its entity's present version) is left out where
that matters.
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
from models.upkeep.invariant_queries import PROBES, Probe, Rule
from models.upkeep.retention import READ_NOTICES_KEPT

RULES = tuple(rule for probe in PROBES for rule in probe.rules)


@dataclass(frozen=True)
class Result:
    """How a rule stands."""

    rule: Rule
    count: int
    #: The first of what breaks it, such as "lead 7, property 12".
    examples: tuple[str, ...]
    #: How long its probe took; rules of one probe share it.
    seconds: float


def check_all(session: Session, examples: int = 5) -> Iterator[Result]:
    """
    Every rule's result, one after another.

    Reads only. Give a session whose transaction is REPEATABLE READ where the system is working meanwhile: the probes
    then look at one moment, as they must where they compare tables.
    """
    values = {
        "examples": examples,
        "list_length": LIST_LENGTH,
        "read_notices_kept": READ_NOTICES_KEPT,
        **_factors(session),
    }
    for probe in PROBES:
        began = time.monotonic()
        found = {key: (count, pairs) for key, count, pairs in session.execute(text(_counted(probe)), values)}
        seconds = time.monotonic() - began
        for rule in probe.rules:
            count, pairs = found.get(rule.key, (0, []))
            shown = tuple(
                ", ".join(f"{name} {id_}" for name, id_ in zip(rule.ids, pair, strict=False) if id_ is not None)
                for pair in pairs or []
            )
            yield Result(rule, count, shown, seconds)


def _counted(probe: Probe) -> str:
    """
    The probe's query with what it finds counted, and only the first few of each rule kept.

    Counted by the database, for a broken rule can have millions of examples. The names of parameters that a query does
    not use are harmless.
    """
    return f"""
        SELECT rule, count(*), array_agg(ARRAY[a, b] ORDER BY a, b) FILTER (WHERE place <= :examples)
        FROM (SELECT *, row_number() OVER (PARTITION BY rule ORDER BY a, b) AS place
              FROM ({probe.sql}) AS found (rule, a, b)) AS placed
        GROUP BY rule
        """  # noqa: S608 - a query of this package


def _factors(session: Session) -> dict[str, list[Any]]:
    """
    What an amount of each currency is worth in each market's own, as four parallel columns; no rate, no row.

    By the rates that the market's lists are computed with; where none are recorded, by today's.
    """
    today = database_now(session).date()
    listed = text("SELECT DISTINCT city_key, deal_type FROM lead_recommendations WHERE city_key IS NOT NULL")
    rows = []
    for city_key, deal_type in session.execute(listed).all():
        generation = generation_of(session, city_key, DealType(deal_type))
        known = generation is not None and generation.is_known
        factors = generation.factors() if known else factors_to(session, currency_of_city(city_key), today)
        rows += [(city_key, deal_type, currency, factor) for currency, factor in factors.items()]
    names = ("cities", "deal_types", "currencies", "factors")
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
