"""New recommendations since a realtor's last visit, and how the realtor is told of them.

A new table, and two kinds of notifications.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0151"
down_revision = "0172"
branch_labels = None
depends_on = None

ADDED = {"NEW_RECOMMENDATIONS", "RECOMMENDATION_DIGEST"}
RULE = "ck_notifications_type_is_known"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ids = postgresql.ARRAY(sa.BigInteger())
    op.create_table(
        "lead_follows",
        sa.Column("lead_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("frequency", sa.String(32), server_default=sa.text("'DAILY'"), nullable=False),
        sa.Column("known_ids", ids, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seen_ids", ids, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("told_ids", ids, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_follows")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_follows_lead_id"), ondelete="CASCADE"),
        sa.CheckConstraint(
            "frequency IN ('AT_ONCE', 'DAILY', 'NEVER')", name=op.f("ck_lead_follows_frequency_is_known")
        ),
    )
    op.create_index(
        "ix_lead_follows_at_once", "lead_follows", ["lead_id"], postgresql_where=sa.text("frequency = 'AT_ONCE'")
    )
    op.create_index(
        "ix_lead_follows_daily", "lead_follows", ["lead_id"], postgresql_where=sa.text("frequency = 'DAILY'")
    )
    _admit(_known() | ADDED)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def downgrade() -> None:
    op.drop_table("lead_follows")
    op.execute(sa.text("DELETE FROM notifications WHERE type = ANY(:added)").bindparams(added=sorted(ADDED)))
    _admit(_known() - ADDED)
    op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def _known() -> set[str]:
    """The kinds that the rule admits: those of whichever migration came before."""
    rule = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name").bindparams(name=RULE)
    )
    return set(rule.split("'")[1::2])


def _admit(kinds: set[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    op.execute(f"ALTER TABLE notifications DROP CONSTRAINT {RULE}")
    op.execute(f"ALTER TABLE notifications ADD CONSTRAINT {RULE} CHECK (type IN ({listed})) NOT VALID")
