"""Figures of all lists, for charts: scores, coverage, exposure, and the durations of runs.

A lead is *covered* with at least :data:`MIN_OFFERS_COVERED` offers. *Exposure* measures how offers concentrate: people
see the first :data:`SHOWN` entries of a lead's list, and a property has the share of all these entries that name it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, func, literal, select, true, union_all
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import RunState
from models.market.leads import Lead
from models.market.places import name_of_city
from models.market.properties import Property, on_market
from models.ranking.display_order import first_entries
from models.ranking.recommendations import LeadRecommendations
from models.rescoring.runs import RescoringRun, RescoringShard

MIN_OFFERS_COVERED = 10
SHOWN = 10
#: Points of the curve of exposure.
STEPS = 20


@dataclass(frozen=True)
class Exposure:
    """How the first entries of all lists are spread over properties."""

    #: Share of all entries, 0 to 1, that the most offered 0 %, 5 %, ... 100 % of properties have.
    curve: list[float]
    #: Gini coefficient of the entries over all properties on the market: 0: equally spread, 1: one has all.
    gini: float | None
    properties: int
    never_shown: int


@dataclass(frozen=True)
class RunTime:
    """One whole run that succeeded."""

    run_id: int
    finished_at: datetime
    seconds: float
    pairs: int


def score_histogram(session: Session) -> list[tuple[int, int]]:
    """(lower end, lists) of the best scores of all leads that have an offer, in steps of 5 from 0 to 95."""
    best = LeadRecommendations.scores[literal(1)]
    step = func.least(cast(func.floor(best / 5), Integer), 19) * 5
    query = select(step, func.count()).where(func.cardinality(LeadRecommendations.scores) > 0).group_by(step)
    counts: dict[int, int] = dict(session.execute(query).all())
    return [(low, counts.get(low, 0)) for low in range(0, 100, 5)]


def coverage(session: Session) -> list[tuple[str, int]]:
    """Leads on the market by their number of offers: none, 1 to 9, 10 to 49, 50 to 99, 100."""
    length = func.coalesce(func.cardinality(LeadRecommendations.property_ids), 0)
    part = func.width_bucket(length, [1, MIN_OFFERS_COVERED, 50, 100])
    query = (
        select(part, func.count())
        .select_from(Lead)
        .join(User, on_market(Lead))
        .outerjoin(LeadRecommendations, LeadRecommendations.lead_id == Lead.id)
        .group_by(part)
    )
    counts: dict[int, int] = dict(session.execute(query).all())
    return [(name, counts.get(number, 0)) for number, name in enumerate(("0", "1–9", "10–49", "50–99", "100"))]


def exposure(session: Session) -> Exposure:
    """How concentrated the first :data:`SHOWN` entries of all lists are."""
    lists = LeadRecommendations
    first = first_entries(session, lists.lead_id, lists.property_ids, lists.scores, SHOWN)
    shown = select(first.c.id, func.count().label("times")).select_from(lists).join(first, true())
    times = sorted(session.scalars(select(shown.group_by(first.c.id).subquery().c.times)), reverse=True)
    total = session.scalar(select(func.count()).select_from(Property).join(User, on_market()))
    total = max(total or 0, len(times))
    return Exposure(_curve(times, total), gini(times, total), total, total - len(times))


def gini(times: list[int], count: int) -> float | None:
    """
    The Gini coefficient of *times*, largest first, among *count* values, of which the others are 0.

    >>> gini([2, 2], 2), gini([4], 2)
    (0.0, 0.5)
    """
    whole = sum(times)
    if not whole:
        return None
    # Over ascending values x_1 .. x_n: (2 * sum(i x_i) / (n * sum(x))) - (n + 1) / n
    weighted = sum((count - index) * value for index, value in enumerate(times))
    return 2 * weighted / (count * whole) - (count + 1) / count


def _curve(times: list[int], count: int) -> list[float]:
    whole, sums = sum(times), [0]
    for value in times:
        sums.append(sums[-1] + value)
    indexes = [round(step * count / STEPS) for step in range(STEPS + 1)]
    return [sums[min(index, len(times))] / whole if whole else 0.0 for index in indexes]


def run_times(session: Session, weeks: int = 8, limit: int = 60) -> list[RunTime]:
    """
    Runs that succeeded over the last *weeks*, oldest first, at most the *limit* newest.

    Their times are those of their shards, as their own pages show them (:func:`run_figures.progress_of`).
    """
    pairs = func.coalesce(func.sum(RescoringShard.pairs_done), 0)
    began = func.coalesce(func.min(RescoringShard.started_at), RescoringRun.started_at)
    ended = func.coalesce(func.max(RescoringShard.finished_at), RescoringRun.finished_at)
    query = (
        select(RescoringRun.id, ended, began, pairs)
        .outerjoin(RescoringShard, RescoringShard.run_id == RescoringRun.id)
        .where(
            RescoringRun.state == RunState.SUCCEEDED,
            RescoringRun.started_at.is_not(None),
            RescoringRun.finished_at > utc_now() - timedelta(weeks=weeks),
        )
        .group_by(RescoringRun.id)
        .order_by(RescoringRun.id.desc())
        .limit(limit)
    )
    rows = [
        RunTime(run_id, last, (last - first).total_seconds(), int(count))
        for run_id, last, first, count in session.execute(query)
        if last is not None and first is not None
    ]
    return rows[::-1]


def city_names(session: Session) -> dict[str, str]:
    """
    Key of each city in the database -> its name.

    It is the gazetteer's name, because people write "г. Самара" and "Astana". For towns that the gazetteer does not
    know, and for towns of the same name, which people distinguish by the region, it is the most frequent name in the
    database.
    """
    named = union_all(*(select(table.city_key, table.city) for table in (Lead, Property))).subquery()
    query = select(named.c.city_key, func.mode().within_group(named.c.city)).group_by(named.c.city_key)
    written: dict[str, str] = dict(session.execute(query).all())
    known = {key: name_of_city(key) for key in written}
    towns_with_name = Counter(known.values())
    return {key: name if (name := known[key]) and towns_with_name[name] == 1 else text for key, text in written.items()}
