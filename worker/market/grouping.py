"""Groups of adverts of one home, brought up to date after writes.

The rule is :mod:`matching.homes`. Groups are the connected components of adverts that look like one home, cut where
they contradict. So what a written advert can change lies within the components that it was in and is in now. Both are
found by keys: those under which it was stored, and those that it has now. So groups after any writes are those of
:func:`regroup_all`.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Select, cast, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from matching.homes.addresses import flat_number, house_key
from matching.homes.adverts import AdvertFacts, keys
from matching.homes.groups import components, edges_between, groups
from models.core.enums import MarketKey, Status
from models.market.advert_groups import AdvertGroup, AdvertKeys
from models.market.properties import Property
from models.market.readings import effective_facts
from models.sources.formats.addresses import set_address
from models.sources.formats.offer import Offer
from models.sources.photos import photo_hashes

#: Written adverts that are grouped in one transaction, which keeps others from grouping.
BATCH = 200
#: Characters of an advert's words that are compared.
MAX_TEXT = 3_000

_COLUMNS = (
    Property.id,
    Property.version,
    Property.owner_id,
    Property.status,
    Property.city_key,
    Property.deal_type,
    Property.property_type,
    Property.area,
    Property.rooms,
    Property.floor,
    Property.total_floors,
    Property.year_built,
    Property.price,
    Property.currency,
    Property.street,
    Property.house_number,
    Property.location,
    Property.latitude,
    Property.longitude,
    Property.attributes,
    Property.facts,
    Property.read_facts,
    func.left(Property.description, MAX_TEXT).label("words"),
)


def group_property(session: Session, property_id: int) -> set[int]:
    """Bring the groups up to date with one property, and commit; the ids of all adverts whose group has changed."""
    changed = _regroup(session, [property_id])
    session.commit()
    return changed


def group_market(session: Session, market: MarketKey) -> set[int]:
    """As :func:`group_property`, for every property of the market that was written since it was grouped."""
    stale = (
        select(Property.id)
        .outerjoin(AdvertKeys, AdvertKeys.property_id == Property.id)
        .where(
            Property.city_key == market[0],
            Property.deal_type == market[1],
            or_(AdvertKeys.version.is_(None), AdvertKeys.version != Property.version),
        )
    )
    return _group_in_batches(session, stale)


def regroup_all(session: Session) -> set[int]:
    """As :func:`group_property`, for every property there is."""
    return _group_in_batches(session, select(Property.id))


def _group_in_batches(session: Session, which: Select[int]) -> set[int]:
    """Group house by house, so that the neighbours of a batch are read once."""
    by_house = which.order_by(Property.city_key, Property.street, Property.house_number, Property.location, Property.id)
    ids = session.scalars(by_house).all()
    session.commit()
    changed: set[int] = set()
    for start in range(0, len(ids), BATCH):
        changed |= _regroup(session, ids[start : start + BATCH])
        session.commit()
    return changed


def _regroup(session: Session, property_ids: Iterable[int]) -> set[int]:
    """Rewrite the groups that these properties were in, or are in now, in the caller's transaction."""
    # One at a time: two that saw each other's adverts half written would store groups that contradict.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('group-adverts', 0))"))
    known = _Known(session)
    former = session.scalars(select(AdvertKeys.keys).where(AdvertKeys.property_id.in_(list(property_ids))))
    reached = {key for each in former for key in each}
    written = known.load(property_ids, is_written=True)
    reached.update(key for each in written for key in known.keys_of[each])
    ids = known.load_sharing(reached) | written
    affected = set(ids)
    while ids:
        known.load_sharing({key for each in ids for key in known.keys_of[each]})
        expanded = known.expanded = known.expanded | ids
        edges = edges_between(list(known.facts.values()), known.keys_of)
        for component in components(edges):
            if component & affected:
                affected |= component
        ids = affected - expanded
    group_of = {each: group for group in groups([known.facts[each] for each in sorted(affected)]) for each in group}
    return _store(session, affected, group_of)


class _Known:
    """Adverts that were read, with their keys."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.facts: dict[int, AdvertFacts] = {}
        self.keys_of: dict[int, list[int]] = {}
        self.expanded: set[int] = set()

    def load(self, ids: Iterable[int], *, is_written: bool = False) -> set[int]:
        """Read what is not known yet; keep the keys and versions of what *is_written*. Returns those that exist."""
        wanted = sorted(set(ids))
        missing = [each for each in wanted if each not in self.facts]
        rows = self.session.execute(select(*_COLUMNS).where(Property.id.in_(missing))).all() if missing else []
        hashes = photo_hashes(self.session, missing) if missing else {}
        for row in rows:
            self.facts[row.id] = advert_facts(row, hashes.get(row.id, ()))
            self.keys_of[row.id] = keys(self.facts[row.id])
        if is_written and rows:
            values = [{"property_id": row.id, "version": row.version, "keys": self.keys_of[row.id]} for row in rows]
            stored = insert(AdvertKeys)
            changed = {"version": stored.excluded.version, "keys": stored.excluded["keys"]}
            self.session.execute(
                stored.on_conflict_do_update(index_elements=[AdvertKeys.property_id], set_=changed), values
            )
        return {each for each in wanted if each in self.facts}

    def load_sharing(self, wanted: set[int]) -> set[int]:
        """Read the adverts that are stored under one of these keys."""
        if not wanted:
            return set()
        shares = AdvertKeys.keys.overlap(cast(sorted(wanted), ARRAY(BigInteger)))
        return self.load(self.session.scalars(select(AdvertKeys.property_id).where(shares)))


def _store(session: Session, affected: set[int], group_of: dict[int, list[int]]) -> set[int]:
    """Store the groups of the *affected* adverts; returns those whose group has changed."""
    former = _members(session, affected)
    changed = {each for each in affected if former.get(each, {each}) != set(group_of.get(each, [each]))}
    if not changed:
        return changed
    alone = [each for each in changed if each not in group_of]
    session.execute(delete(AdvertGroup).where(AdvertGroup.property_id.in_(alone)))
    rows = [{"property_id": each, "group_id": group_of[each][0]} for each in sorted(changed) if each in group_of]
    if rows:
        stored = insert(AdvertGroup)
        moved = {"group_id": stored.excluded.group_id}
        session.execute(stored.on_conflict_do_update(index_elements=[AdvertGroup.property_id], set_=moved), rows)
    return changed


def _members(session: Session, ids: set[int]) -> dict[int, set[int]]:
    """Each advert's stored group, as ids."""
    mine = select(AdvertGroup.group_id).where(AdvertGroup.property_id.in_(sorted(ids)))
    members: dict[int, set[int]] = {}
    for property_id, group_id in session.execute(
        select(AdvertGroup.property_id, AdvertGroup.group_id).where(AdvertGroup.group_id.in_(mine))
    ):
        members.setdefault(group_id, set()).add(property_id)
    return {each: group for group in members.values() for each in group}


def advert_facts(row: Any, photos: tuple[int, ...] = ()) -> AdvertFacts:
    """What is compared of a Property, or of a row with :data:`_COLUMNS`; *photos* are the hashes of its photos."""
    told = effective_facts(row)
    street, house = _street_and_house(row)
    return AdvertFacts(
        id=row.id,
        owner=row.owner_id,
        is_active=row.status == Status.ACTIVE,
        market=(row.city_key, str(row.deal_type)),
        property_type=str(row.property_type),
        area=_number(row.area),
        rooms=row.rooms,
        floor=row.floor,
        price=float(row.price),
        currency=row.currency,
        house=house_key(street, house),
        flat=flat_number(house) or flat_number(row.location),
        latitude=_number(row.latitude),
        longitude=_number(row.longitude),
        total_floors=row.total_floors,
        year=row.year_built,
        kitchen=_number(told.get("kitchen_area")),
        living=_number(told.get("living_area")),
        is_new=told.get("new_building") is True,
        text=row.words or "",
        photos=photos,
    )


def _street_and_house(row: Any) -> tuple[str | None, str | None]:
    if row.street or not row.location:
        return row.street, row.house_number
    told = Offer(0)
    set_address(told, row.location)
    return told.street, told.house_number


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) or hasattr(value, "as_tuple") else None
