"""Groups that follow writes: after any of them they are what grouping everything anew gives."""

import random

import pytest
from sqlalchemy import delete, select, text

from models.core.enums import DealType, Side, Status
from models.market.advert_groups import AdvertGroup, AdvertKeys
from tests.factories import make_property, make_user
from worker.lists import rescore
from worker.market.grouping import group_market, group_property, regroup_all


def stored(session) -> dict[int, int]:
    session.expire_all()
    return dict(session.execute(select(AdvertGroup.property_id, AdvertGroup.group_id)).all())


@pytest.mark.parametrize("seed", range(3))
def test_groups_after_any_writes_are_those_of_grouping_all_anew(worker_here, seed):
    chance = random.Random(seed)

    def fields():
        return {
            "area": chance.choice([60, 60.2, 60.4, 61]),
            "price": chance.choice([12_000_000, 12_100_000, 14_000_000]),
            "floor": chance.choice([5, 5, 5, 6]),
            "house_number": chance.choice(["7", "7", "д. 7", None]),
            "latitude": 55.75,
            "longitude": chance.choice([37.6, 37.6004]),
            "facts": {"new_building": True} if chance.random() < 0.2 else {},
            "status": chance.choice([Status.ACTIVE] * 4 + [Status.ARCHIVED]),
        }

    with worker_here() as session:
        owners = [make_user(session) for _ in range(4)]
        homes = []
        for _ in range(60):
            kind = chance.random()
            if kind < 0.4 or not homes:
                found = make_property(session, chance.choice(owners), **fields())
                homes.append(found)
            elif kind < 0.9:
                found = chance.choice(homes)
                for name, value in fields().items():
                    setattr(found, name, value)
            else:
                found = homes.pop(chance.randrange(len(homes)))
                session.execute(text("DELETE FROM properties WHERE id = :id"), {"id": found.id})
                session.commit()
                continue
            session.commit()
            group_property(session, found.id)
        after_writes = stored(session)
        session.execute(delete(AdvertGroup))
        session.execute(delete(AdvertKeys))
        session.commit()
        regroup_all(session)

        anew = _named(stored(session))

        assert {each: group for each, group in _named(after_writes).items() if len(group) > 1} == anew
        assert anew  # there were groups to compare


def _named(group_of: dict[int, int]) -> dict[int, frozenset[int]]:
    return {
        each: frozenset(other for other, theirs in group_of.items() if theirs == group)
        for each, group in group_of.items()
    }


def test_what_an_import_wrote_is_grouped_in_batches_before_its_lists_are_made(worker_here, monkeypatch):
    monkeypatch.setattr("worker.market.grouping.BATCH", 2)
    with worker_here() as session:
        homes = [make_property(session, make_user(session), floor=floor) for floor in (1, 2, 3) for _ in range(2)]
        session.commit()
        changed = group_market(session, (homes[0].city_key, DealType.SALE))

        assert changed == {home.id for home in homes}
        assert list(stored(session).values()) == [homes[place].id for place in (0, 0, 2, 2, 4, 4)]
        assert group_market(session, (homes[0].city_key, DealType.SALE)) == set()


def test_an_advert_that_joins_two_others_has_their_lists_made_again(worker_here, monkeypatch):
    rescored = []
    with worker_here() as session:
        homes = [make_property(session, make_user(session), area=area) for area in (60.2, 60.9)]
        session.commit()
        for home in homes:
            rescore.rescore_entity(session, Side.PROPERTY, home.id)
        monkeypatch.setattr(rescore, "rescore_changed", lambda _session, _market, changes: rescored.append(changes))
        homes[1].area = 60.2
        session.commit()
        rescore.rescore_entity(session, Side.PROPERTY, homes[1].id)

        assert rescored[-1].properties == {home.id for home in homes}
