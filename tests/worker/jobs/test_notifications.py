"""Notifications by Telegram: only to users who want them, at most once each, through a stand-in for its server."""

import pytest
from sqlalchemy import create_engine, func, pool, update
from sqlalchemy.orm import Session

from models.accounts.bot_links import link_by_code, new_code
from models.accounts.notification_switches import (
    Channel,
    Topic,
    follow_flags,
    is_on,
    set_switches,
    switches_of,
    topics_of,
)
from models.accounts.notifications import (
    MAX_SMS_PER_DAY,
    TOPIC_OF,
    Notification,
    NotificationType,
    claim_for_sending,
    lost_notifications,
    notify,
    release_claim,
    unread_count,
)
from models.accounts.users import create_user
from models.core.base import utc_now
from models.core.enums import Role
from models.platform.settings import Settings
from tests.telegram import TOKEN
from worker.jobs import notifications
from worker.jobs.telegram_cards import plain_message
from worker.queue.client import Client

TEXT = "Новая заявка\nВашим объявлением интересуются: Дом у моря.\n"
ALL = frozenset(Channel)


@pytest.fixture
def sender(telegram, process_environment, monkeypatch):
    """The module of the tasks, with settings that use the stand-in."""
    environment = process_environment | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    environment |= {"PUBLIC_URL": "https://leadmatch.example"}
    monkeypatch.setattr(notifications, "settings", lambda: Settings.from_env(environment))
    return notifications


def someone(session, **fields):
    return create_user(session, **({"role": Role.LANDLORD, "telegram_id": "777"} | fields))


def addresses(session, notification_id, channels=ALL):
    """Take a notification for sending; returns the addresses."""
    return [each.address for each in claim_for_sending(session, notification_id, channels)]


def notified(session, user, kind=NotificationType.NEW_INQUIRY, subject="inquiry:1"):
    return notify(session, user.id, kind, subject, data={}, title="Дом у моря")


def test_a_notification_is_taken_for_sending_only_once(session):
    notification = notified(session, someone(session))

    assert addresses(session, notification) == ["777"]
    assert addresses(session, notification) == []
    release_claim(session, notification, Channel.TELEGRAM)
    assert addresses(session, notification) == ["777"]


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

    assert addresses(session, notified(session, off, kind)) == []
    assert addresses(session, notified(session, on, kind)) == ["2"]


def proven(session, **fields):
    """A user whom every channel reaches."""
    now = utc_now()
    user = someone(session, email="anna@example.com", phone="+77011234567", **fields)
    user.email_proven_at = user.phone_proven_at = now
    session.flush()
    return user


@pytest.mark.parametrize(
    ("kind", "with_bot", "without"),
    [
        (NotificationType.NEW_RECOMMENDATION, {Channel.TELEGRAM}, {Channel.TELEGRAM, Channel.EMAIL}),
        (NotificationType.NEW_RECOMMENDATIONS, {Channel.EMAIL}, {Channel.TELEGRAM, Channel.EMAIL}),
        (NotificationType.RECOMMENDATION_DIGEST, {Channel.TELEGRAM, Channel.EMAIL}, {Channel.TELEGRAM, Channel.EMAIL}),
    ],
)
def test_no_channel_gets_both_cards_and_a_count_of_new_recommendations(session, kind, with_bot, without):
    user = proven(session, role=Role.REALTOR)
    set_switches(session, user, {Topic.OFFERS: {Channel.EMAIL: True}})

    def channels(subject):
        return {each.channel for each in claim_for_sending(session, notified(session, user, kind, subject), ALL)}

    assert channels("before") == without
    link_by_code(session, new_code(session, user), "777")
    assert channels("after") == with_bot


def test_every_type_has_a_topic_that_somebody_can_switch():
    assert set(TOPIC_OF) == set(NotificationType)
    assert {topic for role in Role for topic in topics_of(role)} == set(Topic)


def test_a_topic_is_switched_for_each_channel_by_itself(session):
    user = proven(session)
    by_default = addresses(session, notified(session, user, subject="inquiry:0"))

    set_switches(session, user, {"inquiries": {"telegram": False, "email": True, "sms": True}})
    switched = addresses(session, notified(session, user, subject="inquiry:1"))
    others = addresses(session, notified(session, user, NotificationType.NEW_MESSAGE, "chat:1"))

    assert (by_default, switched, others) == (["777"], ["anna@example.com", "+77011234567"], ["777"])


def test_types_switched_off_in_the_console_are_stored_and_not_counted(session):
    user = someone(session)
    set_switches(session, user, {"inquiries": {"console": False}})

    silent = notified(session, user, subject="inquiry:1")

    assert session.get_one(Notification, silent).is_read
    assert unread_count(session, user) == 0
    assert addresses(session, silent) == ["777"]
    notified(session, user, NotificationType.NEW_MESSAGE, "chat:1")
    assert unread_count(session, user) == 1


def test_flags_of_the_profile_and_switches_follow_each_other(session):
    user = someone(session)

    set_switches(session, user, {"matches": {"telegram": False}, "likes": {"telegram": False}})
    assert user.profile["notifications_new_matches"] is True  # offers are still sent
    set_switches(session, user, {"offers": {"telegram": False}})
    assert user.profile["notifications_new_matches"] is False
    set_switches(session, user, {"likes": {"email": True}})
    assert user.profile["notifications_new_matches"] is True

    user.profile = user.profile | {"notifications_new_matches": False}
    follow_flags(user, ["notifications_new_matches"])
    assert not any(is_on(user, Topic.LIKES, channel) for channel in (Channel.TELEGRAM, Channel.EMAIL))
    assert switches_of(user)[Topic.LIKES][Channel.CONSOLE] and is_on(user, Topic.MESSAGES, Channel.TELEGRAM)


def test_addresses_that_are_only_claimed_get_nothing(session):
    user = someone(session, telegram_id=None, email="stranger@example.com", phone="+77011234567")
    set_switches(session, user, {"inquiries": {"email": True, "sms": True}})

    assert addresses(session, notified(session, user)) == []


def test_a_day_has_so_many_sms_and_no_more(session):
    user = proven(session, telegram_id=None)
    set_switches(session, user, {"inquiries": {"sms": True}})

    sent = [
        addresses(session, notified(session, user, subject=f"inquiry:{count}")) for count in range(MAX_SMS_PER_DAY + 1)
    ]

    assert sent == [["+77011234567"]] * MAX_SMS_PER_DAY + [[]]


def test_a_channel_that_is_busy_is_tried_again_and_no_other(
    new_worker_session, telegram, smtp, process_environment, monkeypatch
):
    environment = process_environment | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    environment |= {"SMTP_URL": smtp.url(), "PUBLIC_URL": "https://leadmatch.example"}
    with new_worker_session() as session:
        monkeypatch.setattr(notifications, "settings", lambda: Settings.from_env(environment))
        user = proven(session)
        set_switches(session, user, {"inquiries": {"email": True}})
        notification = notified(session, user)
        session.commit()
        smtp.refusals["RCPT"] = "451 later"

        with pytest.raises(notifications.NotSentError):
            notifications.send_notification(notification)
        del smtp.refusals["RCPT"]
        notifications.send_notification(notification)
        notifications.send_notification(notification)

        assert len(telegram.messages) == len(smtp.messages) == 1
        [(_, to, message)] = smtp.messages
        assert (to, message["Subject"]) == ("anna@example.com", "Новая заявка")
        assert f"https://leadmatch.example/console/notifications/{notification}" in message.get_content()


def with_bot_and_email(session):
    """A user of the bot who wants likes and matches by Telegram and by e-mail."""
    user = proven(session)
    link_by_code(session, new_code(session, user), "777")
    set_switches(session, user, {"likes": {"email": True}, "matches": {"email": True}})
    return user


def test_a_channel_whose_message_cannot_be_written_is_tried_again_and_no_other(
    new_worker_session, telegram, smtp, process_environment, monkeypatch
):
    environment = process_environment | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    with new_worker_session() as session:
        monkeypatch.setattr(
            notifications, "settings", lambda: Settings.from_env(environment | {"SMTP_URL": smtp.url()})
        )
        user = with_bot_and_email(session)
        # The card's buttons name the pair, which this one lacks.
        notification = notified(session, user, NotificationType.NEW_LIKE, "match:1")
        session.commit()

        with pytest.raises(notifications.NotSentError):
            notifications.send_notification(notification)
        with pytest.raises(notifications.NotSentError):
            notifications.send_notification(notification)
        session.execute(
            update(Notification)
            .where(Notification.id == notification)
            .values(data={"lead_id": "1", "property_id": "1"})
        )
        session.commit()
        notifications.send_notification(notification)

        assert len(telegram.messages) == len(smtp.messages) == 1


def test_an_unexpected_error_of_one_channel_ends_no_other(new_worker_session, smtp, process_environment, monkeypatch):
    environment = process_environment | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": "http://127.0.0.1:port"}
    with new_worker_session() as session:
        monkeypatch.setattr(
            notifications, "settings", lambda: Settings.from_env(environment | {"SMTP_URL": smtp.url()})
        )
        notification = notified(session, with_bot_and_email(session), NotificationType.NEW_MATCH)
        session.commit()

        notifications.send_notification(notification)

        assert len(smtp.messages) == 1


def test_users_who_have_no_telegram_or_are_gone_get_nothing(session):
    channel, group = {"telegram_id": "@our_news"}, {"telegram_id": "-1001234567890"}
    for fields in ({"telegram_id": None}, {"is_active": False}, channel, group):
        assert addresses(session, notified(session, someone(session, **fields))) == []


def test_old_news_are_not_sent_and_lost_ones_are_found(session):
    user = someone(session)
    new, lost, old, sent = (notified(session, user, subject=f"inquiry:{number}") for number in range(4))
    for notification, minutes in ((lost, 5), (sent, 5), (old, 90)):
        age = func.make_interval(0, 0, 0, 0, 0, minutes)
        session.execute(update(Notification).where(Notification.id == notification).values(created_at=func.now() - age))
    addresses(session, sent)

    assert lost_notifications(session) == [lost]
    assert addresses(session, old) == []
    assert addresses(session, new) == ["777"]


def test_telegram_gets_the_text_and_a_refusal_is_the_end(sender, telegram, session):
    [delivery] = claim_for_sending(session, notified(session, someone(session)), ALL)
    telegram.answers = [(403, {"ok": False})]

    call = plain_message(delivery, sender.link_of(delivery))
    sender.send_by_telegram(call)
    sender.send_by_telegram(call)

    [message] = telegram.messages
    del message["message_id"]
    link = f"https://leadmatch.example/console/notifications/{delivery.id}"
    assert message == {"chat_id": "777", "text": TEXT + link, "path": f"/bot{TOKEN}/sendMessage"}


def test_only_what_certainly_did_not_go_out_is_sent_again(sender, telegram, session):
    [delivery] = claim_for_sending(session, notified(session, someone(session)), ALL)
    call = plain_message(delivery, sender.link_of(delivery))
    telegram.answers = [(429, {"parameters": {"retry_after": 7}}), (500, {})]

    with pytest.raises(sender.NotSentError) as slow_down:
        sender.send_by_telegram(call)
    sender.send_by_telegram(call)  # 500: the message may have been sent
    telegram.server_close()
    telegram.shutdown()
    with pytest.raises(sender.NotSentError) as away:
        sender.send_by_telegram(call, attempt=1)

    assert (slow_down.value.after_seconds, away.value.after_seconds) == (7, 4)


@pytest.mark.slow
def test_a_worker_sends_each_notification_once(process_environment, telegram, start_worker, redis_url, clean_database):
    """Even if the broker delivers the task twice."""
    process_environment |= {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
    worker = start_worker("notifications")
    with Session(create_engine(clean_database, poolclass=pool.NullPool)) as database:
        user = someone(database)
        ids = [notified(database, user, subject=f"inquiry:{number}") for number in range(3)]
        database.commit()
    telegram.answers = [(429, {"parameters": {"retry_after": 1}})]
    client = Client(redis_url)

    for notification in ids * 2:
        client.notification_stored(notification)

    assert len(telegram.wait_for(3)) == 3
    client.notification_stored(ids[0])
    # A fourth message would arrive before the worker handles a later request.
    with Session(create_engine(clean_database, poolclass=pool.NullPool)) as database:
        last = notified(database, someone(database, telegram_id="888"), subject="inquiry:9")
        database.commit()
    client.notification_stored(last)
    assert [message["chat_id"] for message in telegram.wait_for(4)] == ["777"] * 3 + ["888"]
    assert TOKEN not in "".join(worker.lines)
