"""Attempts at imports and at exports of accounts, so that one that kills its worker is given up."""

import sqlalchemy as sa
from alembic import op

revision = "0230"
down_revision = "0226"
branch_labels = None
depends_on = None

TABLES = ("imports", "account_exports")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "attempts")
