"""An entity whose scoring kills its worker is tried a bounded number of times, and then quarantined."""

import pytest
from sqlalchemy import select, text, update

from models.market.leads import Lead, replace_lead
from models.market.unscorable import KILLED_ITS_WORKER, UnscorableEntity
from models.rescoring.attempts import MAX_ATTEMPTS
from models.rescoring.run_plan import stale_markets
from tests.factories import make_lead, make_property, make_user
from tests.worker.jobs.test_learning import run_everything
from tests.worker.lists.test_rescore import MOSCOW, stored_lists
from tests.worker.market.test_generations import broken_rules
from worker import tasks
from worker.celery_app.base_task import LeadmatchTask
from worker.lists import careful
from worker.market import cache, load, readings


class WorkerDied(BaseException):
    """What the process would not survive: nothing of ours catches it, so nothing runs after it."""


@pytest.fixture
def market(worker_here):
    """A property with a list, and three leads without."""
    with worker_here() as session:
        make_property(session, make_user(session))
        session.commit()
        careful.reconcile_carefully(session, MOSCOW)
        leads = [make_lead(session, make_user(session)) for _ in range(3)]
        session.commit()
        yield session, leads


def kill_on(monkeypatch, owner_id):
    """Let turning that owner's lead into vectors kill the process."""
    real, killed = load.lead_vectors, []

    def vectors(columns, *args):
        if owner_id in columns.owner:
            killed.append(owner_id)
            raise WorkerDied
        return real(columns, *args)

    monkeypatch.setattr(load, "lead_vectors", vectors)
    return killed


def sweep_until_quiet(session, monkeypatch):
    """Sweep as one worker after another would, each with its own memory; how many died."""
    deaths = 0
    for _ in range(10):
        cache.forget_snapshots()
        try:
            tasks.sweep()
        except WorkerDied:
            session.rollback()
            deaths += 1
    return deaths


def test_a_killer_is_quarantined_after_a_few_attempts_and_the_others_get_their_lists(market, monkeypatch):
    session, leads = market
    killed = kill_on(monkeypatch, leads[1].owner_id)

    deaths = sweep_until_quiet(session, monkeypatch)

    assert deaths == len(killed) == MAX_ATTEMPTS
    [quarantined] = session.scalars(select(UnscorableEntity)).all()
    assert (quarantined.entity_id, quarantined.error) == (leads[1].id, KILLED_ITS_WORKER)
    listed = {lead_id for (table, lead_id) in stored_lists(session) if table == "lead_recommendations"}
    assert listed == {leads[0].id, leads[2].id}
    assert stale_markets(session) == set()
    assert session.scalar(text("SELECT count(*) FROM rescoring_attempts")) == 0
    run_everything(session)  # which loads the whole market
    assert len(killed) == deaths


def test_a_quarantined_killer_is_tried_again_when_it_is_written(market, monkeypatch):
    session, leads = market
    with monkeypatch.context() as patch:
        kill_on(patch, leads[1].owner_id)
        sweep_until_quiet(session, patch)

    replace_lead(session, leads[1], {"city": "Москва", "area_min": 45})
    session.commit()
    tasks.sweep()

    assert ("lead_recommendations", leads[1].id) in stored_lists(session)
    assert broken_rules(session) == {}


def test_a_killer_that_was_listed_leaves_all_lists(market, monkeypatch):
    session, leads = market
    tasks.sweep()
    replace_lead(session, leads[1], {"city": "Москва", "area_min": 45})
    session.commit()
    kill_on(monkeypatch, leads[1].owner_id)
    sweep_until_quiet(session, monkeypatch)

    [(ids, *_)] = [entries for (table, _), entries in stored_lists(session).items() if table != "lead_recommendations"]
    assert sorted(ids) == [leads[0].id, leads[2].id]
    assert broken_rules(session) == {}


def test_a_message_that_comes_again_after_its_worker_died_is_bounded_too(market, monkeypatch):
    session, leads = market
    killed = kill_on(monkeypatch, leads[1].owner_id)
    with pytest.raises(WorkerDied):
        tasks.rescore_lead(leads[1].id)
    monkeypatch.setattr(LeadmatchTask, "is_redelivered", True)
    for _ in range(MAX_ATTEMPTS):
        cache.forget_snapshots()
        with pytest.raises(WorkerDied):
            tasks.rescore_lead(leads[1].id)
    cache.forget_snapshots()
    tasks.rescore_lead(leads[1].id)

    assert len(killed) == MAX_ATTEMPTS + 1
    assert session.scalars(select(UnscorableEntity.entity_id)).all() == [leads[1].id]


def kill_reader_on(monkeypatch, words):
    """Let reading these words kill the process."""
    real, killed = readings.wish_rows, []

    def read(text):
        if words in text:
            killed.append(words)
            raise WorkerDied
        return real(text)

    monkeypatch.setattr(readings, "wish_rows", read)
    return killed


@pytest.fixture
def unread(market):
    """The same leads, as an import leaves them: one whose words kill, and none of them read."""
    session, leads = market
    session.execute(update(Lead).values(grammar=None))
    session.execute(update(Lead).where(Lead.id == leads[1].id).values(additional_requirements="смертельно"))
    session.commit()
    return session, leads


def test_words_that_kill_their_reader_are_quarantined_and_the_others_are_read(unread, monkeypatch):
    session, leads = unread
    killed = kill_reader_on(monkeypatch, "смертельно")

    deaths = sweep_until_quiet(session, monkeypatch)

    assert deaths == len(killed) == MAX_ATTEMPTS
    [quarantined] = session.scalars(select(UnscorableEntity)).all()
    assert (quarantined.entity_id, quarantined.error) == (leads[1].id, KILLED_ITS_WORKER)
    assert set(session.scalars(select(Lead.id).where(Lead.grammar.is_not(None)))) == {leads[0].id, leads[2].id}
    listed = {lead_id for (table, lead_id) in stored_lists(session) if table == "lead_recommendations"}
    assert listed == {leads[0].id, leads[2].id}
    assert session.scalar(text("SELECT count(*) FROM rescoring_attempts")) == 0
    run_everything(session)
    assert len(killed) == deaths


def test_words_that_kill_a_newer_grammar_leave_all_lists(market, monkeypatch):
    session, leads = market
    tasks.sweep()
    session.execute(update(Lead).where(Lead.id == leads[1].id).values(additional_requirements="смертельно"))
    session.execute(update(Lead).values(grammar=1))
    session.commit()
    kill_reader_on(monkeypatch, "смертельно")
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(WorkerDied):
            readings.read_market(session, MOSCOW)
        session.rollback()
    careful.reconcile_carefully(session, MOSCOW)

    [(ids, *_)] = [entries for (table, _), entries in stored_lists(session).items() if table != "lead_recommendations"]
    assert sorted(ids) == [leads[0].id, leads[2].id]
    assert broken_rules(session) == {}


def test_a_killer_of_readers_is_read_again_when_it_is_written(unread, monkeypatch):
    session, leads = unread
    with monkeypatch.context() as patch:
        kill_reader_on(patch, "смертельно")
        sweep_until_quiet(session, patch)

    replace_lead(session, leads[1], {"city": "Москва", "additional_requirements": "балкон"})
    session.execute(update(Lead).where(Lead.id == leads[1].id).values(grammar=None))
    session.commit()
    tasks.sweep()

    assert [wish["kind"] for wish in session.get(Lead, leads[1].id, populate_existing=True).wishes] == ["balcony"]
    assert ("lead_recommendations", leads[1].id) in stored_lists(session)


def test_a_message_whose_words_kill_is_bounded_too(unread, monkeypatch):
    session, leads = unread
    killed = kill_reader_on(monkeypatch, "смертельно")
    with pytest.raises(WorkerDied):
        tasks.rescore_lead(leads[1].id)
    monkeypatch.setattr(LeadmatchTask, "is_redelivered", True)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(WorkerDied):
            tasks.rescore_lead(leads[1].id)
    tasks.rescore_lead(leads[1].id)

    assert len(killed) == MAX_ATTEMPTS + 1
    assert session.scalars(select(UnscorableEntity.entity_id)).all() == [leads[1].id]


def test_an_error_in_reading_is_no_death(unread, monkeypatch):
    session, _ = unread
    monkeypatch.setattr(readings, "wish_rows", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        readings.read_market(session, MOSCOW)

    assert session.scalar(text("SELECT count(*) FROM rescoring_attempts")) == 0


def test_an_error_is_no_death_and_leaves_no_attempt(market, monkeypatch):
    session, _ = market
    monkeypatch.setattr(careful, "rescore_changed", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        careful.reconcile_carefully(session, MOSCOW)

    assert session.scalar(text("SELECT count(*) FROM rescoring_attempts")) == 0


def test_two_sweeps_do_not_count_one_entity_twice(market, worker_here, monkeypatch):
    session, leads = market
    real = careful.rescore_changed

    def while_another_sweeps(*args, **options):
        with worker_here() as other:
            careful.reconcile_carefully(other, MOSCOW)
            assert other.scalars(text("SELECT DISTINCT attempts FROM rescoring_attempts")).all() == [1]
        return real(*args, **options)

    monkeypatch.setattr(careful, "rescore_changed", while_another_sweeps)
    careful.reconcile_carefully(session, MOSCOW)

    assert len([1 for table, _ in stored_lists(session) if table == "lead_recommendations"]) == len(leads)
