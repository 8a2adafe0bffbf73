"""Looks at rows written since the look before find what a look at all rows finds."""

import random

import pytest
from sqlalchemy import delete, event, select, text, update

from models.accounts.users import User
from models.core.enums import DealType, Side, Status
from models.market.leads import Lead
from models.market.properties import Property
from models.market.unscorable import Failure, quarantine, quarantined_ids, release
from models.ranking import stale_lists
from models.ranking.freshness import freshness
from models.ranking.recommendations import LeadRecommendations
from models.ranking.stale_lists import current_moment, stale_among, stale_entities
from tests.factories import make_lead, make_property, make_user
from tests.length import examples
from worker import tasks
from worker.lists import rescore
from worker.market.stale import stale_in, stale_since

MOSCOW = ("geo:524901", DealType.SALE)
ALMATY = ("geo:1526384", DealType.SALE)


def known(entities):
    return {(entity.side, entity.id, entity.market, entity.listed_in) for entity in entities}


def all_stale(session):
    return known([entity for side in Side for entity in stale_among(session, side, None)])


class Writes:
    """Writes of every kind that makes lists stale or fresh, each committed."""

    KINDS = (
        "new",
        "edit",
        "move",
        "archive_or_restore",
        "delete",
        "rescore",
        "store_an_older_list",
        "deactivate_or_activate",
        "quarantine",
        "release",
    )

    def __init__(self, session, chance):
        self._session, self._chance = session, chance

    def any(self):
        getattr(self, self._chance.choice(self.KINDS))()
        self._session.commit()

    def _row(self):
        table = self._chance.choice([Lead, Property])
        rows = self._session.scalars(select(table).order_by(table.id)).all()
        return self._chance.choice(rows) if rows else None

    def new(self):
        make = self._chance.choice([make_lead, make_property])
        make(self._session, make_user(self._session))

    def edit(self):
        if row := self._row():
            setattr(row, "area_max" if isinstance(row, Lead) else "area", self._chance.randrange(71, 90))

    def move(self):
        if row := self._row():
            row.city_key = self._chance.choice([MOSCOW, ALMATY])[0]

    def archive_or_restore(self):
        if row := self._row():
            row.status = self._chance.choice([Status.ACTIVE, Status.ARCHIVED])

    def delete(self):
        if row := self._row():
            self._session.execute(delete(type(row)).where(type(row).id == row.id))

    def rescore(self):
        if row := self._row():
            rescore.rescore_entity(self._session, Side.LEAD if isinstance(row, Lead) else Side.PROPERTY, row.id)

    def store_an_older_list(self):
        newest = {"version": LeadRecommendations.version - 1, "changed_in": text("pg_current_xact_id()::text::bigint")}
        self._session.execute(update(LeadRecommendations).values(newest))

    def deactivate_or_activate(self):
        if row := self._row():
            self._session.execute(update(User).where(User.id == row.owner_id).values(is_active=~User.is_active))

    def quarantine(self):
        if row := self._row():
            side = Side.LEAD if isinstance(row, Lead) else Side.PROPERTY
            quarantine(self._session, [Failure(side, row.id, row.version, "x")])

    def release(self):
        for side, ids in quarantined_ids(self._session).items():
            release(self._session, side, ids)


@pytest.mark.parametrize("seed", range(examples(3, 60)))
def test_after_any_writes_a_look_at_written_rows_finds_what_a_look_at_all_rows_finds(new_worker_session, seed):
    chance = random.Random(seed)
    with new_worker_session() as session, new_worker_session() as writing:
        writes = Writes(writing, chance)
        stale_entities(session)
        found = 0
        for _ in range(25):
            for _ in range(chance.randrange(3)):
                writes.any()
            moment, before = current_moment(session), stale_in(session, MOSCOW)
            writes.any()
            assert stale_since(session, MOSCOW, moment, before) == stale_in(session, MOSCOW)
            assert known(stale_entities(session)) == all_stale(session)
            session.commit()
            found += len(all_stale(session))
    assert found


def test_a_write_that_was_not_committed_at_one_look_is_found_by_the_next(new_worker_session):
    with new_worker_session() as early, new_worker_session() as late, new_worker_session() as looking:
        lead = make_lead(early, make_user(early))
        early.flush()
        make_lead(late, make_user(late))
        late.commit()
        assert len(stale_entities(looking)) == 1
        looking.commit()
        early.commit()
        assert lead.id in {entity.id for entity in stale_entities(looking)}
        assert len(stale_entities(looking)) == 2


def test_later_looks_read_no_row_that_nobody_has_written_until_it_is_time_to_read_all_again(
    new_worker_session, monkeypatch
):
    with new_worker_session() as session:
        lead = make_lead(session, make_user(session))
        session.commit()
        rescore.rescore_entity(session, Side.LEAD, lead.id)
        assert stale_entities(session) == []
        # By hand, so that the list keeps the number of the transaction that wrote it.
        session.execute(update(LeadRecommendations).values(version=LeadRecommendations.version - 1))
        session.commit()
        assert stale_entities(session) == []
        monkeypatch.setattr(stale_lists, "WHOLE_LOOK_SECONDS", 0)
        assert [entity.id for entity in stale_entities(session)] == [lead.id]


def test_a_look_finds_what_was_released_from_quarantine(new_worker_session):
    with new_worker_session() as session:
        lead, home = make_lead(session, make_user(session)), make_property(session, make_user(session))
        session.flush()
        quarantine(session, [Failure(Side.LEAD, lead.id, lead.version, "x")])
        quarantine(session, [Failure(Side.PROPERTY, home.id, home.version, "x")])
        session.commit()
        assert stale_entities(session) == []
        release(session, Side.PROPERTY, [home.id])
        session.commit()
        assert [(entity.side, entity.id) for entity in stale_entities(session)] == [(Side.PROPERTY, home.id)]


def test_a_look_that_fails_loses_nothing(new_worker_session, monkeypatch):
    with new_worker_session() as session:
        stale_entities(session)
        lead = make_lead(session, make_user(session))
        session.commit()
        for failing in ("current_moment", "changed_between", "stale_among"):
            with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
                patch.setattr(stale_lists, failing, lambda *_: 1 / 0)
                stale_entities(session)
        assert [entity.id for entity in stale_entities(session)] == [lead.id]


def test_freshness_counts_more_stale_lists_than_a_look_returns(new_worker_session, monkeypatch):
    with new_worker_session() as session:
        for _ in range(4):
            make_lead(session, make_user(session))
        make_property(session, make_user(session), status=Status.ARCHIVED)
        session.commit()
        few = freshness(session)
        monkeypatch.setattr(stale_lists, "MAX_ROWS", 3)
        many = freshness(session)
        assert stale_entities(session) is None
        tasks.sweep()
        assert freshness(session).stale == 0
    assert (few.stale, many.stale) == (4, 4)
    assert 0 < few.oldest_seconds <= many.oldest_seconds


def test_a_sweep_with_few_stale_lists_reads_no_whole_market(new_worker_session):
    with new_worker_session() as session:
        leads = [make_lead(session, make_user(session)) for _ in range(3)]
        session.commit()
        tasks.sweep()
        session.execute(update(Lead).where(Lead.id == leads[0].id).values(area_min=40))
        session.commit()
        statements = []
        listen = lambda *args: statements.append(args[2])
        event.listen(session.get_bind(), "before_cursor_execute", listen)
        try:
            tasks.sweep()
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", listen)
        assert all_stale(session) == set()
    of_stale_lists = [each for each in statements if "listed_city_key" in each]
    assert of_stale_lists
    assert all("leads.id IN" in each or "properties.id IN" in each for each in of_stale_lists), of_stale_lists
