"""Access without a token ends when an account passes to the person who proved its identifier, or when tokens end."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.bot_links import link_by_code, new_code
from models.accounts.identity import Claim, set_proven
from models.accounts.sessions import end_session_of, record_session, sessions_of
from models.accounts.tokens import claims_of, make_token
from models.accounts.users import User, change_password
from models.agencies.invitations import accept_invitation, invite
from models.agencies.members import create_agency, membership_of
from models.agenda.settings import owner_of_calendar, renew_calendar
from models.core.enums import Role
from models.core.errors import NotFoundError
from models.market.account_status import set_active
from models.sources.outgoing import owner_of_feed, renew_outgoing_feed
from models.sources.sources import create_source, due_imports
from models.webhooks.endpoints import add_endpoint
from models.webhooks.events import record_event
from models.webhooks.tables import Delivery, EventType
from tests.at_once import while_open
from tests.factories import SECRET, make_user
from tests.signing_in import prove

PHONE, STRANGERS_TELEGRAM = "+77011234567", "666"


@pytest.fixture
def claimed(session) -> User:
    """A realtor's account whose phone its holder only claims."""
    return make_user(session, Role.REALTOR, phone=PHONE, telegram_id=None)


def works(call, *args) -> bool:
    try:
        call(*args)
    except NotFoundError:
        return False
    return True


# Each prepares one kind of access and returns a function that tells whether it still works.


def a_code_of_the_bot(session, user):
    code = new_code(session, user)
    return lambda: works(link_by_code, session, code, STRANGERS_TELEGRAM)


def a_webhook(session, user):
    add_endpoint(session, user, {"url": "https://stranger.example/", "types": [EventType.MATCH_CREATED]})

    def hears() -> bool:
        before = len(session.scalars(select(Delivery.id)).all())
        record_event(session, EventType.MATCH_CREATED, "match:1", {}, owners=[user.id])
        return len(session.scalars(select(Delivery.id)).all()) > before

    return hears


def a_calendar(session, user):
    token = renew_calendar(session, user)
    return lambda: works(owner_of_calendar, session, token)


def an_outgoing_feed(session, user):
    token = renew_outgoing_feed(session, user).token
    return lambda: works(owner_of_feed, session, token)


def a_fetched_feed(session, user):
    create_source(
        session, user, {"name": "feed", "address": "https://stranger.example/feed.xml", "refresh_minutes": 15}
    )
    session.flush()

    def is_fetched() -> bool:
        with session.begin_nested() as attempt:
            due = due_imports(session)
            attempt.rollback()
        return bool(due)

    return is_fetched


def an_agencys_head(session, user):
    head = make_user(session, Role.REALTOR)
    create_agency(session, head, "Agency")
    accept_invitation(session, user, invite(session, head), head.id)
    return lambda: membership_of(session, user) is not None


KINDS = [a_code_of_the_bot, a_webhook, a_calendar, an_outgoing_feed, a_fetched_feed, an_agencys_head]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_keeps_no_access_to_an_account_that_its_owner_proved(session, claimed, kind):
    still_works = kind(session, claimed)

    assert prove(session, {Claim.PHONE: PHONE}) is claimed
    assert not still_works()


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_with_the_accounts_own_token_keeps_all_access(session, claimed, kind):
    still_works = kind(session, claimed)

    prove(session, {Claim.PHONE: PHONE}, own=claimed)
    assert still_works()


def new_password(session, user):
    change_password(session, user, "a hash")


def deactivation(session, user):
    set_active(session, user.id, False)
    set_active(session, user.id, True)


def end_of_a_session(session, user):
    record_session(session, claims_of(make_token(user, SECRET, 1), SECRET), method="password", network=None, agent=None)
    end_session_of(session, user, session.scalars(sessions_of(user)).one().id)


@pytest.mark.parametrize("end", [new_password, deactivation, end_of_a_session])
def test_a_code_of_the_bot_ends_with_the_token_that_may_have_made_it(session, claimed, end):
    set_proven(session, claimed, Claim.PHONE)
    code = new_code(session, claimed)

    end(session, claimed)
    with pytest.raises(NotFoundError):
        link_by_code(session, code, STRANGERS_TELEGRAM)


# -- At the same moment ------------------------------------------------------------------------------------------------


@pytest.fixture
def two_codes(engine, clean_database) -> list[str]:
    """The codes of two users, of whom the first claims PHONE."""
    with Session(engine) as session:
        users = make_user(session, phone=PHONE, telegram_id=None), make_user(session, telegram_id=None)
        codes = [new_code(session, user) for user in users]
        session.commit()
    return codes


def the_owner_proves(session):
    return prove(session, {Claim.PHONE: PHONE})


def test_a_code_used_while_the_owner_proves_the_phone_links_nothing(engine, two_codes):
    outcome = while_open(engine, the_owner_proves, lambda own: link_by_code(own, two_codes[0], STRANGERS_TELEGRAM))

    assert outcome == "bot_code.not_found"


def test_a_phone_proven_while_a_code_links_the_account_leaves_the_account(engine, two_codes):
    found = []
    while_open(
        engine,
        lambda own: link_by_code(own, two_codes[0], STRANGERS_TELEGRAM),
        lambda own: found.append(the_owner_proves(own)),
    )

    assert found == [None]  # the owner gets a new account


def test_a_code_links_one_of_two_telegram_accounts_that_send_it_at_once(engine, two_codes):
    send = [lambda own, who=who: link_by_code(own, two_codes[0], who) for who in ("1", "2")]

    assert while_open(engine, *send) == "bot_code.not_found"


def test_of_two_codes_sent_by_one_telegram_account_at_once_one_links(engine, two_codes):
    send = [lambda own, code=code: link_by_code(own, code, "1") for code in two_codes]

    assert while_open(engine, *send) in ("bot.other_account", "user.telegram_taken")
