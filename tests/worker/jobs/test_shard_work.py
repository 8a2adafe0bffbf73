"""
A worker that has lost its shard publishes nothing, and the worker's inputs for a shard apply to every kind of shard.
"""

import pytest
from sqlalchemy import text

from models.core.enums import RunScope, RunState
from models.rescoring.run_figures import difference_of
from models.rescoring.runs import RescoringShard, cancel_run, request_run
from tests.factories import make_lead, make_property, make_user
from tests.worker.lists.test_rescore import MOSCOW, stored_lists
from worker.celery_app import task_context
from worker.jobs import runs
from worker.lists import rescore, scoring


@pytest.fixture
def market(new_worker_session):
    """A market of two leads and three properties with lists, and one more property without."""
    with new_worker_session() as session:
        seller = make_user(session)
        for _ in range(2):
            make_lead(session, make_user(session))
        for _ in range(3):
            make_property(session, seller)
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
        yield session


def start(session, scope):
    """Create a run with one shard."""
    run, _ = request_run(session, scope, "test")
    session.commit()
    [shard_id] = runs.prepare_run(session, run.id)
    session.commit()
    return run, shard_id


def while_scoring(monkeypatch, happen):
    """Call *happen* when the market has been scored, before its lists are stored."""
    real = scoring.score_market

    def score(*args, **kwargs):
        lists = real(*args, **kwargs)
        happen()
        return lists

    monkeypatch.setattr(scoring, "score_market", score)


def cancel(session, run_id):
    cancel_run(session, run_id)


def lose(session, run_id):
    session.execute(text("UPDATE rescoring_shards SET worker = 'another' WHERE run_id = :id"), {"id": run_id})


@pytest.mark.parametrize("scope", [RunScope.ALL, RunScope.STALE])
@pytest.mark.parametrize("happen", [cancel, lose])
def test_a_shard_cancelled_or_lost_while_it_was_scored_publishes_nothing(
    market, new_worker_session, monkeypatch, scope, happen
):
    for module in (rescore, runs):
        monkeypatch.setattr(module, "MAX_CHANGES", 0)  # so that stale lists are scored with the whole market
    make_property(market, make_user(market))
    market.commit()
    before = stored_lists(market)
    run, shard_id = start(market, scope)

    def happen_elsewhere():
        with new_worker_session() as other:
            happen(other, run.id)
            other.commit()

    while_scoring(monkeypatch, happen_elsewhere)
    assert runs.run_shard(shard_id) is None

    assert stored_lists(market) == before
    shard = market.get_one(RescoringShard, shard_id, populate_existing=True)
    assert shard.state is (RunState.CANCELLED if happen is cancel else RunState.RUNNING)


def test_a_run_over_many_stale_lists_scores_with_the_workers_threads_and_reports_progress(market, monkeypatch):
    for module in (rescore, runs):
        monkeypatch.setattr(module, "MAX_CHANGES", 0)
    monkeypatch.setenv("WORKER_THREADS", "3")
    task_context.settings.cache_clear()
    make_property(market, make_user(market))
    market.commit()
    real, calls = scoring.score_market, []

    def score(scored, k, threads, progress, should_stop):
        calls.append((threads, progress is not None, should_stop()))
        return real(scored, k, threads, progress, should_stop)

    monkeypatch.setattr(scoring, "score_market", score)
    _, shard_id = start(market, RunScope.STALE)
    runs.run_shard(shard_id)

    assert calls == [(3, True, False)]
    assert market.get_one(RescoringShard, shard_id, populate_existing=True).state is RunState.SUCCEEDED


def test_the_text_model_is_fitted_while_the_run_can_be_cancelled(market, new_worker_session, monkeypatch):
    run, _ = request_run(market, RunScope.ALL, "test")
    market.commit()

    def fit(session, scope):
        with new_worker_session() as other:
            other.execute(text("SET lock_timeout = '2s'"))
            cancel_run(other, run.id)
            other.commit()
        return None

    monkeypatch.setattr(runs, "text_model_for", fit)
    assert runs.begin_run(run.id) == []

    market.refresh(run)
    assert run.state is RunState.CANCELLED


def test_a_run_of_an_older_text_model_does_not_replace_the_lists_of_a_newer_one(
    market, new_worker_session, monkeypatch
):
    """Like a worker whose lease expired, or a failed run that is retried after another one has succeeded."""
    run, shard_id = start(market, RunScope.ALL)
    market.execute(text("INSERT INTO text_models (id, model, texts) SELECT id + 1, model, texts FROM text_models"))
    market.execute(text("UPDATE markets SET text_model_id = (SELECT max(id) FROM text_models)"))
    market.commit()
    before = stored_lists(market)

    runs.run_shard(shard_id)

    shard = market.get_one(RescoringShard, shard_id, populate_existing=True)
    assert shard.state is RunState.FAILED
    assert "newer" in shard.error
    assert stored_lists(market) == before


def test_the_mean_change_of_scores_is_over_lists_that_had_a_predecessor(market):
    """One list of five is new: the mean is over the other four, (3 + 3 * 9) / 4."""
    run, shard_id = start(market, RunScope.ALL)
    market.execute(
        text("DELETE FROM lead_recommendations WHERE lead_id = (SELECT min(lead_id) FROM lead_recommendations)")
    )
    market.execute(text("UPDATE lead_recommendations SET scores[1] = scores[1] - 3, version = version - 1"))
    market.execute(text("UPDATE property_recommendations SET scores[1] = scores[1] - 9"))
    market.commit()

    runs.run_shard(shard_id)

    shard = market.get_one(RescoringShard, shard_id, populate_existing=True)
    assert (shard.lists_total, shard.mean_score_change) == (5, pytest.approx(7.5))
    assert difference_of(market, run.id)["mean_score_change"] == pytest.approx(7.5)


def test_lists_that_a_run_leaves_as_they_are_count_in_the_mean_change_of_scores(market):
    """One list of five has another score: the mean is 5 / 5."""
    run, shard_id = start(market, RunScope.ALL)
    market.execute(
        text(
            "UPDATE lead_recommendations SET scores[1] = scores[1] - 5"
            " WHERE lead_id = (SELECT min(lead_id) FROM lead_recommendations)"
        )
    )
    market.commit()

    runs.run_shard(shard_id)

    shard = market.get_one(RescoringShard, shard_id, populate_existing=True)
    assert (shard.lists_total, shard.lists_changed, shard.mean_score_change) == (5, 0, pytest.approx(1))
