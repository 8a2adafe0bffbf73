"""With two workers and a run on one market, and tasks late, repeated, out of order or lost, the lists end correct."""

import random

import pytest
from sqlalchemy import select

from models.accounts.users import User
from models.core.enums import Side
from models.market.leads import Lead
from models.upkeep import invariants
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property
from tests.length import examples
from tests.worker.lists.test_rescore import (
    ALMATY,
    MOSCOW,
    fill,
    lead_wishes,
    property_facts,
    random_write,
    rebuild_all,
    shown,
    stored_lists,
)
from worker.lists import compute, rescore, scoring
from worker.market import cache
from worker.market.cache import SnapshotCache

MARKETS = (MOSCOW, ALMATY)


class Workers:
    """Processes that share only a database and a queue: each keeps its own snapshots."""

    def __init__(self, sessions, session, chance, monkeypatch):
        self._sessions, self._session, self._chance, self._monkeypatch = sessions, session, chance, monkeypatch
        self._caches = [SnapshotCache() for _ in range(3)]
        self._queue = []

    def write(self):
        """A user creates, changes, moves or archives a row, or acts on one; a task goes to the queue."""
        chance = self._chance
        if chance.random() < 0.3:
            owner = chance.choice(self._session.scalars(select(User).order_by(User.id)).all())
            make, facts = chance.choice([(make_lead, lead_wishes), (make_property, property_facts)])
            row = make(self._session, owner, currency="RUB", **facts(chance))
            self._session.commit()
            self._queue.append((Side.LEAD if isinstance(row, Lead) else Side.PROPERTY, row.id))
        else:
            self._queue.append(random_write(self._session, chance))

    def work(self):
        """One of two workers takes any task from the queue; sometimes the task is lost, or repeated."""
        if not self._queue:
            return
        side, row_id = self._queue.pop(self._chance.randrange(len(self._queue)))
        fate = self._chance.random()
        if fate < 0.15:
            return
        if fate > 0.9:
            self._queue.append((side, row_id))
        with self.process(self._chance.randrange(2)):
            rescore.rescore_entity(self._session, side, row_id)

    def sweep(self):
        with self.process(self._chance.randrange(2)):
            for market in MARKETS:
                rescore.reconcile_market(self._session, market)
                self._session.commit()

    def run(self):
        """A third worker scores a market, while users write and the others work."""
        real = scoring.score_market

        def score_while_others_go_on(*args, **kwargs):
            lists = real(*args, **kwargs)
            with self._sessions() as session:
                mine, self._session = self._session, session
                for _ in range(self._chance.randrange(4)):
                    self._chance.choice([self.write, self.work])()
                self._session = mine
            return lists

        with self.process(2), self._monkeypatch.context() as patch:
            patch.setattr(scoring, "score_market", score_while_others_go_on)
            rescore.rebuild_market(self._session, self._chance.choice(MARKETS), None)
            self._session.commit()

    def process(self, number):
        return _Using(self._caches[number])


class _Using:
    def __init__(self, cache):
        self._cache = cache

    def __enter__(self):
        self._before, cache._snapshots = cache._snapshots, self._cache

    def __exit__(self, *_):
        cache._snapshots = self._before


def is_well(session):
    assert {result.rule.key: result.examples for result in check_all(session) if result.count} == {}
    session.rollback()


@pytest.mark.parametrize("seed", range(examples(2, 40)))
def test_tasks_late_lost_twice_or_out_of_order_leave_the_lists_of_a_full_run(
    new_worker_session, small_lists, monkeypatch, seed
):
    monkeypatch.setattr(invariants, "LIST_LENGTH", 5)
    monkeypatch.setattr(compute, "SCORED_TOGETHER", 1 if seed % 2 else 20)
    monkeypatch.setattr(compute, "FILLED_UP_FROM", (1, 4, 1_000_000)[seed % 3])
    chance = random.Random(seed)
    with new_worker_session() as session:
        fill(session, chance)
        rebuild_all(session)
        workers = Workers(new_worker_session, session, chance, monkeypatch)
        for _ in range(50):
            kind = chance.choices(["write", "work", "sweep", "run"], [10, 8, 1, 2])[0]
            getattr(workers, kind)()
            if kind != "write":
                is_well(session)
        workers.sweep()
        is_well(session)
        incremental = stored_lists(session)
        rebuild_all(session)
        full = stored_lists(session)
        for market in MARKETS:
            assert rescore.reconcile_market(session, market) == 0
    assert shown(incremental, full) == full
