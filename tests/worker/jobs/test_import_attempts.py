"""An import that kills its worker or raises an unexpected error ends; so does an export of an account."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models.accounts.account_exports import MAX_ATTEMPTS, AccountExport, lost_exports, request_export
from models.accounts.users import User
from models.core.enums import Role
from models.core.errors import BusyError
from models.sources import import_attempts
from models.sources.imports import _only_one
from models.sources.sources import create_source, due_imports, failing_sources, request_import
from models.sources.tables import Import, ImportState
from tests.factories import make_user
from tests.models.sources.feeds import yrl, yrl_offer
from tests.sites import Site
from worker import tasks
from worker.celery_app import task_context
from worker.jobs import account_exports, imports

AGE = timedelta(minutes=15)


class WorkerDied(BaseException):
    """Stands for the death of the process: no code of ours catches it, so nothing runs after it."""


@pytest.fixture
def source(new_worker_session, monkeypatch):
    """A source whose address answers a feed of one home, and a requested import of it."""
    monkeypatch.setenv("FEED_PRIVATE_ADDRESSES", "1")
    task_context.settings.cache_clear()
    site = Site()
    site.put(yrl(yrl_offer("1")))
    with new_worker_session() as session:
        row = create_source(session, make_user(session, Role.AGENCY), {"address": site.url(), "refresh_minutes": 60})
        request_import(session, row, "request")
        session.commit()
        yield session, row
    site.close()
    task_context.settings.cache_clear()


def the_import(session: Session) -> Import:
    session.rollback()
    return session.scalars(select(Import).order_by(Import.id.desc())).first()


def send_again(session: Session) -> list[int]:
    """The imports that `find_due_imports` returns a quarter of an hour later."""
    past = {"created_at": Import.created_at - AGE, "started_at": Import.started_at - AGE}
    session.execute(update(Import).values(past))
    session.commit()
    return due_imports(session)


#: Where an import's process may die or raise: (module, name).
PLACES = [(imports, "fetch_feed"), (imports, "open_feed"), (imports, "import_feed"), (imports, "ProgressWriter")]


@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _, name in PLACES])
def test_an_import_that_kills_its_worker_fails_and_can_be_requested_again(source, monkeypatch, module, name):
    session, row = source
    deaths = []

    def die(*_, **__):
        deaths.append(name)
        raise WorkerDied

    with monkeypatch.context() as broken:
        broken.setattr(module, name, die)
        for _ in range(import_attempts.MAX_ATTEMPTS):
            [import_id] = send_again(session)
            with pytest.raises(WorkerDied):
                tasks.run_import(import_id)
        for import_id in send_again(session):
            tasks.run_import(import_id)

        assert len(deaths) == import_attempts.MAX_ATTEMPTS
        assert (the_import(session).state, the_import(session).reason) == (ImportState.FAILED, "import.broken")
        assert send_again(session) == []
        assert [each.id for each, *_ in failing_sources(session, 10)] == [row.id]  # as operators see it

    tasks.run_import(request_import(session, row, "request").id)
    session.commit()
    tasks.run_import(the_import(session).id)
    assert (the_import(session).state, the_import(session).attempts) == (ImportState.SUCCEEDED, 0)


@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _, name in PLACES])
@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_an_import_that_raises_fails_once_and_is_fetched_later(source, monkeypatch, caplog, module, name, error):
    session, row = source

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(module, name, fail)
    tasks.run_import(the_import(session).id)

    ended = the_import(session)
    assert (ended.state, ended.reason, ended.attempts) == (ImportState.FAILED, "import.broken", 0)
    assert "import_crashed" in caplog.messages
    assert send_again(session) == []
    session.refresh(row)
    assert row.failures == 1


def test_an_import_whose_database_goes_away_is_tried_again(source, monkeypatch):
    session, _ = source

    def away(*_, **__):
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(imports, "import_feed", away)
    for _ in range(import_attempts.MAX_ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            imports.perform_import(
                task_context.session_factory(), task_context.settings(), task_context.client(), the_import(session).id
            )

    assert (the_import(session).state, the_import(session).attempts) == (ImportState.QUEUED, 0)


def test_an_import_that_waits_for_another_of_its_source_is_no_attempt(source):
    session, _ = source
    row = the_import(session)
    waiting = row.id
    with session.get_bind().connect() as other, _only_one(other, row.source_id):
        for _ in range(import_attempts.MAX_ATTEMPTS + 1):
            tasks.run_import(waiting)

    assert (the_import(session).state, the_import(session).attempts) == (ImportState.QUEUED, 0)


# -- Exports of accounts


@pytest.fixture
def export(new_worker_session):
    with new_worker_session() as session:
        row = request_export(session, make_user(session))
        session.commit()
        session.execute(update(AccountExport).values(created_at=AccountExport.created_at - AGE))
        session.commit()
        yield session, row


@pytest.mark.parametrize("error", [WorkerDied, ZeroDivisionError, MemoryError])
def test_an_export_that_cannot_be_made_is_given_up_and_its_user_may_ask_again(export, monkeypatch, error):
    session, row = export
    export_id, user_id = row.id, row.user_id

    def fail(*_):
        raise error

    monkeypatch.setattr(account_exports, "export_user", fail)
    for _ in range(MAX_ATTEMPTS):
        [lost] = lost_exports(session)
        session.commit()
        with pytest.raises(error):
            account_exports.make_export(lost)
    account_exports.make_export(export_id)

    session.rollback()
    session.expire_all()
    assert session.get(AccountExport, export_id) is None
    assert request_export(session, session.get_one(User, user_id)).id != export_id


def test_an_export_whose_storage_is_away_is_tried_until_it_is_back(export, monkeypatch):
    session, row = export

    def away(*_):
        raise BusyError("storage.away", 30)

    with monkeypatch.context() as broken:
        broken.setattr(account_exports, "zipped", away)
        for _ in range(MAX_ATTEMPTS + 1):
            with pytest.raises(BusyError):
                account_exports.make_export(row.id)

    account_exports.make_export(row.id)
    session.refresh(row)
    assert row.ready_at is not None
    assert row.attempts == 0
