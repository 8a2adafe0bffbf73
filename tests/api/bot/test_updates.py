"""Updates that Telegram posts, what is stored of them, and who may link the bot to an account."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from api.bot import process
from api.bot.conversation import handle
from api.bot.dialog import Bot
from api.bot.updates import HEADER, secret_of
from models.accounts.bot_links import is_linked, link_by_code, linked_user, new_code, unlink
from models.accounts.bot_queue import (
    claim_call,
    claim_update,
    delete_old_bot_rows,
    next_offset,
    queue_call,
    store_updates,
)
from models.accounts.bot_tables import BotCode, BotMessage, BotUpdate
from models.accounts.identity import Claim, set_proven
from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import Role
from models.core.errors import ConflictError, NotFoundError
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import SECRET, make_user
from tests.telegram import TOKEN

UPDATE = {"update_id": 7, "message": {"message_id": 1, "text": "x"}}


def posted(client, secret=None, update=UPDATE):
    headers = {HEADER: secret_of(SECRET)} if secret is None else {HEADER: secret}
    return client.post("/telegram/updates", json=update, headers=headers).status_code


def test_an_update_from_telegram_is_stored_once(app_with, session):
    client = app_with(TELEGRAM_BOT="1", TELEGRAM_WEBHOOK="1", TELEGRAM_BOT_TOKEN=TOKEN).test_client()
    session.commit()

    assert [posted(client), posted(client), posted(client, "wrong"), posted(client, update={})] == [200, 200, 401, 400]
    assert session.execute(select(BotUpdate.id, BotUpdate.content)).all() == [(7, UPDATE)]


def test_without_the_setting_nobody_can_post(app_with):
    assert posted(app_with().test_client()) == 401


def test_an_update_is_worked_on_once_and_remembered_without_its_words(session):
    store_updates(session, [UPDATE])
    assert claim_update(session) == UPDATE
    assert store_updates(session, [UPDATE]) == 0 and claim_update(session) is None
    assert session.scalar(select(BotUpdate.content)) is None and next_offset(session) == 8


def test_numbers_may_begin_anew_after_a_week_without_updates(session):
    """Telegram then continues with a random number, and drops all updates with lower numbers than the bot asks for."""
    store_updates(session, [UPDATE | {"update_id": 900}])
    session.execute(update(BotUpdate).values(created_at=BotUpdate.created_at - timedelta(days=7, hours=1)))

    assert next_offset(session) is None
    store_updates(session, [UPDATE])
    assert next_offset(session) == 8
    delete_old_bot_rows(session)
    assert list(session.scalars(select(BotUpdate.id))) == [7]


@pytest.mark.parametrize(
    ("failures", "kind", "is_done"),
    [(1, OperationalError, True), (process.ATTEMPTS, OperationalError, False), (1, ValueError, False)],
)
def test_an_update_is_dropped_only_for_a_reason_that_lasts(new_worker_session, monkeypatch, failures, kind, is_done):
    """A lock or a restart of the database is temporary, and must not lose a client's message."""
    done = []

    def fails_at_first(session, bot, update):
        if len(done) < failures:
            done.append("failed")
            raise kind("a statement", {}, Exception()) if kind is OperationalError else kind
        done.append(update["update_id"])

    monkeypatch.setattr(process, "handle", fails_at_first)
    monkeypatch.setattr(process, "ATTEMPT_SECONDS", 0)
    with new_worker_session() as session:
        store_updates(session, [UPDATE])
        session.commit()
        settings = SimpleNamespace(public_url="https://leadmatch.example", redis_url="redis://127.0.0.1:1")

        process._Process(settings, new_worker_session, SimpleNamespace(is_set=False), 0)._process_updates()

        assert (done[-1] == UPDATE["update_id"]) is is_done
        assert claim_update(session) is None


def test_a_call_is_taken_for_sending_once_and_in_order(session):
    for words in ("a", "b"):
        queue_call(session, "1", "sendMessage", {"text": words})

    assert [claim_call(session).arguments["text"] for _ in range(2)] == ["a", "b"] and claim_call(session) is None


def test_a_code_links_once_and_proves_the_telegram_account(session):
    user, claimer = make_user(session, telegram_id=None), make_user(session, telegram_id="77")
    first, second = new_code(session, user), new_code(session, user)
    with pytest.raises(NotFoundError):
        link_by_code(session, first, "77")

    assert link_by_code(session, second, "77").id == user.id and is_linked(session, user)
    assert claimer.telegram_id is None  # it was only claimed
    with pytest.raises(NotFoundError):
        link_by_code(session, second, "77")
    unlink(session, user)
    assert not is_linked(session, user) and linked_user(session, "77").id == user.id


@pytest.mark.parametrize("why", ["late", "mine is another", "it is another's"])
def test_a_code_does_not_link_what_is_proven_otherwise(session, why):
    user, other = make_user(session, telegram_id=None), make_user(session, telegram_id=None)
    code = new_code(session, user)
    if why == "late":
        session.get(BotCode, session.scalar(select(BotCode.digest))).expires_at = utc_now() - timedelta(hours=1)
    else:
        set_proven(
            session, *((user, Claim.TELEGRAM, "78") if why == "mine is another" else (other, Claim.TELEGRAM, "77"))
        )
    with pytest.raises(NotFoundError if why == "late" else ConflictError):
        link_by_code(session, code, "77")


def written(session, person, text):
    """The bot's answer to a message of *person*: (text, data of the button)."""
    message = {"message_id": 1, "chat": {"id": person, "type": "private"}, "from": {"id": person}, "text": text}
    handle(session, Bot("https://x.example"), {"message": message})
    return answers(session)


def pressed(session, person, data):
    message = {"message_id": 1, "chat": {"id": person, "type": "private"}}
    query = {"id": "1", "data": data, "from": {"id": person}, "message": message}
    handle(session, Bot("https://x.example"), {"callback_query": query})
    return answers(session)


def answers(session):
    found = []
    while (call := claim_call(session)) is not None:
        rows = (call.arguments.get("reply_markup") or {}).get("inline_keyboard", [[{}]])
        found.append((call.arguments.get("text", ""), rows[0][0].get("callback_data")))
    return found


def test_a_link_that_a_stranger_sends_links_nothing_before_its_reader_has_seen_whose_it_is(session):
    stranger = make_user(session, telegram_id=None, name="Mallory", email="mallory@example.com")
    code = new_code(session, stranger)

    [(text, data)] = written(session, 77, f"/start {code}")
    assert "Mallory" in text and "mallory@example.com" in text
    assert stranger.telegram_id is None and not is_linked(session, stranger)

    pressed(session, 77, data)
    assert (stranger.telegram_id, is_linked(session, stranger)) == ("77", True)


@pytest.mark.parametrize("who", ["the same again", "another afterwards", "who has proven it for another account"])
def test_a_code_serves_one_press(session, who):
    user, other = make_user(session, telegram_id=None), make_user(session, telegram_id=None)
    [(_, data)] = written(session, 77, f"/start {new_code(session, user)}")
    if who == "who has proven it for another account":
        set_proven(session, other, Claim.TELEGRAM, "77")
    else:
        pressed(session, 77, data)
    before = user.telegram_id, other.telegram_id
    [(text, _)] = pressed(session, 78 if who == "another afterwards" else 77, data)

    assert text and (user.telegram_id, other.telegram_id) == before


@pytest.mark.parametrize("code", ["", "x", "link", "\x00", "a:b", "А" * 32, "x" * 5000, "%' OR 1=1 --"])
def test_no_guess_links_or_names_anybody(session, code):
    user = make_user(session, telegram_id=None, name="Mallory")
    new_code(session, user)

    for answered in (written(session, 77, f"/start {code}"), pressed(session, 77, f"link:{code}")):
        assert len(answered) == 1 and "Mallory" not in answered[0][0]
    assert user.telegram_id is None


def test_strangers_press_nothing_and_groups_are_not_listened_to(session):
    pressed = {"id": "1", "data": "pair:LEAD:1:1:LIKE", "from": {"id": 5}}
    message = {"message_id": 1, "chat": {"id": 5, "type": "private"}}
    handle(session, Bot("https://x.example"), {"callback_query": pressed | {"message": message}})
    handle(session, Bot("https://x.example"), {"message": message | {"from": {"id": 5}, "chat": {"type": "group"}}})

    [call] = session.scalars(select(BotMessage)).all()
    assert (call.method, call.arguments["callback_query_id"]) == ("answerCallbackQuery", "1")


@pytest.mark.parametrize(
    "data",
    ["pair", "pair:LEAD:1:1:KISS", "pair:LEAD:x:1:LIKE", "feed:1", "feed:9:like", "draft:1", "inquiry:1:new",
     "inquiry:1:reply", "", "chat:1:reply"],
)  # fmt: skip
def test_a_button_of_somebody_elses_making_changes_nothing(session, data):
    user = make_user(session, Role.REALTOR, telegram_id="5")
    set_proven(session, user, Claim.TELEGRAM)
    message = {"message_id": 1, "chat": {"id": 5, "type": "private"}}
    handle(session, Bot(""), {"callback_query": {"id": "1", "data": data, "from": {"id": 5}, "message": message}})

    assert [call.method for call in session.scalars(select(BotMessage))] == ["answerCallbackQuery"]


def test_the_profile_gives_a_link_once_and_disconnects(app_with, database):
    user = make_user(database, email="bot@leadmatch.example", password_hash=PASSWORD_HASH)
    database.commit()
    client = app_with(TELEGRAM_BOT="1", TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_BOT_NAME="@lead_bot").test_client()
    token = enter(client, user)
    made = client.post("/console/account/telegram", data={"csrf": token, "do": "connect"}).text
    code = made.split("https://t.me/lead_bot?start=")[1].split('"')[0].split("<")[0]
    link_by_code(database, code, "91")
    database.commit()

    assert "Отключить бота" in client.get("/console/account", headers={"Accept-Language": "ru"}).text
    client.post("/console/account/telegram", data={"csrf": token, "do": "stop"})
    database.expire_all()
    assert not is_linked(database, database.get(User, user.id))
