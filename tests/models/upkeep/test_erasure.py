"""Erasure of a user's personal data."""

from sqlalchemy import select, text

from matching.reading.json_rows import fact_rows, wish_rows
from models.accounts.links import OneTimeLink, invite
from models.accounts.phone_codes import PhoneCode
from models.core.base import Base, utc_now
from models.core.enums import Role
from models.market.readings import merged_wishes
from models.upkeep.erasure import erase_user
from tests.factories import make_lead, make_property, make_user

#: A word that the grammar reads as a wish and as a fact, so that readings quote it.
WORDS = "большая лоджия"


def test_nobody_elses_invitations_and_links_go_with_a_user_without_an_address(session):
    admin, user = make_user(session, Role.ADMIN), make_user(session, email=None)
    open_to_anybody = invite(session, admin, Role.OPERATOR, None, utc_now())

    erase_user(session, user)

    assert list(session.scalars(select(OneTimeLink.id))) == [open_to_anybody.id]


def test_the_codes_and_links_of_a_user_go_and_those_of_others_stay(session):
    admin = make_user(session, Role.ADMIN)
    user = make_user(session, email="gone@example.com", phone="+77010000001")
    make_user(session, email="here@example.com")
    for address in (user.email, "here@example.com"):
        invite(session, admin, Role.OPERATOR, address, utc_now())
    for phone in (user.phone, "+77010000002"):
        session.add(PhoneCode(phone=phone, country="7", seed=bytes(16), made_at=utc_now()))
    session.flush()

    erase_user(session, user)

    assert list(session.scalars(select(OneTimeLink.email))) == ["here@example.com"]
    assert list(session.scalars(select(PhoneCode.phone))) == ["+77010000002"]


def test_no_table_keeps_the_words_of_an_erased_users_texts(session):
    user = make_user(session, name=f"Имя {WORDS}")
    lead = make_lead(
        session,
        user,
        client_name=WORDS,
        client_contacts=WORDS,
        notes=WORDS,
        private_notes=WORDS,
        additional_requirements=WORDS,
        wishes=merged_wishes([], wish_rows(WORDS)),
        attributes={"more": WORDS},
    )
    listing = make_property(
        session,
        user,
        location=WORDS,
        title=WORDS,
        description=WORDS,
        search_text=WORDS,
        read_facts=fact_rows(WORDS),
        attributes={"more": WORDS},
    )
    assert lead.wishes and listing.read_facts
    lead.notes = f"{WORDS}, снова"  # which a trigger records
    session.flush()

    erase_user(session, user)

    holding = {
        table.name
        for table in Base.metadata.sorted_tables
        if session.scalar(
            text(f'SELECT EXISTS (SELECT FROM "{table.name}" AS kept WHERE kept::text ILIKE :part)'),
            {"part": "%лоджи%"},
        )
    }
    assert holding == set()
