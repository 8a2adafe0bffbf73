"""Limits and unique names hold when two requests of one user come at once: the second waits for the first."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from models.accounts import code_limits, links
from models.accounts.codes import request_code
from models.accounts.links import request_email_link
from models.accounts.notification_switches import Channel, set_switches
from models.accounts.notifications import MAX_SMS_PER_DAY, NotificationType, claim_for_sending, notify
from models.accounts.uploads import FETCHED, PRIVATE_DOCUMENT, add_upload, has_room
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


@pytest.mark.parametrize("purpose", [PRIVATE_DOCUMENT, FETCHED])
def test_files_stored_at_once_do_not_exceed_the_quota(engine, database, user, purpose):
    def store(own):
        has_had_room.append(has_room(own, again(own, user), 60, quota=100, fetched=purpose == FETCHED))
        if has_had_room[-1]:
            fields = {"purpose": purpose, "content_type": "application/pdf", "ending": "pdf", "size": 60}
            add_upload(own, again(own, user), **fields)

    has_had_room: list[bool] = []
    while_open(engine, store, store)

    assert has_had_room == [True, False]


@pytest.mark.parametrize(
    ("limit", "address", "sends_per_hour", "outcome"),
    [
        ("ADDRESS_LIMITS", "10.0.0.1", 1000, "code.too_many"),
        (None, None, 1, "code.too_many"),  # the limit of the whole system
        (None, None, 1000, "done"),
    ],
)
def test_codes_requested_at_once_do_not_exceed_their_limits(
    engine, database, monkeypatch, limit, address, sends_per_hour, outcome
):
    def request_for(phone):
        fields = {"registration": {"first_name": "Anna", "last_name": None, "role": "tenant"}, "address": address}
        return lambda own: request_code(own, phone, **fields, sends_per_hour=sends_per_hour, now=utc_now())

    if limit:
        monkeypatch.setattr(code_limits, limit, ((1, timedelta(hours=1)),))

    assert while_open(engine, request_for("+77011234567"), request_for("+77017654321")) == outcome


def test_links_requested_at_once_do_not_exceed_the_limit_of_their_network(engine, database, monkeypatch):
    def request_for(email):
        return lambda own: request_email_link(own, email, network="10.0.0.1", device=None, now=utc_now())

    monkeypatch.setattr(links, "NETWORK_LIMITS", ((1, timedelta(hours=1)),))

    assert while_open(engine, request_for("a@example.com"), request_for("b@example.com")) == "link.too_many"


def test_notifications_sent_at_once_do_not_exceed_a_days_sms(engine, database):
    user = make_user(database, phone="+77011234567", phone_proven_at=utc_now())
    set_switches(database, user, {"inquiries": {"sms": True}})
    ids = [
        notify(database, user.id, NotificationType.NEW_INQUIRY, f"inquiry:{number}", data={}, title="A house")
        for number in range(MAX_SMS_PER_DAY + 1)
    ]
    database.commit()
    sent = []

    def claim(*claimed):
        return lambda own: sent.extend(each for id_ in claimed for each in claim_for_sending(own, id_, {Channel.SMS}))

    while_open(engine, claim(*ids[:-1]), claim(ids[-1]))

    assert len(sent) == MAX_SMS_PER_DAY
