"""A row of figures for each market and day."""

import sqlalchemy as sa
from alembic import op

revision = "0181"
down_revision = "0170"
branch_labels = None
depends_on = None

FIGURES = (
    "leads", "properties", "covered", "stale", "stale_seconds", "lists_shown", "places_shown", "likes", "dislikes",
    "inquiries", "matches", "deals",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "market_days",
        sa.Column("city_key", sa.String(110), nullable=False),
        sa.Column("deal_type", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("city_key", "deal_type", "day", name=op.f("pk_market_days")),
        sa.CheckConstraint("deal_type IN ('SALE', 'RENT')", name=op.f("ck_market_days_deal_type_is_known")),
        sa.CheckConstraint("covered <= leads", name=op.f("ck_market_days_covered_are_leads")),
    )


def downgrade() -> None:
    op.drop_table("market_days")
