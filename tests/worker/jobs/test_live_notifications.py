"""A notification that a worker stores reaches open pages, like one that a request stores."""

from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.live_channels import channel_of_user, signal_after_commits
from models.accounts.notifications import NotificationType, notify
from models.agenda.tasks import TaskKind, create_task
from tests.factories import make_lead, make_user
from tests.waiting import WAIT_LIMIT_SECONDS
from worker.queue.client import Client


@pytest.fixture
def due(clean_database, engine):
    """A realtor's task with a due reminder; returns the realtor's id."""
    with Session(engine) as session:
        realtor = make_user(session)
        lead = make_lead(session, realtor)
        due_at = session.scalar(select(func.now())) + timedelta(hours=1)
        fields = {"kind": TaskKind.SHOWING, "title": "Арбат", "due_at": due_at, "remind_minutes": 30}
        task = create_task(session, realtor, lead.id, fields)
        session.execute(text("UPDATE lead_tasks SET remind_at = now() WHERE id = :id"), {"id": task.id})
        session.commit()
        return realtor.id


@pytest.fixture
def heard(redis_url):
    """``heard(user_id)`` subscribes to a user's channel."""
    client = redis.Redis.from_url(redis_url)
    opened = []

    def listen(user_id: int):
        subscription = client.pubsub()
        opened.append(subscription)
        subscription.subscribe(channel_of_user(user_id))
        assert subscription.get_message(timeout=WAIT_LIMIT_SECONDS)["type"] == "subscribe"
        return subscription

    yield listen
    for subscription in opened:
        subscription.close()
    client.close()


def test_a_worker_that_stores_a_notification_has_the_open_pages_look(due, heard, redis_url, worker_process):
    subscription = heard(due)

    assert Client(redis_url).send("worker.tasks.remind_of_tasks", queue="entities")

    assert subscription.get_message(timeout=WAIT_LIMIT_SECONDS)["type"] == "message"


@pytest.fixture
def factory(engine, redis_url, clean_database):
    made = sessionmaker(engine, expire_on_commit=False)
    with redis.Redis.from_url(redis_url) as client:
        signal_after_commits(made, client)
        yield made


def stored(session, user_id, subject):
    return notify(session, user_id, NotificationType.NEW_MATCH, subject, data={})


def test_only_committed_notifications_are_published_and_only_once(factory, heard, redis_url):
    with factory() as session:
        first, second, third = (make_user(session).id for _ in range(3))
        session.commit()
    channels = {user_id: heard(user_id) for user_id in (first, second, third)}
    with factory() as session:
        with session.begin_nested():
            stored(session, first, "match:1")
        stored(session, first, "match:2")
        session.commit()
        session.commit()
        stored(session, second, "match:3")
        session.rollback()
        stored(session, third, "match:4")
        session.commit()

    with redis.Redis.from_url(redis_url) as client:
        for user_id in channels:
            client.publish(channel_of_user(user_id), b"end")

    def received(user_id: int) -> int:
        """How many messages came before the final one."""
        messages = iter(lambda: channels[user_id].get_message(timeout=WAIT_LIMIT_SECONDS)["data"], b"end")
        return len(list(messages))

    assert [received(user_id) for user_id in channels] == [1, 0, 1]


def test_a_savepoint_publishes_nothing(factory, heard, redis_url):
    with factory() as session:
        user_id = make_user(session).id
        session.commit()
    subscription = heard(user_id)
    with factory() as session:
        with session.begin_nested():
            stored(session, user_id, "match:1")
        with redis.Redis.from_url(redis_url) as client:
            client.publish(channel_of_user(user_id), b"before the commit")
        assert subscription.get_message(timeout=WAIT_LIMIT_SECONDS)["data"] == b"before the commit"
        session.commit()

    assert subscription.get_message(timeout=WAIT_LIMIT_SECONDS)["data"] == b""
