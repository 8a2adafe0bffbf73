"""Impressions and clicks of ads by day, beside their cost."""

import sqlalchemy as sa
from alembic import op

revision = "0220"
down_revision = "0211"
branch_labels = None
depends_on = None

COUNTS = ("impressions", "clicks")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in COUNTS:
        op.add_column("ad_spend", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    for name in reversed(COUNTS):
        op.drop_column("ad_spend", name)
