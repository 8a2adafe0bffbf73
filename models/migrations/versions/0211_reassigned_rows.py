"""What former owners wrote for themselves on leads and properties that were reassigned within an agency."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0211"
down_revision = "0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "put_aside_words",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger()),
        sa.Column("property_id", sa.BigInteger()),
        sa.Column("private_notes", sa.Text()),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("(lead_id IS NULL) <> (property_id IS NULL)", name=op.f("ck_put_aside_words_is_of_one_row")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_put_aside_words_owner_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_put_aside_words_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_put_aside_words_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_put_aside_words")),
        sa.UniqueConstraint("owner_id", "lead_id", name=op.f("uq_put_aside_words_owner_id_lead_id")),
        sa.UniqueConstraint("owner_id", "property_id", name=op.f("uq_put_aside_words_owner_id_property_id")),
    )
    op.create_index("ix_put_aside_words_lead", "put_aside_words", ["lead_id"])
    op.create_index("ix_put_aside_words_property", "put_aside_words", ["property_id"])


def downgrade() -> None:
    op.drop_table("put_aside_words")
