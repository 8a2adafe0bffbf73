"""Towns that were merged into others. A new table: the code of before goes on beside it and knows of no merges."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "town_aliases",
        sa.Column("town_key", sa.String(length=110), nullable=False),
        sa.Column("into_key", sa.String(length=110), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("merged_by", sa.String(length=50), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("town_key <> into_key", name=op.f("ck_town_aliases_a_town_is_no_alias_of_itself")),
        sa.PrimaryKeyConstraint("town_key", name=op.f("pk_town_aliases")),
    )
    op.create_index(op.f("ix_town_aliases_into_key"), "town_aliases", ["into_key"], unique=False)


def downgrade() -> None:
    op.drop_table("town_aliases")
