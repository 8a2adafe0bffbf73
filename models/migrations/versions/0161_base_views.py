"""Saved views of the own base. A new table: nothing that is there waits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0161"
down_revision = "0182"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "base_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_views")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_base_views_user_id"), ondelete="CASCADE"),
        sa.CheckConstraint("side IN ('LEAD', 'PROPERTY')", name=op.f("ck_base_views_side_is_known")),
        sa.CheckConstraint("jsonb_typeof(query) = 'object'", name=op.f("ck_base_views_query_is_an_object")),
    )
    op.create_index("uq_base_views_name", "base_views", ["user_id", "side", "name"], unique=True)


def downgrade() -> None:
    op.drop_table("base_views")
