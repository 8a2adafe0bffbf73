"""Answers that owners keep to send again."""

import sqlalchemy as sa
from alembic import op

revision = "0191"
down_revision = "0151"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "answer_templates",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("text", sa.String(4000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_templates")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_answer_templates_owner_id")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_answer_templates_text_says_something")),
    )
    op.create_index("ix_answer_templates_owner", "answer_templates", ["owner_id", "id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("answer_templates")
