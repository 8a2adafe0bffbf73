"""
Recognises which leads belong to the same client: by the first phone in their contacts, otherwise by the first e-mail
address or Telegram name.

Two leads of one client may belong to two realtors. Neither learns of the other, because only the lead's own realtor
sees any result of the comparison.

Keys are computed by this code, not by the database. So a trigger on `leads` adds each lead whose contacts are written
to `unkeyed_leads`, and the code that stores the lead's keys removes it. A release with another reader of contacts adds
all leads in a migration. What its predecessor writes while it still serves stays there as well, so :func:`renew_keys`
computes the keys of these leads, and of no others.
"""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, ForeignKey, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base
from models.market.client_contacts import Contact, read_contacts
from models.platform.prepared_statements import PREPARED

#: Leads whose keys are compared in one transaction.
BATCH = 1_000
#: The maximum number of leads whose keys change in one transaction.
MAX_CHANGED = 50_000


class ClientKey(Base):
    """The client of a lead, as a digest of a contact. A lead without contacts has no row."""

    __tablename__ = "client_keys"

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[int] = mapped_column(index=True)


class ClientContactKey(Base):
    """A digest of each of the lead's contacts. Agencies use these to find clients with several leads."""

    __tablename__ = "client_contact_keys"

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)


class UnkeyedLead(Base):
    """A lead whose keys this release has not computed since its contacts were written."""

    __tablename__ = "unkeyed_leads"

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


def client_key(contacts: Iterable[Contact]) -> int | None:
    """A signed 64-bit digest of the client's first contact: of a phone, else an e-mail address, else a Telegram name.

    >>> client_key(read_contacts("+7 (701) 000-00-00, Пётр")) == client_key(read_contacts("пишите a@b.kz 701 0000000"))
    True
    >>> client_key(read_contacts("Anna@mail.kz")) == client_key(read_contacts("пишите @anna_k, anna@mail.kz"))
    True
    >>> client_key(read_contacts("звонить вечером"))
    """
    order = ("phone", "email", "telegram")
    first = min(contacts, key=lambda each: order.index(each.kind), default=None)
    return _digest(first) if first else None


def contact_keys(contacts: Iterable[Contact]) -> list[int]:
    """The digests of all contacts of a client, ascending; that of :func:`client_key` is among them.

    >>> first, both = (contact_keys(read_contacts(each)) for each in ("+7 701 000-00-00", "a@b.kz 87010000000 @anna_k"))
    >>> set(first) < set(both), len(both), contact_keys(read_contacts("звонить вечером"))
    (True, 3, [])
    """
    return sorted({_digest(contact) for contact in contacts})


def _digest(contact: Contact) -> int:
    digest = hashlib.blake2b(contact.identity.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


#: One statement for all tables, both for a new lead and for replaced contacts. All parts of a WITH statement see the
#: earlier rows, so the deleted and the inserted rows must not overlap.
_NOTE_CLIENT = text(
    """
    WITH contacts_gone AS (
        DELETE FROM client_contact_keys WHERE lead_id = :lead_id AND key <> ALL (CAST(:keys AS bigint[]))
    ), contacts AS (
        INSERT INTO client_contact_keys (lead_id, key)
        SELECT CAST(:lead_id AS bigint), unnest(CAST(:keys AS bigint[])) ON CONFLICT DO NOTHING
    ), client_gone AS (
        DELETE FROM client_keys WHERE lead_id = :lead_id AND CAST(:key AS bigint) IS NULL
    ), keyed AS (
        DELETE FROM unkeyed_leads WHERE lead_id = :lead_id
    )
    INSERT INTO client_keys (lead_id, key)
    SELECT CAST(:lead_id AS bigint), CAST(:key AS bigint) WHERE CAST(:key AS bigint) IS NOT NULL
    ON CONFLICT (lead_id) DO UPDATE SET key = excluded.key
    """
)


def store_client_keys(session: Session, lead_id: int, contacts: str | None) -> None:
    """Store the client keys of a lead from its new contacts."""
    read = read_contacts(contacts)
    named = {"lead_id": lead_id, "keys": contact_keys(read), "key": client_key(read)}
    session.execute(_NOTE_CLIENT, named, execution_options=PREPARED)


def renew_keys(session: Session) -> int:
    """
    Compute the keys of the unkeyed leads, and commit. Leads that others are writing stay unkeyed.

    Keys that stay the same, nearly all after a release, are only compared, in short transactions. The others change
    together in one transaction, so that two leads of one client, whose keys change alike, are never told apart.

    Returns:
        The number of leads whose keys have changed.
    """
    changed: list[int] = []
    last = 0
    while ids := _lock_unkeyed(session, UnkeyedLead.lead_id > last):
        rows = session.execute(_STORED, {"ids": ids}).all()
        same = {row.id for row in rows if _keys(row.client_contacts) == (row.key, row.contact_keys)}
        session.execute(delete(UnkeyedLead).where(UnkeyedLead.lead_id.in_(same)))
        session.commit()
        changed += [lead_id for lead_id in ids if lead_id not in same]
        if len(changed) >= MAX_CHANGED:
            break
        last = ids[-1]
    session.commit()
    for first in range(0, len(changed), BATCH):
        ids = _lock_unkeyed(session, UnkeyedLead.lead_id.in_(changed[first : first + BATCH]))
        for row in session.execute(_STORED, {"ids": ids}).all():
            store_client_keys(session, row.id, row.client_contacts)
    session.commit()
    return len(changed)


#: The contacts of leads with their stored keys.
_STORED = text(
    """
    SELECT leads.id, leads.client_contacts, client_keys.key, ARRAY(
        SELECT of_lead.key FROM client_contact_keys AS of_lead WHERE of_lead.lead_id = leads.id ORDER BY of_lead.key
    ) AS contact_keys
    FROM leads LEFT JOIN client_keys ON client_keys.lead_id = leads.id
    WHERE leads.id = ANY (CAST(:ids AS bigint[]))
    """
)


def _lock_unkeyed(session: Session, condition: ColumnElement[bool]) -> Sequence[int]:
    """
    The ids of the next unkeyed leads, ascending, locked until the transaction ends.

    A transaction that writes their contacts meanwhile waits in the trigger, and then adds the lead again. The contacts
    must be read by a later statement than this one, which sees what was committed before the lock.
    """
    unkeyed = select(UnkeyedLead.lead_id).where(condition).order_by(UnkeyedLead.lead_id).limit(BATCH)
    return session.scalars(unkeyed.with_for_update(skip_locked=True)).all()


def _keys(contacts: str | None) -> tuple[int | None, list[int]]:
    read = read_contacts(contacts)
    return client_key(read), contact_keys(read)
