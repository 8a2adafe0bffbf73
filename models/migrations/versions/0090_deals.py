"""Completed deals can be undone: who completed a match, what left the market with it, and what it closed.

Adds columns that may be left out, and admits the kinds of notices that tell of deals. The rows that are there are held
to the new rule afterwards, without a lock that would keep writers out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0060"
branch_labels = None
depends_on = None

BEFORE = ("NEW_MATCH", "CONTACT_SHARED", "NEW_INQUIRY", "INQUIRY_STATUS", "NEW_MESSAGE", "NEW_OFFER")
ADDED = ("NEW_LIKE", "DEAL_COMPLETED", "DEAL_UNDONE", "MATCH_CLOSED", "MATCH_REOPENED")


def upgrade() -> None:
    for table in ("leads", "properties"):
        op.add_column(table, sa.Column("left_with_match_id", sa.BigInteger()))
    op.add_column("matches", sa.Column("completed_by_id", sa.BigInteger()))
    op.add_column("matches", sa.Column("completions", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("matches", sa.Column("undone_at", sa.DateTime(timezone=True)))
    op.add_column("matches", sa.Column("closed_by_match_id", sa.BigInteger()))
    _admit((*BEFORE, *ADDED))
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE notifications VALIDATE CONSTRAINT ck_notifications_type_is_known")
        op.create_index(
            "ix_matches_closed_by",
            "matches",
            ["closed_by_match_id"],
            postgresql_where=sa.text("closed_by_match_id IS NOT NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_matches_closed_by", table_name="matches")
    op.execute(sa.text("DELETE FROM notifications WHERE type = ANY(:added)").bindparams(added=list(ADDED)))
    _admit(BEFORE)
    op.execute("ALTER TABLE notifications VALIDATE CONSTRAINT ck_notifications_type_is_known")
    for name in ("closed_by_match_id", "undone_at", "completions", "completed_by_id"):
        op.drop_column("matches", name)
    for table in ("leads", "properties"):
        op.drop_column(table, "left_with_match_id")


def _admit(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE notifications DROP CONSTRAINT ck_notifications_type_is_known")
    op.execute(
        f"ALTER TABLE notifications ADD CONSTRAINT ck_notifications_type_is_known CHECK (type IN ({listed})) NOT VALID"
    )
