"""Mail through a local SMTP server, and the task's promise: each mail is sent at most once."""

import gc
import re
import warnings
from dataclasses import replace

import pytest
from celery.exceptions import Retry
from sqlalchemy.orm import Session

from models.accounts.links import OneTimeLink, link_of, request_email_link
from models.accounts.phone_codes import Delivery
from models.core.base import utc_now
from models.core.errors import SettingsError
from tests.factories import SECRET, make_user
from tests.signing_in import use_email_link
from worker import tasks
from worker.jobs import accounts
from worker.jobs.mail import MailBusyError, MailError, mailer_of

EMAIL = "alice@example.com"


def test_a_message_arrives_as_it_was_written(smtp):
    mailer_of(smtp.url("me:s%40cret@")).send(EMAIL, "Вход", "Ссылка:\n\n.точка в начале\n")

    [(sender, to, message)] = smtp.messages
    assert (sender, to) == ("no-reply@leadmatch.example", EMAIL)
    assert (message["Subject"], message["From"], message["To"]) == ("Вход", "no-reply@leadmatch.example", EMAIL)
    assert message.get_content().replace("\r\n", "\n") == "Ссылка:\n\n.точка в начале\n"
    assert message["Message-ID"].endswith("@leadmatch.example>") and message["Auto-Submitted"] == "auto-generated"
    assert len(smtp.logins) == 1


@pytest.mark.parametrize(
    ("refusals", "error"),
    [
        ({"RCPT": "450 later"}, MailBusyError),
        ({"MAIL": "451 later"}, MailBusyError),
        ({"EHLO": "421 later", "HELO": "421 later"}, MailBusyError),
        ({"RCPT": "550 nobody here"}, MailError),
        ({"DATA": "554 no"}, MailError),
        ({"AUTH": "535 wrong"}, MailError),
    ],
)
def test_errors_say_whether_to_try_again(smtp, refusals, error):
    smtp.refusals = refusals
    with pytest.raises(MailError) as raised:
        mailer_of(smtp.url("me:secret@")).send(EMAIL, "Вход", "x")

    assert type(raised.value) is error
    assert EMAIL not in str(raised.value) and "secret" not in str(raised.value)
    assert smtp.messages == []


def test_a_server_that_is_not_there_was_surely_not_sent_to():
    with pytest.raises(MailBusyError):
        mailer_of("smtp+plain://127.0.0.1:1?from=a@example.com").send(EMAIL, "Вход", "x")


def test_a_server_without_tls_gets_no_password(smtp):
    url = smtp.url("me:secret@").replace("smtp+plain", "smtp")
    with warnings.catch_warnings(record=True, action="always", category=ResourceWarning) as left_open:
        with pytest.raises(MailBusyError):
            mailer_of(url).send(EMAIL, "Вход", "x")
        gc.collect()
    assert (smtp.messages, smtp.logins) == ([], [])
    assert left_open == []


@pytest.mark.parametrize(
    "url",
    [
        "http://host?from=a@example.com",
        "smtp://?from=a@example.com",
        "smtp://host",
        "smtp://me:secret@host?from=nobody",
        "smtp://me:secret@host:port?from=a@example.com",
        "smtp://host?from=a@example.com%0d%0aBcc:b@example.com",
    ],
)
def test_an_unusable_url_is_refused_without_repeating_the_password(url):
    with pytest.raises(SettingsError, match="SMTP_URL") as refused:
        mailer_of(url)
    assert "secret" not in str(refused.value)


# -- The task ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def requested(db, new_worker_session, smtp, monkeypatch, settings):
    """(the user with the address, the link that they requested)."""
    monkeypatch.setattr(accounts, "mailer", lambda: mailer_of(smtp.url()))
    monkeypatch.setattr(accounts, "settings", lambda: replace(settings, smtp_url=smtp.url()))
    user = make_user(db, email=EMAIL)
    row = request_email_link(db, EMAIL, network="10.0.0.1", device=None, now=utc_now())
    db.commit()
    return user, row


def delivery(db, row) -> Delivery:
    db.rollback()
    return db.get(OneTimeLink, row.id, populate_existing=True).delivery


def test_a_link_is_sent_once_and_signs_in(db, requested, smtp):
    user, row = requested
    for _ in range(2):
        tasks.send_link(row.id)

    [(_, to, message)] = smtp.messages
    assert to == EMAIL
    link = re.search(r"/console/sign-in/email\?link=([\w.-]+)", message.get_content())[1]
    assert link == link_of(row, SECRET)
    assert use_email_link(db, link, SECRET, utc_now()).id == user.id
    assert delivery(db, row) is Delivery.SENT


@pytest.mark.parametrize(
    ("own", "of_asker", "subject"),
    [
        (None, None, "Вход в Leadmatch"),
        (None, "en", "Signing in to Leadmatch"),
        ("kk", "en", "Leadmatch жүйесіне кіру"),
    ],
)
def test_a_link_is_in_the_users_language_or_that_of_the_request(db, requested, smtp, own, of_asker, subject):
    user, row = requested
    user.language, row.language = own, of_asker
    db.commit()

    accounts.send_link(row.id)

    [(_, _, message)] = smtp.messages
    assert message["Subject"] == subject
    assert link_of(row, SECRET) in message.get_content()


def test_a_busy_server_is_tried_again_and_a_refusal_is_not(db, requested, smtp, monkeypatch):
    _, row = requested
    smtp.refusals = {"RCPT": "450 later"}
    monkeypatch.setattr(tasks.send_link, "retry", lambda **_: Retry())
    with pytest.raises(Retry):
        tasks.send_link(row.id)
    assert delivery(db, row) is Delivery.QUEUED

    smtp.refusals = {"RCPT": "550 no"}
    accounts.send_link(row.id)
    assert delivery(db, row) is Delivery.FAILED


def test_nothing_is_sent_for_an_address_that_nobody_has(db, requested, smtp):
    row = request_email_link(db, "nobody@example.com", network="10.0.0.1", device=None, now=utc_now())
    db.commit()
    accounts.send_link(row.id)

    assert smtp.messages == []


def test_links_that_the_broker_lost_are_enqueued_again(db, requested, settings, monkeypatch):
    _, row = requested
    row.made_at -= accounts.LOST_AFTER * 2
    db.commit()
    sent = []
    monkeypatch.setattr(accounts, "settings", lambda: replace(settings, smtp_url="smtp://x"))
    monkeypatch.setattr(accounts, "client", lambda: type("Client", (), {"link_made": sent.append})())
    accounts.sweep()

    assert sent == [row.id]
