"""Limits and unique names hold when two requests of one user come at once: the second waits for the first."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from models.accounts.uploads import PRIVATE_DOCUMENT, add_upload
from models.accounts.users import User
from models.agenda import tasks
from models.agenda.tasks import TaskKind, count_open, create_task, delete_task, finish_task, undo_task_change
from models.core.base import utc_now
from models.core.enums import Side
from models.market import base_views, documents
from models.market.base_views import save_view, views_of
from models.market.documents import Document, add_document, restore_document
from models.platform.database import sessions
from models.sources import sources as source_module
from models.sources.sources import create_source
from models.sources.tables import Source
from tests.at_once import while_open
from tests.factories import make_lead, make_user

ADDRESS = {"address": "https://agency.example/feed.xml"}


@pytest.fixture
def database(engine, clean_database):
    with sessions(engine)() as session:
        yield session


@pytest.fixture
def user(database):
    user = make_user(database)
    database.commit()
    return user


@pytest.fixture
def lead(database, user):
    lead = make_lead(database, user)
    database.commit()
    return lead


def again(session, user):
    """The user, read in another session."""
    return session.get_one(User, user.id)


def test_of_two_sources_with_one_name_the_second_is_refused(engine, database, user):
    outcome = while_open(
        engine,
        lambda own: create_source(own, again(own, user), {"name": "Feed", **ADDRESS}),
        lambda own: create_source(own, again(own, user), {"name": "Feed", **ADDRESS}),
    )

    assert outcome == "source.name_taken"


def test_sources_created_at_once_do_not_exceed_their_limit(engine, database, user, monkeypatch):
    monkeypatch.setattr(source_module, "MAX_SOURCES", 1)
    outcome = while_open(
        engine,
        lambda own: create_source(own, again(own, user), {"name": "One", **ADDRESS}),
        lambda own: create_source(own, again(own, user), {"name": "Two", **ADDRESS}),
    )

    assert outcome == "source.too_many"
    assert database.scalar(select(func.count()).select_from(Source)) == 1


def test_views_saved_at_once_do_not_exceed_their_limit(engine, database, user, monkeypatch):
    monkeypatch.setattr(base_views, "MAX_VIEWS", 1)
    outcome = while_open(
        engine,
        lambda own: save_view(own, again(own, user), Side.LEAD, "One", {}),
        lambda own: save_view(own, again(own, user), Side.LEAD, "Two", {}),
    )

    assert outcome == "view.too_many"
    assert [view.name for view in views_of(database, user, Side.LEAD)] == ["One"]


def test_documents_restored_at_once_do_not_exceed_their_limit(engine, database, user, lead, monkeypatch):
    made = []
    for title in ("one.pdf", "two.pdf"):
        upload = add_upload(
            database, user, purpose=PRIVATE_DOCUMENT, content_type="application/pdf", ending="pdf", size=1
        )
        made.append(add_document(database, Side.LEAD, lead.id, upload.name, title).id)
    database.execute(update(Document).values(deleted_at=func.now()))
    database.commit()
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 1)

    outcome = while_open(
        engine, *(lambda own, each=each: restore_document(own, again(own, user), each) for each in made)
    )

    assert outcome == "documents.too_many"
    assert database.scalar(select(func.count()).where(Document.deleted_at.is_(None))) == 1


@pytest.mark.parametrize(
    ("close", "reopen"),
    [
        (finish_task, undo_task_change),
        (finish_task, lambda own, user, task_id: finish_task(own, user, task_id, is_done=False)),
        (delete_task, undo_task_change),
    ],
)
def test_tasks_reopened_at_once_do_not_exceed_their_limit(engine, database, user, lead, monkeypatch, close, reopen):
    made = []
    for title in ("one", "two"):
        fields = {"kind": TaskKind.TASK, "title": title, "due_at": utc_now() + timedelta(days=1)}
        made.append(create_task(database, user, lead.id, fields).id)
        close(database, user, made[-1])
    database.commit()
    monkeypatch.setattr(tasks, "MAX_OPEN_TASKS", 1)

    outcome = while_open(engine, *(lambda own, each=each: reopen(own, again(own, user), each) for each in made))

    assert outcome == "task.too_many"
    assert count_open(database, lead.id) == 1


def test_a_deleted_task_that_was_done_returns_as_done_however_many_are_open(database, user, lead, monkeypatch):
    fields = {"kind": TaskKind.TASK, "title": "one", "due_at": utc_now() + timedelta(days=1)}
    task = create_task(database, user, lead.id, fields)
    finish_task(database, user, task.id)
    delete_task(database, user, task.id)
    monkeypatch.setattr(tasks, "MAX_OPEN_TASKS", 0)

    assert undo_task_change(database, user, task.id).done_at is not None
