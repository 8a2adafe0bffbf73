"""Notifications are stored as type and facts, and shown in the reader's language."""

import ast

import pytest
from sqlalchemy import insert

from models.accounts.notification_switches import Channel
from models.accounts.notifications import Notification, NotificationType, claim_for_sending, notify
from models.core.enums import Role
from models.translations.catalogue import LANGUAGES, catalogue
from models.translations.notifications import describe_notification
from tests.factories import make_user
from tests.models.translations.test_catalogue import facts_in, trees


def stored(session, **fields):
    user = make_user(session, **fields)
    id_ = notify(session, user.id, NotificationType.NEW_INQUIRY, "inquiry:1", data={}, title="Дом у моря")
    return session.get_one(Notification, id_)


@pytest.mark.parametrize("type_", list(NotificationType))
def test_every_type_has_a_title_and_messages(type_):
    messages = catalogue("en").messages
    stem = f"notification.{type_.value.lower()}"

    assert f"{stem}.title" in messages and f"{stem}.before" in messages
    assert len([code for code in messages if code.startswith(f"{stem}.")]) > 2


def test_every_notification_of_the_code_gives_its_message_the_facts():
    """`notify(..., variant=..., **facts)` is compared with `notification.<type>.<variant>`."""
    messages, found = catalogue("en").messages, 0
    for file, tree in trees().items():
        for node in ast.walk(tree):
            index = {"notify": 2, "_notify_match_owner": 3}.get(getattr(getattr(node, "func", None), "id", ""))
            if index is None or not isinstance(node.args[index], ast.Attribute):
                continue
            found += 1
            given = {word.arg for word in node.keywords} - {"data", "variant"}
            stem = f"notification.{node.args[index].attr.lower()}"
            texts = {code: text for code, text in messages.items() if code.rpartition(".")[0] == stem}
            wanted = {fact for text in texts.values() for fact in facts_in(text)}
            wanted -= {"who", "what"}  # these are looked up
            assert given - {"count"} == wanted - {"count"} and given >= wanted, f"{file}:{node.lineno}"
            assert f"{stem}.message" in texts or any(word.arg == "variant" for word in node.keywords), file
    assert found >= 6


def test_a_notification_is_written_in_each_language(session):
    notification = stored(session)

    assert [describe_notification(language, notification) for language in LANGUAGES] == [
        ("New inquiry", "Somebody is interested in your listing: Дом у моря."),
        ("Новая заявка", "Вашим объявлением интересуются: Дом у моря."),
        ("Жаңа өтінім", "Хабарландыруыңызға қызығушылық бар: Дом у моря."),
    ]


def test_a_row_of_the_release_before_stays_readable(session):
    user = make_user(session)
    values = {"title": "Новый мэтч", "message": "Обе стороны заинтересованы.", "data": {}, "subject": "match:1"}
    row = session.scalars(
        insert(Notification).values(user_id=user.id, type="NEW_MATCH", **values).returning(Notification)
    ).one()

    assert describe_notification("ru", row) == ("Новый мэтч", "Обе стороны заинтересованы.")
    assert describe_notification("en", row) == ("New match", "Both sides are interested in the deal.")


def test_an_unknown_variant_gets_a_general_text(session):
    notification = stored(session)
    notification.facts = {"variant": "of tomorrow", "title": "Дом"}

    assert describe_notification("en", notification)[1] == "Somebody is interested in your listing: Дом."


def test_sent_notifications_are_in_the_language_of_their_user(session):
    notification = stored(session, role=Role.LANDLORD, telegram_id="777", language="kk")

    [outgoing] = claim_for_sending(session, notification.id, list(Channel))

    assert describe_notification(outgoing.language, outgoing)[0] == "Жаңа өтінім"


def test_a_user_without_a_language_gets_russian(session):
    [outgoing] = claim_for_sending(session, stored(session, role=Role.LANDLORD, telegram_id="777").id, list(Channel))

    assert outgoing.language is None
    assert describe_notification(outgoing.language, outgoing)[0] == "Новая заявка"
