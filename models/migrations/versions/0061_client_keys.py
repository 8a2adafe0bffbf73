"""Which leads are of one client. A new table: the code of before goes on beside it, and its leads have no key."""

import hashlib
import re

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0072"
branch_labels = None
depends_on = None

BATCH = 5_000

# As models/market/client_keys.py had it then.
PHONE = re.compile(r"\+?\d(?:[\s()\-.]{0,3}\d){9,14}")
EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+\.\w+")
TELEGRAM = re.compile(r"(?<![\w.])@(\w{4,32})|t\.me/(\w{4,32})", re.IGNORECASE)


def client_key(contacts: str | None) -> int | None:
    if found := PHONE.search(contacts or ""):
        digits = re.sub(r"\D", "", found[0])
        told = "7" + digits[1:] if len(digits) == 11 and digits[0] == "8" else digits
    elif found := EMAIL.search(contacts or ""):
        told = found[0].casefold()
    elif found := TELEGRAM.search(contacts or ""):
        told = "@" + (found[1] or found[2]).casefold()
    else:
        return None
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest(), "big", signed=True)


def upgrade() -> None:
    op.create_table(
        "client_keys",
        sa.Column("lead_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_client_keys_lead_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_client_keys")),
    )
    op.create_index(op.f("ix_client_keys_key"), "client_keys", ["key"])
    connection, last = op.get_bind(), 0
    query = sa.text(
        "SELECT id, client_contacts FROM leads WHERE id > :last AND client_contacts <> '' ORDER BY id LIMIT :batch"
    )
    while rows := connection.execute(query, {"last": last, "batch": BATCH}).all():
        keys = [{"id": lead_id, "key": client_key(contacts)} for lead_id, contacts in rows]
        known = [each for each in keys if each["key"] is not None]
        if known:
            connection.execute(sa.text("INSERT INTO client_keys (lead_id, key) VALUES (:id, :key)"), known)
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_table("client_keys")
