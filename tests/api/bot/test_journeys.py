"""A realtor and a tenant use the bot: real processes, killed in between; nobody gets a message twice."""

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from models.accounts.bot_links import new_code
from models.accounts.bot_tables import BotChat, BotUpdate
from models.accounts.identity import Claim, set_proven
from models.accounts.notifications import Notification
from models.accounts.users import User
from models.agenda.offer_notifications import notify_of_new_offers
from models.core.enums import DealType, InquiryStatus, Role
from models.deals.chats import ChatMessage
from models.deals.feed import FeedAction
from models.deals.inquiries import Inquiry, create_inquiry
from models.deals.match_table import Match
from models.market.leads import Lead
from tests.factories import make_lead, make_property, make_user
from tests.forked import Forked
from tests.telegram import TOKEN
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for
from worker.jobs import notifications
from worker.lists import rescore

MOSCOW = ("geo:524901", DealType.SALE)
MESSAGE = "Здравствуйте! Ищу двушку в Москве на Арбате до 15 млн, от 50 метров, с балконом. Анна, +7 701 234 56 78"

pytestmark = pytest.mark.slow


@pytest.fixture
def bot(process_environment, telegram, monkeypatch, preloaded) -> Iterator[Callable[[], Forked]]:
    """A function that starts the bot's process; it must be killed before it is started again."""
    variables = {
        "TELEGRAM_BOT": "1",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "PUBLIC_URL": "https://leadmatch.example",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    started: list[Forked] = []

    def start() -> Forked:
        process = preloaded.fork("scripts", "bot", environment={**os.environ, **process_environment, **variables})
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def kill(process):
    process.kill()
    process.wait()


def end(process):
    process.terminate()
    assert process.wait(WAIT_LIMIT_SECONDS) == 0


@pytest.fixture
def session(bot, new_worker_session):
    with new_worker_session() as session:
        yield session


def send_all(session):
    """Send every unsent notification, as the workers would."""
    for notification_id in session.scalars(select(Notification.id).where(Notification.sent_at.is_(None))).all():
        session.commit()
        notifications.send_notification(notification_id)
    session.commit()


def published(session):
    session.commit()
    rescore.reconcile_market(session, MOSCOW)
    session.commit()


def worked_off(session):
    """Whether every update was processed."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(BotUpdate).where(BotUpdate.content.is_not(None))) == 0


def nobody_was_told_twice(telegram):
    calls = Counter(
        (each["path"], each.get("chat_id"), each.get("text"), each.get("caption"), each.get("callback_query_id"))
        for each in telegram.messages
        if not each["path"].endswith("editMessageReplyMarkup")
    )
    assert [call for call, count in calls.items() if count > 1] == []


def test_a_realtors_day(session, bot, telegram):
    realtor, other, tenant = make_user(session, telegram_id=None), make_user(session), make_user(session, Role.TENANT)
    code = new_code(session, realtor)
    session.commit()

    process = bot()
    telegram.say(501, "Привет")
    assert "/console/account" in telegram.wait_for_call("sendMessage", "501")["text"]
    telegram.say(501, f"/start {code}")
    whose = telegram.wait_for_call("sendMessage", "501", after=1)
    assert realtor.name in whose["text"]
    telegram.press(501, whose, "Подключить")
    assert "подключён" in telegram.wait_for_call("answerCallbackQuery")["text"]
    session.expire_all()
    assert (realtor.telegram_id, session.get(BotChat, realtor.id) is not None) == ("501", True)
    telegram.say(501, f"/start {code}")
    assert "больше не действует" in telegram.wait_for_call("sendMessage", "501", after=5)["text"]

    # A client's message becomes one lead, even if the confirmation is pressed repeatedly and the bot is killed.
    telegram.say(501, MESSAGE)
    read = telegram.wait_for_call("sendMessage", "501", after=6)
    assert "Москва" in read["text"] and "15" in read["text"]
    kill(process)
    for _ in range(2):
        telegram.press(501, read, "Создать")
    process = bot()
    telegram.wait_for_call("editMessageReplyMarkup", after=7)
    wait_for(lambda: worked_off(session))
    [lead] = session.scalars(select(Lead)).all()
    assert (lead.owner_id, lead.city, lead.rooms, float(lead.budget_max)) == (realtor.id, "Москва", [2], 15_000_000)
    assert lead.client_contacts and "701" in lead.client_contacts

    # A suitable new home arrives as a card; the button is a like, and the owner's like makes a match.
    published(session)
    home = make_property(session, other, photos=["https://photos.example/1.jpg"])
    published(session)
    for _ in range(2):
        assert len(notify_of_new_offers(session)) <= 1
        send_all(session)
    card = telegram.wait_for_call("sendPhoto", "501")
    assert card["photo"] == "https://photos.example/1.jpg" and "12" in card["caption"]
    telegram.press(501, card, "Нравится")
    match = wait_for(lambda: session.rollback() or session.scalar(select(Match)))
    assert (match.lead_id, match.property_id) == (lead.id, home.id)
    wait_for(lambda: worked_off(session))
    end(process)

    # An inquiry is answered by a reply; the bot was down when the reply was sent.
    inquiry = create_inquiry(session, tenant, make_property(session, realtor, title="Дом у реки"))
    session.commit()
    send_all(session)
    question = telegram.wait_for_call("sendMessage", "501", after=len(telegram.messages) - 1)
    assert "Дом у реки" in question["text"]
    telegram.press(501, question, "Взять в работу")
    telegram.say(501, "Да, ещё свободен", reply_to=question)
    telegram.press(501, card, "Нравится")  # again, on an earlier card
    process = bot()
    wait_for(lambda: session.rollback() or session.scalar(select(ChatMessage)))
    wait_for(lambda: worked_off(session))
    session.expire_all()
    assert session.get(Inquiry, inquiry.id).status is InquiryStatus.IN_PROGRESS
    assert [each.message for each in session.scalars(select(ChatMessage))] == ["Да, ещё свободен"]
    end(process)
    nobody_was_told_twice(telegram)


def test_a_tenants_evening(session, bot, telegram):
    tenant, owner = make_user(session, Role.TENANT, telegram_id="601"), make_user(session, telegram_id=None)
    set_proven(session, tenant, Claim.TELEGRAM)
    homes = [make_property(session, owner, title=f"Дом {number}") for number in range(3)]
    make_lead(session, make_user(session))
    session.commit()

    process = bot()
    telegram.say(601, "/start")
    assert "/feed" in telegram.wait_for_call("sendMessage", "601")["text"]
    telegram.say(601, "/feed")
    first = telegram.wait_for_call("sendMessage", "601", after=1)
    telegram.press(601, first, "Нравится")
    second = telegram.wait_for_call("sendMessage", "601", after=2)
    assert (first["text"].split("\n")[0], second["text"].split("\n")[0]) == ("Дом 2", "Дом 1")

    kill(process)
    telegram.press(601, second, "Не то")
    process = bot()
    third = telegram.wait_for_call("sendMessage", "601", after=5)
    telegram.press(601, third, "В избранное")
    wait_for(lambda: "Пока это всё" in str([each.get("text") for each in telegram.messages]))
    wait_for(lambda: worked_off(session))

    assert session.scalars(select(Inquiry.property_id)).all() == [homes[2].id]
    actions = session.execute(select(FeedAction.property_id, FeedAction.action).order_by(FeedAction.id)).all()
    assert actions == [(homes[2].id, "like"), (homes[1].id, "dislike"), (homes[0].id, "favorite")]
    telegram.say(601, "/stop")
    wait_for(lambda: session.rollback() or session.get(BotChat, tenant.id) is None)
    end(process)
    nobody_was_told_twice(telegram)
    assert session.get(User, tenant.id).telegram_id == "601"
