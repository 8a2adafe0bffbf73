"""
All contacts of a lead's client, as digests. A new table: the code of before goes on beside it, and what it writes
meanwhile has its first contact only, until it is written again.
"""

import hashlib
import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0226"
down_revision = "0225"
branch_labels = None
depends_on = None

BATCH = 5_000

# As models/market/client_keys.py has it now.
PHONE = re.compile(r"\+?\d(?:[\s()\-.]{0,3}\d){9,14}")
EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+\.\w+")
TELEGRAM = re.compile(r"(?<![\w.])@(\w{4,32})|t\.me/(\w{4,32})", re.IGNORECASE)

FILL = sa.text(
    "INSERT INTO client_contact_keys (lead_id, key) SELECT * FROM unnest(:leads, :keys) ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("leads", type_=ARRAY(sa.BigInteger)), sa.bindparam("keys", type_=ARRAY(sa.BigInteger)))


def contact_keys(contacts: str) -> set[int]:
    told, start = [], 0
    while match := PHONE.search(contacts, start):
        digits, start = re.sub(r"\D", "", match[0]), match.end()
        if len(digits) > 11 and digits[0] in "78":
            places = [place for place in range(match.start(), match.end()) if contacts[place].isdigit()]
            digits, start = digits[:11], places[10] + 1
        told.append("7" + digits[1:] if len(digits) == 11 and digits[0] == "8" else digits)
    told += [match.casefold() for match in EMAIL.findall(contacts)]
    told += ["@" + (at or link).casefold() for at, link in TELEGRAM.findall(contacts)]
    return {int.from_bytes(hashlib.blake2b(each.encode(), digest_size=8).digest(), "big", signed=True) for each in told}


def upgrade() -> None:
    op.create_table(
        "client_contact_keys",
        sa.Column("lead_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_client_contact_keys_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", "key", name=op.f("pk_client_contact_keys")),
    )
    op.create_index(op.f("ix_client_contact_keys_key"), "client_contact_keys", ["key"])
    connection, last = op.get_bind(), 0
    query = sa.text(
        "SELECT id, client_contacts FROM leads WHERE id > :last AND client_contacts <> '' ORDER BY id LIMIT :batch"
    )
    while rows := connection.execute(query, {"last": last, "batch": BATCH}).all():
        pairs = [(lead_id, key) for lead_id, contacts in rows for key in sorted(contact_keys(contacts))]
        if pairs:
            connection.execute(FILL, {"leads": [pair[0] for pair in pairs], "keys": [pair[1] for pair in pairs]})
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_table("client_contact_keys")
