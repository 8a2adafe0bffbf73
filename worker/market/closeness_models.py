"""Models of the closeness of a market's places, learnt before a run if missing or out of date."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matching.facts.closeness import FORM, Closeness, form_of
from matching.facts.columns import PlaceIndex, PropertyColumns, PropertyFacts, learn_closeness
from models.core.base import database_now
from models.core.enums import MarketKey, RunScope, Status
from models.core.savepoints import own_savepoint
from models.market.properties import Property
from models.ranking.closeness import ClosenessRow

#: From fewer properties with a place nothing can be learnt.
MIN_PROPERTIES = 30
#: The number of newest properties to learn from; more would hardly move the centres of places.
MAX_PROPERTIES = 50_000
#: As for text models: a closeness model is used until this share of its properties has been added or removed, until it
#: reaches its maximum age, or until a release changes how it is learnt.
CHANGED_SHARE = 0.2
MAX_AGE = timedelta(days=7)

_HAS_PLACE = or_(Property.district.is_not(None), Property.metro_station.is_not(None), Property.latitude.is_not(None))


def learn_closeness_models(session: Session, scope: RunScope, market: MarketKey | None = None) -> int:
    """Learn the closeness of places of a run's markets where needed; returns the number learnt.

    Only a run over everything replaces existing models; any run learns missing ones. The caller commits.
    """
    counts = select(Property.city_key, Property.deal_type, func.count()).where(
        Property.status == Status.ACTIVE, _HAS_PLACE
    )
    if market is not None:
        counts = counts.where(Property.city_key == market[0], Property.deal_type == market[1])
    counts = counts.group_by(Property.city_key, Property.deal_type).having(func.count() >= MIN_PROPERTIES)
    learnt = 0
    for city_key, deal_type, count in session.execute(counts.order_by(Property.city_key, Property.deal_type)).all():
        newest = _newest(session, (city_key, deal_type))
        if newest is None or (scope is RunScope.ALL and _is_out_of_date(session, newest, count)):
            # A market whose closeness cannot be learnt keeps its former model and does not stop the other markets.
            with own_savepoint(session, "closeness_not_learnt", market=(city_key, deal_type)):
                _learn(session, (city_key, deal_type), count)
                learnt += 1
    return learnt


def newest_closeness(session: Session, market: MarketKey) -> int | None:
    """The id of a market's newest closeness model; None without one."""
    row = _newest(session, market)
    return None if row is None else row[0]


def _newest(session: Session, market: MarketKey) -> tuple[int, int, datetime] | None:
    row = session.execute(
        select(ClosenessRow.id, ClosenessRow.properties, ClosenessRow.created_at)
        .where(ClosenessRow.city_key == market[0], ClosenessRow.deal_type == market[1])
        .order_by(ClosenessRow.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def _is_out_of_date(session: Session, newest: tuple[int, int, datetime], count: int) -> bool:
    row_id, properties, created_at = newest
    if abs(count - properties) > CHANGED_SHARE * properties or database_now(session) - created_at > MAX_AGE:
        return True
    return form_of(session.execute(select(ClosenessRow.model).where(ClosenessRow.id == row_id)).scalar_one()) != FORM


def _learn(session: Session, market: MarketKey, count: int) -> None:
    rows = session.execute(
        select(Property.district, Property.metro_station, Property.stations, Property.latitude, Property.longitude)
        .where(
            Property.city_key == market[0],
            Property.deal_type == market[1],
            Property.status == Status.ACTIVE,
            _HAS_PLACE,
        )
        .order_by(Property.id.desc())
        .limit(MAX_PROPERTIES)
    ).all()
    homes = [
        PropertyFacts(
            owner=0,
            property_type="APARTMENT",
            district=row.district,
            metro=row.metro_station,
            metros=[(station["name"], station.get("minutes")) for station in row.stations],
            latitude=None if row.latitude is None else float(row.latitude),
            longitude=None if row.longitude is None else float(row.longitude),
        )
        for row in rows
    ]
    places = PlaceIndex()
    model: Closeness = learn_closeness(PropertyColumns.from_facts(homes, places), places)
    session.add(ClosenessRow(city_key=market[0], deal_type=market[1], model=model.to_bytes(), properties=count))
    session.flush()
