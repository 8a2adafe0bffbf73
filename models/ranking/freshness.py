"""Freshness of the lists: how many are out of date and for how long, for alerts."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.orm import Session

from models.core.enums import Side
from models.market.leads import Lead
from models.market.properties import Property
from models.market.unscorable import count_quarantined
from models.ranking.recommendations import stale_rows
from models.ranking.stale_lists import stale_entities


@dataclass(frozen=True)
class Freshness:
    """Stale and quarantined entities at one moment."""

    #: Entities whose list does not match their current version or market.
    stale: int
    #: Age of the oldest write that is not in the lists yet, in seconds; 0 without one.
    oldest_seconds: float
    #: Entities that the engine failed on; they are not stale.
    quarantined: int


def freshness(session: Session) -> Freshness:
    """Return the present freshness; cheap, unless very many lists are stale (:mod:`models.ranking.stale_lists`)."""
    quarantined = count_quarantined(session)
    entities = stale_entities(session)
    if entities is not None:
        return Freshness(len(entities), max((entity.age for entity in entities), default=0.0), quarantined)
    stale, oldest = 0, 0.0
    tables: dict[Side, type[Lead] | type[Property]] = {Side.LEAD: Lead, Side.PROPERTY: Property}
    for side, table in tables.items():
        age = func.extract("epoch", func.clock_timestamp() - func.min(table.updated_at))
        count, seconds = session.execute(stale_rows(side).with_only_columns(func.count(), age)).one()
        stale, oldest = stale + count, max(oldest, float(seconds or 0))
    return Freshness(stale, oldest, quarantined)
