"""Addresses of owners' own feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outgoing_feeds",
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_outgoing_feeds_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_outgoing_feeds")),
        sa.UniqueConstraint("token", name=op.f("uq_outgoing_feeds_token")),
    )


def downgrade() -> None:
    op.drop_table("outgoing_feeds")
