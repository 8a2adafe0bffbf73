"""Advertising beyond the contract: a niche's currency, what ads were shown and clicked, more platforms, replies sent.

Rows that are there are held to the wider rules afterwards, without a lock that would keep writers out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0182"
down_revision = "0181"
branch_labels = None
depends_on = None

#: Table, its column of a platform.
COLUMNS = (
    ("campaigns", "platform"),
    ("prospects", "source"),
    ("prospect_touches", "source"),
    ("prospect_messages", "platform"),
)
PLATFORMS = ("olx", "kaspi", "telegram", "whatsapp")
ADDED = ("avito", "cian", "vk", "yandex")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("niches", sa.Column("currency", sa.String(3), server_default="KZT", nullable=False))
    for name in ("impressions", "clicks"):
        op.add_column("ads", sa.Column(name, sa.BigInteger()))
    op.create_check_constraint(op.f("ck_ads_counts_are_not_negative"), "ads", "impressions >= 0 AND clicks >= 0")
    op.add_column("prospect_messages", sa.Column("delivery", sa.String(32)))
    op.execute(
        "ALTER TABLE prospect_messages ADD CONSTRAINT ck_prospect_messages_delivery_is_known "
        "CHECK (delivery IN ('queued', 'sent', 'failed')) NOT VALID"
    )
    for table, column in COLUMNS:
        _admit(table, column, PLATFORMS + ADDED)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE prospect_messages VALIDATE CONSTRAINT ck_prospect_messages_delivery_is_known")
        for table, column in COLUMNS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{column}_is_known")


def downgrade() -> None:
    """What is of a platform that the release before does not know becomes OLX, a marketplace as most of them are."""
    for table, column in COLUMNS:
        # A person may be known by both; the rows that would clash keep no account of the platform.
        if table == "prospects":
            op.execute(f"UPDATE prospects SET platform_user_id = NULL WHERE source IN {ADDED}")  # noqa: S608 - constants of this file
        op.execute(f"UPDATE {table} SET {column} = 'olx' WHERE {column} IN {ADDED}")  # noqa: S608 - constants of this file
        _admit(table, column, PLATFORMS)
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{column}_is_known")
    op.drop_column("prospect_messages", "delivery")
    op.drop_constraint("ck_ads_counts_are_not_negative", "ads")
    for name in ("clicks", "impressions"):
        op.drop_column("ads", name)
    op.drop_column("niches", "currency")


def _admit(table: str, column: str, platforms: tuple[str, ...]) -> None:
    rule = f"ck_{table}_{column}_is_known"
    listed = ", ".join(f"'{platform}'" for platform in platforms)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {rule}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {rule} CHECK ({column} IN ({listed})) NOT VALID")
