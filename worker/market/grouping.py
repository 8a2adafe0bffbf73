"""Groups of adverts of one home, updated after writes.

:mod:`matching.homes` decides which adverts belong together. Groups are the connected components of adverts that seem to
describe one home, divided where adverts contradict each other. So a written advert can only change the components that
it was in and is in now. Both are found by keys: the advert's stored keys and its present keys. A key shared by too many
adverts connects none of them; if a write makes a key too common, or ends that, all adverts with the key are grouped
again. So after any writes the groups equal those of :func:`regroup_all`.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matching.homes.addresses import flat_number, house_key
from matching.homes.adverts import AdvertFacts, keys
from matching.homes.groups import MAX_ALIKE, groups_of_edges
from matching.homes.same_home import SAME_HOME_POINTS, points
from models.core.enums import MarketKey, Side, Status
from models.core.locks import lock_until_commit
from models.deals.exclusions import CITY_KEY, DEAL_TYPE
from models.market.advert_groups import AdvertGroup, AdvertKeys
from models.market.properties import Property
from models.market.readings import effective_facts
from models.market.unscorable import KILLED_ITS_WORKER, UnscorableEntity
from models.platform.prepared_statements import COMPILED_ONCE
from models.sources.formats.addresses import set_address
from models.sources.formats.offer import Offer
from models.sources.photos import photo_hashes
from worker.market.failing_rows import SYSTEM_FAILURES
from worker.market.grouping_queries import (
    adverts_with_keys,
    facts_of_adverts,
    members_of_groups,
    present_properties,
    stored_keys,
)

log = logging.getLogger(__name__)

#: Written adverts that are grouped in one transaction; other transactions cannot group meanwhile.
BATCH = 200


def group_property(session: Session, property_id: int) -> set[int]:
    """Update the groups for one written property and commit; returns the ids of all adverts whose group has changed."""
    return _regroup_sound(session, [property_id])


def group_market(session: Session, market: MarketKey) -> set[int]:
    """As :func:`group_property`, for every property of the market that was written since it was grouped."""
    parameters = {"city_key": market[0], "deal_type": market[1]}
    ids = session.scalars(_ungrouped_in_market(), parameters, execution_options=COMPILED_ONCE).all()
    session.commit()
    return _regroup_batches(session, ids)


@cache
def _ungrouped_in_market() -> Select[int]:
    return _by_house(ungrouped().where(Property.city_key == CITY_KEY, Property.deal_type == DEAL_TYPE))


def regroup_all(session: Session) -> set[int]:
    """As :func:`group_property`, for all properties, except those that killed a worker."""
    return group_properties(session, select(Property.id).where(~_crashes_worker()))


def ungrouped() -> Select[int]:
    """Select the ids of properties that were written since they were grouped, without those that killed a worker."""
    stale = or_(AdvertKeys.version.is_(None), AdvertKeys.version != Property.version)
    keys_of = AdvertKeys.property_id == Property.id
    return select(Property.id).outerjoin(AdvertKeys, keys_of).where(stale, ~_crashes_worker())


def _crashes_worker() -> ColumnElement[bool]:
    return exists().where(
        UnscorableEntity.side == Side.PROPERTY,
        UnscorableEntity.entity_id == Property.id,
        UnscorableEntity.version == Property.version,
        UnscorableEntity.error == KILLED_ITS_WORKER,
    )


def group_properties(session: Session, which: Select[int]) -> set[int]:
    """
    As :func:`group_property`, for the selected properties.

    They are sorted by house, and within a house by floor, rooms and area, so that similar adverts are in the same batch
    and are read once.
    """
    ids = session.scalars(_by_house(which)).all()
    session.commit()
    return _regroup_batches(session, ids)


def _by_house(which: Select[int]) -> Select[int]:
    house = (Property.city_key, Property.street, Property.house_number, Property.location)
    return which.order_by(*house, Property.floor, Property.rooms, Property.area, Property.id)


def _regroup_batches(session: Session, ids: Sequence[int]) -> set[int]:
    changed: set[int] = set()
    for start in range(0, len(ids), BATCH):
        changed |= _regroup_sound(session, ids[start : start + BATCH])
    return changed


def _regroup_sound(session: Session, property_ids: Sequence[int]) -> set[int]:
    """
    As :func:`_regroup`, and commit. If grouping some properties fails, these keep their groups and the others are
    grouped.
    """
    try:
        changed = _regroup(session, property_ids)
        session.commit()
        return changed
    except SYSTEM_FAILURES:
        raise
    except Exception:
        session.rollback()
        if len(property_ids) > 1:
            half = len(property_ids) // 2
            return _regroup_sound(session, property_ids[:half]) | _regroup_sound(session, property_ids[half:])
        log.exception("property_not_grouped", extra={"property_id": property_ids[0]})
        return set()


def _regroup(session: Session, property_ids: Sequence[int]) -> set[int]:
    """Rewrite the groups that these properties were in, or are in now, in the caller's transaction."""
    # One transaction at a time: two that saw only parts of each other's writes would store contradictory groups.
    lock_until_commit(session, "group-adverts")
    adverts = _Adverts(session)
    affected = adverts.load_written(property_ids)
    edges: dict[tuple[int, int], float] = {}
    reached = affected
    while reached:
        new_edges = adverts.edges_of(reached)
        edges |= new_edges
        reached = {each for pair in new_edges for each in pair} - affected
        affected |= reached
    group_of = {each: group for group in groups_of_edges(adverts.facts, edges) for each in group}
    return _store(session, affected, group_of)


class _Adverts:
    """The adverts around those that were written: their facts, their keys, and which adverts share a key."""

    def __init__(self, session: Session) -> None:
        self.facts: dict[int, AdvertFacts] = {}
        self._session = session
        self._keys_of: dict[int, list[int]] = {}
        self._versions: dict[int, int] = {}
        #: The adverts of each key that was looked up; of a key that too many share, only a few more than MAX_ALIKE.
        self._at: dict[int, set[int]] = {}
        self._compared: set[tuple[int, int]] = set()

    def load_written(self, ids: Sequence[int]) -> set[int]:
        """
        Read the written properties and store their keys.

        Returns:
            The properties that exist, and all adverts whose edges may have changed. These are the adverts that share a
            former or a present key with a written one, unless too many share that key both before and after the write.
        """
        former: dict[int, list[int]] = dict(self._execute(stored_keys(), ids=list(ids)).all())
        self._load(ids)
        written = {each for each in ids if each in self.facts}
        touched = {key for each in ids for key in (*former.get(each, ()), *self._keys_of.get(each, ()))}
        self._look_up(touched)
        affected = written | self._sharing(touched)
        left = {key for each in ids for key in former.get(each, ()) if key not in self._keys_of.get(each, ())}
        self._store_keys(written)
        for each in written:
            for key in self._keys_of[each]:
                self._at[key].add(each)
        for key in left:
            del self._at[key]
        self._look_up(left)
        affected |= self._sharing(touched)
        self._load(affected)
        return affected & self.facts.keys()

    def edges_of(self, ids: set[int]) -> dict[tuple[int, int], float]:
        """As :func:`matching.homes.groups.edges_between`, for those of these adverts that are not compared yet."""
        self._look_up({key for each in ids for key in self._keys_of[each]})
        self._load({other for each in ids for other in self._sharing(self._keys_of[each])})
        edges = {}
        for each in ids:
            for other in self._sharing(self._keys_of[each]) & self.facts.keys():
                pair = (each, other) if each < other else (other, each)
                if each == other or pair in self._compared:
                    continue
                self._compared.add(pair)
                score = points(self.facts[pair[0]], self.facts[pair[1]])
                if score >= SAME_HOME_POINTS:
                    edges[pair] = score
        return edges

    def _sharing(self, keys: Iterable[int]) -> set[int]:
        """The adverts that have one of these keys, without keys that too many adverts share."""
        return {each for key in keys if len(self._at[key]) <= MAX_ALIKE for each in self._at[key]}

    def _look_up(self, keys: Iterable[int]) -> None:
        """Read which adverts are stored under these keys: at most ``MAX_ALIKE + 1`` further ones of each key."""
        missing = sorted(set(keys) - self._at.keys())
        if not missing:
            return
        self._at.update((key, set()) for key in missing)
        for shared, property_id in self._execute(adverts_with_keys(), keys=missing, maximum=MAX_ALIKE + 1):
            self._at[shared].add(property_id)

    def _load(self, ids: Iterable[int]) -> None:
        """Read the facts of those of these adverts that exist and are not loaded yet."""
        missing = sorted(set(ids) - self.facts.keys())
        if not missing:
            return
        rows = self._execute(facts_of_adverts(), ids=missing).all()
        hashes = photo_hashes(self._session, missing)
        for row in rows:
            self.facts[row.id] = advert_facts(row, hashes.get(row.id, ()))
            self._keys_of[row.id] = keys(self.facts[row.id])
            self._versions[row.id] = row.version

    def _execute(self, query: Executable, **parameters: list[int] | int) -> Any:
        return self._session.execute(query, parameters, execution_options=COMPILED_ONCE)

    def _store_keys(self, ids: set[int]) -> None:
        present = sorted(_present(self._session, ids))
        if not present:
            return
        values = [
            {"property_id": each, "version": self._versions[each], "keys": self._keys_of[each]} for each in present
        ]
        stored = insert(AdvertKeys)
        changed = {"version": stored.excluded.version, "keys": stored.excluded["keys"]}
        self._session.execute(
            stored.on_conflict_do_update(index_elements=[AdvertKeys.property_id], set_=changed), values
        )


def _store(session: Session, affected: set[int], group_of: dict[int, list[int]]) -> set[int]:
    """Store the groups of the *affected* adverts; returns those whose group has changed."""
    former = _members(session, affected)
    changed = {each for each in affected if former.get(each, {each}) != set(group_of.get(each, [each]))}
    if not changed:
        return changed
    alone = [each for each in changed if each not in group_of]
    if alone:
        session.execute(delete(AdvertGroup).where(AdvertGroup.property_id.in_(alone)))
    grouped = _present(session, changed & group_of.keys())
    rows = [{"property_id": each, "group_id": group_of[each][0]} for each in sorted(grouped)]
    if rows:
        stored = insert(AdvertGroup)
        moved = {"group_id": stored.excluded.group_id}
        session.execute(stored.on_conflict_do_update(index_elements=[AdvertGroup.property_id], set_=moved), rows)
    return changed


def _present(session: Session, ids: set[int]) -> set[int]:
    """Those of the properties that exist; they are locked against deletion until the transaction ends."""
    if not ids:
        return set()
    return set(session.scalars(present_properties(), {"ids": sorted(ids)}, execution_options=COMPILED_ONCE))


def _members(session: Session, ids: set[int]) -> dict[int, set[int]]:
    """The stored group of each advert, as the ids of its members."""
    members: dict[int, set[int]] = {}
    stored = session.execute(members_of_groups(), {"ids": sorted(ids)}, execution_options=COMPILED_ONCE)
    for property_id, group_id in stored:
        members.setdefault(group_id, set()).add(property_id)
    return {each: group for group in members.values() for each in group}


def advert_facts(row: Any, photos: tuple[int, ...] = ()) -> AdvertFacts:
    """The facts to compare of a row of :func:`facts_of_adverts` or a Property; *photos*: hashes of its photos."""
    facts = effective_facts(row)
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
        kitchen=_number(facts.get("kitchen_area")),
        living=_number(facts.get("living_area")),
        is_new=facts.get("new_building") is True,
        text=row.words or "",
        photos=photos,
    )


def _street_and_house(row: Any) -> tuple[str | None, str | None]:
    if row.street or not row.location:
        return row.street, row.house_number
    offer = Offer(0)
    set_address(offer, row.location)
    return offer.street, offer.house_number


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) or hasattr(value, "as_tuple") else None
