"""Agencies of realtors: members, invitations, and notifications of what happens in them."""

import sqlalchemy as sa
from alembic import op

revision = "0210"
down_revision = "0219"
branch_labels = None
depends_on = None

ADDED = frozenset({"AGENCY_NEWS", "REASSIGNED"})
RULE = "ck_notifications_type_is_known"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "agencies",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("head_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_agencies_name_says_something")),
        sa.ForeignKeyConstraint(["head_id"], ["users.id"], name=op.f("fk_agencies_head_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        sa.UniqueConstraint("head_id", name=op.f("uq_agencies_head_id")),
    )
    op.create_table(
        "agency_members",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", moment, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_agency_members_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_agency_members_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_agency_members")),
    )
    op.create_index("ix_agency_members_agency", "agency_members", ["agency_id", "joined_at"])
    op.create_table(
        "agency_invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("label", sa.String(120)),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_agency_invitations_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_agency_invitations_digest")),
    )
    op.create_index("ix_agency_invitations_agency", "agency_invitations", ["agency_id", "id"])
    _admit(_known() | ADDED)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def downgrade() -> None:
    for table in ("agency_invitations", "agency_members", "agencies"):
        op.drop_table(table)
    op.execute("DELETE FROM notifications WHERE type IN ('AGENCY_NEWS', 'REASSIGNED')")
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
