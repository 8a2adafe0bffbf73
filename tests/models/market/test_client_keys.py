"""Which leads are of one client, also while a release that reads contacts in another way serves beside this one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.market import client_keys
from models.market.client_contacts import read_contacts
from models.market.client_keys import ClientContactKey, ClientKey, UnkeyedLead, client_key, renew_keys
from models.market.leads import replace_lead
from tests.factories import make_lead, make_user
from tests.tables import each_of
from tests.waiting import lock_waits, wait_for

PHONE = "+77020000000"
ALIKE = {
    "+77010000000": "8 (701) 000-00-00, Пётр",
    "7010000000": "+7 701 000 00 00",
    "8 701 000 00 00 8 702 000 00 00": "+77010000000",
    "998901234567": "+998 90 123-45-67",
    "ИИН 900101300123": "",
    "telegram.me/Petr_K": "@petr_k",
    "mailto:Petr@mail.kz": "пишите petr@mail.kz",
    "https://t.me/joinchat/AAAA": "",
}


@each_of(["contacts", "other"], ALIKE.items())
def test_a_client_is_the_same_in_each_notation(contacts, other):
    assert client_key(read_contacts(contacts)) == client_key(read_contacts(other))


@pytest.fixture
def session(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


def keys(session) -> dict[int, int]:
    session.commit()
    return {row.lead_id: row.key for row in session.scalars(select(ClientKey))}


def write_as_before(session, lead_id: int, contacts: str) -> None:
    """Write contacts as a release does that reads no phone without its country code and knows no `unkeyed_leads`."""
    session.execute(text("UPDATE leads SET client_contacts = :new WHERE id = :id"), {"new": contacts, "id": lead_id})
    for table in ("client_keys", "client_contact_keys"):
        session.execute(text(f"DELETE FROM {table} WHERE lead_id = :id"), {"id": lead_id})
        session.execute(text(f"INSERT INTO {table} (lead_id, key) VALUES (:id, 1)"), {"id": lead_id})


def test_what_another_release_writes_is_keyed_afterwards_and_nothing_else(session):
    realtor = make_user(session)
    here, there, none = (make_lead(session, realtor, client_contacts="7010000000") for _ in range(3))
    session.commit()
    assert session.scalars(select(UnkeyedLead.lead_id)).all() == []

    write_as_before(session, there.id, "701 000 00 00")
    write_as_before(session, none.id, "по вечерам")
    assert renew_keys(session) == 2

    assert keys(session).keys() == {here.id, there.id}
    assert len({*keys(session).values(), *session.scalars(select(ClientContactKey.key))}) == 1
    assert renew_keys(session) == 0


def test_two_leads_of_one_client_are_never_told_apart(session, engine, monkeypatch):
    """Another session sees either all former keys or all new ones, however many leads are between the two."""
    monkeypatch.setattr(client_keys, "BATCH", 2)
    realtor = make_user(session)
    leads = [make_lead(session, realtor, client_contacts=f"701 000 00 {number:02}") for number in range(5)]
    for lead in leads:
        write_as_before(session, lead.id, "7010000000")
    session.commit()
    seen, note = [], client_keys.store_client_keys

    def watch(session, lead_id, contacts):
        note(session, lead_id, contacts)
        with Session(engine) as another:
            seen.append(len(set(keys(another).values())))

    monkeypatch.setattr(client_keys, "store_client_keys", watch)

    assert renew_keys(session) == len(leads)
    assert seen == [1] * len(leads)
    assert len(set(keys(session).values())) == 1


def test_contacts_written_while_keys_are_computed_win(session, engine, monkeypatch):
    """The writer waits at the row that the renewal holds, and its own keys or its own row in the table remain."""
    realtor = make_user(session)
    lead, other = (make_lead(session, realtor, client_contacts="7010000000") for _ in range(2))
    for each in (lead, other):
        write_as_before(session, each.id, "701 0000000")
    session.commit()

    def write() -> None:
        with Session(engine) as writer:
            replace_lead(writer, writer.get(type(lead), lead.id), {"client_contacts": PHONE, "city": lead.city})
            write_as_before(writer, other.id, "702 000 00 00")
            writer.commit()

    with ThreadPoolExecutor(1) as pool:
        writing, note = [], client_keys.store_client_keys

        def meanwhile(session, lead_id, contacts):
            if not writing:
                writing.append(pool.submit(write))
                wait_for(lambda: lock_waits(engine) or writing[0].done(), what="the writer's wait")
            note(session, lead_id, contacts)

        monkeypatch.setattr(client_keys, "store_client_keys", meanwhile)
        renew_keys(session)
        monkeypatch.undo()
        writing[0].result()

    renew_keys(session)
    assert keys(session) == dict.fromkeys((lead.id, other.id), client_key(read_contacts(PHONE)))
