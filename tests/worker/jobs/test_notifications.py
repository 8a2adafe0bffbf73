"""Notifications go out by Telegram: to whom wants them, at most once each, through a stand-in for Telegram's server."""

import pytest
from sqlalchemy import create_engine, func, pool, update
from sqlalchemy.orm import Session

from models.accounts.notifications import (
    Notification,
    NotificationType,
    lost_notifications,
    notify,
    put_back,
    take_to_send,
)
from models.accounts.users import create_user
from models.core.enums import Role
from models.platform.settings import Settings
from tests.telegram import TOKEN
from worker.jobs import notifications
from worker.queue.client import Client

TEXT = "Новая заявка\nВашим объявлением интересуются: Дом у моря."


@pytest.fixture
def sender(telegram, process_environment, monkeypatch):
    """The module of the tasks, with settings that lead to the stand-in."""
    environment = process_environment | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    monkeypatch.setattr(notifications, "settings", lambda: Settings.from_env(environment))
    return notifications


def someone(session, **fields):
    return create_user(session, **({"role": Role.LANDLORD, "telegram_id": "777"} | fields))


def told(session, user, kind=NotificationType.NEW_INQUIRY, subject="inquiry:1"):
    return notify(session, user.id, kind, subject, data={}, title="Дом у моря")


def test_a_notification_is_taken_once(session):
    notification = told(session, someone(session))

    assert take_to_send(session, notification).telegram_id == "777"
    assert take_to_send(session, notification) is None
    put_back(session, notification)
    assert notifications.text_of(take_to_send(session, notification)) == TEXT


@pytest.mark.parametrize(
    ("kind", "switch"),
    [
        (NotificationType.NEW_MATCH, "notifications_new_matches"),
        (NotificationType.CONTACT_SHARED, "notifications_contacts"),
        (NotificationType.NEW_INQUIRY, "notifications_responses"),
        (NotificationType.INQUIRY_STATUS, "notifications_responses"),
        (NotificationType.NEW_MESSAGE, "notifications_all_messages"),
        (NotificationType.NEW_OFFER, "notifications_new_matches"),
    ],
)
def test_each_kind_has_a_switch_in_the_profile(session, kind, switch):
    off = someone(session, telegram_id="1", profile={switch: False})
    others_off = {
        "notifications_all_messages": False,
        "notifications_new_matches": False,
        "notifications_responses": False,
        "notifications_contacts": False,
    }
    on = someone(session, telegram_id="2", profile=others_off | {switch: True})

    assert take_to_send(session, told(session, off, kind)) is None
    assert take_to_send(session, told(session, on, kind)).telegram_id == "2"


def test_who_has_no_telegram_or_is_gone_gets_nothing(session):
    channel, group = {"telegram_id": "@our_news"}, {"telegram_id": "-1001234567890"}
    for fields in ({"telegram_id": None}, {"is_active": False}, channel, group):
        assert take_to_send(session, told(session, someone(session, **fields))) is None


def test_old_news_are_not_sent_and_lost_ones_are_found(session):
    user = someone(session)
    new, lost, old, sent = (told(session, user, subject=f"inquiry:{number}") for number in range(4))
    for notification, minutes in ((lost, 5), (sent, 5), (old, 90)):
        age = func.make_interval(0, 0, 0, 0, 0, minutes)
        session.execute(update(Notification).where(Notification.id == notification).values(created_at=func.now() - age))
    take_to_send(session, sent)

    assert lost_notifications(session) == [lost]
    assert take_to_send(session, old) is None
    assert take_to_send(session, new) is not None


def test_telegram_gets_the_text_and_a_refusal_is_the_end(sender, telegram, session):
    taken = take_to_send(session, told(session, someone(session)))
    telegram.answers = [(403, {"ok": False})]

    sender.send_by_telegram(taken)
    sender.send_by_telegram(taken)

    [message] = telegram.messages
    assert message == {"chat_id": "777", "text": TEXT, "path": f"/bot{TOKEN}/sendMessage"}


def test_only_what_certainly_did_not_go_out_is_sent_again(sender, telegram, session):
    taken = take_to_send(session, told(session, someone(session)))
    telegram.answers = [(429, {"parameters": {"retry_after": 7}}), (500, {})]

    with pytest.raises(sender.NotSentError) as slow_down:
        sender.send_by_telegram(taken)
    sender.send_by_telegram(taken)  # 500: it may have gone out
    telegram.server_close()
    telegram.shutdown()
    with pytest.raises(sender.NotSentError) as away:
        sender.send_by_telegram(taken, attempt=1)

    assert (slow_down.value.after_seconds, away.value.after_seconds) == (7, 4)


@pytest.mark.slow
def test_a_worker_sends_each_notification_once(process_environment, telegram, start_worker, redis_url, clean_database):
    """Also when the broker delivers the task twice."""
    process_environment |= {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    worker = start_worker("notifications")
    with Session(create_engine(clean_database, poolclass=pool.NullPool)) as database:
        user = someone(database)
        ids = [told(database, user, subject=f"inquiry:{number}") for number in range(3)]
        database.commit()
    telegram.answers = [(429, {"parameters": {"retry_after": 1}})]
    client = Client(redis_url)

    for notification in ids * 2:
        client.notification_stored(notification)

    assert len(telegram.wait_for(3)) == 3
    client.notification_stored(ids[0])
    # A fourth message would be there before the worker takes up what is asked for after it.
    with Session(create_engine(clean_database, poolclass=pool.NullPool)) as database:
        last = told(database, someone(database, telegram_id="888"), subject="inquiry:9")
        database.commit()
    client.notification_stored(last)
    assert [message["chat_id"] for message in telegram.wait_for(4)] == ["777"] * 3 + ["888"]
    assert TOKEN not in "".join(worker.lines)
