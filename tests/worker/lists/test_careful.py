"""An entity whose scoring kills its worker is tried a bounded number of times, and then quarantined."""

import pytest
from sqlalchemy import select, text, update

from models.core.enums import Side
from models.market.leads import Lead, replace_lead
from models.market.properties import Property
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
from worker.market import cache, grouping, load, readings
from worker.market.stale import stale_in


class WorkerDied(BaseException):
    """Stands for the death of the process: no code of ours catches it, so nothing runs after it."""


@pytest.fixture
def market(new_worker_session):
    """A property with a list, and three leads without."""
    with new_worker_session() as session:
        make_property(session, make_user(session))
        session.commit()
        careful.reconcile_carefully(session, MOSCOW, stale_in(session, MOSCOW))
        leads = [make_lead(session, make_user(session)) for _ in range(3)]
        session.commit()
        yield session, leads


def kill_on(monkeypatch, owner_id):
    """Let the process die when that owner's lead is turned into vectors."""
    real, killed = load.lead_vectors, []

    def vectors(columns, *args):
        if owner_id in columns.owner:
            killed.append(owner_id)
            raise WorkerDied
        return real(columns, *args)

    monkeypatch.setattr(load, "lead_vectors", vectors)
    return killed


def sweep_until_quiet(session, monkeypatch):
    """Sweep like one worker after another, each with its own memory; returns how many died."""
    deaths = 0
    for _ in range(10):
        cache.evict_snapshots()
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
        cache.evict_snapshots()
        with pytest.raises(WorkerDied):
            tasks.rescore_lead(leads[1].id)
    cache.evict_snapshots()
    tasks.rescore_lead(leads[1].id)

    assert len(killed) == MAX_ATTEMPTS + 1
    assert session.scalars(select(UnscorableEntity.entity_id)).all() == [leads[1].id]


@pytest.fixture
def homes(new_worker_session):
    """A lead with a list, and three properties without."""
    with new_worker_session() as session:
        make_lead(session, make_user(session))
        session.commit()
        careful.reconcile_carefully(session, MOSCOW, stale_in(session, MOSCOW))
        rows = [
            make_property(session, make_user(session), description=f"балкон {number}", house_number=f"{number}0")
            for number in range(3)
        ]
        session.execute(update(Property).values(grammar=None))
        session.commit()
        yield session, [row.id for row in rows]


#: Where a property can kill a worker: (module, name of a function that gets its row or its columns).
PROPERTY_WORK = [(load, "property_vectors"), (readings, "fact_rows"), (grouping, "advert_facts")]


@pytest.mark.parametrize(("index", "module", "name"), [(index, *work) for index, work in enumerate(PROPERTY_WORK)])
@pytest.mark.parametrize("by_message", [False, True])
def test_a_property_that_kills_its_worker_is_quarantined_and_the_others_get_their_lists(
    homes, monkeypatch, index, module, name, by_message
):
    session, ids = homes
    owner_id = session.get_one(Property, ids[index]).owner_id
    real, killed = getattr(module, name), []

    def work(what, *args):
        if name == "property_vectors":
            is_it = owner_id in what.owner
        else:
            is_it = f"балкон {index}" in what if isinstance(what, str) else what.id == ids[index]
        if is_it:
            killed.append(ids[index])
            raise WorkerDied
        return real(what, *args)

    monkeypatch.setattr(module, name, work)
    if by_message:
        monkeypatch.setattr(LeadmatchTask, "is_redelivered", True)
        deaths = 0
        for _ in range(MAX_ATTEMPTS + 1):
            cache.evict_snapshots()
            try:
                tasks.rescore_property(ids[index])
            except WorkerDied:
                session.rollback()
                deaths += 1
        assert deaths == MAX_ATTEMPTS
    sweep_until_quiet(session, monkeypatch)

    assert len(killed) == MAX_ATTEMPTS
    [quarantined] = session.scalars(select(UnscorableEntity)).all()
    assert (quarantined.side, quarantined.entity_id, quarantined.error) == (
        Side.PROPERTY,
        ids[index],
        KILLED_ITS_WORKER,
    )
    listed = {entity_id for (table, entity_id) in stored_lists(session) if table == "property_recommendations"}
    assert listed == set(ids) - {ids[index]}
    assert broken_rules(session) == {}


def kill_reader_on(monkeypatch, words):
    """Let the process die when these words are read."""
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
    """The same leads as an import leaves them: no texts are read yet, and one kills the process."""
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
    run_everything(session)

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


@pytest.mark.parametrize("way", ["sweep", "message", "run"])
@pytest.mark.parametrize("side", ["lead", "property"])
def test_words_on_which_the_grammar_raises_say_nothing_and_stop_nobody(unread, monkeypatch, caplog, way, side):
    session, leads = unread
    home = session.scalars(select(Property)).one()
    session.execute(update(Property).values(grammar=None, description="смертельно"))
    session.commit()
    name = "wish_rows" if side == "lead" else "fact_rows"
    real = getattr(readings, name)
    monkeypatch.setattr(readings, name, lambda words: 1 / 0 if "смертельно" in words else real(words))
    if way == "sweep":
        tasks.sweep()
    elif way == "message":
        tasks.rescore_property(home.id)
        for each in leads:
            tasks.rescore_lead(each.id)
    else:
        run_everything(session)

    session.rollback()
    failed = [record.entity_id for record in caplog.records if record.message == "text_not_read"]
    assert failed == [leads[1].id if side == "lead" else home.id]
    assert session.scalars(select(Lead.id).where(Lead.grammar.is_(None))).all() == []
    listed = {entity_id for (table, entity_id) in stored_lists(session) if table == "lead_recommendations"}
    assert listed == {each.id for each in leads}
    assert session.scalar(text("SELECT count(*) FROM rescoring_attempts")) == 0


def test_an_error_is_no_death_and_leaves_no_attempt(market, monkeypatch):
    session, _ = market
    monkeypatch.setattr(careful, "rescore_changed", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        careful.reconcile_carefully(session, MOSCOW, stale_in(session, MOSCOW))

    assert session.scalar(text("SELECT count(*) FROM rescoring_attempts")) == 0


def test_two_sweeps_do_not_count_one_entity_twice(market, new_worker_session, monkeypatch):
    session, leads = market
    real = careful.rescore_changed

    def while_another_sweeps(*args, **options):
        with new_worker_session() as other:
            careful.reconcile_carefully(other, MOSCOW, stale_in(other, MOSCOW))
            assert other.scalars(text("SELECT DISTINCT attempts FROM rescoring_attempts")).all() == [1]
        return real(*args, **options)

    monkeypatch.setattr(careful, "rescore_changed", while_another_sweeps)
    careful.reconcile_carefully(session, MOSCOW, stale_in(session, MOSCOW))

    assert len([1 for table, _ in stored_lists(session) if table == "lead_recommendations"]) == len(leads)
