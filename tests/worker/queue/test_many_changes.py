"""Many changes send one message: their ids are in the database, not in the queue."""

import pytest
from sqlalchemy import select

from models.core.enums import RunScope
from models.rescoring.runs import RescoringRun
from tests.factories import make_property, make_user
from worker import tasks
from worker.celery_app.base_task import LeadmatchTask
from worker.celery_app.task_context import client
from worker.queue import client as client_module


@pytest.fixture
def alike(new_worker_session, monkeypatch):
    """Three adverts of one home that nobody has grouped; more than two changes are many."""
    monkeypatch.setattr(tasks, "MAX_SINGLE", 2)
    monkeypatch.setattr(client_module, "MAX_SINGLE", 2)
    with new_worker_session() as session:
        for _ in range(3):
            make_property(session, make_user(session), house_number="7, кв. 5")
        session.commit()
        yield session


def sent(queue):
    return [(each.task.rpartition(".")[2], len(each.args)) for each in client().waiting(queue, 10)]


def scopes(session):
    return session.scalars(select(RescoringRun.scope)).all()


def test_many_regrouped_adverts_are_rescored_by_one_run(alike):
    tasks.regroup_adverts.apply(throw=True)

    assert (sent("entities"), sent("runs"), scopes(alike)) == ([], [("start_run", 1)], [RunScope.ALL])


def test_few_regrouped_adverts_are_rescored_one_by_one(alike, monkeypatch):
    monkeypatch.setattr(tasks, "MAX_SINGLE", 3)
    monkeypatch.setattr(client_module, "MAX_SINGLE", 3)

    tasks.regroup_adverts.apply(throw=True)

    assert (sent("entities"), sent("runs"), scopes(alike)) == ([("rescore_property", 1)] * 3, [], [])


def test_a_regrouping_whose_worker_died_is_followed_by_a_run(alike, monkeypatch):
    """Its groups are stored, so the repeated task finds no changes."""
    with monkeypatch.context() as dying:
        dying.setattr(tasks, "client", lambda: 1 / 0)
        dying.setattr(tasks, "MAX_SINGLE", 3)
        with pytest.raises(ZeroDivisionError):
            tasks.regroup_adverts.apply(throw=True)
    monkeypatch.setattr(LeadmatchTask, "is_redelivered", True)

    tasks.regroup_adverts.apply(throw=True)

    assert (sent("runs"), scopes(alike)) == ([("start_run", 1)], [RunScope.ALL])


def test_many_changed_properties_are_left_to_one_sweep(alike):
    client().properties_changed([1, 2, 3])
    client().properties_changed([4, 5])

    assert sent("entities") == [("sweep", 0), ("rescore_property", 1), ("rescore_property", 1)]
