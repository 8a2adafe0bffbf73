"""Exports of what is stored about a user, made in the background and kept for some days."""

import sqlalchemy as sa
from alembic import op

revision = "0192"
down_revision = "0191"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "account_exports",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.Column("content", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_exports")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_account_exports_user_id")),
        sa.CheckConstraint(
            "(content IS NULL) = (ready_at IS NULL)", name=op.f("ck_account_exports_ready_has_its_content")
        ),
    )
    op.create_index("ix_account_exports_user", "account_exports", ["user_id", "id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("account_exports")
