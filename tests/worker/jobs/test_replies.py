"""Replies to prospects whose messages the broker lost."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func

from models.leadgen.campaigns import Platform
from models.leadgen.messages import Message, MessageDelivery, Sender, add_message
from models.leadgen.prospects import add_prospect
from tests.telegram import TOKEN
from worker import notification_tasks
from worker.celery_app import task_context
from worker.jobs import replies


@pytest.mark.parametrize(
    ("age", "is_sent", "state"),
    [
        (timedelta(minutes=1), False, MessageDelivery.QUEUED),
        (timedelta(minutes=10), True, MessageDelivery.QUEUED),
        (timedelta(hours=25), False, MessageDelivery.FAILED),
    ],
)
def test_a_lost_reply_is_sent_again_and_an_outdated_one_fails(new_worker_session, monkeypatch, age, is_sent, state):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    task_context.settings.cache_clear()
    queued = []
    monkeypatch.setattr(replies, "client", lambda: SimpleNamespace(reply_written=queued.append))
    with new_worker_session() as session:
        contact = {"name": "Ivan", "source": Platform.TELEGRAM, "platform_user_id": "4242"}
        prospect = add_prospect(session, contact).prospect
        message = add_message(
            session, prospect.id, "x", Sender.HUMAN, Platform.TELEGRAM, delivery=MessageDelivery.QUEUED
        )
        message.created_at = func.now() - age
        session.commit()

        notification_tasks.send_lost_notifications()

        assert queued == ([str(message.id)] if is_sent else [])
        assert session.get_one(Message, message.id, populate_existing=True).delivery is state
