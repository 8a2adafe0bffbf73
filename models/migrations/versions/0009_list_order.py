"""How a market's lists are read: by score or balanced, with the shifts by which that departs from scores; and what is
explored after their end.

New columns have defaults and the tables are new: the code of before goes on beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "markets",
        sa.Column(
            "list_order",
            sa.Enum(
                "score", "balanced", name="list_order_is_known", native_enum=False, create_constraint=True, length=32
            ),
            server_default="score",
            nullable=False,
        ),
    )
    op.add_column("markets", sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("markets", sa.Column("exploration_slots", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_markets_slots_are_few"), "markets", "exploration_slots BETWEEN 0 AND 5")
    op.create_table(
        "score_shifts",
        sa.Column(
            "side",
            sa.Enum("LEAD", "PROPERTY", name="side_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("entity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column(
            "deal_type",
            sa.Enum("SALE", "RENT", name="deal_type_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("shift", sa.REAL(), nullable=False),
        sa.PrimaryKeyConstraint("side", "entity_id", name=op.f("pk_score_shifts")),
    )
    op.create_index("ix_score_shifts_market", "score_shifts", ["city_key", "deal_type"])
    op.create_table(
        "explored_offers",
        sa.Column("lead_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column(
            "deal_type",
            sa.Enum("SALE", "RENT", name="deal_type_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("score", sa.REAL(), nullable=False),
        sa.Column("lead_version", sa.BigInteger(), nullable=False),
        sa.Column("property_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "property_id", name=op.f("pk_explored_offers")),
    )
    op.create_index("ix_explored_offers_market", "explored_offers", ["city_key", "deal_type"])


def downgrade() -> None:
    op.drop_table("explored_offers")
    op.drop_table("score_shifts")
    op.drop_column("markets", "ordered_at")
    op.drop_column("markets", "exploration_slots")
    op.drop_column("markets", "list_order")
