"""A worker loads the market before its first task, and starts even without a database."""

from models.core.enums import Side
from tests.factories import make_lead, make_property, make_user
from tests.worker.lists.test_rescore import MOSCOW, rebuild_all, stored_lists
from worker.celery_app import task_context
from worker.lists import rescore
from worker.lists.warm_start import load_biggest_markets
from worker.market import cache


def test_a_market_loaded_at_the_start_follows_what_was_written_since(new_worker_session):
    with new_worker_session() as session:
        owner = make_user(session)
        lead = make_lead(session, make_user(session))
        make_property(session, owner)
        session.commit()
        rebuild_all(session)
        cache.evict_snapshots()

        load_biggest_markets()
        known = cache._snapshots.take(MOSCOW)
        cache._snapshots.keep(known, 0)
        new = make_property(session, owner, price=12_000_000)
        session.commit()
        rescore.rescore_entity(session, Side.PROPERTY, new.id)

        assert cache._snapshots.take(MOSCOW) is known
        assert new.id in stored_lists(session)["lead_recommendations", lead.id][0]


def test_a_worker_starts_without_a_database(new_worker_session, monkeypatch, caplog):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    task_context.settings.cache_clear()
    task_context._sessions_of.cache_clear()
    load_biggest_markets()
    assert [record.message for record in caplog.records] == ["no_market_loaded"]
